"""What `tracker status` and `tracker log` say. Reads, never writes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

from connectors.catalogue import CONNECTORS
from jobs.budgets import Meter, next_reset
from jobs.collect import final_statuses
from jobs.opening import (
    Opened,
    expected_accounts,
    night_clock,
    open_credentials,
)
from tracker.periods import LOCAL, date_of, day_number, last_night, missed_nights
from tracker.store import NightRow

NIGHTS_SHOWN = 14
NOT_ASKED = "not asked"
CAUSES = {
    "denied": "access refused: the credential is wrong or has ended",
    "permission": "not allowed to read this",
    "gone": "the platform says the account is closed",
    "unclear": "not found, or hidden from us",
    "moved": "the account moved",
    "limited": "too many requests",
    "quota": "the day's quota is used up",
    "unreachable": "network or platform fault",
    "changed": "the platform's reply has changed",
    "failed": "a fault of this program",
    NOT_ASKED: "not asked: tracker check says why",
}
PHASES_READ = {"profile": "no counts of", "posts": "no whole list of posts of"}


@dataclass(frozen=True)
class Status:
    """What `tracker status` shows: nights with what they brought (never run: everything None),
    coverage by platform and night, of the last night by locality, gaps with their causes, units of
    the quota days with what a night may use and when they begin anew, tokens with their ends,
    renames of these nights, and where two lanes disagree.
    """

    last: date
    nights: tuple[dict[str, Any], ...]
    coverage: tuple[dict[str, Any], ...]
    gaps: tuple[dict[str, Any], ...]
    quota: tuple[dict[str, Any], ...]
    localities: tuple[dict[str, Any], ...] = ()
    tokens: tuple[dict[str, Any], ...] = ()
    locked: str | None = None
    renames: tuple[dict[str, Any], ...] = ()
    disagreements: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Give the same for a program."""
        return asdict(self)

    def lines(self) -> list[str]:
        """Give one line a night, a platform, a gap, a quota day."""
        lines = [f"last scheduled night: {self.last}", *map(self._night_line, self.nights)]
        lines += [
            f"{c['night']} {c['platform']}: {c['read']} of {c['expected']} read"
            for c in self.coverage
            if c["night"] == self.coverage[-1]["night"] or c["read"] < c["expected"]
        ]
        lines += [
            f"gap {g['night']} {g['platform']}: {PHASES_READ[g['what']]} {g['accounts']} accounts: "
            f"{g['cause']}"
            for g in self.gaps
        ]
        lines += [
            f"coverage {c['night']} {c['locality']}: {c['read']} of {c['expected']} read"
            for c in self.localities
            if c["read"] < c["expected"]
        ]
        lines += [_quota_line(entry) for entry in self.quota]
        lines += [f"tokens: {self.locked}"] if self.locked else []
        lines += [_token_line(entry) for entry in self.tokens]
        lines += [
            f"renamed {r['day']}: {r['account']} is {r['new']} now, formerly {r['old']}"
            for r in self.renames
        ]
        lines += [f"lanes: {sentence}" for sentence in self.disagreements]
        return lines

    def _night_line(self, night: Mapping[str, Any]) -> str:
        day = night["day"]
        if night["started_at"] is None:
            if day == self.last:
                return f"{day}: has not run yet; start it with: tracker nightly"
            return f"{day}: never ran; it stays a gap"
        if night["finished_at"] is None:
            return f"{day}: started, not finished; start it again with: tracker nightly"
        return f"{day}: {night['read']} of {night['expected']} accounts read"


def read_status(opened: Opened) -> Status:
    """Gather what `tracker status` shows; see Status."""
    last = _last_night(opened)
    nights = _nights(opened, last)
    ran = [night.day for night in nights if night.started_at is not None]
    coverage, gaps = [], []
    for day in ran:
        expected = expected_accounts(opened, day)
        final = final_statuses(opened.store, day)
        if day == ran[-1]:
            final = dict.fromkeys(expected, NOT_ASKED) | final
        coverage += _coverage(day, expected, final)
        lists = final_statuses(opened.store, day, "posts")
        for what, statuses in (("profile", final), ("posts", lists)):
            gaps += _gaps(day, what, statuses, expected)
    return Status(
        last,
        tuple(asdict(night) for night in nights),
        tuple(coverage),
        tuple(gaps),
        tuple(_quota(opened, ran[-1]) if ran else ()),
        tuple(_localities(opened, ran[-1]) if ran else ()),
        tuple(_tokens(opened)),
        open_credentials(opened, night_clock(opened.settings)).locked,
        tuple(_renames(opened, ran[0], last) if ran else ()),
        tuple(_disagreements(opened, ran[0], last) if ran else ()),
    )


def _quota(opened: Opened, since: date) -> list[dict[str, Any]]:
    """List the units used since a night, with what a night may use a day and the next reset."""
    clock = night_clock(opened.settings)
    found = []
    for row in opened.store.rows("quota"):
        if row["day"] < day_number(since) - 1:
            continue
        platform, credential = row["platform"], row["credential"]
        bucket = credential.partition(":")[2]
        limit = reset = None
        if platform in CONNECTORS:
            budgets = CONNECTORS[platform].budgets
            allowed = opened.settings.units.get(platform)
            limit = Meter(platform, budgets, allowed, opened.store, clock).limit(bucket)
            reset = next_reset(platform, clock()).astimezone(LOCAL)
        found.append(
            {
                "day": date_of(row["day"]),
                "platform": platform,
                "credential": credential,
                "units": row["units"],
                "limit": limit,
                "reset": None if limit is None else reset,
            }
        )
    return found


def _quota_line(entry: Mapping[str, Any]) -> str:
    line = f"units {entry['day']} {entry['platform']} ({entry['credential']}): {entry['units']}"
    if entry["limit"] is None:
        return line
    return (
        f"{line} of {entry['limit']}; the next day begins {entry['reset']:%Y-%m-%d %H:%M} (UTC+7)"
    )


def _localities(opened: Opened, day: date) -> list[dict[str, Any]]:
    """Count by locality what the last night read of its accounts."""
    from tracker.panel import load_panel

    final = final_statuses(opened.store, day)
    owners = load_panel(opened.settings.db, until=day).accounts["locality_id"].to_dict()
    every: Counter[str] = Counter()
    read: Counter[str] = Counter()
    for account in expected_accounts(opened, day):
        place = owners.get(account)
        name = place if isinstance(place, str) and place else "-"
        every[name] += 1
        read[name] += final.get(account) == "ok"
    return [
        {"night": day, "locality": name, "read": read[name], "expected": every[name]}
        for name in sorted(every)
    ]


def _tokens(opened: Opened) -> list[dict[str, Any]]:
    """List the kept tokens with their ends; nothing of them is shown."""
    return [asdict(kept) for kept in open_credentials(opened, night_clock(opened.settings)).kept()]


def _token_line(entry: Mapping[str, Any]) -> str:
    where = f"token of {entry['account_id']} ({entry['platform']})"
    if entry["asleep"]:
        return f"{where}: sleeps; it belongs to another machine (tracker connect --take-over)"
    if entry["ended"]:
        return f"{where}: {entry['ended']}"
    if entry["ends_at"] is None:
        return f"{where}: no end is stated"
    ends = f"{where}: ends {entry['ends_at'].astimezone(LOCAL):%Y-%m-%d}"
    return f"{ends} unless it is renewed" if entry["renewable"] else f"{ends}; connect again then"


def _renames(opened: Opened, since: date, until: date) -> list[dict[str, Any]]:
    """List the accounts whose handle changed on the nights shown; permanent ids tell them."""
    periods: dict[str, list[Mapping[str, Any]]] = {}
    for row in opened.store.rows("account_period"):
        periods.setdefault(row["account_id"], []).append(row)
    found = []
    for account, rows in sorted(periods.items()):
        rows.sort(key=lambda row: row["valid_from"])
        for before, after in pairwise(rows):
            if since < after["valid_from"] <= until and before["handle"] != after["handle"]:
                found.append(
                    {
                        "day": after["valid_from"],
                        "account": account,
                        "old": before["handle"],
                        "new": after["handle"],
                    }
                )
    return found


def _disagreements(opened: Opened, since: date, until: date) -> list[str]:
    from tracker.panel import disagreements

    return [item.sentence for item in disagreements(opened.store, since, until + timedelta(days=1))]


def _last_night(opened: Opened) -> date:
    """Give the last scheduled night; a simulated country without its sandbox has only the nights
    that were read.
    """
    known = opened.store.nights()
    if opened.synthetic and known and not opened.settings.urls.get("sandbox"):
        return known[-1].day
    return last_night(night_clock(opened.settings)(), opened.settings.night_at)


def _nights(opened: Opened, last: date) -> list[NightRow]:
    """List the last nights, with those that should have run since and did not."""
    known = {night.day: night for night in opened.store.nights()}
    if known:
        for day in (*missed_nights(min(known), last, known), last):
            known.setdefault(day, NightRow(day, None, None, None, None, None))
    return [known[day] for day in sorted(known)][-NIGHTS_SHOWN:]


def _coverage(
    day: date, expected: Mapping[str, str], final: Mapping[str, str]
) -> list[dict[str, Any]]:
    every = Counter(expected.values())
    read = Counter(expected[account] for account in expected if final.get(account) == "ok")
    return [
        {"night": day, "platform": platform, "read": read[platform], "expected": every[platform]}
        for platform in sorted(every)
    ]


def _gaps(
    day: date, what: str, statuses: Mapping[str, str], platforms: Mapping[str, str]
) -> list[dict[str, Any]]:
    counts = Counter(
        (platforms[account], status)
        for account, status in statuses.items()
        if status != "ok" and account in platforms
    )
    return [
        {
            "night": day,
            "platform": platform,
            "what": what,
            "cause": CAUSES.get(status, status),
            "accounts": accounts,
        }
        for (platform, status), accounts in sorted(counts.items())
    ]


def change_lines(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Give one line a change of the log, oldest first."""
    lines = []
    for row in rows:
        at = datetime.fromtimestamp(row["at"], UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        office = f" by {row['office']}" if row["office"] else ""
        digest = f" (sha256 {row['digest'][:12]})" if row["digest"] else ""
        lines.append(f"{at}: {row['command']}{office}: {row['rows']} rows{digest}")
    return lines
