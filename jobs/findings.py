"""The five sentences that end the demonstration. Each quotes numbers that a test works out again
from the store.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta

from jobs.collect import final_statuses
from jobs.indicating.choice import programme_start
from jobs.opening import Opened
from tracker.effects import Change, locality_changes
from tracker.panel import Panel, load_panel
from tracker.periods import MERGER, map_on
from tracker.registry import read_tet_days

LOCALITY = "quang-ninh"
INDICATOR = "interactions_per_post"


@dataclass(frozen=True)
class Coverage:
    """How many accounts were expected and read over some nights."""

    expected: int
    read: int


def five_sentences(
    eve: Opened, merger: Opened, killed: date | None, faulty: date | None
) -> list[str]:
    """Say what the two stretches show: coverage, faults, one change, who has none, the merger."""
    panel = load_panel(eve.store)
    tet = read_tet_days(eve.folder)
    return [
        coverage_sentence(eve),
        faults_sentence(eve, faulty, killed),
        change_sentence(panel, tet),
        refusal_sentence(panel, tet),
        merger_sentence(merger),
    ]


def coverage(opened: Opened) -> Coverage:
    """Add up the ledger of nights."""
    nights = [night for night in opened.store.nights() if night.expected is not None]
    return Coverage(
        sum(night.expected or 0 for night in nights), sum(night.read or 0 for night in nights)
    )


def coverage_sentence(opened: Opened) -> str:
    """Say how many of the expected profiles came in, and why the others did not."""
    found = coverage(opened)
    nights = opened.store.nights()
    causes: Counter[str] = Counter()
    for night in nights:
        causes.update(s for s in final_statuses(opened.store, night.day).values() if s != "ok")
    listed = ", ".join(f"{count} {cause}" for cause, count in sorted(causes.items()))
    return (
        f"In {len(nights)} nights {found.read:,} of {found.expected:,} expected profiles were "
        "read; each of the "
        f"{found.expected - found.read} missing ones has its cause ({listed})."
    )


def faults_sentence(opened: Opened, faulty: date | None, killed: date | None) -> str:
    """Say that faults and a kill cost nothing that could be read."""
    by_day = {night.day: night for night in opened.store.nights()}
    with_faults, after_kill = by_day[faulty or min(by_day)], by_day[killed or min(by_day)]
    return (
        f"On {with_faults.day} every twentieth call failed and {with_faults.read} of "
        f"{with_faults.expected} accounts "
        f"were read all the same; the night of {after_kill.day} was killed, started again, "
        "and read "
        f"{after_kill.read} of {after_kill.expected}."
    )


def platform_change(panel: Panel, tet: tuple[date, ...], locality: str) -> Change | None:
    """Give the change of interactions per post over all comparable accounts of a locality, None =
    no programme.
    """
    start = programme_start(panel, locality)
    if start is None:
        return None
    found = locality_changes(panel, locality, start, panel.until, tet)
    return next(row.change for row in found.total.indicators if row.key == INDICATOR)


def change_sentence(panel: Panel, tet: tuple[date, ...]) -> str:
    """Say what changed in one pilot, with its interval and its windows."""
    found = platform_change(panel, tet, LOCALITY)
    assert found is not None
    if not found.known:
        return f"Quảng Ninh: interactions per post at day 7 cannot be compared: {found.reason}."
    assert found.windows is not None
    assert found.difference is not None
    before, after = found.windows
    return (
        f"Quảng Ninh's posts drew {found.before:.1f} interactions at day 7 before the programme "
        f"({before.start} to {before.last_day}) and {found.after:.1f} after it ({after.start} "
        f"to {after.last_day}): "
        f"an observed change of {found.difference:+.1f} [{found.low:.1f}, {found.high:.1f}], "
        "which is not yet an effect."
    )


def refusal_sentence(panel: Panel, tet: tuple[date, ...]) -> str:
    """Say for how many localities a before and after can be printed, and for how many not."""
    changes = {
        locality: platform_change(panel, tet, locality)
        for locality in panel.map_localities(map_on(panel.last_night))
    }
    none = sum(change is None for change in changes.values())
    known = sum(change is not None and change.known for change in changes.values())
    refused = len(changes) - none - known
    return (
        f"Of {len(changes)} localities {known} get a before and after with an interval, "
        f"{refused} have a programme "
        f"but too little data, and {none} have no programme: their cells say so, and none says 0."
    )


def merger_sentence(opened: Opened) -> str:
    """Say what the merger of 1 July 2025 did to the register."""
    panel = load_panel(opened.store)
    last_day = MERGER - timedelta(days=1)
    old, new = set(panel.map_localities("63")), set(panel.map_localities("34"))
    ended = sum(row["active_to"] == last_day for row in opened.store.rows("account"))
    passed = len(opened.store.rows("account_period", valid_from=MERGER))
    return (
        f"On 1 July 2025 the map went from {len(old)} to {len(new)} localities: {len(old - new)} "
        f"ceased and {len(new - old)} began with a new territory; {ended} accounts ended with them "
        f"and {passed} went on under a new owner, each as one series."
    )
