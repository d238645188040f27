"""The wheel carries its data and works in a place where there is no clone."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel and unpack it as an installer would."""
    place = tmp_path_factory.mktemp("bánh xe")
    call = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(place)]
    subprocess.run([*call, str(ROOT)], check=True, capture_output=True)
    [wheel] = place.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(place / "site")
    return place / "site"


def run(installed: Path, *arguments: str) -> str:
    call = [sys.executable, "-m", "jobs.cli", *arguments]
    environment = {"PYTHONPATH": str(installed), "PATH": "/usr/bin:/bin", "PYTHONSAFEPATH": "1"}
    done = subprocess.run(
        call, cwd=installed.parent, env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_the_wheel_carries_reference_data_letters_and_the_example_register(installed: Path) -> None:
    data = installed / "tracker" / "_data"
    for name in ("reference/localities.csv", "letters/3836.toml", "registry/accounts.csv"):
        assert (data / name).read_bytes() == (ROOT / "data" / name).read_bytes()


def test_a_data_folder_is_made_and_checked_outside_the_clone(installed: Path) -> None:
    folder = installed.parent / "dữ liệu mới"
    assert "is ready" in run(installed, "init", str(folder), "--example")
    assert "facebook: 3 accounts" in run(installed, "check", "--data", str(folder))
