"""Reads back what `tracker export observations` wrote: one number a row, of accounts and posts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from tracker.errors import Problem
from tracker.imports.finding import Accounts, KnownAccount
from tracker.imports.numbers import AccountNumber, Cells, Numbers, PostNumber
from tracker.sheets import Layout, OpenSheet

OBSERVATIONS = Layout(
    ("day", "observed_at", "platform", "account", "entity", "post", "metric", "value", "lane"),
    ("native_id", "step", "qualifier", "basis", "definition", "source"),
)


@dataclass(frozen=True)
class Observations:
    """The numbers of one file; `days` and `sources` tell night and source of each of `posts`."""

    accounts: Numbers[AccountNumber]
    posts: Numbers[PostNumber]
    days: list[int]
    sources: list[str | None]

    def by_source(self) -> Iterator[tuple[str | None, list[PostNumber], list[int]]]:
        """Group the numbers of posts by their source: (source, numbers, nights)."""
        for source in dict.fromkeys(self.sources):
            places = [at for at, one in enumerate(self.sources) if one == source]
            yield source, [self.posts.rows[at] for at in places], [self.days[at] for at in places]


def read_observations(sheet: OpenSheet, accounts: Accounts, now: datetime) -> Observations:
    """Read the numbers of accounts and of posts; one without a value was expected and unknown.

    A count that a platform has one kind of tap for comes twice (`likes`, `reactions`) and is taken
    once. `definition` and `native_id` are told by the register and are not read.
    """
    cells = Cells(sheet, accounts, now)
    of_accounts: Numbers[AccountNumber] = Numbers(sheet.file)
    of_posts: Numbers[PostNumber] = Numbers(sheet.file)
    days: list[int] = []
    sources: list[str | None] = []
    other_basis = 0
    d, o, p, a, e, i, m, v, n, _, s, q, b, _, f = cells.at(*OBSERVATIONS.known)
    for number, line in sheet.lines:
        line.append("")
        of_accounts.lines += 1
        account = _on_platform(cells.accounts[line[a]], line[p])
        entity = _entity(line[e], line[i])
        day = cells.days[line[d]]
        observed = cells.instants[line[o]] if line[o] or line[v] else 0
        metric = "" if isinstance(entity, ValueError) else cells.metric(account, entity, line[m])
        value = cells.value(line[v])
        step = cells.steps[line[s]]
        qualifier = cells.qualifiers[line[q]]
        lane = cells.lanes[line[n]]
        if (
            isinstance(account, ValueError)
            or isinstance(entity, ValueError)
            or isinstance(day, ValueError)
            or isinstance(observed, ValueError)
            or isinstance(metric, ValueError)
            or isinstance(value, ValueError)
            or isinstance(step, ValueError)
            or isinstance(qualifier, ValueError)
            or isinstance(lane, ValueError)
        ):
            of_accounts.problems += cells.problems(
                number,
                line,
                account=account,
                entity=entity,
                day=day,
                observed_at=observed,
                metric=metric,
                value=value,
                step=step,
                qualifier=qualifier,
                lane=lane,
            )
            continue
        if value is None:
            of_accounts.unknown += 1
            continue
        other_basis += line[b] not in ("", account.basis_in(lane))
        if entity == "account":
            row = account.id, day, observed, lane, metric, value, step, qualifier, line[f] or None
            of_accounts.add(number, (account.id, None, day, lane, metric), row, value)
            continue
        if step not in (None, 1) or qualifier is not None:
            expected = "an exact count: those of posts are"
            of_posts.problems.append(Problem(sheet.file, number, "step", line[s], expected))
            continue
        post = line[i]
        look = account.id, post, None, observed, lane, metric, value, None, None, None
        if of_posts.add(number, (account.id, post, day, lane, metric), look, value):
            days.append(day)
            sources.append(line[f] or None)
    if other_basis:
        of_accounts.notes.append(
            f"{other_basis} numbers were read under another basis than the register names now; "
            "new ones among them are held under that of the register"
        )
    cells.finish(of_accounts)
    return Observations(of_accounts, of_posts, days, sources)


def _on_platform(account: KnownAccount | ValueError, platform: str) -> KnownAccount | ValueError:
    if isinstance(account, ValueError) or account.platform == platform:
        return account
    return ValueError(f"an account on {platform}; this one is on {account.platform}")


def _entity(text: str, post: str) -> str | ValueError:
    if text not in ("account", "post"):
        return ValueError("account or post")
    if (text == "post") != bool(post):
        return ValueError("post where the column post is filled, and account where it is empty")
    return text
