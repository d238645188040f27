"""The demonstration runs from nothing, and every number of its five sentences is worked out here a
second time.
"""

import csv
import re
import sqlite3
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from jobs import demo
from tracker.periods import LOCAL, day_number

LOCALITIES = ("quang-ninh", "lai-chau")


class Told:
    """What one run of the demonstration printed and left behind."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.lines: list[str] = []
        self.sentences = demo.run_demo(out, self.lines.append, localities=LOCALITIES)

    def numbers(self, sentence: int) -> list[float]:
        """List the numbers of a sentence without dates, in order."""
        text = re.sub(r"\d{4}-\d{2}-\d{2}|\d+ July \d{4}|day \d", "", self.sentences[sentence - 1])
        return [float(found.replace(",", "")) for found in re.findall(r"[+-]?\d[\d,]*\.?\d*", text)]

    def sheet(self, stretch: str, name: str) -> list[dict[str, str]]:
        folder = self.out / stretch
        path = folder / "sheets" / f"{name}.csv"
        path = path if path.exists() else folder / "register" / f"{name}.csv"
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    return Told(tmp_path_factory.mktemp("bản thử") / "demo")


@pytest.fixture
def store(told: Told) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(told.out / "2024-09" / "tracker.sqlite")
    yield connection
    connection.close()


def final_statuses(
    store: sqlite3.Connection, days: tuple[date, date]
) -> dict[tuple[str, int], str]:
    """Account and day -> ok if any live profile attempt succeeded, else the last status."""
    found: dict[tuple[str, int], str] = {}
    rows = store.execute(
        "SELECT account_id, day, status FROM attempt WHERE what = 'profile' AND day BETWEEN ? AND ?"
        " ORDER BY tried_at, id",
        tuple(day_number(day) for day in days),
    )
    for account, day, status in rows:
        if found.get((account, day)) != "ok":
            found[account, day] = status
    return found


def test_coverage_is_what_the_attempts_say(told: Told, store: sqlite3.Connection) -> None:
    found = Counter(final_statuses(store, (date(2024, 9, 2), date(2024, 9, 15))).values())
    lost = {status: count for status, count in found.items() if status != "ok"}
    expected = [
        14,
        found["ok"],
        found.total(),
        sum(lost.values()),
        *(lost[key] for key in sorted(lost)),
    ]
    assert told.numbers(1) == expected


def test_the_faulty_and_the_killed_night_lost_nothing(
    told: Told, store: sqlite3.Connection
) -> None:
    expected: list[float] = []
    for day in (date(2024, 9, 5), date(2024, 9, 9)):
        statuses = list(final_statuses(store, (day, day)).values())
        expected += [statuses.count("ok"), len(statuses)]
        assert set(statuses) <= {"ok", "gone", "unclear"}
    assert told.numbers(2) == expected


def test_interactions_before_and_after_are_those_of_the_sheet(told: Told) -> None:
    """Sum of interactions over posts at 168 hours, Tết weeks out, over the windows that the
    sentence names.
    """
    windows = [
        date.fromisoformat(day) for day in re.findall(r"\d{4}-\d{2}-\d{2}", told.sentences[2])
    ]
    tet = [date.fromisoformat(row["day"]) for row in told.sheet("2024-09", "tet")]
    posts: dict[str, tuple[date, int]] = {}
    for row in told.sheet("2024-09", "posts"):
        if row["account"].startswith("quangninh-") and row["metric"] != "views":
            day = datetime.fromisoformat(row["published_at"]).astimezone(LOCAL).date()
            before = posts.get(row["native_id"], (day, 0))[1]
            posts[row["native_id"]] = day, before + int(row["value"])

    def mean(first: date, last: date) -> float:
        weeks = [first + timedelta(days=7 * n) for n in range((last - first).days // 7 + 1)]
        good = {
            week + timedelta(days=n)
            for week in weeks
            for n in range(7)
            if not any(
                week - timedelta(days=6) <= day + timedelta(days=6)
                and day - timedelta(days=3) <= week + timedelta(days=6)
                and week <= day + timedelta(days=6)
                for day in tet
            )
        }
        inside = [count for day, count in posts.values() if day in good]
        return sum(inside) / len(inside)

    printed_before, printed_after, change = told.numbers(3)[:3]
    assert printed_before == pytest.approx(mean(windows[0], windows[1]), abs=0.06)
    assert printed_after == pytest.approx(mean(windows[2], windows[3]), abs=0.06)
    assert change == pytest.approx(printed_after - printed_before, abs=0.11)
    low, high = told.numbers(3)[3:5]
    assert low < change < high


def test_every_locality_is_counted_once(told: Told) -> None:
    programmes = told.sheet("2024-09", "programmes")
    built = {row["locality_id"] for row in programmes if row["status"] == "built"}
    whole, known, refused, none, zero = told.numbers(4)
    assert (whole, none, zero) == (63, 63 - len(built), 0)
    assert known + refused == len(built)


def test_the_merger_is_what_the_register_says(told: Told) -> None:
    localities = told.sheet("2025-07", "localities")
    old = {row["id"] for row in localities if row["valid_from"] < "2025-07-01"}
    new = {row["id"] for row in localities if not row["valid_to"]}
    moves = told.sheet("2025-07", "merger_accounts")
    ended = sum(bool(row["active_to"]) for row in moves)
    expected = [63, 34, len(old - new), len(new - old), ended, len(moves) - ended]
    assert told.numbers(5) == expected


def test_reports_carry_the_synthetic_mark_in_their_names(told: Told) -> None:
    names = sorted(path.name for path in (told.out / "reports").glob("*3836*"))
    assert {
        f"gia-lap_3836_{one}.{form}" for one in LOCALITIES for form in ("docx", "xlsx", "html")
    } <= set(names)
    assert all(name.startswith("gia-lap_") for name in names)


def test_a_folder_with_something_else_is_never_emptied(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(demo.ConfigError, match="something else"):
        demo.run_demo(tmp_path, lambda line: None)
    assert (tmp_path / "letter.txt").read_text() == "mine"
