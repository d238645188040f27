"""What an indicator is, and the one list of them that functions are entered into by decoration."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, NotRequired, TypedDict, TypeVar, Unpack

import pandas as pd

from tracker.indicators.samples import Source
from tracker.panel import Panel
from tracker.periods import Window

OVERLAP_VI = "có trùng"
"""Printed beside followers added up over accounts: one person may follow several of them."""


@dataclass(frozen=True)
class Value:
    """One number over one window.

    `value` None = not computable, and then `reason` (Vietnamese, for print) says why. `low` and
    `high` bound it at 95 % where an interval can be given, else None. `n` is what the number rests
    on (valid weeks, or posts for a post indicator), `accounts` of how many accounts it is made,
    `readings` how many observations went in, `step` the largest rounding unit among them (1 =
    exact), `first_day` and `last_day` the first and last of their days (of publication for posts).
    `lane` is the lane's key (`public`, `owner`, `declared`; several joined by `+`). `text` is the
    word to print in place of the number (a class), `notes` are Vietnamese sentences a table must
    print: jumps left out, definition breaks inside the window, "có trùng", what was left out.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    n: int = 0
    unit: str = ""
    lane: str | None = None
    reason: str | None = None
    accounts: int = 1
    readings: int = 0
    step: int = 1
    first_day: date | None = None
    last_day: date | None = None
    text: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Rows:
    """A list over one window: best posts, languages, jumps.

    `frame` has the columns its function documents; without rows, `reason` (Vietnamese) may say why.
    `n` counts what the list was chosen from, `notes` as in Value.
    """

    frame: pd.DataFrame = field(default_factory=pd.DataFrame)
    reason: str | None = None
    lane: str | None = None
    n: int = 0
    notes: tuple[str, ...] = ()


Make = Callable[[Panel, str, str, Window], Source | None]
"""(panel, account id, lane, publication days known in that lane) -> what can be measured, None =
nothing."""
Over = Callable[[Panel, str, Window], Value | Rows]
"""(panel, account id or unit of the register, window) -> the answer for that window."""
Beside = Callable[[Panel, str, str, Window], tuple[str, ...]]
"""(panel, account id, lane, window) -> Vietnamese sentences to print beside the number."""
Level = Literal["output", "out-take", "outcome", "impact"]
Entity = Literal["account", "post", "register"]
Combine = Literal["sum", "share", "ratio", "pool", "none"]


@dataclass(frozen=True)
class Indicator:
    """One indicator: what the dictionary prints of it, and how it is measured.

    `entity`: made of readings of the `account`, of its `post`s, or of the `register`. `level`:
    output, out-take, outcome, impact (the stages of communication evaluation). `combine`: how
    accounts are added up: `sum` of levels, `share` of summed growth in summed followers, `ratio` of
    summed numerators and denominators, `pool` of all their posts, `none`: one account, or one unit,
    at a time. `needs`: what must be published (see `needs.py`). `shape`: a `series` can be compared
    before and after and has `make`; a `value` and `rows` are given for one window by `over`, and
    their `make` gives nothing. `interval`: how the level of a window is bounded. `empty_vi`: the
    reason where the window holds nothing. `beside`: sentences for print.
    """

    key: str
    title_vi: str
    title_en: str
    unit_vi: str
    unit_en: str
    formula: str
    level: Level
    entity: Entity
    combine: Combine
    minimum: str
    source: str
    make: Make
    formula_vi: str = ""
    needs: tuple[str, ...] = ()
    shape: Literal["series", "value", "rows"] = "series"
    interval: Literal["mean", "wilson"] = "mean"
    empty_vi: str = ""
    over: Over | None = None
    beside: Beside | None = None


class Facts(TypedDict):
    """What every decorated function states (see Indicator)."""

    key: str
    title_vi: str
    title_en: str
    unit_vi: str
    unit_en: str
    formula: str
    formula_vi: str
    level: Level
    entity: Entity
    combine: Combine
    needs: tuple[str, ...]
    minimum: str
    source: str
    interval: NotRequired[Literal["mean", "wilson"]]
    empty_vi: NotRequired[str]
    beside: NotRequired[Beside]


INDICATORS: dict[str, Indicator] = {}
AnyOver = TypeVar("AnyOver", bound=Over)


def indicator(**facts: Unpack[Facts]) -> Callable[[Make], Make]:
    """Enter a function that gives a series into INDICATORS; a key can be taken only once."""

    def enter(make: Make) -> Make:
        _enter(Indicator(**facts, make=make))
        return make

    return enter


def window_value(**facts: Unpack[Facts]) -> Callable[[AnyOver], AnyOver]:
    """Enter a function that gives one Value for a window, and is not compared before and after."""

    def enter(over: AnyOver) -> AnyOver:
        _enter(Indicator(**facts, make=_no_series, shape="value", over=over))
        return over

    return enter


def window_rows(**facts: Unpack[Facts]) -> Callable[[AnyOver], AnyOver]:
    """Enter a function that gives Rows for a window."""

    def enter(over: AnyOver) -> AnyOver:
        _enter(Indicator(**facts, make=_no_series, shape="rows", over=over))
        return over

    return enter


def _enter(item: Indicator) -> None:
    assert item.key not in INDICATORS, f"the indicator {item.key} is defined twice"
    INDICATORS[item.key] = item


def _no_series(panel: Panel, account_id: str, lane: str, covered: Window) -> None:
    return None
