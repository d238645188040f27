"""What an office is asked to check: each number held of its accounts, lane by lane, and whether the
lanes agree. Values only; prints nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import combinations
from typing import Any

from tracker.panel import LANE_ORDER, Panel
from tracker.panel.disagreements import differ
from tracker.panel.frames import rows_of
from tracker.platforms import PLATFORMS

METRICS = ("followers", "posts")
DIFFERS, CORRECTED, AGREES, UNCHECKED, MISSING = (
    "differs",
    "corrected",
    "agrees",
    "unchecked",
    "missing",
)
VERDICTS_VI = {
    DIFFERS: "Lệch",
    CORRECTED: "Đã đính chính",
    AGREES: "Khớp",
    UNCHECKED: "Chưa đối soát",
    MISSING: "Chưa có số",
}
EXPLAINED_VI = (
    "Lệch, khớp: so hai nguồn của cùng một ngày; chưa đối soát: chưa có số khai cùng ngày."
)
SETTLED = (CORRECTED, AGREES)


@dataclass(frozen=True)
class SlipLine:
    """One number of an account in one lane on one day, with corrections applied.

    `value` None = nothing is held: the line asks for a number. `verdict` is a key of `VERDICTS_VI`;
    `correction` the id of the one that reaches it; `further` counts other days on which lanes of
    this metric differ.
    """

    account_id: str
    platform: str
    handle: str | None
    metric: str
    metric_vi: str
    lane: str
    day: date
    value: int | None
    step: int = 1
    qualifier: str = "exact"
    verdict: str = MISSING
    correction: str | None = None
    further: int = 0

    @property
    def settled(self) -> bool:
        """Say whether nobody needs to answer the line any more."""
        return self.verdict in SETTLED


@dataclass(frozen=True, slots=True)
class Held:
    """What one lane says of one day."""

    value: int
    step: int
    qualifier: str

    def contradicts(self, other: Held) -> bool:
        """Say whether both cannot be true; what is declared as about or at least says no more."""
        if self.qualifier != "exact" or other.qualifier != "exact":
            return False
        return differ(self.value, self.step, other.value, other.step)


ByLane = dict[str, dict[date, Held]]


def slip_lines(panel: Panel, agency_id: str) -> list[SlipLine]:
    """List the numbers that an office has to check: for each account and metric the newest of every
    lane, and the newest day on which lanes differ.

    Numbers that the terms no longer let us say are left out.
    """
    return [
        line
        for account in rows_of(panel.accounts.reset_index().sort_values("id"))
        if account.agency_id == agency_id and _active(account, panel.last_night)
        for metric in METRICS
        for line in _lines_of(panel, account, metric)
    ]


def _active(account: Any, day: date) -> bool:
    begun, ended = account.active_from, account.active_to
    return (begun is None or begun <= day) and (ended is None or ended >= day)


def _lines_of(panel: Panel, account: Any, metric: str) -> Iterator[SlipLine]:
    measures = PLATFORMS[account.platform].measures_of("account")
    titles = {measure.column: measure.title_vi for measure in measures}
    if metric not in titles:
        return
    held = {lane: _held(panel, account.id, metric, lane) for lane in LANE_ORDER}
    apart = sorted(_differing(held), reverse=True)
    days = {(lane, max(known)) for lane, known in held.items() if known}
    days |= {(lane, day) for day in apart[:1] for lane, known in held.items() if day in known}
    blank = SlipLine(
        account.id,
        account.platform,
        account.handle or account.url,
        metric,
        titles[metric],
        "declared",
        panel.last_night,
        None,
    )
    if not days and metric == METRICS[0]:
        yield blank
    for lane, day in sorted(days, key=lambda one: (LANE_ORDER.index(one[0]), one[1])):
        one = held[lane][day]
        correction = _correction(panel, account.id, metric, lane, day)
        yield replace(
            blank,
            lane=lane,
            day=day,
            value=one.value,
            step=one.step,
            qualifier=one.qualifier,
            verdict=_verdict(held, lane, day, correction),
            correction=correction,
            further=len(apart) - 1 if day in apart[:1] else 0,
        )


def _held(panel: Panel, account: str, metric: str, lane: str) -> dict[date, Held]:
    """Give what is known in a lane and may still be said, by day."""
    values = panel.series(account, metric, lane).dropna()
    steps, words = panel.steps(account, metric, lane)
    kept = panel.basis_of(account, lane).days_kept
    first = date.min if kept is None else panel.until - timedelta(days=kept)
    numbers = zip(values.index, values, steps[values.index], words[values.index], strict=True)
    return {
        at.date(): Held(int(value), int(step), str(word))
        for at, value, step, word in numbers
        if at.date() >= first
    }


def _differing(held: ByLane) -> set[date]:
    """List the days on which two lanes cannot both be true."""
    return {
        day
        for first, second in combinations(held.values(), 2)
        for day in first.keys() & second.keys()
        if first[day].contradicts(second[day])
    }


def _verdict(held: ByLane, lane: str, day: date, correction: str | None) -> str:
    others = [known[day] for name, known in held.items() if name != lane and day in known]
    if any(held[lane][day].contradicts(other) for other in others):
        return DIFFERS
    if correction is not None:
        return CORRECTED
    return AGREES if others and day in held["declared"] else UNCHECKED


def _correction(panel: Panel, account: str, metric: str, lane: str, day: date) -> str | None:
    """Name the last correction that reaches a number."""
    found = [
        str(row.id)
        for row in rows_of(panel.corrections)
        if (row.account_id, row.lane, row.metric) == (account, lane, metric)
        and row.post is None
        and row.day_from <= day <= row.day_to
    ]
    return max(found, default=None)
