"""The network against a real loopback server: patience, limits, secrets, archive and replay."""

import base64
import gzip
import json
import logging
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
import requests
import urllib3

from tracker.errors import PayloadChanged, RateLimited, ReadError, StoreError, Unreachable
from tracker.http import Archive, LiveHttp, NotRecorded, ReplayHttp, Reply, redact
from tracker.http.archive import prune
from tracker.http.exchange import explain
from tracker.http.retry import Pace, asked_pause
from tracker.secrets import Secret, redact_value, remember

NIGHT = date(2024, 9, 2)
NOW = datetime(2024, 9, 1, 18, 0, tzinfo=UTC)
KEY = Secret("AIza/http+test=%\"key'1")
TOKEN = Secret("bearer-http-test-000001")


@dataclass
class Canned:
    """One thing the server says; `length` claims another Content-Length than the body has."""

    status: int = 200
    body: bytes = b'{"ok": 1}'
    headers: dict[str, str] = field(default_factory=dict)
    length: int | None = None
    kind: str = "application/json; charset=utf-8"


class Server(ThreadingHTTPServer):
    """Says what was prepared for a path, in turn, the last for ever; notes what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.prepared: dict[str, list[Canned | threading.Event]] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.connections = 0
        self.over = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def says(self, path: str, *answers: Canned | threading.Event) -> str:
        self.prepared[path] = list(answers)
        return self.url + path

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is part of these tests."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def setup(self) -> None:
        super().setup()
        self.server.connections += 1

    def do_GET(self) -> None:
        self.server.asked.append((self.path, dict(self.headers)))
        answers = self.server.prepared[urlsplit(self.path).path]
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, threading.Event):
            answer.wait(10)
            self.close_connection = True
            return
        self.send_response_only(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", answer.kind)
        length = len(answer.body) if answer.length is None else answer.length
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(answer.body)
        self.close_connection = answer.length is not None

    def log_message(self, *_: Any) -> None:
        """Nothing on the console."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.over.set()
        running.shutdown()
        thread.join()


@dataclass
class Network:
    """A LiveHttp whose waiting is noted instead of done, and moves its clocks."""

    make: Callable[..., LiveHttp]
    waits: list[float]

    def __call__(self, **options: Any) -> LiveHttp:
        return self.make(**options)


@pytest.fixture
def network() -> Iterator[Network]:
    waits: list[float] = []
    made: list[LiveHttp] = []

    def make(**options: Any) -> LiveHttp:
        given = {
            "user_agent": "tracker-test (statistics@example.vn)",
            "clock": lambda: NOW + timedelta(seconds=sum(waits)),
            "wait": waits.append,
            "jitter": lambda: 0.5,
            "timeout": (2.0, 5.0),
            "day": NIGHT,
        }
        made.append(LiveHttp(**{**given, **options}))
        return made[-1]

    yield Network(make, waits)
    for http in made:
        http.close()


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_reply_holds_status_headers_json_time_and_address(
    server: Server, network: Network
) -> None:
    url = server.says("/v3/channels", Canned(headers={"X-Quota": "1"}, body=b'{"n": "12"}'))
    reply = network().get(url, [("id", "a,b"), ("part", "é")], platform="youtube")
    assert reply == Reply(
        status=200,
        headers=reply.headers,
        body={"n": "12"},
        kind="application/json",
        digest="",
        received_at=NOW,
        url=f"{url}?id=a%2Cb&part=%C3%A9",
    )
    assert reply.headers["x-quota"] == "1"
    assert server.asked[0][1]["User-Agent"] == "tracker-test (statistics@example.vn)"


def test_an_address_with_foreign_letters_and_spaces_is_encoded(
    server: Server, network: Network
) -> None:
    server.says("/%C4%91%20x", Canned())
    network().get(f"{server.url}/đ x?a=é b&c=%2F", [("d", "ê/")], platform="p")
    assert server.asked[0][0] == "/%C4%91%20x?a=%C3%A9%20b&c=%2F&d=%C3%AA%2F"


def test_too_many_requests_waits_as_asked_and_then_succeeds(
    server: Server, network: Network
) -> None:
    url = server.says("/x", Canned(429, headers={"Retry-After": "7"}), Canned())
    http = network()
    with http.tally() as tally:
        assert http.get(url, platform="youtube").status == 200
    assert network.waits == [7.0]
    assert tally.requests == 2


def test_server_trouble_is_retried_with_growing_pauses(server: Server, network: Network) -> None:
    url = server.says("/x", Canned(500), Canned(502), Canned(503), Canned(504), Canned())
    assert network().get(url, platform="youtube").status == 200
    assert network.waits == [1.0, 2.0, 4.0, 8.0]


def test_pauses_of_threads_are_spread(server: Server, network: Network) -> None:
    url = server.says("/x", Canned(500), Canned())
    network(jitter=lambda: 0.0).get(url, platform="youtube")
    server.says("/x", Canned(500), Canned())
    network(jitter=lambda: 1.0).get(url, platform="youtube")
    assert network.waits == [0.5, 1.5]


def test_trouble_that_outlasts_the_retries_comes_back_as_a_reply(
    server: Server, network: Network
) -> None:
    url = server.says("/x", Canned(503, b"<html>busy</html>", kind="text/html"))
    http = network(retries=2)
    with http.tally() as tally:
        reply = http.get(url, platform="youtube")
    assert (reply.status, reply.body, reply.kind) == (503, None, "text/html")
    assert tally.requests == 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 422, 501])
def test_what_will_not_get_better_is_asked_once(
    server: Server, network: Network, status: int
) -> None:
    url = server.says("/x", Canned(status, b'{"error": "no"}'))
    assert network().get(url, platform="youtube").status == status
    assert (len(server.asked), network.waits) == (1, [])


def test_a_pause_above_the_cap_is_handed_back(server: Server, network: Network) -> None:
    url = server.says("/x", Canned(429, headers={"Retry-After": "121"}))
    with pytest.raises(RateLimited, match="HTTP 429, not before 2024-09-01 18:02 UTC") as caught:
        network().get(url, platform="youtube")
    assert caught.value.retry_at == NOW + timedelta(seconds=121)
    assert (len(server.asked), network.waits) == (1, [])


@pytest.mark.parametrize(
    ("status", "headers", "expected"),
    [
        (429, {"Retry-After": "120"}, 120.0),
        (503, {"Retry-After": format_datetime(NOW + timedelta(seconds=90), usegmt=True)}, 90.0),
        (503, {"Retry-After": format_datetime(NOW - timedelta(days=1), usegmt=True)}, 0.0),
        (429, {"Retry-After": "soon"}, None),
        (429, {"X-RateLimit-Reset": (NOW + timedelta(minutes=5)).isoformat()}, 300.0),
        (429, {"X-RateLimit-Reset": "2024-09-01T18:05:00.123456Z"}, 300.123456),
        (429, {"RateLimit-Reset": str(int(NOW.timestamp()) + 30)}, 30.0),
        (429, {"RateLimit-Reset": "15"}, 15.0),
        (200, {"RateLimit-Reset": "15"}, None),
        (429, {}, None),
    ],
)
def test_the_asked_pause_is_read_in_every_form(
    status: int, headers: dict[str, str], expected: float | None
) -> None:
    assert asked_pause(status, headers, NOW) == expected


def test_a_server_that_never_answers_is_given_up_in_one_sentence(
    server: Server, network: Network
) -> None:
    url = server.says("/x", server.over)
    http = network(timeout=(2.0, 0.05), retries=1)
    with http.tally() as tally, pytest.raises(Unreachable) as caught:
        http.get(url, platform="youtube")
    assert str(caught.value) == f"{url}: no answer within 0.05 s, 2 times"
    assert (tally.requests, tally.received_at) == (2, None)


def test_a_reply_that_drips_is_given_up(server: Server, network: Network) -> None:
    url = server.says("/x", Canned(body=b"[" + b" " * 200_000 + b"]"))
    clock = iter(range(0, 100_000, 100))
    http = network(seconds=lambda: next(clock), retries=0)
    with pytest.raises(Unreachable, match="the reply was not whole after 20 s, 1 time"):
        http.get(url, platform="youtube")


def test_a_body_cut_short_is_asked_for_again(server: Server, network: Network) -> None:
    cut = Canned(body=b'{"items": [', length=500)
    url = server.says("/x", cut, Canned(body=b'{"items": []}'))
    assert network().get(url, platform="youtube").body == {"items": []}
    server.says("/x", cut)
    with pytest.raises(Unreachable, match="the reply was cut short, 5 times"):
        network().get(url, platform="youtube")


def test_a_connection_closed_without_a_word_is_asked_again(
    server: Server, network: Network
) -> None:
    hung_up = threading.Event()
    hung_up.set()
    url = server.says("/x", hung_up, Canned())
    assert network().get(url, platform="youtube").status == 200
    assert network.waits == [1.0]


def test_no_network_is_said_in_one_sentence(network: Network) -> None:
    url = f"http://127.0.0.1:{closed_port()}/x"
    with pytest.raises(Unreachable) as caught:
        network().get(url, platform="youtube")
    assert str(caught.value) == f"{url}: no connection (is there a network?), 5 times"


def test_a_name_that_is_not_found_and_a_server_without_tls_are_told_apart(
    server: Server, network: Network
) -> None:
    unknown = urllib3.exceptions.NameResolutionError("p.example", None, socket.gaierror(-2, "no"))
    error = requests.ConnectionError(urllib3.exceptions.MaxRetryError(None, "/", unknown))  # type: ignore[arg-type] # no pool in a test
    assert explain(error, (5, 30)) == "the name of the server is not found (is there a network?)"
    with pytest.raises(Unreachable, match=r"no secure connection \(.*, 1 time"):
        network(retries=0).get(server.url.replace("http:", "https:"), platform="p")


def test_a_proxy_is_used_for_the_world_and_never_for_this_machine(
    server: Server, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{closed_port()}")
    http = network(retries=0)
    assert http.get(server.says("/x", Canned()), platform="p").status == 200
    with pytest.raises(Unreachable, match="the proxy of this machine does not answer"):
        http.get("http://p.example/x", platform="p")


def test_a_netrc_file_does_not_replace_our_token(
    server: Server, network: Network, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    network().get(server.says("/x", Canned()), platform="p", secret=("Authorization", TOKEN))
    assert server.asked[0][1]["Authorization"] == f"Bearer {TOKEN.reveal()}"


def test_an_error_page_or_half_a_json_has_no_body(server: Server, network: Network) -> None:
    for body in (b"<html>", b'{"items": [', b"", b"\xff\xfe", b'{"n": NaN}', b"[" * 100_000):
        url = server.says("/x", Canned(body=body))
        reply = network().get(url, platform="youtube")
        assert (reply.status, reply.body) == (200, None)


def test_an_oversize_reply_is_cut_off_also_when_it_is_packed(
    server: Server, network: Network
) -> None:
    bomb = gzip.compress(b"[" + b" " * 5_000_000 + b"]")
    assert len(bomb) < 10_000
    plain = server.says("/plain", Canned(body=b" " * 70_000))
    packed = server.says("/packed", Canned(body=bomb, headers={"Content-Encoding": "gzip"}))
    for url in (plain, packed):
        with pytest.raises(PayloadChanged, match="larger than 65,536 bytes"):
            network(size_cap=65_536).get(url, platform="youtube")
    assert len(server.asked) == 2


def test_a_packed_reply_is_unpacked_and_a_damaged_one_asked_again(
    server: Server, network: Network
) -> None:
    packed = {"Content-Encoding": "gzip"}
    good = Canned(body=gzip.compress(b'{"n": 1}'), headers=packed)
    url = server.says("/x", Canned(body=b"not gzip at all", headers=packed), good)
    assert network().get(url, platform="youtube").body == {"n": 1}
    server.says("/x", Canned(body=b"not gzip at all", headers=packed))
    with pytest.raises(Unreachable, match="could not be unpacked"):
        network().get(url, platform="youtube")


def test_connections_are_used_again(server: Server, network: Network) -> None:
    url = server.says("/x", Canned(404), Canned())
    http = network()
    for _ in range(5):
        http.get(url, platform="youtube")
    assert server.connections == 1


def test_a_secret_goes_into_the_request_and_nowhere_else(
    server: Server, network: Network, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    url = server.says("/x", Canned(500), Canned(404))
    http = network()
    reply = http.get(url, [("id", "a")], platform="youtube", secret=("key", KEY))
    http.get(url, platform="mastodon", secret=("Authorization", TOKEN))
    assert parse_qs(urlsplit(server.asked[0][0]).query) == {"id": ["a"], "key": [KEY.reveal()]}
    assert server.asked[-1][1]["Authorization"] == f"Bearer {TOKEN.reveal()}"
    assert reply.url == f"{url}?id=a"
    own_lines = [item for item in caplog.records if item.name.startswith("urllib3")]
    assert any("&key=***" in item.getMessage() for item in own_lines)
    for written in (KEY.reveal(), quote(KEY.reveal(), safe=""), TOKEN.reveal()):
        assert written not in caplog.text


def test_no_exception_shows_a_secret_on_any_way_down(network: Network) -> None:
    url = f"http://127.0.0.1:{closed_port()}/bot{TOKEN.reveal()}/x"
    remember(TOKEN)
    with pytest.raises(Unreachable) as caught:
        network(retries=1).get(url, [("q", "1")], platform="telegram", secret=("key", KEY))
    assert "/bot***/x: no connection" in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    told = "".join(traceback.format_exception(caught.value))
    assert TOKEN.reveal() not in told
    assert quote(KEY.reveal(), safe="") not in told


def test_a_traceback_in_a_log_line_is_redacted(caplog: pytest.LogCaptureFixture) -> None:
    remember(TOKEN)
    try:
        raise ValueError(f"token {TOKEN.reveal()}")
    except ValueError:
        logging.getLogger("tracker.test").exception("failed with %s", TOKEN.reveal())
    assert "failed with ***" in caplog.text
    assert "ValueError: token ***" in caplog.text
    assert TOKEN.reveal() not in caplog.text


def test_a_secret_is_taken_out_in_every_form_it_may_be_written() -> None:
    remember(KEY)
    key = KEY.reveal()
    written = [
        key,
        quote(key, safe=""),
        quote(key, safe="").lower().replace("aiza", "AIza"),
        quote(key),
        json.dumps({"key": key}),
        json.dumps({"key": key}).replace("/", "\\/"),
        repr(key),
        *(base64.b64encode(f"{'u' * n}:{key}".encode()).decode() for n in range(3)),
        *(base64.urlsafe_b64encode(f"{'u' * n}{key}:z".encode()).decode() for n in range(3)),
    ]
    for text in written:
        assert "***" in redact(f"before {text} after"), text
    assert json.loads(redact(json.dumps({"key": key}))) == {"key": "***"}
    assert redact("nothing to hide") == "nothing to hide"


def test_data_loses_secrets_in_keys_texts_and_numbers() -> None:
    remember(Secret("8401234567890"))
    found = redact_value({"8401234567890": [8401234567890, "x8401234567890", None, True, 1.5]})
    assert found == {"***": ["***", "x***", None, True, 1.5]}


def test_a_redirect_to_another_host_carries_no_secret(server: Server, network: Network) -> None:
    with Server() as other:
        thread = threading.Thread(target=other.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        target = other.says("/y", Canned(body=b'{"host": "other"}'))
        echoed = f"{target}?id=a&key={quote(KEY.reveal(), safe='')}"
        url = server.says("/x", Canned(302, headers={"Location": echoed}))
        http = network()
        for secret in (("key", KEY), ("Authorization", TOKEN)):
            reply = http.get(url, platform="p", secret=secret, headers={"X-App": "1"})
            assert reply.body == {"host": "other"}
        other.shutdown()
        thread.join()
    for path, headers in other.asked:
        assert path == "/y?id=a"
        assert "Authorization" not in headers
        assert "X-App" not in headers


def test_a_redirect_on_the_same_host_keeps_the_secret_once(
    server: Server, network: Network
) -> None:
    echoed = f"/y?id=a&key={quote(KEY.reveal(), safe='')}"
    url = server.says("/x", Canned(301, headers={"Location": echoed}))
    server.says("/y", Canned())
    http = network()
    with http.tally() as tally:
        http.get(url, platform="p", secret=("key", KEY))
    assert parse_qs(urlsplit(server.asked[1][0]).query) == {"id": ["a"], "key": [KEY.reveal()]}
    assert tally.requests == 2


def test_redirects_that_lead_nowhere_are_given_up(server: Server, network: Network) -> None:
    remember(TOKEN)
    for target, expected in (
        ("/x", "redirected more than 5 times"),
        ("file:///etc/passwd", "redirected to file:///etc/passwd, not followed"),
        (f"http://127.0.0.1:1/{TOKEN.reveal()}", r"redirected to http://127.0.0.1:1/\*\*\*, not"),
        ("http://[bad", "not followed"),
    ):
        url = server.says("/x", Canned(302, headers={"Location": target}))
        with pytest.raises(Unreachable, match=expected):
            network().get(url, platform="p")
    assert network.waits == []


def test_the_pace_holds_between_requests_of_one_credential_only(
    server: Server, network: Network
) -> None:
    url = server.says("/x", Canned())
    http = network(paces={"youtube": 4.0, "x": None}, seconds=lambda: sum(network.waits))
    for _ in range(4):
        http.get(url, platform="youtube", secret=("key", KEY))
    assert network.waits == [0.25] * 3
    http.get(url, platform="youtube", secret=("key", TOKEN))
    http.get(url, platform="x")
    http.get(url, platform="bluesky")
    assert network.waits == [0.25] * 3


@pytest.mark.parametrize(("per_second", "expected"), [(0.5, 2.0), (3.0, 0.334), (1 / 3600, 3600.0)])
def test_a_pace_may_be_any_fraction(per_second: float, expected: float) -> None:
    waits: list[float] = []
    pace = Pace(per_second, waits.append, lambda: sum(waits))
    pace.keep()
    pace.keep()
    assert sum(waits) == pytest.approx(expected, abs=0.002)


def test_turns_asked_for_together_are_given_one_after_the_other() -> None:
    waits: list[float] = []
    pace = Pace(10.0, waits.append, lambda: 100.0)
    for _ in range(4):
        pace.keep()
    assert waits == [0.1, 0.2, 0.3]


def test_a_tally_counts_what_its_own_thread_asked(server: Server, network: Network) -> None:
    dated = {"Date": format_datetime(NOW - timedelta(minutes=9), usegmt=True)}
    url = server.says("/x", Canned(headers=dated))
    http = network()
    with http.tally() as outer:
        http.get(url, platform="p")
        other = threading.Thread(target=http.get, args=(url,), kwargs={"platform": "p"})
        other.start()
        other.join()
        with http.tally() as inner:
            http.get(url, platform="p")
    http.get(url, platform="p")
    assert (outer.requests, inner.requests) == (2, 1)
    assert outer.received_at == NOW
    assert outer.server_time == NOW - timedelta(minutes=9)
    assert outer.digests == []


BODY = {
    "items": [
        {"id": "v1", "snippet": {"title": "a caption"}, "statistics": {"viewCount": "5"}},
        {"id": "v2", "statistics": {"viewCount": None, "by": {"name": "a person"}}},
    ],
    "nextPageToken": "p2",
}
KEEP = ("items[].id", "items[].statistics.viewCount", "nextPageToken")
KEPT = {
    "items": [
        {"id": "v1", "statistics": {"viewCount": "5"}},
        {"id": "v2", "statistics": {"viewCount": None}},
    ],
    "nextPageToken": "p2",
}


def test_only_named_fields_are_kept() -> None:
    assert prune(BODY, KEEP) == KEPT
    assert prune([{"id": 1, "note": "x"}, {"id": 2}], ["[].id"]) == [{"id": 1}, {"id": 2}]
    assert prune({"error": {"code": 1}, "x": 2}, ["[].id", "error"]) == {"error": {"code": 1}}
    assert prune({"a": {"b": 1, "c": 2}}, ["a.b", "a"]) == {"a": {"b": 1, "c": 2}}
    assert prune(BODY, ()) == {}
    assert prune(["a caption"], ["items[].id"]) is None
    assert prune({"items": "a caption"}, ["items[].id"]) == {"items": None}
    assert prune(None, KEEP) is None


def test_places_of_a_list_may_be_kept_by_what_they_lack() -> None:
    feed = [{"post": {"uri": "own", "text": "t"}}, {"post": {"uri": "theirs"}, "reason": {"by": 1}}]
    assert prune({"feed": feed}, ["feed[!reason].post.uri", "feed[].reason.by"]) == {
        "feed": [{"post": {"uri": "own"}}, {"reason": {"by": 1}}]
    }
    assert prune({"feed": feed}, ["feed[!reason].post.uri"]) == {
        "feed": [{"post": {"uri": "own"}}, {}]
    }


def filed(tmp_path: Path, reply: Reply, keep: tuple[str, ...] = KEEP) -> tuple[str, str]:
    """Archive one reply; give its digest and the whole text of the file."""
    archive = Archive(tmp_path / "archive")
    digest = archive.put("youtube", NIGHT, reply, keep)
    path = tmp_path / "archive" / "2024-09-02" / "youtube.jsonl.gz"
    return digest, gzip.decompress(path.read_bytes()).decode()


def a_reply(body: Any, status: int = 200, url: str = "https://p.example/x", **more: Any) -> Reply:
    headers = {"date": "today", "set-cookie": "a=b", "x-ratelimit-reset": "3", **more}
    return Reply(status, headers, body, "application/json", "", NOW, url)


def test_the_archive_keeps_no_text_no_person_no_cookie_and_no_secret(tmp_path: Path) -> None:
    remember(KEY)
    remember(TOKEN)
    echoed = {"nextPageToken": f"{KEY.reveal()}", "items": [{"id": TOKEN.reveal()}]}
    link = f"<https://p.example/y?key={quote(KEY.reveal(), safe='')}>"
    _, text = filed(tmp_path, a_reply(echoed, link=link))
    _, more = filed(tmp_path, a_reply(BODY))
    assert json.loads(text)["body"] == {"nextPageToken": "***", "items": [{"id": "***"}]}
    assert json.loads(text)["headers"] == {
        "date": "today",
        "x-ratelimit-reset": "3",
        "link": "<https://p.example/y?key=***>",
    }
    for word in ("a caption", "a person", "a=b", TOKEN.reveal(), KEY.reveal()):
        assert word not in text + more
    assert json.loads(more.splitlines()[1])["body"] == KEPT


def test_the_digest_is_that_of_what_was_kept(tmp_path: Path) -> None:
    first, _ = filed(tmp_path, a_reply(BODY))
    without_texts, _ = filed(tmp_path, a_reply(KEPT))
    another, _ = filed(tmp_path, a_reply({"nextPageToken": "p3"}))
    assert first == without_texts
    assert first != another
    assert len(first) == 64


def test_the_reason_of_a_refusal_is_always_kept(tmp_path: Path) -> None:
    refusal = {"error": {"errors": [{"reason": "quotaExceeded"}]}, "trace": "x"}
    _, text = filed(tmp_path, a_reply(refusal, status=403))
    assert json.loads(text)["body"] == {"error": {"errors": [{"reason": "quotaExceeded"}]}}


def test_old_days_are_pruned_by_platform_or_all(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    for offset in range(3):
        for platform in ("youtube", "bluesky"):
            archive.put(platform, NIGHT + timedelta(days=offset), a_reply(BODY), KEEP)
    (tmp_path / "notes").mkdir()
    assert archive.prune(NIGHT + timedelta(days=1), "youtube") == 1
    assert archive.days() == [NIGHT, NIGHT + timedelta(days=1), NIGHT + timedelta(days=2)]
    assert archive.prune(NIGHT + timedelta(days=2)) == 3
    assert archive.days() == [NIGHT + timedelta(days=2)]
    assert (tmp_path / "notes").is_dir()
    assert Archive(tmp_path / "absent").prune(NIGHT) == 0


def test_a_member_torn_by_a_kill_is_cut_away_before_the_next(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    for number in range(3):
        archive.put("p", NIGHT, a_reply({"nextPageToken": str(number)}), KEEP)
    path = tmp_path / "2024-09-02" / "p.jsonl.gz"
    path.write_bytes(path.read_bytes()[:-5])
    assert [item["body"]["nextPageToken"] for item in archive.members(NIGHT)] == ["0", "1"]
    Archive(tmp_path).put("p", NIGHT, a_reply({"nextPageToken": "again"}), KEEP)
    kept = [item["body"]["nextPageToken"] for item in Archive(tmp_path).members(NIGHT, "p")]
    assert kept == ["0", "1", "again"]


def test_threads_file_whole_members(server: Server, network: Network, tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    url = server.says("/x", Canned(body=json.dumps(KEPT).encode()))
    http = network(archive=archive, max_in_flight=4)
    with ThreadPoolExecutor(8) as pool:
        ask = partial(http.get, url, platform="p", keep=KEEP)
        replies = list(pool.map(lambda number: ask([("n", str(number))]), range(40)))
    asked = sorted(item["request"] for item in archive.members(NIGHT))
    assert asked == sorted(reply.url for reply in replies)
    assert len(set(asked)) == 40
    assert server.connections <= 4


FULL_DISK = """
import json, resource, sys
from datetime import UTC, date, datetime
from pathlib import Path
from tracker.errors import StoreError
from tracker.http import Archive, Reply

resource.setrlimit(resource.RLIMIT_FSIZE, (1500, 1500))
archive = Archive(Path(sys.argv[1]))
kept = []
for number in range(100):
    body = {"n": number}
    reply = Reply(200, {}, body, "application/json", "", datetime(2024, 9, 1, tzinfo=UTC), "x")
    try:
        kept.append(archive.put("p", date(2024, 9, 2), reply, ["n"]))
    except StoreError as error:
        print(json.dumps({"kept": kept, "error": str(error)}))
        break
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no file-size limit to set")
def test_a_full_disk_is_one_sentence_and_leaves_nothing_half_written(tmp_path: Path) -> None:
    """1,500 bytes hold some members whole; the one that crosses the limit is taken back."""
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parent.parent,
    )
    told = json.loads(done.stdout)
    path = tmp_path / "2024-09-02" / "p.jsonl.gz"
    assert told["error"] == (
        f"a reply of p could not be archived in {path.parent}: the disk is full; "
        "nothing of it was kept"
    )
    assert 3 <= len(told["kept"]) < 100
    assert path.stat().st_size < 1500
    lines = gzip.decompress(path.read_bytes()).decode().splitlines()
    assert [json.loads(line)["digest"] for line in lines] == told["kept"]


def test_a_reply_that_cannot_be_archived_is_never_tallied(
    server: Server, network: Network, tmp_path: Path
) -> None:
    (tmp_path / "archive").write_text("a file where the folder should be")
    http = network(archive=Archive(tmp_path / "archive"))
    url = server.says("/x", Canned())
    with http.tally() as tally, pytest.raises(StoreError, match="could not be archived in"):
        http.get(url, platform="p")
    assert tally.digests == []


def test_a_replayed_night_is_equal_to_the_live_one(
    server: Server, network: Network, tmp_path: Path
) -> None:
    archive = Archive(tmp_path)
    http = network(archive=archive, retries=0)
    link = {"Link": f'<{server.url}/x?page=2>; rel="next"'}
    server.says("/x", Canned(body=json.dumps(KEPT).encode(), headers=link))
    server.says("/no", Canned(404, b'{"error": "Record not found"}'))
    server.says("/html", Canned(200, b"<html>", kind="text/html"))
    server.says("/later", Canned(429, headers={"Retry-After": "3600"}))
    server.says("/cut", Canned(body=b"{", length=9))

    def read(source: LiveHttp | ReplayHttp, base: str) -> list[object]:
        found: list[object] = []
        with source.tally() as tally:
            for path in ("/x", "/no", "/html", "/later", "/cut"):
                params = [("id", "1"), ("b", "2")]
                try:
                    reply = source.get(
                        base + path, params, platform="p", keep=KEEP, secret=("key", KEY)
                    )
                except ReadError as error:
                    found += [type(error), str(error), getattr(error, "retry_at", None)]
                else:
                    found += [reply.status, reply.body, reply.kind, reply.digest]
                    found += [reply.received_at, reply.url, reply.headers.get("link")]
        return [*found, tally.requests, tally.digests, tally.received_at]

    live = read(http, server.url)
    replay = ReplayHttp(archive.members(NIGHT))
    assert read(replay, server.url) == live
    assert len(live[-2]) == 3
    elsewhere = replay.get("http://127.0.0.1:1/x", [("b", "2"), ("id", "1")], platform="p")
    assert elsewhere.body == KEPT


def test_a_resumed_night_replays_what_came_last(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    for number in ("1", "2"):
        archive.put("p", NIGHT, a_reply({"nextPageToken": number}), KEEP)
    replay = ReplayHttp(archive.members(NIGHT))
    for _ in range(2):
        assert replay.get("https://p.example/x", platform="p").body == {"nextPageToken": "2"}


@pytest.fixture
def payloads(tmp_path: Path) -> Path:
    (tmp_path / "one.json").write_text(json.dumps(BODY), encoding="utf-8")
    (tmp_path / "cut.json").write_text('{"items": [', encoding="utf-8")
    manifest = [
        {"request": "channels?id=UC1&part=x", "file": "one.json", "origin": "made by hand"},
        {"request": "channels?id=UC2&*", "file": "cut.json"},
        {"request": "https://a.example/api/v1/accounts/1", "status": 410, "headers": {"Link": "l"}},
        {"request": "busy", "status": 500},
        {"request": "busy", "file": "one.json"},
    ]
    (tmp_path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return tmp_path


def test_a_payload_folder_answers_by_request(payloads: Path) -> None:
    http = ReplayHttp(payloads)
    base = "https://www.googleapis.com/youtube/v3"
    with http.tally() as tally:
        one = http.get(f"{base}/channels", [("part", "x"), ("id", "UC1")], platform="youtube")
        cut = http.get(f"{base}/channels", [("id", "UC2"), ("part", "y")], platform="youtube")
        gone = http.get("https://a.example/api/v1/accounts/1", platform="mastodon")
    assert (one.body, one.status, cut.body) == (BODY, 200, None)
    assert (gone.status, gone.headers) == (410, {"link": "l"})
    assert tally.requests == 3


def test_replies_to_the_same_request_come_in_turn(payloads: Path) -> None:
    http = ReplayHttp(payloads, pruned=True)
    found = [http.get("https://p.example/busy", platform="p", keep=KEEP) for _ in range(3)]
    assert [reply.status for reply in found] == [500, 200, 200]
    assert found[1].body == KEPT


@pytest.mark.parametrize(
    "url",
    [
        "https://p.example/channels?id=UC1",
        "https://p.example/channels?id=UC1&part=x&more=1",
        "https://p.example/subchannels?id=UC1&part=x",
        "https://b.example/api/v1/accounts/1",
    ],
)
def test_a_request_that_was_never_answered_is_loud(payloads: Path, url: str) -> None:
    with pytest.raises(NotRecorded, match=r"no recorded p reply answers .* \(4 requests"):
        ReplayHttp(payloads).get(url, platform="p")
