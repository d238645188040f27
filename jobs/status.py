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
from jobs.opening import Opened, night_clock
from tracker.errors import ConfigError, InputError
from tracker.periods import day_number, last_night
from tracker.platforms import PLATFORMS

NIGHTS_SHOWN = 14
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
    "not asked": "not asked: no connector or no key",
}


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
        bases = dict(
            Counter(row["basis"] or PLATFORMS[platform].default_basis.key for row in own)
        )
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
    for name in connector.needs:
        try:
            opened.settings.secret(name)
        except ConfigError as error:
            return f"cannot be read: {error}"
    return None


@dataclass(frozen=True)
class Status:
    """What `tracker status` shows; `gaps` are (night, platform, cause, accounts)."""

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
        lines = [f"last scheduled night: {self.last}"]
        for night in self.nights:
            if night["started_at"] is None:
                lines.append(f"{night['day']}: never ran")
            elif night["finished_at"] is None:
                lines.append(
                    f"{night['day']}: started, not finished; start it again with: tracker nightly"
                )
            else:
                lines.append(
                    f"{night['day']}: {night['read']} of {night['expected']} accounts read"
                )
        lines += [
            f"{c['night']} {c['platform']}: {c['read']} of {c['asked']} read" for c in self.coverage
        ]
        lines += [
            f"gap {g['night']} {g['platform']}: {g['accounts']} accounts: {g['cause']}"
            for g in self.gaps
        ]
        lines += [f"requests {q['night']} {q['platform']}: {q['units']}" for q in self.quota]
        return lines


def read_status(opened: Opened) -> Status:
    """Gather nights, coverage of the last one by platform, gaps with causes and requests used."""
    last = last_night(night_clock(opened.settings)(), opened.settings.night_at)
    nights = opened.store.nights()[-NIGHTS_SHOWN:]
    platforms = {row["id"]: row["platform"] for row in opened.store.rows("account")}
    coverage, gaps = [], []
    for night in nights:
        final = final_statuses(opened.store, night.day)
        for platform in sorted({platforms[account] for account in final}):
            statuses = Counter(s for a, s in final.items() if platforms[a] == platform)
            if night is nights[-1]:
                coverage.append(
                    {
                        "night": night.day,
                        "platform": platform,
                        "read": statuses["ok"],
                        "asked": statuses.total(),
                    }
                )
            gaps += [
                {
                    "night": night.day,
                    "platform": platform,
                    "cause": CAUSES.get(status, status),
                    "accounts": count,
                }
                for status, count in sorted(statuses.items())
                if status != "ok"
            ]
    quota = [
        {"night": night.day, "platform": row["platform"], "units": row["units"]}
        for night in nights[-1:]
        for row in opened.store.rows("quota", day=day_number(night.day))
    ]
    return Status(
        last, tuple(asdict(night) for night in nights), tuple(coverage), tuple(gaps), tuple(quota)
    )


def change_lines(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Give one line a change of the log, oldest first."""
    lines = []
    for row in rows:
        at = datetime.fromtimestamp(row["at"], UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        office = f" by {row['office']}" if row["office"] else ""
        digest = f" (sha256 {row['digest'][:12]})" if row["digest"] else ""
        lines.append(f"{at}: {row['command']}{office}: {row['rows']} rows{digest}")
    return lines
