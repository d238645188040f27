"""The night, step by step; each step may be run again without harm, so a killed night is simply
started once more.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from connectors.catalogue import CONNECTORS
from jobs.alerts import send_alert, token_lines, version_lines
from jobs.budgets import Meter
from jobs.collect import Night, final_statuses
from jobs.keeping import backup_name, delete_copies, old_copies, write_backup
from jobs.opening import (
    Opened,
    choose_platforms,
    expected_accounts,
    is_simulated,
    keep_apart,
    make_connectors,
    night_clock,
    night_day,
    open_archive,
    open_credentials,
    open_http,
    unconnected_accounts,
)
from jobs.phases import Collected, collect
from tracker.errors import ConfigError, InputError
from tracker.imports import mirror
from tracker.periods import (
    LATEST_AFTER,
    LOCAL,
    last_night,
    local_date,
    missed_nights,
    scheduled_at,
)
from tracker.platforms import PLATFORMS
from tracker.registry import (
    Account,
    AccountPeriod,
    DefinitionBreakRow,
    Register,
    check_register,
    columns,
    read_register,
    write_register_rows,
)
from tracker.store import Purged, Store

log = logging.getLogger("tracker.nightly")

STEPS = ("collect", "purge", "backup", "checks", "reports")
LIVE_STEPS = ("collect", "purge", "backup")
BACKUPS_KEPT_DAYS = 30
"""No longer than the shortest basis (YouTube key_30d), because the purge must reach into
backups.
"""
REPORT_AHEAD = timedelta(days=14)


@dataclass
class NightDone:
    """What one run of the night did. `code` is the exit code of the command."""

    day: date
    collected: Collected | None = None
    issues: int = 0
    alert: str | None = None
    files: list[Path] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    @property
    def code(self) -> int:
        """Give 0 when everything was read, 3 when something could not be."""
        unread = self.collected is not None and not self.collected.complete
        return 3 if unread or self.refused or self.alert else 0

    @property
    def again_at(self) -> datetime | None:
        """Give the UTC instant at which the rest can be read; None = nothing to wait for, or too
        late for this night.
        """
        moment = self.collected.retry_at if self.collected is not None else None
        if moment is None or moment > scheduled_at(self.day) + LATEST_AFTER:
            return None
        return moment

    def lines(self) -> list[str]:
        """Give what was done, a line each."""
        lines = [f"night of {self.day}"]
        if self.collected is not None:
            units = ", ".join(
                f"{key} {count}" for key, count in sorted(self.collected.units.items()) if count
            )
            statuses = ", ".join(
                f"{count} {key}" for key, count in sorted(self.collected.statuses.items())
            )
            lines.append(
                f"requests: {units or 'none'}; attempts: {statuses or 'none'}; new posts: "
                f"{self.collected.posts}"
            )
            lines += stopped_lines(self.collected.stopped)
            lines += [
                f"{key} refused to give: {', '.join(names)}; the rest was read"
                for key, names in sorted(self.collected.unavailable.items())
            ]
            if self.again_at is not None:
                moment = self.again_at.astimezone(LOCAL)
                lines.append(f"ask again from {moment:%Y-%m-%d %H:%M} (UTC+7): tracker collect")
            if self.collected.missing:
                lines.append(
                    f"{self.collected.missing} accounts are still unread; the cause of each: "
                    "tracker status"
                )
        if self.files:
            lines.append(f"{len(self.files)} report files")
        return lines


MOST_STOPPED = 3
Say = Callable[[str], None]


def stopped_lines(stopped: Mapping[str, str]) -> list[str]:
    """Say which platforms and credentials were left and why; of many of one platform the first."""
    lines: list[str] = []
    more: Counter[str] = Counter()
    for name, why in stopped.items():
        platform = name.partition(" ")[0]
        more[platform] += 1
        if more[platform] <= MOST_STOPPED:
            lines.append(f"{name} was left: {why}")
    lines += [
        f"{platform}: {count - MOST_STOPPED} more were left; the cause of each: tracker status"
        for platform, count in more.items()
        if count > MOST_STOPPED
    ]
    return lines


def run_night(
    opened: Opened, say: Say, *, day: date | None = None, steps: tuple[str, ...] = STEPS
) -> NightDone:
    """Run the steps of a night in their order. Raises ConfigError for an unknown step or a day that
    cannot be read.
    """
    unknown = [step for step in steps if step not in STEPS]
    if unknown:
        raise ConfigError(f"no step {', '.join(unknown)}; the steps are {', '.join(STEPS)}")
    clock = night_clock(opened.settings)
    live = any(step in LIVE_STEPS for step in steps)
    if "collect" in steps or (live and day is not None):
        night = night_day(clock(), day, opened.settings)
    else:
        night = day or last_night(clock(), opened.settings.night_at)
    done = NightDone(night)
    if "collect" in steps:
        done = collect_night(opened, say, day=night)
    if "purge" in steps:
        purge_folder(opened, night, say)
    if "backup" in steps:
        _back_up(opened, night, say)
    if "checks" in steps:
        _check(opened, done, say)
    if "reports" in steps:
        _write_due_reports(opened, done, say)
    return done


def _back_up(opened: Opened, night: date, say: Say) -> None:
    if not opened.settings.db.startswith("sqlite"):
        say("backup: left to the database server's own means, such as pg_dump")
        return
    target = opened.folder / "backups" / backup_name(night, opened.synthetic)
    say(f"backup: {write_backup(opened.folder, opened.store, target).name}")


def collect_night(
    opened: Opened,
    say: Say,
    *,
    day: date | None = None,
    platforms: tuple[str, ...] = (),
    accounts: tuple[str, ...] | None = None,
    since: date | None = None,
) -> NightDone:
    """Read what is missing of the last scheduled night."""
    clock = night_clock(opened.settings)
    night = night_day(clock(), day, opened.settings)
    register = mirror_register(opened, clock())
    chosen = choose_platforms(opened, night, platforms, accounts)
    keep_apart(opened.settings, chosen, opened.synthetic)
    if not chosen:
        say("the register has no account to read; enter some with: tracker import accounts FILE")
    if not opened.synthetic and is_simulated(opened.settings, chosen):
        opened.store.mark_synthetic()
    done = NightDone(night)
    with opened.store.collecting(), open_http(opened, night, clock, CONNECTORS) as http:
        tokens = open_credentials(opened, clock)
        connectors, done.refused = make_connectors(opened.settings, chosen, http, tokens)
        for sentence in done.refused:
            say(sentence)
        if since is None:
            _note_missed_nights(opened, night, say)
            opened.store.begin_night(night, clock(), len(expected_accounts(opened, night)))
        causes = final_statuses(opened.store, night - timedelta(days=1))
        meters = {
            key: Meter(key, item.budgets, opened.settings.units.get(key), opened.store, clock)
            for key, item in connectors.items()
        }
        apart = unconnected_accounts(opened)
        for key, count in sorted(Counter(apart.values()).items()):
            say(f"{key}: {count} accounts wait for their office to connect them: tracker check")
        plan = Night(
            opened.store, http, connectors, night, clock, say, meters, accounts, apart, causes
        )
        done.collected = collect(plan, since)
    write_back_identities(opened, register)
    if since is None:
        expected = expected_accounts(opened, night)
        unread = unread_accounts(opened, night)
        opened.store.finish_night(night, clock(), len(expected) - len(unread), len(unread))
        asked = [account for account in unread if expected[account] in chosen]
        done.collected.missing = len([a for a in asked if accounts is None or a in accounts])
    return done


def unread_accounts(opened: Opened, night: date) -> list[str]:
    """List the accounts that should have been read in a night and were in no lane."""
    final = final_statuses(opened.store, night)
    return [key for key in expected_accounts(opened, night) if final.get(key) != "ok"]


def sound_register(opened: Opened) -> Register:
    """Read the register. Raises InputError with file and line for everything that is wrong in
    it.
    """
    register = read_register(opened.folder)
    problems = check_register(register)
    if problems:
        raise InputError(problems)
    return register


def mirror_register(opened: Opened, now: datetime) -> Register:
    """Bring the store to what the register's files say, for people edit the files; give the
    register.
    """
    register = sound_register(opened)
    with opened.store.transaction("register edited", at=now) as change:
        change.rows += mirror(opened.store, register)
    return register


def write_back_identities(opened: Opened, register: Register) -> None:
    """Bring the register's files to what permanent ids told the store: new handles, ids resolved
    for the first time.
    """
    for kind, table, row_type in (
        ("accounts", "account", Account),
        ("account_periods", "account_period", AccountPeriod),
    ):
        names = columns(row_type)
        held = {row.key: row for row in register.rows(kind)}
        found = [
            row_type(**{name: _always_as_none(row[name]) for name in names})
            for row in opened.store.rows(table)
        ]
        if any(held.get(row.key) != row for row in found):
            write_register_rows(opened.folder, kind, register.with_rows(kind, found).rows(kind))


def _always_as_none(value: Any) -> Any:
    """Turn the store's "since always" (0001-01-01, because a key cannot be empty) into the
    register's empty cell.
    """
    return None if value == date.min else value


def _note_missed_nights(opened: Opened, night: date, say: Say) -> None:
    nights = opened.store.nights()
    first = nights[0].day if nights else None
    missed = missed_nights(first, night, {row.day for row in nights})
    for day in missed:
        opened.store.record_missed_night(day)
    if len(missed) == 1:
        say(f"the night of {missed[0]} never ran; it stays a gap")
    elif missed:
        say(f"{len(missed)} nights of {missed[0]} to {missed[-1]} never ran; they stay gaps")


def purge_folder(opened: Opened, today: date, say: Say, *, dry_run: bool = False) -> int:
    """Delete what the terms no longer let us keep: numbers, those printed in editions, archived
    replies and old backups; give how many.
    """

    def editions(day: date, dry: bool) -> list[Purged]:
        from tracker.reports import without_ended_numbers

        return blank_editions(
            opened.store, lambda text: without_ended_numbers(text, day), dry_run=dry
        )

    gone = opened.store.purge(today, dry_run=dry_run, also=(editions,))
    for item in gone:
        say(f"purge: {item.table}: {item.rows} rows ({item.what}): {item.reason}")
    count = sum(item.rows for item in gone)
    archive = open_archive(opened)
    ends = {key: today - timedelta(days=days) for key, days in archive_days(opened).items()}
    replies = sum(
        (archive.folder / day.isoformat() / f"{key}.jsonl.gz").exists()
        for day in archive.days()
        for key, before in ends.items()
        if day < before
    )
    copies = old_copies(opened.folder, today, BACKUPS_KEPT_DAYS)
    if replies:
        say(f"purge: archive: {replies} files of replies older than the terms or the settings let")
    if copies:
        say(f"purge: backups: {', '.join(path.name for path in copies)}")
    if not dry_run:
        for key, before in ends.items():
            archive.prune(before, key)
        delete_copies(copies)
    return count


def archive_days(opened: Opened) -> dict[str, int]:
    """Give how long each platform's replies are kept: as set, but never above a basis in use."""
    days = dict.fromkeys(PLATFORMS, opened.settings.archive_days)
    for row in opened.store.rows("account"):
        kept = PLATFORMS[row["platform"]].basis(row["basis"]).days_kept
        if kept is not None:
            days[row["platform"]] = min(days[row["platform"]], kept)
    return days


def purge_account(opened: Opened, account_id: str, reason: str, post: str | None, say: Say) -> int:
    """Delete what was read of an account whose owner withdrew, or of one post; give how many rows.

    Editions lose the account's numbers. Replies cannot be told apart by account, so the platform's
    archive goes as a whole, and so does the token. Backups still hold the numbers until they are
    purged, at most 30 days later.
    """
    rows = opened.store.rows("account", id=account_id)
    if not rows:
        raise ConfigError(f"no account {account_id!r} in the register")
    clock = night_clock(opened.settings)
    today = local_date(clock())

    def editions() -> list[Purged]:
        from tracker.reports import without_account

        return blank_editions(
            opened.store, lambda text: without_account(text, account_id, today), dry_run=False
        )

    also = () if post else (editions,)
    gone = opened.store.purge_account(account_id, reason, clock(), post=post, also=also)
    for item in gone:
        say(f"purge: {item.table}: {item.rows} rows {item.what}: {reason}")
    platform = rows[0]["platform"]
    files = open_archive(opened).prune(date.max, platform)
    if files:
        say(f"purge: archive: {files} files of replies of {platform}")
    if post is None and open_credentials(opened, clock).forget(account_id):
        say(f"purge: the token of {account_id}")
    copies = old_copies(opened.folder, date.max, 0)
    if copies:
        say(f"backups hold it until they are purged: {', '.join(path.name for path in copies)}")
    return sum(item.rows for item in gone)


def blank_editions(
    store: Store, blank: Callable[[str], tuple[str, int]], *, dry_run: bool
) -> list[Purged]:
    """Take numbers out of editions, issued ones too; `blank` gives the JSON without them and how
    many went. An edition keeps the digest it had before.
    """
    from tracker.reports import with_digest_before

    found = []
    for row in store.rows("edition"):
        tables, cells = blank(row["tables"])
        if not cells:
            continue
        key = (row["letter"], row["unit_id"], row["number"])
        found.append(Purged("edition", f"cells of {key[0]} {key[1]} no. {key[2]}", cells, "terms"))
        if not dry_run:
            tables = with_digest_before(tables, row["digest"])
            store.blank_edition(*key, tables, sha256(tables.encode("utf-8")).hexdigest())
    return found


def _check(opened: Opened, done: NightDone, say: Say) -> None:
    from tracker.checks import check_night
    from tracker.panel import load_panel

    panel = load_panel(opened.settings.db, until=done.day + timedelta(days=1))
    issues = check_night(panel, done.day)
    done.issues = len(issues)
    for issue in issues:
        say(f"check: {issue.sentence}")
    for sentence in [*_close_retired(opened, done.day), *_disagreements(opened, done.day)]:
        done.issues += 1
        say(f"check: {sentence}")
    alerts = []
    for row in opened.store.nights(done.day):
        if row.day != done.day or not row.expected or row.read is None:
            continue
        coverage = row.read / row.expected
        if coverage < opened.settings.coverage_alert:
            done.alert = f"only {coverage:.0%} of {row.expected} accounts were read on {done.day}"
            alerts.append(done.alert)
    alerts += token_lines(opened) + version_lines(opened)
    for line in alerts:
        say(f"ALERT: {line}")
    if alerts:
        subject = f"image-promotion tracker: night of {done.day}"
        for failure in send_alert(opened.settings, subject, alerts):
            log.warning("%s", failure)
            say(failure)


def _close_retired(opened: Opened, day: date) -> list[str]:
    """Close the series of metrics that a platform has stopped telling, with a break dated on the
    first silent night; the others go on.
    """
    from tracker.panel import retired_metrics

    known = opened.store.rows("definition_break")
    said, rows = [], []
    for gone in retired_metrics(opened.store, day):
        key = (gone.platform, gone.entity, gone.metric)
        closed = any(
            (row["platform"], row["entity"], row["metric"]) == key and row["day"] >= gone.since
            for row in known
        )
        if not closed:
            note = f"Từ {gone.since:%d/%m/%Y} nền tảng không còn cho biết số này"
            found = ("night", f"no number in the lane {gone.lane} from {gone.since} to {day}")
            rows.append(DefinitionBreakRow(*key, gone.since, note, ": ".join(found)))
            said.append(
                f"{gone.platform} tells {gone.metric} of no {gone.entity} since {gone.since}; its "
                "series ends there (definition break), the others go on"
            )
    if rows:
        register = read_register(opened.folder).with_rows("definition_breaks", rows)
        with opened.store.transaction("metric retired", at=scheduled_at(day)) as change:
            write_register_rows(
                opened.folder, "definition_breaks", register.rows("definition_breaks")
            )
            change.rows += mirror(opened.store, register)
    return said


def _disagreements(opened: Opened, day: date) -> list[str]:
    """Say where two lanes tell different numbers of this night."""
    from tracker.panel import disagreements

    return [item.sentence for item in disagreements(opened.store, day, day + timedelta(days=1))]


def _write_due_reports(opened: Opened, done: NightDone, say: Say) -> None:
    from jobs.reporting import letters_due, units_at_work, write_reports_of
    from tracker.reports import FORMATS

    for letter in letters_due(opened, done.day, REPORT_AHEAD):
        units = units_at_work(opened, letter)
        if not units:
            continue
        say(f"report {letter.id}: due within {REPORT_AHEAD.days} days")
        done.files += write_reports_of(
            opened,
            letter.id,
            units=units,
            everything=False,
            formats=FORMATS,
            out=None,
            on=done.day,
            say=_nothing,
        )


def _nothing(line: str) -> None:
    """Keep the line of each report out of the night's own lines."""
