"""What `tracker check`, `tracker status` and `tracker log` say. Reads, never writes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import Any

from connectors.catalogue import CONNECTORS
from jobs.collect import final_statuses
from jobs.folder import unsafe_place
from jobs.nightly import sound_register
from jobs.opening import Opened, expected_accounts, keep_apart, night_clock
from tracker.errors import ConfigError, InputError
from tracker.periods import date_of, day_number, last_night, missed_nights
from tracker.platforms import PLATFORMS
from tracker.store import NightRow

NIGHTS_SHOWN = 14
NOT_ASKED = "not asked"
CAUSES = {
    "denied": "access refused: the credential is wrong or has ended",
    "permission": "the credential may not read this",
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
class PlatformReadiness:
    """Whether one platform's accounts can be read tonight; `reason` says why not."""

    platform: str
    accounts: int
    ready: bool
    reason: str
    bases: Mapping[str, int]


@dataclass(frozen=True)
class Readiness:
    """What `tracker check` found. `blocking` = problems of the register that keep the night from
    starting.
    """

    folder: str
    synthetic: bool
    platforms: tuple[PlatformReadiness, ...]
    place: str | None
    blocking: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Give the same for a program."""
        return asdict(self)

    def lines(self) -> list[str]:
        """Give one line a finding."""
        lines = [f"data folder: {self.folder}" + (" (synthetic)" if self.synthetic else "")]
        if self.place:
            lines.append(f"WARNING: {self.place}")
        for item in self.platforms:
            lines.append(f"{item.platform}: {item.accounts} accounts: {item.reason}")
            for key, count in item.bases.items():
                basis = PLATFORMS[item.platform].basis(key)
                lines.append(f"  {count} under {key}: {basis.sentence_vi}")
        lines += [f"register: {line}" for line in self.blocking]
        return lines


def check_readiness(opened: Opened) -> Readiness:
    """Say for each platform of the register whether tonight's reading can start."""
    accounts = [row for row in opened.store.rows("account") if row["voided"] is None]
    found = []
    for platform in sorted({row["platform"] for row in accounts}):
        own = [row for row in accounts if row["platform"] == platform]
        bases = dict(Counter(row["basis"] or PLATFORMS[platform].default_basis.key for row in own))
        reason = _why_not(opened, platform)
        found.append(
            PlatformReadiness(
                platform, len(own), reason is None, reason or "can be read tonight", bases
            )
        )
    blocking: tuple[str, ...] = ()
    try:
        sound_register(opened)
    except InputError as error:
        blocking = tuple(str(problem) for problem in error.problems)
    return Readiness(
        str(opened.folder), opened.synthetic, tuple(found), unsafe_place(opened.folder), blocking
    )


def _why_not(opened: Opened, platform: str) -> str | None:
    connector = CONNECTORS.get(platform)
    if connector is None:
        return "no connector yet; import declared numbers with: tracker import history"
    try:
        keep_apart(opened.settings, [platform], opened.synthetic)
    except ConfigError as error:
        return f"cannot be read: {error}"
    for name in connector.needs:
        try:
            opened.settings.secret(name)
        except ConfigError as error:
            return f"cannot be read: {error}"
    return None


@dataclass(frozen=True)
class Status:
    """What `tracker status` shows: nights with what they brought (never run: everything None),
    coverage of the last one by platform, gaps with their causes, units of the quota days.
    """

    last: date
    nights: tuple[dict[str, Any], ...]
    coverage: tuple[dict[str, Any], ...]
    gaps: tuple[dict[str, Any], ...]
    quota: tuple[dict[str, Any], ...]

    def as_dict(self) -> dict[str, Any]:
        """Give the same for a program."""
        return asdict(self)

    def lines(self) -> list[str]:
        """Give one line a night, a platform, a gap, a quota day."""
        lines = [f"last scheduled night: {self.last}", *map(self._night_line, self.nights)]
        lines += [
            f"{c['night']} {c['platform']}: {c['read']} of {c['expected']} read"
            for c in self.coverage
        ]
        lines += [
            f"gap {g['night']} {g['platform']}: {PHASES_READ[g['what']]} {g['accounts']} accounts: "
            f"{g['cause']}"
            for g in self.gaps
        ]
        lines += [f"requests {q['day']} {q['platform']}: {q['units']}" for q in self.quota]
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
    """Gather nights, coverage of the last one by platform, gaps with causes and requests used."""
    last = _last_night(opened)
    nights = _nights(opened, last)
    ran = [night.day for night in nights if night.started_at is not None]
    coverage, gaps = [], []
    for day in ran:
        expected = expected_accounts(opened, day)
        final = final_statuses(opened.store, day)
        if day == ran[-1]:
            final = dict.fromkeys(expected, NOT_ASKED) | final
            coverage = _coverage(day, expected, final)
        lists = final_statuses(opened.store, day, "posts")
        for what, statuses in (("profile", final), ("posts", lists)):
            gaps += _gaps(day, what, statuses, expected)
    quota = [
        {"day": date_of(row["day"]), "platform": row["platform"], "units": row["units"]}
        for row in opened.store.rows("quota")
        if ran and row["day"] >= day_number(ran[-1]) - 1
    ]
    return Status(
        last, tuple(asdict(night) for night in nights), tuple(coverage), tuple(gaps), tuple(quota)
    )


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
    read = Counter(expected[account] for account in expected if final[account] == "ok")
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
