"""Panels in memory: one locality with a programme, one without, one without accounts; and ten days
of three accounts, post by post."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import pandas as pd

from tracker.indicators import LOOK_COLUMNS, with_looks
from tracker.panel import Panel
from tracker.periods import Window, day_number

FIRST, UNTIL = date(2021, 2, 22), date(2024, 9, 16)
START = date(2022, 2, 21)
TET = (date(2022, 2, 1), date(2023, 1, 22), date(2024, 2, 10))
GAP = (date(2023, 5, 1), date(2023, 6, 10))

ACCOUNTS = (
    # id, platform, agency, basis, first day read, followers on that day, per day before and after
    ("quangninh-youtube", "youtube", "ubnd-quang-ninh", "owner_consent", FIRST, 12_000, 10, 20),
    ("quangninh-bluesky", "bluesky", "ubnd-quang-ninh", None, FIRST, 800, 3, 4),
    ("quangninh-mastodon", "mastodon", "so-quang-ninh", None, date(2024, 7, 1), 50, 1, 1),
    ("danang-youtube", "youtube", "ubnd-da-nang", None, date(2024, 8, 20), 90_000, 40, 40),
)
ACCOUNT_COLUMNS = (
    "id platform native_id languages content_focus managing_unit interaction_practice"
    " funding_source legal_basis evidence_url verified_on basis active_from active_to voided source"
)
LOCALITIES = (
    ("quang-ninh", "Quảng Ninh", "tỉnh", "22"),
    ("da-nang", "Đà Nẵng", "thành phố", "48"),
    ("cao-bang", "Cao Bằng", "tỉnh", "04"),
)


def rounded(platform: str, value: float) -> float:
    step = 100 if platform == "youtube" and value >= 10_000 else 1
    return float(value // step * step)


def snapshots() -> pd.DataFrame:
    """Daily followers in a straight line with a weekday rhythm; the gap has no rows."""
    rows = []
    for account, platform, _, _, first, at_first, slow, fast in ACCOUNTS:
        value = float(at_first)
        for number in range((UNTIL - first).days):
            day = first + timedelta(days=number)
            value += (fast if day >= START else slow) * (1 + 0.3 * np.sin(number))
            if account == "quangninh-bluesky" and GAP[0] <= day <= GAP[1]:
                continue
            rows.append((account, "public", day_number(day), rounded(platform, value)))
    frame = pd.DataFrame(rows, columns=["account", "lane", "day", "followers"])
    for name in ("following", "posts", "views", "likes"):
        frame[name] = np.nan
    return frame.sort_values(["account", "lane", "day"], ignore_index=True)


def daily() -> pd.DataFrame:
    """Two posts every second day with 30 interactions each before the start, 40 after."""
    rows = []
    for account in ("quangninh-youtube", "quangninh-bluesky"):
        for number in range(0, (UNTIL - FIRST).days, 2):
            day = FIRST + timedelta(days=number)
            each = 40 if day >= START else 30
            rows.append((account, day_number(day), "post", "vi", 2, 2, 2.0 * each, 0, 0.0, 1000.0))
    columns = "account day kind language posts posts_day7 interactions_day7 posts_views_day7"
    frame = pd.DataFrame(rows, columns=[*columns.split(), "views_day7", "followers"])
    frame["post_rates_day7"] = frame["interactions_day7"] / frame["followers"]
    return frame


def objects(rows: list[dict[str, object]], columns: str) -> pd.DataFrame:
    return pd.DataFrame(
        [[row.get(name) for name in columns.split()] for row in rows],
        columns=columns.split(),
        dtype=object,
    )


def sample_panel(
    *, synthetic: bool = True, outcomes: list[dict[str, object]] | None = None
) -> Panel:
    """Put the frames together as `load_panel` does."""
    agencies = [
        {
            "id": f"ubnd-{place}",
            "name_vi": f"UBND {kind} {name}",
            "kind": "ubnd",
            "locality_id": place,
        }
        for place, name, kind, _ in LOCALITIES
    ]
    agencies.append(
        {"id": "so-quang-ninh", "name_vi": "Sở Du lịch", "kind": "so", "locality_id": "quang-ninh"}
    )
    covered = [
        (account, "public", day_number(FIRST), day_number(UNTIL) - 1)
        for account in ("quangninh-youtube", "quangninh-bluesky")
    ]
    return Panel(
        until=UNTIL,
        snapshots=snapshots(),
        rounding=objects([], "account lane day metric step qualifier"),
        daily=daily(),
        posts_covered=pd.DataFrame(covered, columns=["account", "lane", "first", "last"]),
        attempts=objects([], "account day lane what tried_at status message basis digest"),
        nights=pd.DataFrame(columns=["ran", "expected", "read", "missing"]),
        account_rows=objects(
            [{"id": one[0], "platform": one[1], "basis": one[3]} for one in ACCOUNTS],
            ACCOUNT_COLUMNS,
        ).sort_values("id", ignore_index=True),
        periods=objects(
            [
                {"account_id": one[0], "agency_id": one[2], "handle": f"@{one[0].split('-')[0]}"}
                for one in ACCOUNTS
            ],
            "account_id valid_from valid_to agency_id handle url",
        ),
        agencies=objects(
            agencies,
            "id name_vi name_en kind locality_id parent_id successor_id valid_from valid_to source",
        ),
        locality_rows=objects(
            [{"id": one[0], "gso_code": one[3]} for one in LOCALITIES],
            "id gso_code valid_from valid_to successor_id pilot_2022 source",
        ),
        locality_names=objects(
            [{"locality_id": one[0], "name_vi": one[1], "kind": one[2]} for one in LOCALITIES],
            "locality_id valid_from valid_to name_vi name_en kind source",
        ),
        programmes=objects(
            [
                {
                    "id": "p1",
                    "title": "Quảng bá hình ảnh Quảng Ninh",
                    "locality_id": "quang-ninh",
                    "document": "12/KH-UBND, 15/02/2022",
                    "status": "built",
                    "start": START,
                    "key_message": "Hạ Long – kỳ quan",
                },
                {
                    "id": "p2",
                    "title": "Kế hoạch Cao Bằng",
                    "locality_id": "cao-bang",
                    "status": "in_progress",
                    "start": date(2024, 1, 1),
                },
            ],
            "id title locality_id agency_id document status start end key_message source",
        ),
        elements=objects(
            [
                {
                    "programme_id": "p1",
                    "element_id": "13",
                    "note": "di sản Hạ Long",
                    "name_vi": "TÊN ỨNG VIÊN",
                    "group_vi": "Trải nghiệm",
                    "level": "element",
                    "status": "candidate",
                },
                {
                    "programme_id": "p1",
                    "element_id": "d",
                    "name_vi": "Văn hóa và di sản",
                    "level": "group",
                    "status": "sourced",
                },
            ],
            "programme_id element_id note name_vi name_en group_vi group_en level status source",
        ),
        events=objects(
            [
                {
                    "id": "e1",
                    "day": date(2023, 3, 1),
                    "locality_id": "quang-ninh",
                    "kind": "campaign",
                    "note": "Tuần du lịch",
                }
            ],
            "id day locality_id account_id kind note source",
        ),
        targets=objects([], "indicator unit period value basis source"),
        outcomes=objects(
            outcomes or [],
            "indicator definition locality_id boundary period publisher published_on unit value"
            " qualifier status source",
        ),
        definition_breaks=objects([], "platform entity metric day note_vi source"),
        corrections=objects(
            [], "id account_id post day_from day_to lane metric value reason evidence applied"
        ),
        meta={"synthetic": "1"} if synthetic else {},
    )


MONDAY = date(2024, 9, 2)
TEN_DAYS = Window(MONDAY, MONDAY + timedelta(days=10))
Look = tuple[str, float, dict[str, float]]
"""(lane, age in days, counts)."""


@dataclass(frozen=True)
class Told:
    """One post of the ten days: published at 10:00 local time, `day` days after the Monday; `day7`
    are its interactions at that age where no look falls on it."""

    account: str
    post: str
    day: int
    kind: str = "post"
    language: str | None = "vi"
    letters: float | None = 40
    looks: tuple[Look, ...] = ()
    day7: float | None = None


def taps(
    day7: float | None, day28: float | None = None, lane: str = "public", **more: float
) -> tuple[Look, ...]:
    """Look at a post at exactly seven and 28 days: reactions, no comments, no shares."""
    none = {"comments": 0.0, "shares": 0.0}
    found = [(7.0, day7), (28.0, day28)]
    return tuple(
        (lane, age, {"reactions": count, **none, **more})
        for age, count in found
        if count is not None
    )


TEN_DAYS_POSTS = (
    Told("quangninh-bluesky", "a1", 0, looks=taps(10, 12)),
    Told("quangninh-bluesky", "a2", 1, language="en", letters=60, looks=taps(20, 26)),
    Told("quangninh-bluesky", "a3", 1, "reply", "en", 10, taps(0, 0)),
    Told("quangninh-bluesky", "a4", 4, language=None, letters=30, looks=taps(30, 33)),
    Told(
        "quangninh-bluesky",
        "a5",
        8,
        language="lo",
        letters=25,
        looks=(
            ("public", 5, {"reactions": 9.0, "comments": 0.0, "shares": 0.0}),
            ("public", 9, {"reactions": 13.0, "comments": 0.0, "shares": 0.0}),
        ),
        day7=11,
    ),
    Told("quangninh-facebook", "b1", 0, "video", looks=taps(5, None, "owner", views=100, reach=80)),
    Told(
        "quangninh-facebook", "b2", 3, "video", looks=taps(8, None, "owner", views=400, reach=200)
    ),
    Told("quangninh-facebook", "b3", 6, "photo", looks=taps(12, None, "owner", views=310)),
    Told("quangninh-facebook", "b4", 9, "photo", looks=taps(3, None, "owner", reach=50)),
    Told("danang-youtube", "c1", 2, "video", looks=()),
)


def ten_days(posts: Sequence[Told] = TEN_DAYS_POSTS, *, looked: bool = True) -> Panel:
    """Three accounts over ten days from Monday 2 September 2024, known from 1 July to 15 October.

    Bluesky stands at 200 followers on the Monday and gains 2 a day; Facebook, read with its owner's
    consent, stands at 1,000; YouTube shows 12,300 and is held under `key_30d`. With `looked` the
    panel carries the looks at single posts.
    """
    until = date(2024, 10, 16)
    first, days = day_number(date(2024, 7, 1)), (until - date(2024, 7, 1)).days
    monday = day_number(MONDAY)
    followers = {
        ("danang-youtube", "public"): [12_300.0] * days,
        ("quangninh-bluesky", "public"): [200.0 + 2 * (first + at - monday) for at in range(days)],
        ("quangninh-facebook", "owner"): [1_000.0] * days,
    }
    rows = [
        (account, lane, first + at, count, *[np.nan] * 4)
        for (account, lane), counts in followers.items()
        for at, count in enumerate(counts)
    ]
    columns = "account lane day followers following posts views likes"
    panel = replace(
        sample_panel(),
        until=until,
        snapshots=pd.DataFrame(rows, columns=columns.split()),
        daily=_daily_of(posts, {account: counts for (account, _), counts in followers.items()}),
        posts_covered=pd.DataFrame(
            [(account, lane, first, day_number(until) - 1) for account, lane in followers],
            columns=["account", "lane", "first", "last"],
        ),
        account_rows=objects(
            [
                {"id": "danang-youtube", "platform": "youtube", "languages": "vi en"},
                {"id": "quangninh-bluesky", "platform": "bluesky", "languages": "vi zh"},
                {"id": "quangninh-facebook", "platform": "facebook"},
            ],
            ACCOUNT_COLUMNS,
        ),
        periods=objects(
            [
                {"account_id": f"{place}-{platform}", "agency_id": agency, "handle": f"@{place}"}
                for place, platform, agency in (
                    ("danang", "youtube", "ubnd-da-nang"),
                    ("quangninh", "bluesky", "ubnd-quang-ninh"),
                    ("quangninh", "facebook", "so-quang-ninh"),
                )
            ],
            "account_id valid_from valid_to agency_id handle url",
        ),
    )
    return with_looks(panel, looks_frame(posts)) if looked else panel


def published_at(day: int) -> int:
    """Give the instant of 10:00 local time, `day` days after the Monday."""
    return (day_number(MONDAY) + day) * 86_400 + 3 * 3_600


def looks_frame(posts: Sequence[Told]) -> pd.DataFrame:
    """Write the looks at posts as the panel gives them; a post without a look has one row."""
    rows = []
    for one in posts:
        at = published_at(one.day)
        facts = (one.account, one.post, at, f"https://example.org/{one.post}", one.kind)
        letters = np.nan if one.letters is None else one.letters
        for lane, age, counts in one.looks or ((None, np.nan, {}),):
            names = ("views", "reactions", "comments", "shares", "saves", "reach")
            numbers = [counts.get(name, np.nan) for name in names]
            rows.append((*facts, one.language, letters, lane, at + age * 86_400, *numbers))
    return pd.DataFrame(rows, columns=list(LOOK_COLUMNS))


def _daily_of(posts: Sequence[Told], followers: dict[str, list[float]]) -> pd.DataFrame:
    """Add the posts of the ten days up as the store does, at seven days sharp or bracketed."""
    rows = []
    first = day_number(date(2024, 7, 1))
    for one in posts:
        day = day_number(MONDAY) + one.day
        sharp = [counts["reactions"] for _, age, counts in one.looks if age == 7]
        known = sharp[0] if sharp else one.day7
        number = np.nan if known is None else known
        held = followers[one.account][day - first]
        counted = (1, int(known is not None), number, 0, np.nan, held, number / held)
        rows.append((one.account, day, one.kind, one.language or "und", *counted))
    columns = "account day kind language posts posts_day7 interactions_day7 posts_views_day7"
    frame = pd.DataFrame(
        rows, columns=[*columns.split(), "views_day7", "followers", "post_rates_day7"]
    )
    keys = ["account", "day", "kind", "language"]
    return frame.groupby(keys, as_index=False).agg(
        {
            "posts": "sum",
            "posts_day7": "sum",
            "interactions_day7": lambda numbers: numbers.sum(min_count=1),
            "posts_views_day7": "sum",
            "views_day7": lambda numbers: numbers.sum(min_count=1),
            "followers": "first",
            "post_rates_day7": lambda numbers: numbers.sum(min_count=1),
        }
    )
