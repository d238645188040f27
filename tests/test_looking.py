"""The looks at single posts: what each was seen with, and when; terms and corrections obeyed."""

from __future__ import annotations

import math
from datetime import timedelta

import pandas as pd
from conftest import NIGHT, post, reading, register

from tracker.panel import LOOK_COLUMNS, load_panel, post_looks
from tracker.periods import scheduled_at
from tracker.store import Store

FREE, KEY_ONLY = "danang-bluesky", "danang-youtube"


def looked(store: Store) -> None:
    register(store, FREE, KEY_ONLY)
    for account in (FREE, KEY_ONLY):
        for nights in (0, 7):
            counts = {"reactions": 5 + nights, "comments": None if nights else 1}
            one = post(f"{account}-1", **counts)
            day = NIGHT + timedelta(days=nights)
            store.save([reading(account, day, what="posts", posts=(one,))])
    store.save([reading(FREE, NIGHT, what="posts", posts=(post("never-looked-at"),), minute=9)])


def test_each_look_is_a_row_and_a_post_without_one_has_a_row_too(store: Store) -> None:
    looked(store)
    frame = post_looks(store, accounts=[FREE])
    assert tuple(frame.columns) == LOOK_COLUMNS
    seen = frame[frame["post"] == f"{FREE}-1"].sort_values("seen_at")
    assert seen["reactions"].tolist() == [5.0, 12.0]
    assert seen["comments"].isna().tolist() == [False, True]
    assert seen["lane"].tolist() == ["public", "public"]
    assert seen["seen_at"].iloc[0] == scheduled_at(NIGHT).timestamp() + 300
    [other] = frame[frame["post"] == "never-looked-at"].to_dict("records")
    assert pd.isna(other["lane"])
    assert math.isnan(other["seen_at"])


def test_numbers_that_may_not_be_worked_with_are_left_out(store: Store) -> None:
    looked(store)
    frame = post_looks(load_panel(store))
    assert frame[frame["account"] == KEY_ONLY]["seen_at"].isna().all()


def test_the_end_is_not_in_it_and_corrections_are(store: Store) -> None:
    looked(store)
    store.put_rows(
        "correction",
        [
            {
                "id": "c1",
                "account_id": FREE,
                "post": f"{FREE}-1",
                "day_from": NIGHT,
                "day_to": NIGHT,
                "lane": "public",
                "metric": "reactions",
                "value": 4,
                "reason": "đọc nhầm",
            }
        ],
    )
    until = NIGHT + timedelta(days=7)
    frame = post_looks(store, accounts=[FREE], until=until)
    assert frame[frame["lane"].notna()]["reactions"].tolist() == [4.0]
    raw = post_looks(store, accounts=[FREE], until=until, corrected=False)
    assert raw[raw["lane"].notna()]["reactions"].tolist() == [5.0]
