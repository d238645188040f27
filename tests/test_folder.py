import subprocess
import sys
from pathlib import Path

import pytest

from jobs.folder import Busy, find_data_folder, only_one, unsafe_place
from tracker.errors import ConfigError
from tracker.registry.folder import MARKER


def test_a_folder_without_the_marker_is_refused_with_its_full_path(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=str(tmp_path)):
        find_data_folder(tmp_path, None)


def test_the_option_wins_over_the_environment(tmp_path: Path) -> None:
    (tmp_path / MARKER).write_text("")
    assert find_data_folder(tmp_path, "/elsewhere") == tmp_path


def test_a_missing_folder_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="tracker init"):
        find_data_folder(None, str(tmp_path / "none"))


def test_a_second_process_is_refused_in_one_sentence_and_let_in_after_the_first(
    tmp_path: Path,
) -> None:
    program = (
        "import sys; from pathlib import Path; from jobs.folder import Busy, only_one\n"
        "try:\n"
        "    with only_one(Path(sys.argv[1]), 'collect'): print('in')\n"
        "except Busy as error: print(error)\n"
    )

    def second() -> str:
        call = [sys.executable, "-c", program, str(tmp_path)]
        return subprocess.run(call, capture_output=True, text=True, check=True).stdout.strip()

    with only_one(tmp_path, "nightly"):
        refused = second()
    assert "`tracker nightly`" in refused
    assert "`tracker collect` was not started" in refused
    assert len(refused.splitlines()) == 1
    assert second() == "in"


def test_the_lock_is_not_taken_twice_in_one_process(tmp_path: Path) -> None:
    with only_one(tmp_path, "nightly"), pytest.raises(Busy), only_one(tmp_path, "collect"):
        pass


@pytest.mark.parametrize(
    ("folder", "mounts", "named"),
    [
        ("/mnt/share/data", "server:/x /mnt/share nfs4 rw 0 0\n/dev/sda / ext4 rw 0 0", "nfs4"),
        ("/mnt/my share/d", "//s/x /mnt/my\\040share cifs rw 0 0", "cifs"),
        ("/home/a/OneDrive - UBND/data", "/dev/sda / ext4 rw 0 0", "OneDrive"),
    ],
)
def test_a_network_or_sync_drive_is_named(folder: str, mounts: str, named: str) -> None:
    found = unsafe_place(Path(folder), mounts)
    assert found is not None
    assert named in found


def test_a_local_disk_is_fine() -> None:
    assert unsafe_place(Path("/srv/data"), "/dev/sda / ext4 rw 0 0") is None
