"""What the pages for people say is what the code does: commands, settings, tables, ranks.

README and CONTRIBUTING are read as text; nothing in them is run.
"""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer
from test_layers import RANKS

from connectors.catalogue import CONNECTORS
from jobs.cli import app
from tracker.errors import ReadError
from tracker.imports import KINDS
from tracker.models import Row
from tracker.platforms import PLATFORMS
from tracker.settings import load_settings

ROOT = Path(__file__).parent.parent
PAGES = (
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    ".env.example",
    "connectors/README.md",
    "constraints.txt",
    "data/registry/README.md",
)
PICTURE_BYTES = 200_000
FORBIDDEN = {
    "an address of a package server": r"index-url|/simple\b|\.whl\b|artifactory|nexus",
    "a path of somebody's machine": r"/(home|root|tmp|Users|work|mnt)/|[A-Z]:\\Users|file://",
    "an e-mail address": r"[\w.+-]+@[\w-]+\.(com|org|net|vn|gov)\b",
    "a badge": r"shields\.io|badge",
    "an emoji": "[\U0001f300-\U0001faff\u2600-\u26ff]",
}


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def command_tree() -> Any:
    return typer.main.get_command(app)


def commands_in(text: str) -> list[str]:
    """Find every call of `tracker`, without that word: in blocks of code and between backquotes."""
    fence = re.compile(r"^```\w*\n(.*?)^```", flags=re.DOTALL | re.MULTILINE)
    found = []
    for block in fence.findall(text):
        before = r"(?:^|^\$ |: +|bin/|Scripts\\)"
        found += re.findall(before + r"tracker(?:\.exe)? +([a-z-].*)$", block, re.MULTILINE)
    for typed in re.findall(r"`([^`\n]+)`", fence.sub("", text)):
        found += re.findall(r"^tracker ([a-z-].*)$", typed)
    return found


def words_of(call: str) -> list[str]:
    try:
        return shlex.split(call)
    except ValueError:
        return call.replace('"', "").split()


CALLS = sorted({call for name in PAGES if name.endswith(".md") for call in commands_in(page(name))})


def test_the_pages_show_commands_at_all() -> None:
    named = {words_of(call)[0] for call in CALLS}
    assert {"init", "import", "check", "nightly", "status", "report", "export", "demo"} <= named
    assert {"connect", "collect", "purge"} <= named


@pytest.mark.parametrize("call", CALLS)
def test_each_command_and_option_of_the_pages_exists(call: str) -> None:
    words = words_of(call)
    command = command_tree()
    while words and not words[0].startswith("-") and getattr(command, "commands", None):
        name = words.pop(0)
        assert name in command.commands, f"`tracker {call}`: no command {name}"
        command = command.commands[name]
    options = {name for parameter in command.params for name in parameter.opts} | {"--help"}
    used = [word.partition("=")[0] for word in words if word.startswith("--")]
    assert [name for name in used if name not in options] == [], f"`tracker {call}`"
    if command.name == "import" and words and words[0] != "KIND":
        assert words[0] in KINDS, f"`tracker {call}`: no kind {words[0]}"


def test_each_command_is_named_in_the_readme() -> None:
    text = page("README.md")
    missing = [name for name in command_tree().commands if f"tracker {name}" not in text]
    assert set(missing) <= {"account", "indicators", "replay"}


def test_the_two_commands_come_first() -> None:
    readme = page("README.md")
    assert re.search(r"\A# .*\n\n```\nmake demo .*\nmake test .*\n```", readme)
    targets = re.findall(r"^([a-z]+):", page("Makefile"), flags=re.MULTILINE)
    both = readme + page("CONTRIBUTING.md")
    for name in re.findall(r"(?:^|`)make ([a-z]+)", both, flags=re.MULTILINE):
        assert name in targets, f"make {name}"


@pytest.mark.parametrize("name", PAGES)
def test_no_page_holds_what_belongs_to_one_machine(name: str) -> None:
    for what, pattern in FORBIDDEN.items():
        found = re.search(pattern, page(name))
        assert found is None, f"{name} holds {what}: {found.group()}"


@pytest.mark.parametrize("at", ["README.md", "connectors/README.md"])
def test_links_and_pictures_of_the_pages_are_there_and_small(at: str) -> None:
    for name in re.findall(r"\]\(([^)#:]+)\)", page(at)):
        path = (ROOT / at).parent / name
        assert path.is_file(), name
        if path.suffix == ".png":
            assert path.stat().st_size <= PICTURE_BYTES, name


def test_each_setting_of_the_readme_is_one_the_program_reads(tmp_path: Path) -> None:
    table = page("README.md").partition("## Settings")[2].partition("## ")[0]
    names = re.findall(r"`(TRACKER_[A-Z_]+)`", table)
    values = {
        "TRACKER_DATA": "",
        "TRACKER_DB": "sqlite:///a.sqlite",
        "TRACKER_CONTACT": "office@example.test",
        "TRACKER_NIGHT_AT": "02:00",
        "TRACKER_ARCHIVE_DAYS": "10",
        "TRACKER_COVERAGE_ALERT": "0.5",
        "TRACKER_ALERT_TO": "office@example.test",
        "TRACKER_ALERT_FROM": "office@example.test",
        "TRACKER_SMTP_URL": "smtps://may-chu.gia-lap.test",  # secrets: no loopback address
        "TRACKER_WEBHOOK_URL": "https://webhook.gia-lap.test",
        "TRACKER_LINKEDIN_VERSION": "202607",
        "TRACKER_X_WORD": "post",
    }
    for name in [name for name in names if name not in values]:
        if name.endswith("_URL"):
            values[name] = "http://127.0.0.1:1"
        elif name.endswith("_PACE"):
            values[name] = "1"
        elif name.endswith(("_KEY", "_TOKEN", "_SECRET", "_ID")):
            values[name] = "khoa-gia-lap"
        elif name.endswith(("_ENABLED", "_FEED", "_PREVIEW", "_RESEARCH")):
            values[name] = "1"
    settings = load_settings(tmp_path, {name: values[name] for name in names})
    assert settings.unknown == ()
    assert len(names) == len(set(names)) > 10


def test_the_example_of_settings_and_the_readme_name_the_same() -> None:
    table = page("README.md").partition("## Settings")[2].partition("## ")[0]
    named = set(re.findall(r"`(TRACKER_[A-Z_]+)`", table))
    example = set(re.findall(r"^#?(TRACKER_[A-Z_]+)=", page(".env.example"), flags=re.MULTILINE))
    assert named - {"TRACKER_SANDBOX_URL"} == example


def test_the_table_of_ranks_is_the_one_that_binds() -> None:
    rows = re.findall(r"^\| `([a-z]+)` \| .+ \| (-?\d) \|$", page("CONTRIBUTING.md"), re.MULTILINE)
    assert {name: int(rank) for name, rank in rows} == RANKS


def test_the_tables_are_those_of_the_models() -> None:
    lines = re.findall(r"^- \*\*(\w+)\*\* \(([^;)]+); ([^)]+)\)", page("CONTRIBUTING.md"), re.M)
    written = {name: (key.split(", "), rest.split(", ")) for name, key, rest in lines}
    held = {}
    for name, table in Row.metadata.tables.items():
        keys = [column.name for column in table.primary_key.columns]
        held[name] = (keys, [c.name for c in table.columns if c.name not in keys])
    assert written == held


def test_each_kind_of_failure_is_in_the_table_with_its_status() -> None:
    rows = dict(
        re.findall(
            r"^\| [^|]+\| `(\w+)[^|]*\| [^|]+\| `?(\w+|–)`? \|$", page("CONTRIBUTING.md"), re.M
        )
    )
    for kind in ReadError.__subclasses__():
        assert kind.__name__ in rows
        assert rows[kind.__name__] in (kind.status, "–")


def test_the_changelog_begins_with_the_version_of_the_program() -> None:
    version = re.search(r'^version = "(.+)"', page("pyproject.toml"), re.MULTILINE)
    first = re.search(r"^## (\S+)", page("CHANGELOG.md"), re.MULTILINE)
    assert version is not None
    assert first is not None
    assert first.group(1) == version.group(1)


def test_each_variable_of_the_platforms_page_is_in_the_example_of_settings() -> None:
    text = page("connectors/README.md")
    named = {name.partition("=")[0] for name in re.findall(r"`(TRACKER_[A-Z_=0-9a-z]+)`", text)}
    example = set(re.findall(r"^#?(TRACKER_[A-Z_]+)=", page(".env.example"), flags=re.MULTILINE))
    assert named - example == {"TRACKER_X_UNITS"}
    assert all(PLATFORMS[key].title in text for key in CONNECTORS)
