"""What can go wrong, sorted by what the night does about it. Knows no platform, no table, no file
format.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar


class TrackerError(Exception):
    """The parent of every error this product raises on purpose; its text is one sentence for a
    person.
    """


class ConfigError(TrackerError):
    """A setting or secret is missing or wrong; the text says how to mend it."""


class StoreError(TrackerError):
    """The store cannot be used as it is: older, newer, full, locked or not a store."""


@dataclass(frozen=True)
class Problem:
    """One thing wrong in one cell of an imported sheet. `row` counts as the office sees it: 1 is
    the header.
    """

    file: str
    row: int | None
    column: str | None
    value: str | None
    expected: str

    def __str__(self) -> str:
        place = [self.file]
        if self.row is not None:
            place.append(f"row {self.row}")
        if self.column is not None:
            place.append(f"column {self.column}")
        found = "" if self.value is None else f": found {shown(self.value)}"
        return f"{', '.join(place)}{found}; expected {self.expected}"


def shown(value: str, longest: int = 80) -> str:
    """Quote a value for a message, on one line and cut to a readable length."""
    line = " ".join(value.split())
    return repr(line if len(line) <= longest else line[: longest - 1] + "…")


class InputError(TrackerError):
    """A sheet or argument is wrong; `problems` names every place."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class ReadError(TrackerError):
    """One thing could not be read from a platform. `status` is what the attempt is filed under."""

    status: ClassVar[str] = "failed"


class AccessDenied(ReadError):
    """The credential is wrong or has ended: stop using it and ask a person."""

    status = "denied"


class PermissionMissing(ReadError):
    """The credential may not read this kind of thing: stop the capability, never mark the account
    gone.
    """

    status = "permission"


class AccountGone(ReadError):
    """The platform says that the account is closed."""

    status = "gone"


class NotFoundOrNoAccess(ReadError):
    """The platform does not say whether the account is closed or hidden from us: count strikes."""

    status = "unclear"


class AccountMoved(ReadError):
    """The account says where it went; a person confirms before it is followed."""

    status = "moved"

    def __init__(self, message: str, moved_to: str | None = None) -> None:
        super().__init__(message)
        self.moved_to = moved_to


class RateLimited(ReadError):
    """Too many requests. `retry_at` is UTC, or None where the platform does not say."""

    status = "limited"

    def __init__(self, message: str, retry_at: datetime | None = None) -> None:
        super().__init__(message)
        self.retry_at = retry_at


class QuotaExhausted(ReadError):
    """The day's units are used up: stop the platform until `reset_at` (UTC)."""

    status = "quota"

    def __init__(self, message: str, reset_at: datetime | None = None) -> None:
        super().__init__(message)
        self.reset_at = reset_at


class TooMuchData(ReadError):
    """The platform refuses the size of the request: halve it and ask again."""


class Unreachable(ReadError):
    """Network or server trouble that outlasted the retries. `not_sent`: the question certainly
    never arrived, so that nothing can have come of it.
    """

    status = "unreachable"

    def __init__(self, message: str, *, not_sent: bool = False) -> None:
        super().__init__(message)
        self.not_sent = not_sent


class PayloadChanged(ReadError):
    """The reply lacks a promised field, is not JSON or is cut short. `path` says where."""

    status = "changed"

    def __init__(self, message: str, path: str = "") -> None:
        super().__init__(message)
        self.path = path


class MetricUnavailable(ReadError):
    """The platform no longer publishes one metric; that number is unknown, the rest goes on."""

    def __init__(self, message: str, metric: str) -> None:
        super().__init__(message)
        self.metric = metric


class BadRequest(ReadError):
    """The platform calls our request wrong: our fault, loud, no retry."""


def not_connected(platform: str, account_id: str) -> PermissionMissing:
    """Say that an account's owner has not consented, and what to do."""
    return PermissionMissing(
        f"{account_id} is not connected; its office consents with: "
        f"tracker connect {platform} --account {account_id}"
    )
