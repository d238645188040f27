"""The rank table of the code, and the fences around heavy or dangerous libraries. These bind;
CONTRIBUTING explains.
"""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

RANKS = {
    "errors": -1,  # the floor: every room may say what went wrong
    "secrets": 0,
    "locks": 0,
    "periods": 0,
    "text": 0,
    "metrics": 0,
    "platforms": 0,
    "readings": 0,
    "reference": 0,
    "settings": 1,
    "payload": 1,
    "http": 1,
    "sheets": 1,
    "language": 1,
    "models": 1,
    "registry": 2,
    "store": 2,
    "flows": 2,
    "migrations": 2,
    "letters": 2,
    "panel": 3,
    "imports": 3,
    "credentials": 3,
    "checks": 4,
    "indicators": 4,
    "effects": 5,
    "tables": 5,
    "charts": 5,
    "writers": 6,
    "reports": 7,
}

FENCES = {
    "requests": {"tracker/http"},
    "urllib3": {"tracker/http"},
    "sqlalchemy": {
        "tracker/models",
        "tracker/store",
        "tracker/panel",
        "tracker/credentials",
        "tracker/migrations",
    },
    "sqlmodel": {
        "tracker/models",
        "tracker/store",
        "tracker/panel",
        "tracker/credentials",
        "tracker/migrations",
    },
    "alembic": {"tracker/store", "tracker/migrations"},
    "plotly": {"tracker/charts", "tracker/writers/page"},
    "matplotlib": {"tracker/charts"},
    "docx": {"tracker/writers"},
    "xlsxwriter": {"tracker/writers", "tracker/sheets"},
    "jinja2": {"tracker/writers"},
    "openpyxl": {"tracker/sheets"},
    "scipy": {"tracker/effects", "tracker/indicators"},
    "py3langid": {"tracker/language"},
    "cryptography": {"tracker/credentials"},
    "babel": {"tracker/tables"},
    "apscheduler": {"jobs/schedule"},
    "dotenv": {"tracker/settings"},
}


def source_files(*packages: str) -> list[Path]:
    return [path for package in packages for path in sorted((ROOT / package).rglob("*.py"))]


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports_of(path: Path) -> list[str]:
    """List the modules a file imports, relative ones resolved; `from tracker import x` counts as
    tracker.x.
    """
    found = []
    package = module_name(path).split(".")
    if path.name != "__init__.py":
        package = package[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            origin = ".".join([*base, *([node.module] if node.module else [])])
            if origin in ("tracker", "connectors", "jobs"):
                found += [f"{origin}.{alias.name}" for alias in node.names]
            else:
                found.append(origin)
    return found


def room(module: str) -> str | None:
    parts = module.split(".")
    return parts[1] if parts[0] == "tracker" and len(parts) > 1 else None


FILES = source_files("tracker", "connectors", "jobs")


@pytest.mark.parametrize("path", source_files("tracker"), ids=str)
def test_the_core_imports_only_lower_ranks_and_its_own_room(path: Path) -> None:
    own = room(module_name(path))
    for module in imports_of(path):
        assert module.split(".")[0] not in ("connectors", "jobs"), f"{path.name} imports {module}"
        other = room(module)
        if own is None or other is None or other == own:
            continue
        assert RANKS[other] < RANKS[own], (
            f"{own} (rank {RANKS[own]}) imports {other} ({RANKS[other]})"
        )


@pytest.mark.parametrize("path", source_files("connectors"), ids=str)
def test_a_connector_knows_ranks_0_and_1_only_and_no_other_connector(path: Path) -> None:
    for module in imports_of(path):
        parts = module.split(".")
        assert parts[0] not in ("jobs", "sqlalchemy", "sqlmodel"), f"{path.name} imports {module}"
        if (other := room(module)) is not None:
            assert RANKS[other] <= 1
            assert other != "models"
        if parts[0] == "connectors" and path.name != "catalogue.py":
            is_own_part = parts[1].startswith(f"{path.stem}_")
            assert parts[1] in ("base", "graph") or is_own_part, f"{path.name} imports {module}"


@pytest.mark.parametrize("path", source_files("jobs/sandbox"), ids=str)
def test_the_sandbox_knows_rank_0_only(path: Path) -> None:
    for module in imports_of(path):
        assert module.split(".")[0] != "connectors", f"{path.name} imports {module}"
        if (other := room(module)) is not None:
            assert RANKS[other] <= 0, f"{path.name} imports {module}"
        if module.startswith("jobs"):
            assert module.startswith("jobs.sandbox"), f"{path.name} imports {module}"


@pytest.mark.parametrize("path", FILES, ids=str)
def test_each_library_stays_behind_its_fence(path: Path) -> None:
    place = path.relative_to(ROOT).with_suffix("").as_posix()
    for module in imports_of(path):
        allowed = FENCES.get(module.split(".")[0])
        if allowed is not None:
            assert any(place == room or place.startswith(room + "/") for room in allowed), (
                f"{place} imports {module}"
            )


@pytest.mark.parametrize("path", FILES, ids=str)
def test_only_settings_reads_the_environment(path: Path) -> None:
    if path.relative_to(ROOT).as_posix() in ("tracker/settings.py",) or "sandbox" in path.parts:
        return
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        assert not (isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv")), path


def test_every_room_has_a_rank() -> None:
    rooms = {room(module_name(path)) for path in source_files("tracker")} - {None}
    assert {name for name in rooms if name and not name.startswith("_")} <= set(RANKS)


def test_package_files_of_connectors_and_jobs_stay_empty() -> None:
    for package in ("connectors", "jobs"):
        assert (ROOT / package / "__init__.py").read_text(encoding="utf-8") == ""


def test_a_broad_except_stands_only_where_attempts_are_made() -> None:
    broad = []
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ExceptHandler) and (
                node.type is None
                or (isinstance(node.type, ast.Name) and node.type.id == "Exception")
            ):
                broad.append(path.relative_to(ROOT).as_posix())
    assert set(broad) <= {"jobs/collect.py"}
