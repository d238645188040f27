"""`tracker connect`: walks an office through the consent of a platform and keeps the token."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from connectors.base import Consenting
from connectors.catalogue import CONNECTORS
from jobs.opening import Opened, night_clock, open_credentials
from tracker.credentials import new_key
from tracker.errors import AccessDenied, ConfigError, ReadError
from tracker.http import LiveHttp
from tracker.periods import LOCAL, local_date
from tracker.readings import AccountRef
from tracker.secrets import Secret, remember

ENV_FILE = ".env"


def take_over(opened: Opened, say: Callable[[str], None]) -> None:
    """Wake the tokens that were got on another machine; there they sleep from now on only if that
    machine no longer collects, which a person must see to.
    """
    woken = open_credentials(opened, night_clock(opened.settings)).take_over()
    if not woken:
        say("no token sleeps here")
        return
    say(f"{len(woken)} tokens belong to this machine now: {', '.join(woken)}")
    say("stop the collector of the other machine: two that renew one token end it for both")


def connect(
    opened: Opened,
    platform: str,
    account_id: str,
    *,
    code: str | None,
    ask: Callable[[], str],
    say: Callable[[str], None],
) -> None:
    """Print the consent address, take the code or the address it led to, and keep the token.

    `ask` gives what the officer pastes, where no `code` was given. Raises ConfigError for what is
    missing on our side, and what the platform refused, in one sentence.
    """
    opened = with_key(opened, say)
    settings = opened.settings
    clock = night_clock(settings)
    account = find_account(opened, platform, account_id, local_date(clock()))
    credentials = open_credentials(opened, clock)
    if credentials.locked:
        raise ConfigError(credentials.locked)
    with LiveHttp(user_agent="image-promotion-tracker", clock=clock, wait=time.sleep) as http:
        connector = CONNECTORS[platform](http, settings, credentials)
        if not isinstance(connector, Consenting):
            raise ConfigError(f"{platform} has no consent: its public numbers are read without one")
        for name in connector.needs_for_consent:
            settings.secret(name)
        if code is None:
            say(connector.consent_vi)
            say("open this address as an administrator of the account, and consent:")
            say(connector.consent_address(account, settings.redirect))
            say("then paste the whole address your browser was led to (or only its code):")
            code = ask()
        found = code_in(code, account_id)
        remember(Secret(found))
        try:
            token = connector.exchange(account, found, settings.redirect)
        except ReadError as error:
            raise AccessDenied(f"{account_id} was not connected: {error}") from None
    if token.native_id and account.native_id and token.native_id != account.native_id:
        raise AccessDenied(
            f"{account_id} was not connected: the consent is for {token.native_id}, the register "
            f"has {account.native_id}"
        )
    credentials.keep(account_id, platform, token)
    [kept] = [row for row in credentials.kept() if row.account_id == account_id]
    until = f"; it lasts until {kept.ends_at.astimezone(LOCAL):%Y-%m-%d}" if kept.ends_at else ""
    renewed = " unless it is renewed, which every night does" if token.refresh and until else ""
    say(f"{account_id} is connected{until}{renewed}")


def find_account(opened: Opened, platform: str, account_id: str, on: date) -> AccountRef:
    """Find an account of the register on its platform. Raises ConfigError."""
    if platform not in CONNECTORS:
        known = ", ".join(CONNECTORS)
        raise ConfigError(f"no connector for {platform}; there are {known}")
    rows = opened.store.rows("account", id=account_id)
    if not rows or rows[0]["platform"] != platform:
        where = f"it is on {rows[0]['platform']}" if rows else "the register does not know it"
        raise ConfigError(f"no account {account_id!r} on {platform}: {where}")
    periods = [
        row
        for row in opened.store.rows("account_period", account_id=account_id)
        if row["valid_from"] <= on
    ]
    latest = max(periods, key=lambda row: row["valid_from"], default={"handle": None, "url": None})
    return AccountRef(
        account_id, platform, rows[0]["native_id"], latest["handle"], latest["url"], "owner"
    )


def code_in(pasted: str, account_id: str) -> str:
    """Find the code in what an officer pastes: the code itself, or the address with it.

    Raises ConfigError for an empty paste, an address that says the consent was refused, and one
    that belongs to another account.
    """
    text = pasted.strip().strip("\"'")
    if not text:
        raise ConfigError("nothing was pasted; expected the address or the code of the consent")
    if "://" not in text:
        return text
    parts = urlsplit(text)
    asked = {**parse_qs(parts.query), **parse_qs(parts.fragment)}
    if "error" in asked:
        said = " ".join(asked.get("error_description", asked["error"]))
        raise ConfigError(f"the consent was not given: {said}")
    state = asked.get("state", [""])[0]
    if state and state != account_id:
        raise ConfigError(f"this address belongs to the consent of {state}, not {account_id}")
    for name in ("code", "auth_code"):
        if name in asked:
            return asked[name][0]
    raise ConfigError("the pasted address holds no code; paste the one the consent led to")


def with_key(opened: Opened, say: Callable[[str], None]) -> Opened:
    """Make a TRACKER_SECRET_KEY where there is none and nothing was kept yet, and put it into
    `.env`.
    """
    if "SECRET_KEY" in opened.settings.secrets:
        return opened
    if open_credentials(opened, night_clock(opened.settings)).locked:
        return opened
    key = Secret(new_key())
    remember(key)
    path = opened.folder / ENV_FILE
    append_private(path, f"TRACKER_SECRET_KEY={key.reveal()}\n")
    say(f"a new TRACKER_SECRET_KEY is in {path}; keep a copy of it in a safe place")
    secrets = {**opened.settings.secrets, "SECRET_KEY": key}
    return replace(opened, settings=replace(opened.settings, secrets=secrets))


def append_private(path: Path, line: str) -> None:
    """Append a line to a file that only its owner may read."""
    before = path.read_bytes() if path.exists() else b""
    if before and not before.endswith(b"\n"):
        line = "\n" + line
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(file, line.encode())
    finally:
        os.close(file)
    path.chmod(0o600)
