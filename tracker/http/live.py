"""Asks platforms over the network: politely, patiently, and without showing a secret to anybody.

Retries what may pass, keeps the pace of each credential, cuts what is too large or too slow, and
archives every final reply before anyone sees it. Knows no platform and no store.
"""

from __future__ import annotations

import json
import random
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Any, Self
from urllib.parse import urlencode

import requests
import urllib3
from requests.adapters import HTTPAdapter

from tracker.errors import PayloadChanged, RateLimited, ReadError, Unreachable
from tracker.http.archive import Archive, asked_of
from tracker.http.exchange import Answer, Question, explain, never_sent
from tracker.http.reply import Reply, Tallies, Tally, full_address, parse_json
from tracker.http.retry import RETRIED, Pace, PatientRetry
from tracker.secrets import (
    Secret,
    is_loopback,
    origin,
    redact,
    redact_logs,
    remember,
    tokens_in,
)

MIB = 1024 * 1024
MOST_REDIRECTS = 5
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
_CHUNK = 65536


class LiveHttp:
    """The network. One object serves all threads of a night; close it at the end.

    `clock` gives UTC, `wait` waits that many seconds, `jitter` gives 0..1, `seconds` is a clock
    that never goes back (for pace and patience). `paces` are requests a second by platform, None =
    no limit. `timeout` is (connect, read) in seconds; a whole reply may take four times the read
    time-out. `size_cap` is bytes after unpacking. `secrets` by name are hidden from the start,
    names that end in `_ID` are no secrets; one that comes with a request is hidden from then on.
    """

    def __init__(
        self,
        *,
        user_agent: str,
        clock: Callable[[], datetime],
        wait: Callable[[float], None],
        archive: Archive | None = None,
        day: date | None = None,
        paces: Mapping[str, float | None] = MappingProxyType({}),
        secrets: Mapping[str, Secret] = MappingProxyType({}),
        timeout: tuple[float, float] = (5.0, 30.0),
        size_cap: int = 8 * MIB,
        retries: int = 4,
        retry_after_cap: float = 120.0,
        jitter: Callable[[], float] = random.random,
        max_in_flight: int = 8,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        assert archive is None or day is not None, "an archive needs the day of its night"
        redact_logs()
        for name, secret in secrets.items():
            if not name.endswith("_ID"):
                remember(secret)
        self._archive, self._day = archive, day
        self._clock, self._wait, self._seconds = clock, wait, seconds
        self._timeout, self._size_cap = timeout, size_cap
        self._retry_after_cap = retry_after_cap
        self._retry = PatientRetry(
            retries, wait=wait, clock=clock, jitter=jitter, status_forcelist=RETRIED
        )
        self._headers = {
            "User-Agent": user_agent,
            "Accept": "application/json",
            "Accept-Encoding": "gzip, deflate",
        }
        self._session = requests.Session()
        for scheme in ("http://", "https://"):
            self._session.mount(
                scheme,
                HTTPAdapter(pool_connections=32, pool_maxsize=max_in_flight, pool_block=True),
            )
        self._tallies = Tallies()
        self._lock = threading.Lock()
        self._rates = dict(paces)
        self._paces: dict[tuple[str, str], Pace] = {}
        self._surroundings: dict[str, dict[str, Any]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections and the files of the archive."""
        self._session.close()
        if self._archive is not None:
            self._archive.close()

    def tally(self) -> AbstractContextManager[Tally]:
        """Count what this thread asks inside the `with` block."""
        return self._tallies.start()

    def get(
        self,
        url: str,
        params: Sequence[tuple[str, str]] = (),
        *,
        platform: str,
        keep: Sequence[str] = (),
        secret: tuple[str, Secret] | None = None,
        headers: Mapping[str, str] | None = None,
        read: Callable[[bytes], Any] = parse_json,
        units: int = 1,
        bucket: str = "",
        final: Sequence[str] = (),
        whose: str = "",
    ) -> Reply:
        """Ask, retry what may pass, archive, and give the final reply whatever its status.

        Raises Unreachable, RateLimited (a pause above the cap), PayloadChanged (too large) and
        StoreError (the archive cannot be written).
        """
        sent = {**self._headers, **(headers or {})}
        question = Question(
            platform, full_address(url, params), sent, secret, None, tuple(final), (units, bucket)
        )
        return self._answered(question, (None, whose), keep, read)

    def post(
        self,
        url: str,
        sent: Any,
        *,
        platform: str,
        params: Sequence[tuple[str, str]] = (),
        keep: Sequence[str] = (),
        secret: tuple[str, Secret] | None = None,
        headers: Mapping[str, str] | None = None,
        form: bool = False,
        units: int = 1,
        bucket: str = "",
        final: Sequence[str] = (),
        whose: str = "",
    ) -> Reply:
        """Ask with a body, otherwise as `get` does."""
        kind = FORM if form else JSON
        data = urlencode(sent).encode() if form else json.dumps(sent).encode()
        question = Question(
            platform,
            full_address(url, params),
            {**self._headers, **(headers or {}), "Content-Type": kind},
            secret,
            data,
            tuple(final),
            (units, bucket),
        )
        return self._answered(question, (sent, whose), keep, parse_json)

    def exchange(
        self,
        url: str,
        form: Mapping[str, str | Secret],
        *,
        platform: str,
        secret: tuple[str, Secret] | None = None,
        basic: tuple[str, Secret] | None = None,
        in_query: bool = False,
        as_json: bool = False,
    ) -> Reply:
        """Ask a token service once; see `Http.exchange`."""
        shown = [
            (name, item.reveal() if isinstance(item, Secret) else item)
            for name, item in form.items()
        ]
        hidden = [item for item in form.values() if isinstance(item, Secret)]
        for item in (*hidden, *(pair[1] for pair in (secret, basic) if pair)):
            remember(item)
        headers = dict(self._headers)
        if basic is not None:
            whole = Secret(b64encode(f"{basic[0]}:{basic[1].reveal()}".encode()).decode())
            remember(whole)
            headers["Authorization"] = f"Basic {whole.reveal()}"
        if in_query:
            question = Question(platform, full_address(url, shown), headers, secret, None)
        else:
            headers["Content-Type"] = JSON if as_json else FORM
            data = json.dumps(dict(shown)) if as_json else urlencode(shown)
            question = Question(platform, url, headers, secret, data.encode())
        answer = self._send(question)
        if answer.raw is None:
            not_sent = never_sent(answer.error)
            raise Unreachable(f"{question.place}: {answer.why_not}", not_sent=not_sent)
        for token in tokens_in(parse_json(answer.data)):
            remember(token)
        reply = replace(self._reply(question, answer, parse_json), url=question.place)
        self._tallies.count_reply(reply)
        return reply

    def charge(self, units: int, bucket: str = "") -> None:
        """Add units that only the reply tells to the running tallies."""
        self._tallies.charge(units, bucket)

    def slow(self, platform: str, per_second: float) -> None:
        """Ask a platform no faster than this from now on, where it has a pace at all."""
        with self._lock:
            rate = self._rates.get(platform)
            if rate is None or rate <= per_second:
                return
            self._rates[platform] = per_second
            for key in [key for key in self._paces if key[0] == platform]:
                del self._paces[key]

    def _answered(
        self,
        question: Question,
        more: tuple[Any, str],
        keep: Sequence[str],
        read: Callable[[bytes], Any],
    ) -> Reply:
        """Ask, archive and count: what `get` and `post` share. `more` is what tells the question
        from others beside its address: the posted body, and whose token was used.
        """
        if question.secret is not None:
            remember(question.secret[1])
        try:
            answer = self._ask(question)
        except ReadError as failure:
            if self._archive is not None and self._day is not None:
                asked = asked_of(question.shown, *more)
                self._archive.put_failure(question.platform, self._day, asked, failure)
            raise
        reply = self._reply(question, answer, read)
        if self._archive is not None and self._day is not None:
            digest = self._archive.put(question.platform, self._day, reply, keep, *more)
            reply = replace(reply, digest=digest)
        self._tallies.count_reply(reply)
        return reply

    def _reply(self, question: Question, answer: Answer, read: Callable[[bytes], Any]) -> Reply:
        assert answer.raw is not None, "an answer without a reply never leaves _ask"
        headers = {name.lower(): value for name, value in answer.raw.headers.itermerged()}
        return Reply(
            status=answer.raw.status,
            headers=headers,
            body=read(answer.data),
            kind=headers.get("content-type", "").partition(";")[0].strip().lower(),
            digest="",
            received_at=self._clock(),
            url=question.shown,
        )

    def _ask(self, question: Question) -> Answer:
        """Ask until there is an answer that will not get better. Raises what `get` raises."""
        retry = self._retry
        while True:
            answer = self._follow(question)
            if answer.raw is not None:
                is_final = any(text.encode() in answer.data for text in question.final)
                if is_final or not retry.is_retry("GET", answer.raw.status):
                    return answer
                self._refuse_long_pause(question, answer.raw, retry)
            if not retry.total:
                break
            retry = retry.increment("GET", question.shown, answer.raw, answer.error)
            retry.sleep(answer.raw)
        if answer.raw is not None:
            return answer
        attempts = len(retry.history) + 1
        raise Unreachable(
            f"{question.place}: {answer.why_not}, {attempts} time{'s' * (attempts > 1)}"
        )

    def _refuse_long_pause(
        self, question: Question, raw: urllib3.BaseHTTPResponse, retry: PatientRetry
    ) -> None:
        pause = retry.get_retry_after(raw)
        if pause is not None and pause > self._retry_after_cap:
            retry_at = self._clock() + timedelta(seconds=pause)
            raise RateLimited(
                f"{question.place}: HTTP {raw.status}, not before {retry_at:%Y-%m-%d %H:%M} UTC",
                retry_at,
            )

    def _follow(self, question: Question) -> Answer:
        """Send a question and follow where it leads."""
        for _ in range(MOST_REDIRECTS + 1):
            answer = self._send(question)
            target = answer.redirect_target
            if target is None:
                return answer
            onward = question.redirected(target)
            if onward is None:
                raise Unreachable(f"{question.place}: redirected to {redact(target)}, not followed")
            question = onward
        raise Unreachable(f"{question.place}: redirected more than {MOST_REDIRECTS} times")

    def _send(self, question: Question) -> Answer:
        """Put one request on the wire and read its reply to the end."""
        self._keep_pace(question)
        self._tallies.count_request(*question.units)
        try:
            adapter = self._session.get_adapter(question.url)
            response = adapter.send(
                question.prepared(), timeout=self._timeout, **self._surroundings_of(question.url)
            )
            try:
                return Answer(response.raw, self._read(response.raw, question))
            finally:
                response.close()
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            return Answer(why_not=explain(error, self._timeout), error=error)

    def _read(self, raw: urllib3.BaseHTTPResponse, question: Question) -> bytes:
        """Read a body. Raises PayloadChanged above the size cap, TimeoutError when it drips."""
        latest = self._seconds() + 4 * self._timeout[1]
        parts, size = [], 0
        while part := raw.read1(_CHUNK, decode_content=True):
            parts.append(part)
            size += len(part)
            if size > self._size_cap:
                raise PayloadChanged(
                    f"{question.place}: the reply is larger than {self._size_cap:,} bytes", "$"
                )
            if self._seconds() > latest:
                raise TimeoutError(f"the reply was not whole after {4 * self._timeout[1]:g} s")
        return b"".join(parts)

    def _keep_pace(self, question: Question) -> None:
        """Wait for the turn of a credential, or of a server where there is none."""
        rate = self._rates.get(question.platform)
        if rate is None:
            return
        whose = origin(question.url) if question.secret is None else question.secret[1].reveal()
        key = (question.platform, whose)
        with self._lock:
            if key not in self._paces:
                self._paces[key] = Pace(rate, self._wait, self._seconds)
            pace = self._paces[key]
        pace.keep()

    def _surroundings_of(self, url: str) -> dict[str, Any]:
        """Give proxy and certificates as the machine sets them, read once for each server.

        A loopback address has no proxy. `.netrc` is not read: it would replace our tokens.
        """
        place = origin(url)
        if place not in self._surroundings:
            found = self._session.merge_environment_settings(url, {}, True, None, None)
            if is_loopback(url):
                found["proxies"] = {}
            self._surroundings[place] = dict(found)
        return self._surroundings[place]
