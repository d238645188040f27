"""One question on the wire and what came of it. Secrets go into the request and nowhere else."""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import quote, urljoin, urlsplit

import requests
import urllib3

from tracker.http.reply import full_address
from tracker.secrets import Secret, origin, redact, without_secrets

REDIRECTS = frozenset({301, 302, 303, 307, 308})
IN_PATH = "{secret}"
"""Name of a secret that stands in the address itself, at the place of this text (Telegram)."""
IN_HEADER = "header:"
"""Name of a secret that goes into a header of another name than Authorization (`header:x`)."""
OUR_HEADERS = ("User-Agent", "Accept", "Accept-Encoding")


@dataclass(frozen=True)
class Question:
    """One request: `url` is complete but for the secret, `data` the body of a POST.

    `final` are texts of replies that are not asked for again; `units` what each try costs, and of
    which bucket.
    """

    platform: str
    url: str
    headers: Mapping[str, str]
    secret: tuple[str, Secret] | None
    data: bytes | None = None
    final: tuple[str, ...] = ()
    units: tuple[int, str] = (1, "")

    @property
    def shown(self) -> str:
        """Name the request in a message: its address without secrets."""
        return redact(self.url)

    @property
    def place(self) -> str:
        """Give the address for a sentence: without its parameters, which may be fifty ids."""
        return self.shown.partition("?")[0]

    def prepared(self) -> requests.PreparedRequest:
        """Make the request as it goes on the wire, secret included.

        The address is not encoded again: parameters are, and urllib3 does it for the rest.
        """
        url, headers = self.url, dict(self.headers)
        if self.secret is not None:
            name, value = self.secret
            if name == "Authorization":
                headers[name] = f"Bearer {value.reveal()}"
            elif name == IN_PATH:
                url = url.replace(IN_PATH, quote(value.reveal(), safe=":"))
            elif name.startswith(IN_HEADER):
                headers[name.removeprefix(IN_HEADER)] = value.reveal()
            else:
                url = full_address(url, [(name, value.reveal())])
        request = requests.PreparedRequest()
        request.prepare_method("GET" if self.data is None else "POST")
        request.prepare_headers(headers)
        request.prepare_body(self.data, None)
        request.url = url
        return request

    def redirected(self, target: str) -> Question | None:
        """Follow a redirect: secrets and headers of ours stay with the origin they were meant for.

        None for a target that is no web address, that would carry a secret away, and for a POST:
        what it asks for stands in a body that another address may read differently.
        """
        if self.data is not None:
            return None
        try:
            url = without_secrets(urljoin(self.url, target))
            is_home = origin(url) == origin(self.url)
        except ValueError:
            return None
        if is_home:
            return replace(self, url=url)
        if urlsplit(url).scheme not in ("http", "https") or redact(url) != url:
            return None
        kept = {name: self.headers[name] for name in OUR_HEADERS}
        return replace(self, url=url, headers=kept, secret=None)


@dataclass(frozen=True)
class Answer:
    """What one request brought: a reply that was read to its end, or the reason there is none."""

    raw: urllib3.BaseHTTPResponse | None = None
    data: bytes = b""
    why_not: str = ""
    error: Exception | None = None

    @property
    def redirect_target(self) -> str | None:
        """Give where the reply leads to; None where it leads nowhere."""
        if self.raw is None or self.raw.status not in REDIRECTS:
            return None
        return self.raw.headers.get("Location")


def explain(error: Exception, timeout: tuple[float, float]) -> str:
    """Say in a few words why there is no reply, without the address and without secrets."""
    chain = [error, *_reasons(error)]

    def is_any(*kinds: type[BaseException]) -> bool:
        return any(isinstance(item, kinds) for item in chain)

    if is_any(requests.exceptions.SSLError, urllib3.exceptions.SSLError):
        return f"no secure connection ({redact(str(chain[-1]))})"
    if is_any(requests.exceptions.ProxyError, urllib3.exceptions.ProxyError):
        return "the proxy of this machine does not answer"
    if is_any(urllib3.exceptions.NameResolutionError):
        return "the name of the server is not found (is there a network?)"
    if is_any(requests.ReadTimeout, urllib3.exceptions.ReadTimeoutError):
        return f"no answer within {timeout[1]:g} s"
    if is_any(urllib3.exceptions.NewConnectionError, ConnectionRefusedError):
        return "no connection (is there a network?)"
    if is_any(requests.ConnectTimeout, urllib3.exceptions.ConnectTimeoutError):
        return f"no connection within {timeout[0]:g} s"
    if is_any(urllib3.exceptions.DecodeError):
        return "the reply could not be unpacked"
    if is_any(http.client.RemoteDisconnected, ConnectionError):
        return "the server closed the connection"
    if is_any(urllib3.exceptions.ProtocolError):
        return "the reply was cut short"
    return redact(str(chain[-1])) or type(error).__name__


def never_sent(error: Exception | None) -> bool:
    """Say whether a failed request certainly never reached the server."""
    if error is None:
        return False
    kinds = (
        urllib3.exceptions.NewConnectionError,
        urllib3.exceptions.NameResolutionError,
        urllib3.exceptions.ConnectTimeoutError,
        requests.ConnectTimeout,
    )
    return any(isinstance(item, kinds) for item in (error, *_reasons(error)))


def _reasons(error: BaseException) -> list[BaseException]:
    """List the errors inside an error, outermost first."""
    inner = [getattr(error, "reason", None), *error.args]
    found = next((item for item in inner if isinstance(item, BaseException)), None)
    return [] if found is None else [found, *_reasons(found)]
