"""A store of every released version opens, or comes to this version by `upgrade`, and says the
same.
"""

import shutil
from datetime import date
from pathlib import Path

import pytest

from tracker.periods import day_number
from tracker.store import open_store, upgrade

STORES = sorted((Path(__file__).parent / "stores").glob("*.sqlite"))


def test_every_release_left_a_store() -> None:
    assert "0.1.0" in [path.stem for path in STORES]


@pytest.mark.parametrize("released", STORES, ids=lambda path: path.stem)
def test_a_released_store_keeps_its_numbers_and_its_unknowns(
    released: Path, tmp_path: Path
) -> None:
    """1,234 followers, following unknown; no reactions (a stated 0), comments unknown, 2 shares."""
    url = f"sqlite:///{shutil.copy(released, tmp_path / 'store.sqlite')}"
    upgrade(url)
    with open_store(url) as store:
        day = day_number(date(2024, 9, 2))
        [account] = store.rows("account_snapshot", account_id="mau-bluesky", day=day)
        [post] = store.rows("post_snapshot", day=day)
        assert (account["followers"], account["following"]) == (1234, None)
        assert (post["reactions"], post["comments"], post["shares"]) == (0, None, 2)
        assert store.synthetic
