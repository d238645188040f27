"""Holds secrets, says where they may go, and takes them out of every text that leaves the process.

What was read as a secret once is known for the life of the process, so that nothing has to
remember to hide it: addresses, messages, log lines, tracebacks and archived replies all go through
`redact`. Knows no setting and no network.
"""

from __future__ import annotations

import base64
import json
import logging
import re
import threading
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, quote, quote_plus, urlencode, urlsplit, urlunsplit

HIDDEN = "***"
SHORTEST = 8
"""Shorter texts are not taken out: they would tear holes into ordinary words."""

_lock = threading.Lock()
_known: set[str] = set()
_longest_first: tuple[str, ...] = ()


class Secret:
    """A text that shows itself only through `reveal`."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Give the text itself; it goes into a request and nowhere else."""
        return self._text

    def __repr__(self) -> str:
        return f"Secret({HIDDEN})"

    def __str__(self) -> str:
        return HIDDEN

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)


@dataclass(frozen=True, slots=True)
class Token:
    """What an owner's consent gave us for one account.

    `kind` is the connector's own word for how it was got (`page`, `display`). `native_id` is the
    account it is good for, where the platform says so. Instants are UTC; `expires_at` None = the
    platform states no end. `refresh` renews it until `refresh_expires_at` (None = no end stated).
    """

    access: Secret
    issued_at: datetime
    expires_at: datetime | None = None
    refresh: Secret | None = None
    refresh_expires_at: datetime | None = None
    kind: str = ""
    native_id: str | None = None
    scopes: tuple[str, ...] = ()

    @property
    def renew_from(self) -> datetime | None:
        """Give from when on it should be renewed: a tenth of its life, ten minutes at least, before
        its end, and fifteen days where it lives for a month or longer. None = never.
        """
        if self.expires_at is None:
            return None
        life = self.expires_at - self.issued_at
        least = timedelta(days=15) if life >= timedelta(days=30) else timedelta(minutes=10)
        return self.expires_at - max(life / 10, least)


TOKEN_FIELDS = ("access_token", "refresh_token", "id_token", "bearer_token")


def tokens_in(body: Any) -> Iterator[Secret]:
    """List the tokens in the JSON reply of a token service, at whatever depth."""
    if isinstance(body, list):
        for item in body:
            yield from tokens_in(item)
    elif isinstance(body, dict):
        for name, item in body.items():
            if name in TOKEN_FIELDS and isinstance(item, str):
                yield Secret(item)
            else:
                yield from tokens_in(item)


def remember(secret: Secret) -> None:
    """Take a secret out of every later text and log line; one below 8 characters is not."""
    global _longest_first
    text = secret.reveal()
    if text in _known or len(text) < SHORTEST:
        return
    with _lock:
        _known.add(text)
        found = {*_longest_first, *forms(text)}
        _longest_first = tuple(sorted(found, key=lambda form: (-len(form), form)))


def forms(text: str) -> Iterator[str]:
    """List how a secret may be written: plain, in an address, in JSON, inside base64."""
    yield text
    for written in (quote(text, safe=""), quote(text), quote_plus(text)):
        yield written
        yield re.sub("%[0-9A-F]{2}", lambda code: code[0].lower(), written)
    for is_ascii in (True, False):
        inside = json.dumps(text, ensure_ascii=is_ascii)[1:-1]
        yield inside
        yield inside.replace("/", "\\/")
    yield repr(text)[1:-1]
    data = text.encode()
    for before in range(3):
        # A letter of base64 holds 6 bits; letters that also hold bits of a neighbour are left out.
        first, last = -(-8 * before // 6), 8 * (before + len(data)) // 6
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            yield encode(bytes(before) + data).decode()[first:last]


def redact(text: str) -> str:
    """Replace every known secret, in any of its forms, by `***`."""
    for form in _longest_first:
        if form in text:
            text = text.replace(form, HIDDEN)
    return text


def redact_value(value: Any) -> Any:
    """Give JSON data without secrets; a number that is one becomes the text `***`."""
    if isinstance(value, dict):
        return {redact(key): redact_value(item) for key, item in value.items()}
    if isinstance(value, list):
        return [redact_value(item) for item in value]
    if value is None or isinstance(value, bool):
        return value
    shown = redact(str(value))
    return value if shown == str(value) else shown


def origin(url: str) -> str:
    """Give scheme, host and port: what a secret is meant for."""
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    return f"{parts.scheme}://{parts.hostname}:{port}"


def is_loopback(url: str) -> bool:
    """Say whether an address stays on this machine."""
    host = urlsplit(url).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")


def without_secrets(url: str) -> str:
    """Drop every query parameter that holds a known secret."""
    parts = urlsplit(url)
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    clean = [(name, value) for name, value in pairs if redact(value) == value]
    return url if clean == pairs else urlunsplit(parts._replace(query=urlencode(clean)))


def redact_logs() -> None:
    """Take known secrets out of every log line of this process, urllib3's own included.

    Done where records are made, because a filter on a logger does not see what its children log.
    Tracebacks count as log lines. Calling it twice is calling it once.
    """
    make = logging.getLogRecordFactory()
    if getattr(make, "hides_secrets", False):
        return

    def make_without_secrets(*args: Any, **kwargs: Any) -> logging.LogRecord:
        record = make(*args, **kwargs)
        message = record.getMessage()
        if (shown := redact(message)) != message:
            record.msg, record.args = shown, ()
        if record.exc_info and record.exc_info[0] is not None:
            record.exc_text = redact("".join(traceback.format_exception(*record.exc_info)).rstrip())
        return record

    make_without_secrets.hides_secrets = True  # type: ignore[attr-defined] # our own function
    logging.setLogRecordFactory(make_without_secrets)
