"""Settings and secrets from the environment and the `.env` file of the data folder.

The only module that reads the environment. A value that cannot be used is refused with its name,
what was expected and how to mend it; the value of a secret is never in a message. Knows no store
and no network.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import time
from functools import partial
from pathlib import Path
from typing import TypeVar
from urllib.parse import unquote, urlsplit

from dotenv.parser import parse_stream

from tracker.errors import ConfigError, shown
from tracker.periods import NIGHT_AT
from tracker.platforms import PLATFORMS
from tracker.secrets import SHORTEST, Secret, is_loopback, redact_logs, remember

__all__ = ["Secret", "Settings", "environment_value", "load_settings"]

PREFIX = "TRACKER_"
OTHER_SECRETS = ("SECRET_KEY", "SMTP_URL", "WEBHOOK_URL")
SECRET_ENDINGS = ("_KEY", "_TOKEN", "_SECRET", "_ID")
HOSTS = ("AUTH_URL", "BUSINESS_URL", "FEED_URL", "PREVIEW_URL")
"""Further hosts of a platform: `TRACKER_<PLATFORM>_<HOST>_URL`."""

OPTIONS = {
    "YOUTUBE_FEED": ("[01]", "1 or 0"),
    "TELEGRAM_PREVIEW": ("[01]", "1 or 0"),
    "TIKTOK_RESEARCH": ("[01]", "1 or 0"),
    "LINKEDIN_VERSION": ("20[0-9]{2}(0[1-9]|1[0-2])", "a version such as 202511"),
    "X_WORD": ("tweet|post", "tweet or post"),
}
"""Further settings of single platforms: what they match, and how that is said to a person."""

STORE_FILE = "tracker.sqlite"
_T = TypeVar("_T")


@dataclass(frozen=True)
class Settings:
    """What an operator may set.

    `data` is the data folder, `db` the SQLAlchemy URL of the store. `secrets` and `urls` are by
    name without the prefix (`YOUTUBE_API_KEY`; `youtube`, `youtube_feed`). `paces` are requests a
    second by platform. `archive_days` is how long replies are kept. `contact` is told to platforms.
    `night_at` is local time (UTC+7). `coverage_alert` is the share of expected observations, 0..1,
    below which a night raises an alert. `enabled` are platforms that are off unless named.
    `options` are further settings of single platforms by name (`TELEGRAM_PREVIEW`), `units` what a
    night may use a day of a platform's budget. `redirect` is the address registered with the
    platforms' apps, to which an owner's consent comes back. `alert_to`, `alert_from` are e-mail
    addresses; the server and the webhook are secrets (`SMTP_URL`, `WEBHOOK_URL`).
    `unknown` are names that begin like settings and are none: probably misspelt.
    """

    data: Path
    db: str = field(repr=False)
    secrets: Mapping[str, Secret] = field(default_factory=dict)
    urls: Mapping[str, str] = field(default_factory=dict)
    paces: Mapping[str, float] = field(default_factory=dict)
    archive_days: int = 30
    contact: str | None = None
    night_at: time = NIGHT_AT
    coverage_alert: float = 0.9
    enabled: frozenset[str] = frozenset()
    options: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, int] = field(default_factory=dict)
    redirect: str = "https://localhost/tracker"
    alert_to: str | None = None
    alert_from: str | None = None
    unknown: tuple[str, ...] = ()

    def secret(self, name: str) -> Secret:
        """Give a secret by name. Raises ConfigError that says where to put it."""
        if name in self.secrets:
            return self.secrets[name]
        misspelt = f"; {', '.join(self.unknown)} is not known" if self.unknown else ""
        raise ConfigError(
            f"{PREFIX}{name} is not set: write the line {PREFIX}{name}=… into "
            f"{self.data / '.env'} or set it in the environment{misspelt}"
        )

    def base_url(self, platform: str, default: str, host: str = "") -> str:
        """Give the address that requests begin with: the one that was set, or the default.

        A further host of a platform whose own address was set and whose was not is the same
        address: a simulated platform never sends anything to the real one.
        """
        own = self.urls.get(platform, default)
        return self.urls.get(f"{platform}_{host}", own) if host else own

    def is_on(self, option: str) -> bool:
        """Say whether a switch of a platform is set to 1."""
        return self.options.get(option) == "1"

    def pace(self, platform: str, default: float | None) -> float | None:
        """Give the requests a second; None = no limit. A loopback address has no pace."""
        if is_loopback(self.urls.get(platform, "")):
            return None
        return self.paces.get(platform, default)


def environment_value(name: str) -> str | None:
    """Give one variable of the environment, None when it is empty or not set."""
    return os.environ.get(name, "").strip() or None


def child_environment(extra: Mapping[str, str]) -> dict[str, str]:
    """Give this process's environment with some variables on top, for a process of its own."""
    return {**os.environ, **extra}


def load_settings(
    data: Path, environ: Mapping[str, str] | None = None, *, db: str | None = None
) -> Settings:
    """Read `<data>/.env`, then the environment, which wins; `db` wins over both.

    An empty value counts as not set. Raises ConfigError in one sentence for a value that cannot
    be used. Every secret is hidden from log lines and messages from here on.
    """
    redact_logs()
    given = os.environ if environ is None else environ
    values = _named(read_dotenv(data / ".env")) | _named(given)
    values.pop("DATA", None)
    where = f"{PREFIX}%s in {data / '.env'} or the environment"

    def read(name: str, parse: Callable[[str], _T], default: _T, expected: str) -> _T:
        written = values.pop(name, None)
        if written is None:
            return default
        try:
            return parse(written)
        except ValueError:
            found = "" if "@" in written else f": found {shown(written)}"
            raise ConfigError(f"{where % name}{found}; expected {expected}") from None

    archive_days = read("ARCHIVE_DAYS", parse_days, 30, "a number of days from 1 to 1096")
    contact = read("CONTACT", parse_contact, None, "an e-mail or web address in plain letters")
    night_at = read("NIGHT_AT", parse_time, NIGHT_AT, "a local time such as 01:00")
    coverage = read("COVERAGE_ALERT", parse_share, 0.9, "a share from 0 to 1, such as 0.9")
    if db:
        values["DB"] = db
    here = f"sqlite:///{(data / STORE_FILE).as_posix()}"
    store_url = read("DB", parse_db, here, "an SQLAlchemy address such as sqlite:///tracker.sqlite")
    redirect = read("REDIRECT_URL", parse_base, Settings.redirect, "https://host/path")
    mail = "an e-mail address"
    alert_to = read("ALERT_TO", parse_mail, None, mail)
    alert_from = read("ALERT_FROM", parse_mail, None, mail)
    options: dict[str, str] = {}
    units: dict[str, int] = {}
    secrets: dict[str, Secret] = {}
    urls: dict[str, str] = {}
    paces: dict[str, float] = {}
    enabled: set[str] = set()
    for name in sorted(values):
        key, rest = name.partition("_")[0].lower(), name.partition("_")[2]
        if name in OTHER_SECRETS or (key in PLATFORMS and rest.endswith(SECRET_ENDINGS)):
            # Not through `read`, because a secret is never shown in a message.
            secrets[name] = parse_secret(name, values.pop(name), where % name)
        elif name in OPTIONS:
            pattern, said = OPTIONS[name]
            options[name] = read(name, partial(parse_option, pattern), "", said)
        elif key not in PLATFORMS and key != "sandbox":
            continue
        elif rest == "URL" or rest in HOSTS:
            place = key if rest == "URL" else f"{key}_{rest.removesuffix('_URL').lower()}"
            urls[place] = read(name, parse_base, "", "https://host/path (http only for loopback)")
        elif rest == "PACE":
            paces[key] = read(name, parse_pace, 0.0, "requests a second, such as 5 or 0.5")
        elif rest == "UNITS":
            units[key] = read(name, parse_units, 0, "a whole number of units a day, such as 5000")
        elif rest == "ENABLED" and read(name, parse_switch, False, "1 or 0"):
            enabled.add(key)
    return Settings(
        data=data,
        db=store_url,
        secrets=secrets,
        urls=urls,
        paces=paces,
        archive_days=archive_days,
        contact=contact,
        night_at=night_at,
        coverage_alert=coverage,
        enabled=frozenset(enabled),
        options=options,
        units=units,
        redirect=redirect,
        alert_to=alert_to,
        alert_from=alert_from,
        unknown=tuple(f"{PREFIX}{name}" for name in sorted(values)),
    )


def _named(pairs: Mapping[str, str]) -> dict[str, str]:
    """Keep what begins with TRACKER_ and is not empty, by name without it."""
    return {
        name.removeprefix(PREFIX): value.strip()
        for name, value in pairs.items()
        if name.startswith(PREFIX) and value.strip()
    }


def read_dotenv(path: Path) -> dict[str, str]:
    """Read a `.env` file as written, without filling in `${NAME}`; no file is no values."""
    if not path.exists():
        return {}
    try:
        with path.open(encoding="utf-8-sig") as file:
            bindings = list(parse_stream(file))
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError:
        raise ConfigError(f"{path} is not UTF-8 text; save it as UTF-8") from None
    found: dict[str, str] = {}
    for binding in bindings:
        if binding.error or (binding.key is not None and binding.value is None):
            written = binding.original.string
            blank = written[: len(written) - len(written.lstrip())].count("\n")
            line = binding.original.line + blank
            raise ConfigError(f"{path}, line {line}: expected NAME=value")
        if binding.key is not None and binding.value is not None:
            found[binding.key] = binding.value
    return found


def parse_secret(name: str, written: str, where: str) -> Secret:
    """Read a secret and hide it from now on; a name that ends in `_ID` is known to everybody.

    Raises ConfigError for what was cut or damaged when it was copied.
    """
    if not re.fullmatch(r"[\x21-\x7e]+", written):
        raise ConfigError(f"{where}: holds a space, a line break or a letter that no key has")
    if name.endswith("_ID"):
        return Secret(written)
    if len(written) < SHORTEST:
        raise ConfigError(f"{where}: has only {len(written)} characters; expected the whole key")
    remember(Secret(written))
    return Secret(written)


def parse_days(written: str) -> int:
    """Read a number of days, 1 to 1096 (three years, the longest a platform allows)."""
    days = int(written)
    if not 1 <= days <= 1096:
        raise ValueError(written)
    return days


def parse_contact(written: str) -> str:
    """Read what is told to platforms in the User-Agent header: ASCII without line breaks."""
    if not re.fullmatch(r"[\x21-\x7e]{3,200}", written) or not re.search("[@.]", written):
        raise ValueError(written)
    return written


def parse_time(written: str) -> time:
    """Read `1:00` or `01:00`."""
    found = re.fullmatch(r"([0-9]{1,2}):([0-9]{2})", written)
    if found is None:
        raise ValueError(written)
    return time(int(found[1]), int(found[2]))


def parse_share(written: str) -> float:
    """Read a share from 0 to 1."""
    share = float(written)
    if not 0 <= share <= 1:
        raise ValueError(written)
    return share


def parse_pace(written: str) -> float:
    """Read requests a second, between one an hour and 1000."""
    pace = float(written)
    if not 1 / 3600 <= pace <= 1000:
        raise ValueError(written)
    return pace


def parse_switch(written: str) -> bool:
    """Read 1 or 0."""
    if written not in ("0", "1"):
        raise ValueError(written)
    return written == "1"


def parse_units(written: str) -> int:
    """Read units a day: a whole number above 0."""
    units = int(written)
    if units < 1:
        raise ValueError(written)
    return units


def parse_mail(written: str) -> str:
    """Read an e-mail address in plain letters."""
    if not re.fullmatch(r"[\x21-\x3f\x41-\x7e]+@[A-Za-z0-9.-]+", written):
        raise ValueError(written)
    return written


def parse_option(pattern: str, written: str) -> str:
    """Read a setting that must match a pattern."""
    if not re.fullmatch(pattern, written):
        raise ValueError(written)
    return written


def parse_base(written: str) -> str:
    """Read the address that requests of a platform begin with; it may contain `{server}`."""
    parts = urlsplit(written.replace("{server}", "server"))
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(written))
    if not is_safe or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise ValueError(written)
    if parts.port == 0:
        raise ValueError(written)
    return written.rstrip("/")


def parse_db(written: str) -> str:
    """Read the SQLAlchemy address of the store; a password inside it is hidden from now on."""
    parts = urlsplit(written)
    if not parts.scheme or "://" not in written:
        raise ValueError(written)
    if parts.password:
        remember(Secret(unquote(parts.password)))
    return written
