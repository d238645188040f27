"""Traps of real counters move no result: purges, merged pages, frozen counts, renames, the merger
of provinces, rounding.

Each test measures one locality with a programme against twelve without, in both layers, with the
trap and without it; then the guard is taken away, and the same trap moves the result.
"""

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from panel_sample import objects
from test_maps import Page, place_panel, shipped_localities

from tracker.effects import (
    BELOW,
    OBSERVED,
    Change,
    Effect,
    FrameFacts,
    change,
    frame_choice,
    frame_growth,
    frames,
    locality_changes,
    unit_effects,
    unit_frame,
)
from tracker.effects.frame_choice import NOT_THROUGH_VI, Chosen
from tracker.effects.frame_growth import ROUNDED_VI
from tracker.flows import intervals
from tracker.panel import Panel
from tracker.periods import MERGER, Window

GROWTH = "followers_percent_30_days"
FIRST, START, UNTIL = date(2022, 9, 5), date(2023, 10, 2), date(2024, 10, 21)
TET = (date(2023, 1, 22), date(2024, 2, 10), date(2025, 1, 29))
TREATED, PAGE = "quang-ninh", "quang-ninh-bluesky"
CONTROLS = (
    *("cao-bang", "dien-bien", "lai-chau", "son-la", "lang-son", "ha-noi", "thanh-hoa"),
    *("nghe-an", "ha-tinh", "hue", "lam-dong", "ca-mau"),
)
LATE = date(2024, 5, 8)
"""A day well inside the window after the start."""
CLOSE = 0.25
"""A trap may move an effect by a quarter of its standard error: what it takes out are a few weeks
of 110."""

Followers = dict[str, pd.Series]


def grown(
    seed: int, first: float, a_day: float, days: pd.DatetimeIndex, start: date, lift: float = 1.0
) -> pd.Series:
    """Nightly readings of a page that gains Poisson numbers a day, `lift` times as many since the
    start."""
    mean = np.where(days[:-1] < pd.Timestamp(start), a_day, a_day * lift)
    gained = np.random.default_rng(seed).poisson(mean)
    return pd.Series(first + np.concatenate([[0.0], np.cumsum(gained)]), days)


def country(first: date = FIRST, until: date = UNTIL, start: date = START) -> Followers:
    """Thirteen pages; the one of the locality with a programme grows by two fifths more."""
    days = pd.date_range(first, until)
    return {
        f"{place}-bluesky": grown(at, 8000, 10, days, start, 1.4 if place == TREATED else 1.0)
        for at, place in enumerate((TREATED, *CONTROLS))
    }


def panel_of(
    followers: Followers,
    *more: Page,
    until: date = UNTIL,
    starts: Mapping[str, date] | None = None,
) -> Panel:
    """Put a panel of shipped localities together, a page each and `more`."""
    named = {page.id for page in more}
    pages = [Page(one, one.removesuffix("-bluesky")) for one in followers if one not in named]
    panel = place_panel([*pages, *more], followers, starts=starts or {TREATED: START}, until=until)
    localities = shipped_localities()
    ids = localities["id"].tolist()
    return replace(
        panel,
        locality_rows=localities,
        locality_names=objects(
            [{"locality_id": one, "name_vi": one, "kind": "tỉnh"} for one in ids],
            "locality_id valid_from valid_to name_vi name_en kind source",
        ),
        agencies=agencies(),
    )


def agencies() -> pd.DataFrame:
    """Give every shipped locality a People's Committee."""
    return objects(
        [
            {"id": f"ubnd-{one}", "name_vi": one, "locality_id": one}
            for one in shipped_localities()["id"]
        ],
        "id name_vi name_en kind locality_id parent_id successor_id",
    )


@dataclass(frozen=True)
class Found:
    """Both layers of the locality with the programme; `change` is its net growth a day."""

    effect: Effect | None
    change: Change
    facts: FrameFacts


def measured(panel: Panel) -> Found:
    frame, members, facts = unit_frame(panel, GROWTH, tet_days=TET)
    effect = unit_effects(frame, members).get(TREATED)
    table = locality_changes(panel, TREATED, START, UNTIL, TET)
    found = table.total.indicators[0].change
    assert found is not None
    return Found(effect, found, facts)


def effects_apart(one: Found, other: Found) -> float:
    """Give the distance of two effects in standard errors of the second."""
    assert one.effect is not None
    assert one.effect.estimate is not None
    assert other.effect is not None
    assert other.effect.estimate is not None
    assert other.effect.error is not None
    return abs(one.effect.estimate - other.effect.estimate) / other.effect.error


def changes_apart(one: Found, other: Found) -> float:
    """Give the distance of two observed changes in followers a day."""
    assert one.change.difference is not None
    assert other.change.difference is not None
    return abs(one.change.difference - other.change.difference)


@pytest.fixture(scope="module")
def clean() -> Found:
    """What is found without any trap: an effect, and an observed change of 0.4 x 10 a day."""
    found = measured(panel_of(country()))
    assert found.effect is not None
    assert found.effect.method == "did"
    assert found.effect.p is not None
    assert found.effect.low is not None
    assert found.effect.low > 0
    assert found.change.difference == pytest.approx(4.0, abs=0.5)
    return found


def jumped(series: pd.Series, share: float) -> pd.Series:
    """Add or remove a share of the followers during one day; as many come a day as before."""
    moved = round(share * series[pd.Timestamp(LATE)])
    return series.where(series.index <= pd.Timestamp(LATE), series + moved)


def scaled(series: pd.Series, share: float) -> pd.Series:
    """The same, and as many come per follower as before."""
    return series.where(series.index <= pd.Timestamp(LATE), np.floor(series * (1 + share)))


def frozen(series: pd.Series, nights: int) -> pd.Series:
    """Show the number of one night for so many nights more."""
    old = series.copy()
    at = int(old.index.get_indexer([pd.Timestamp(LATE)])[0])
    old.iloc[at : at + nights + 1] = old.iloc[at]
    return old


@pytest.mark.parametrize(("share", "kind"), [(-0.05, "purge"), (0.05, "import")])
def test_a_purge_and_a_merged_page_move_neither_layer(
    clean: Found, monkeypatch: pytest.MonkeyPatch, share: float, kind: str
) -> None:
    """A twentieth of the page vanishes, or comes with another page: 540 followers. One day of 364
    is left out, so the growth a day moves by 14 / 364 at most, instead of by 540 / 364."""
    pages = country()
    growth_a_day = pages | {PAGE: jumped(pages[PAGE], share)}
    growth_in_percent = pages | {PAGE: scaled(pages[PAGE], share)}
    one, two = measured(panel_of(growth_a_day)), measured(panel_of(growth_in_percent))
    assert [jump.kind for jump in one.change.jumps] == [kind]
    assert changes_apart(one, clean) < 14 / 364
    assert effects_apart(two, clean) < CLOSE
    monkeypatch.setattr("tracker.flows.JUMP_SHARE", math.inf)
    one, two = measured(panel_of(growth_a_day)), measured(panel_of(growth_in_percent))
    assert changes_apart(one, clean) > 500 / 364
    assert effects_apart(two, clean) > 3


@pytest.mark.parametrize("everywhere", [False, True])
def test_a_frozen_count_moves_neither_layer(
    clean: Found, monkeypatch: pytest.MonkeyPatch, everywhere: bool
) -> None:
    """The platform shows one number for four weeks, of one page or of all, and then the true one:
    28 days of growth at once, which would be thrown away as followers of another page."""
    pages = country()
    for name in pages if everywhere else (PAGE,):
        pages[name] = frozen(pages[name], 28)
    found = measured(panel_of(pages))
    assert found.change.jumps == ()
    assert effects_apart(found, clean) < CLOSE
    assert changes_apart(found, clean) == pytest.approx(0.0, abs=1e-9)
    monkeypatch.setattr("tracker.flows.FROZEN_FLOWS", 10_000)
    unguarded = measured(panel_of(pages))
    assert changes_apart(unguarded, clean) > 0.5
    if not everywhere:
        assert effects_apart(unguarded, clean) > 2 * CLOSE


def nightly(*counts: float) -> pd.Series:
    """Sixty nights that gain ten a night, then these counts above the last of them."""
    usual = 10.0 * np.arange(60)
    values = np.concatenate([usual, usual[-1] + np.array(counts)])
    return pd.Series(5_000 + values, pd.date_range(FIRST, periods=len(values)))


def test_a_repeated_number_is_left_out_only_where_the_next_one_makes_up_for_it() -> None:
    """Twelve nights of the same number, then 130 more: thirteen days at ten a day. A leap of 1,130
    after such a rest is another page's, and so is one of a page that usually rests; twelve nights
    without a leap are what they are."""
    still = (0.0,) * 12
    thawed = intervals(nightly(*still, 130.0, 140.0))
    assert thawed.jumps == ()
    assert thawed.exposure.max() == 13
    assert thawed.change[thawed.exposure == 13].tolist() == [130.0]
    leap = intervals(nightly(*still, 1_130.0, 1_140.0))
    assert [(jump.kind, jump.change) for jump in leap.jumps] == [("import", 1_130.0)]
    resting = pd.Series([5_000.0] * 60 + [5_130.0] * 10, pd.date_range(FIRST, periods=70))
    assert [jump.kind for jump in intervals(resting).jumps] == ["import"]
    assert intervals(nightly(*still)).exposure.max() == 1


def interactions(frozen_pages: Collection[str]) -> Effect:
    """Measure interactions per post: one post a week and page, 100 interactions with noise, a fifth
    more since the start; of `frozen_pages` half is shown for four weeks."""
    rng = np.random.default_rng(9)
    pages = [f"{place}-bluesky" for place in (TREATED, *CONTROLS)]
    posts = []
    for day in pd.date_range(FIRST, UNTIL, freq="7D")[:-2]:
        for page in pages:
            count = 100 * float(np.exp(rng.normal(0, 0.1)))
            count *= 1.2 if page == PAGE and day >= pd.Timestamp(START) else 1.0
            old = 0 <= (day.date() - LATE).days < 28
            shown = count / 2 if old and page in frozen_pages else count
            posts.append((page, day.date(), 1, 1, shown, 1000.0, "vi"))
    panel = place_panel(
        [Page(page, page.removesuffix("-bluesky")) for page in pages],
        posts=posts,
        starts={TREATED: START},
        until=UNTIL,
    )
    panel = replace(panel, locality_rows=shipped_localities(), agencies=agencies())
    frame, members, facts = unit_frame(
        panel, "interactions_per_post", window=Window(FIRST, UNTIL), tet_days=TET
    )
    assert facts.log
    return unit_effects(frame, members, log=True)[TREATED]


def test_counters_of_posts_that_freeze_everywhere_move_no_effect() -> None:
    """Posts of four weeks are read at seven days with old numbers. On the whole platform: the other
    localities share it and the effect stays. Without them, on one page alone, it falls by 4 of 52
    weeks x ln 2."""
    clean, everywhere, alone = (
        interactions(pages)
        for pages in ((), [f"{place}-bluesky" for place in (TREATED, *CONTROLS)], [PAGE])
    )
    assert clean.estimate is not None
    assert everywhere.estimate is not None
    assert alone.estimate is not None
    assert clean.error is not None
    assert clean.low is not None
    assert clean.high is not None
    assert clean.low < math.log(1.2) < clean.high
    assert everywhere.estimate == pytest.approx(clean.estimate, abs=1e-9)
    assert clean.estimate - alone.estimate > clean.error


def test_a_rename_moves_neither_layer(clean: Found) -> None:
    """The page changes its handle; its permanent id goes on. Were the handle the key, there would
    be two pages, neither observed throughout: no effect, and a change over other windows."""
    pages = country()
    panel = panel_of(pages)
    old = {"account_id": PAGE, "agency_id": f"ubnd-{TREATED}", "handle": "@old", "valid_to": LATE}
    new = {**old, "handle": "@new", "valid_from": LATE + timedelta(days=1), "valid_to": None}
    others = panel.periods[panel.periods["account_id"] != PAGE]
    rows = pd.concat([others, objects([old, new], " ".join(others.columns))], ignore_index=True)
    found = measured(replace(panel, periods=rows))
    assert (found.effect, found.change) == (clean.effect, clean.change)
    whole = pages.pop(PAGE)
    before, after = whole[: str(LATE)], whole[str(LATE + timedelta(days=1)) :]
    split = {f"{PAGE}-old": before, f"{PAGE}-new": after}
    by_handle = measured(panel_of({**pages, **split}, *(Page(name, TREATED) for name in split)))
    assert by_handle.effect is None
    assert by_handle.facts.without[TREATED] == NOT_THROUGH_VI
    assert by_handle.change.windows != clean.change.windows
    assert changes_apart(by_handle, clean) > 0.1


def test_rounded_readings_move_no_effect(clean: Found, monkeypatch: pytest.MonkeyPatch) -> None:
    """A channel with 50,000 subscribers shown in steps of 100 stands beside the page: weekly growth
    is never formed of it, and the effect stays what it was to the last digit."""
    pages = country()
    shown = (6 * pages[PAGE]) // 100 * 100
    channel = Page("quang-ninh-youtube", TREATED, "youtube", "owner_consent")
    panel = panel_of({**pages, channel.id: shown}, channel)
    found = measured(panel)
    assert found.effect == clean.effect
    assert [(one.account_id, one.reason) for one in found.facts.left_out] == [
        (channel.id, ROUNDED_VI)
    ]
    monkeypatch.setattr(frame_growth, "step", lambda *_: 1)
    monkeypatch.setattr(frame_growth, "ROUNDED", {})
    unguarded = measured(panel_of({**pages, channel.id: shown}, channel))
    assert unguarded.effect is not None
    assert clean.effect is not None
    assert unguarded.effect != clean.effect


def test_a_change_within_the_steps_is_never_an_observed_one() -> None:
    """Ninety subscribers a year, before and after alike; shown are none before and a step after.
    The interval that the steps leave holds the truth; without them a change would be 'observed'."""
    days = pd.date_range(START - timedelta(days=364), START + timedelta(days=380))
    shown = pd.Series(50_001 + 0.25 * np.arange(len(days)), days) // 100 * 100
    found = change(shown, START, kind="stock", steps=100, tet_days=TET, least_events=0)
    assert found.label == BELOW
    assert found.low is not None
    assert found.high is not None
    assert found.low < 0 < found.high
    unguarded = change(shown, START, kind="stock", tet_days=TET, least_events=0)
    assert unguarded.label == OBSERVED
    assert unguarded.before == 0
    assert unguarded.difference == pytest.approx(100 / 364, rel=0.1)


# the merger of provinces

JANUARY = date(2025, 1, 6)
SPAN = Window(date(2024, 1, 1), date(2025, 10, 6))
PARTS = ("tuyen-quang", "ha-giang")
UNITS = "tuyen-quang-2025"


def merging() -> tuple[Panel, Followers]:
    """Two provinces with one programme become one; the page of one of them ends with it."""
    days = pd.date_range(SPAN.start, SPAN.end)
    pages = {
        f"{place}-bluesky": grown(50 + at, 8000, 10, days, JANUARY)
        for at, place in enumerate(CONTROLS)
    }
    pages["tuyen-quang-bluesky"] = grown(40, 8000, 10, days, JANUARY, 1.4)
    pages["ha-giang-bluesky"] = grown(41, 3000, 9, days, JANUARY, 0.3)[: str(date(2025, 6, 30))]
    return panel_of_merged(pages), pages


def panel_of_merged(pages: Followers) -> Panel:
    moved = Page("tuyen-quang-bluesky", "tuyen-quang", moves=((MERGER, UNITS),))
    retired = Page("ha-giang-bluesky", "ha-giang", ended=date(2025, 6, 30))
    some = [page for page in (moved, retired) if page.id in pages]
    return panel_of(pages, *some, until=SPAN.end, starts=dict.fromkeys(PARTS, JANUARY))


def merged_effect(panel: Panel) -> tuple[Effect, FrameFacts]:
    frame, members, facts = unit_frame(panel, GROWTH, "34", window=SPAN, tet_days=TET)
    return unit_effects(frame, members)[UNITS], facts


def test_the_merger_of_provinces_moves_no_effect(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that ends on 30 June 2025 was read for three fifths of the weeks since the start, but
    for none since the merger: it is left out on both sides, and the effect is that of the page that
    goes on."""
    panel, pages = merging()
    found, facts = merged_effect(panel)
    assert [(one.account_id, one.reason) for one in facts.left_out] == [
        ("ha-giang-bluesky", NOT_THROUGH_VI)
    ]
    del pages["ha-giang-bluesky"]
    without, _ = merged_effect(panel_of_merged(pages))
    assert without.estimate is not None
    assert found == without
    choose: Callable[..., Chosen] = frame_choice.choose
    monkeypatch.setattr(frames, "choose", lambda *a, **more: choose(*a, **{**more, "merger": None}))
    unguarded, _ = merged_effect(merging()[0])
    assert unguarded.estimate is not None
    assert without.error is not None
    assert abs(unguarded.estimate - without.estimate) > without.error


def test_followers_that_move_to_the_successor_s_page_are_no_growth(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On 1 July the page of the new province takes over 3,000 followers of the one that closes."""
    days = pd.date_range(SPAN.start, SPAN.end)
    page = grown(40, 8000, 8, days, JANUARY)
    taken = page.where(page.index <= pd.Timestamp(MERGER), page + 3000)
    lengths: Sequence[int] = (182,)
    clean = change(page, JANUARY, kind="stock", tet_days=TET, lengths=lengths)
    found = change(taken, JANUARY, kind="stock", tet_days=TET, lengths=lengths)
    assert clean.difference is not None
    assert found.difference == pytest.approx(clean.difference, abs=0.1)
    assert [jump.kind for jump in found.jumps] == ["import"]
    monkeypatch.setattr("tracker.flows.JUMP_SHARE", math.inf)
    unguarded = change(taken, JANUARY, kind="stock", tet_days=TET, lengths=lengths)
    assert unguarded.difference is not None
    assert unguarded.difference - clean.difference > 10
