"""A night over a thousand accounts on all twelve platforms: the fewest calls, and nothing wrong
where one call in twenty fails.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from sandbox_folder import FAULTS, NIGHT, quiet, sandbox, world
from wide_folder import OWNER_ONLY, accounts_on, connect_all, wide_folder

from connectors.catalogue import CONNECTORS
from jobs.nightly import collect_night
from jobs.opening import Opened
from jobs.sandbox import country
from jobs.sandbox.shapes import SHAPES
from tracker.metrics import step
from tracker.periods import day_number, scheduled_at
from tracker.platforms import PLATFORMS

EVERY = tuple(account.id for account in country.every_account())
AT = int(scheduled_at(NIGHT).timestamp())


def table(stats: dict[str, dict[str, int]]) -> str:
    """Lay out what was asked and what would have sufficed."""
    lines = [f"{'platform':12}{'calls made':>12}{'minimum':>10}{'ratio':>8}"]
    for platform in CONNECTORS:
        calls, least = stats[platform]["calls"], stats[platform]["minimum"]
        lines.append(f"{platform:12}{calls:12}{least:10}{calls / least:8.3f}")
    return "\n".join(lines)


def test_every_connector_has_a_sandbox_and_a_platform() -> None:
    assert list(CONNECTORS) == list(SHAPES)
    assert set(CONNECTORS) == set(PLATFORMS)
    assert len(CONNECTORS) == 12


Folder = Callable[..., Opened]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    """Make data folders with connected accounts; they are closed at the end."""
    made: list[Opened] = []

    def make(name: str, accounts: Sequence[str]) -> Opened:
        opened = wide_folder(tmp_path / name, accounts)
        made.append(opened)
        connect_all(opened, [key for key in accounts_on(*OWNER_ONLY) if key in set(accounts)])
        sandbox().reset_stats()
        return opened

    yield make
    sandbox().set_faults({})
    for opened in made:
        opened.store.close()


def read(opened: Opened) -> tuple[dict[tuple[str, str], int | None], Counter[str]]:
    """Read the night; give the followers by account and lane, and the posts found by account."""
    collect_night(opened, quiet)
    rows = opened.store.rows("account_snapshot", day=day_number(NIGHT))
    posts = Counter(row["account_id"] for row in opened.store.rows("post"))
    return {(row["account_id"], row["lane"]): row["followers"] for row in rows}, posts


def assert_true(followers: dict[tuple[str, str], int | None]) -> None:
    """Compare each number of followers with the country's."""
    wrong = []
    for (key, _), shown in followers.items():
        if shown is None:
            continue
        truth = world().followers_at(key, AT)
        unit = step(country.account(key).platform, "account", "followers", shown)
        if not shown <= truth < shown + unit:
            wrong.append((key, shown, truth))
    assert wrong == []


def test_a_night_over_a_thousand_accounts_asks_for_little_more_than_it_must(
    folder: Folder, capsys: pytest.CaptureFixture[str]
) -> None:
    assert len(EVERY) > 1000
    followers, _ = read(folder("data", EVERY))
    assert len(followers) > 0.9 * len(EVERY)
    assert_true(followers)
    stats = sandbox().stats()
    with capsys.disabled():
        print(f"\n{table(stats)}")
    for platform in CONNECTORS:
        assert stats[platform]["calls"] <= 1.02 * stats[platform]["minimum"], platform


def test_with_faults_on_every_twentieth_call_no_reachable_number_is_missing(
    folder: Folder,
) -> None:
    some = accounts_on(*CONNECTORS, count=12)
    undisturbed = read(folder("data", some))
    disturbed = folder("faults", some)
    sandbox().set_faults(FAULTS)
    assert read(disturbed) == undisturbed
    faults = [sandbox().stats()[platform]["faults"] for platform in CONNECTORS]
    assert sum(bool(kinds) for kinds in faults) >= 8
    assert_true(undisturbed[0])
