"""The two sheets of counts people fill or convert: `history` of accounts and looks at `posts`."""

from __future__ import annotations

from datetime import datetime

from tracker.errors import Problem
from tracker.imports.finding import Accounts
from tracker.imports.numbers import (
    AccountNumber,
    Cells,
    Numbers,
    PostNumber,
    day_of,
    scheduled_seconds,
)
from tracker.sheets import Layout, OpenSheet

HISTORY = Layout(
    ("account", "day", "metric", "value"),
    ("step", "qualifier", "source", "lane", "observed_at"),
)
POSTS = Layout(
    ("account", "native_id", "published_at", "observed_at", "metric", "value"),
    ("url", "kind", "language", "lane"),
)
LONGEST_ID = 300


def read_history(sheet: OpenSheet, accounts: Accounts, now: datetime) -> Numbers[AccountNumber]:
    """Read counts of accounts over the days.

    Without `observed_at` a count stood at the scheduled instant of its day's night.
    """
    cells = Cells(sheet, accounts, now)
    numbers: Numbers[AccountNumber] = Numbers(sheet.file)
    a, d, m, v, s, q, f, n, o = cells.at(*HISTORY.known)
    for number, line in sheet.lines:
        line.append("")
        numbers.lines += 1
        account = cells.accounts[line[a]]
        day = cells.days[line[d]]
        metric = cells.metric(account, "account", line[m])
        value = cells.value(line[v])
        step = cells.steps[line[s]]
        qualifier = cells.qualifiers[line[q]]
        lane = cells.lanes[line[n]]
        observed = cells.instants[line[o]] if line[o] else None
        if (
            isinstance(account, ValueError)
            or isinstance(day, ValueError)
            or isinstance(metric, ValueError)
            or isinstance(value, ValueError)
            or isinstance(step, ValueError)
            or isinstance(qualifier, ValueError)
            or isinstance(lane, ValueError)
            or isinstance(observed, ValueError)
        ):
            numbers.problems += cells.problems(
                number,
                line,
                account=account,
                day=day,
                metric=metric,
                value=value,
                step=step,
                qualifier=qualifier,
                lane=lane,
                observed_at=observed,
            )
            continue
        if value is None:
            numbers.unknown += 1
            continue
        at = scheduled_seconds(day) if observed is None else observed
        row = account.id, day, at, lane, metric, value, step, qualifier, line[f] or None
        numbers.add(number, (account.id, None, day, lane, metric), row, value)
    cells.finish(numbers)
    return numbers


def read_posts(sheet: OpenSheet, accounts: Accounts, now: datetime) -> Numbers[PostNumber]:
    """Read looks at posts; a row without metric and value only makes the post known."""
    cells = Cells(sheet, accounts, now)
    numbers: Numbers[PostNumber] = Numbers(sheet.file)
    published_at: dict[tuple[str, str], tuple[int, int]] = {}
    a, i, p, o, m, v, u, k, g, n = cells.at(*POSTS.known)
    for number, line in sheet.lines:
        line.append("")
        numbers.lines += 1
        account = cells.accounts[line[a]]
        native_id = _native_id(line[i])
        published = cells.instants[line[p]]
        observed = cells.instants[line[o]]
        metric = cells.metric(account, "post", line[m]) if line[m] or line[v] else None
        value = cells.value(line[v])
        kind = cells.codes[line[k]]
        language = cells.codes[line[g]]
        lane = cells.lanes[line[n]]
        if (
            isinstance(account, ValueError)
            or isinstance(native_id, ValueError)
            or isinstance(published, ValueError)
            or isinstance(observed, ValueError)
            or isinstance(metric, ValueError)
            or isinstance(value, ValueError)
            or isinstance(kind, ValueError)
            or isinstance(language, ValueError)
            or isinstance(lane, ValueError)
        ):
            numbers.problems += cells.problems(
                number,
                line,
                account=account,
                native_id=native_id,
                published_at=published,
                observed_at=observed,
                metric=metric,
                value=value,
                kind=kind,
                language=language,
                lane=lane,
            )
            continue
        if published > observed:
            expected = f"an instant not before published_at ({line[p]})"
            numbers.problems.append(Problem(sheet.file, number, "observed_at", line[o], expected))
            continue
        told, earlier = published_at.setdefault((account.id, native_id), (published, number))
        if told != published:
            expected = f"the same instant as in row {earlier}, which is of the same post"
            numbers.problems.append(Problem(sheet.file, number, "published_at", line[p], expected))
            continue
        seen = account.id, native_id, published, observed, lane
        about = line[u] or None, kind, language
        if metric is None or value is None:
            numbers.unknown += metric is not None
            numbers.rows.append((*seen, None, None, *about))
            continue
        key = account.id, native_id, day_of(observed), lane, metric
        numbers.add(number, key, (*seen, metric, value, *about), value)
    cells.finish(numbers)
    return numbers


def _native_id(text: str) -> str | ValueError:
    if text and len(text) <= LONGEST_ID:
        return text
    return ValueError(f"the platform's id of the post, up to {LONGEST_ID} signs")
