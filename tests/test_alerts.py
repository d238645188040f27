"""Alerts reach a person by mail and webhook, and a failed one fails no night."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from sandbox_folder import ACCOUNTS, NEXT, NIGHT, fresh_folder, open_folder, quiet, sandbox

from jobs.alerts import send_alert, token_lines, version_lines
from jobs.nightly import run_night
from jobs.opening import open_credentials
from tracker.periods import scheduled_at
from tracker.secrets import Secret, Token
from tracker.settings import load_settings

KEY = "khoa-gia-lap-de-ma-hoa-token"


class Mailbox(socketserver.ThreadingTCPServer):
    """A mail server on loopback that keeps what it is given."""

    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), MailTalk)
        self.commands: list[str] = []
        self.messages: list[str] = []


class MailTalk(socketserver.StreamRequestHandler):
    """Says yes to everything that a mail client asks (RFC 5321)."""

    def handle(self) -> None:
        box = self.server
        assert isinstance(box, Mailbox)
        self.say("220 mailbox")
        while line := self.rfile.readline().decode().strip():
            box.commands.append(line)
            word = line.split(" ")[0].upper()
            if word == "EHLO":
                self.say("250-mailbox")
                self.say("250 AUTH PLAIN")
            elif word == "AUTH":
                self.say("235 welcome")
            elif word == "DATA":
                self.say("354 go on")
                lines = []
                while (text := self.rfile.readline().decode().rstrip("\r\n")) != ".":
                    lines.append(text)
                box.messages.append("\n".join(lines))
                self.say("250 kept")
            elif word == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 yes")

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


class Hook(BaseHTTPRequestHandler):
    """A webhook that keeps what it is sent."""

    seen: ClassVar[list[Any]] = []
    status: ClassVar[int] = 200

    def do_POST(self) -> None:
        Hook.seen.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(Hook.status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@contextmanager
def served(server: Any) -> Iterator[Any]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with served(Mailbox()) as box:
        yield box


@pytest.fixture
def hook() -> Iterator[str]:
    Hook.seen, Hook.status = [], 200
    with served(HTTPServer(("127.0.0.1", 0), Hook)) as server:
        yield f"http://127.0.0.1:{server.server_address[1]}/gialap-webhook-bi-mat"


def mail_settings(mailbox: Mailbox) -> dict[str, str]:
    port = mailbox.server_address[1]
    return {
        "TRACKER_SMTP_URL": f"smtp://tracker:mat-khau-gia-lap@127.0.0.1:{port}",
        "TRACKER_ALERT_TO": "truc@gialap.example",
    }


def test_a_mail_says_what_cannot_wait(mailbox: Mailbox, tmp_path: Path) -> None:
    settings = load_settings(tmp_path, mail_settings(mailbox))
    assert send_alert(settings, "night of 2024-09-05", ["only 33% were read"]) == []
    [message] = mailbox.messages
    assert "To: truc@gialap.example" in message
    assert "Subject: night of 2024-09-05" in message
    assert "only 33% were read" in message
    assert any(line.startswith("AUTH") for line in mailbox.commands)


def test_a_webhook_gets_the_same_lines(hook: str, tmp_path: Path) -> None:
    settings = load_settings(tmp_path, {"TRACKER_WEBHOOK_URL": hook})
    assert send_alert(settings, "night", ["one", "two"]) == []
    assert Hook.seen == [{"text": "night\none\ntwo"}]


def test_nothing_is_sent_where_nothing_is_set(tmp_path: Path) -> None:
    assert send_alert(load_settings(tmp_path, {}), "night", ["one"]) == []


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"TRACKER_SMTP_URL": "smtp://u:mat-khau-gia-lap@127.0.0.1:9"}, "truc@gialap.example"),
        ({"TRACKER_SMTP_URL": "mail.example.vn:587"}, "smtp://user:password@host:587"),
        ({"TRACKER_WEBHOOK_URL": "http://chat.example/hook-gia-lap"}, "must begin with https://"),
    ],
)
def test_an_alert_that_fails_is_one_sentence_without_the_secret(
    given: dict[str, str], said: str, tmp_path: Path
) -> None:
    settings = load_settings(tmp_path, {"TRACKER_ALERT_TO": "truc@gialap.example", **given})
    [failure] = send_alert(settings, "night", ["one"])
    assert said in failure
    assert "gia-lap@" not in failure
    assert "hook-gia-lap" not in failure


def test_a_webhook_that_refuses_is_said(hook: str, tmp_path: Path) -> None:
    Hook.status = 403
    settings = load_settings(tmp_path, {"TRACKER_WEBHOOK_URL": hook})
    assert send_alert(settings, "night", ["one"]) == [
        "the alert was not sent to the webhook: HTTP 403"
    ]


def test_little_coverage_is_mailed(mailbox: Mailbox, tmp_path: Path) -> None:
    folder = fresh_folder(tmp_path / "data", read=True)
    sandbox().set_faults({"vanished": [key for key in ACCOUNTS if key.endswith("youtube")]})
    opened = open_folder(folder, **mail_settings(mailbox))
    with opened.store:
        done = run_night(opened, quiet, steps=("collect", "checks"))
    assert done.code == 3
    [message] = mailbox.messages
    assert f"only 67% of 24 accounts were read on {NEXT}" in message


def test_tokens_that_end_soon_or_have_ended_are_told(tmp_path: Path) -> None:
    opened = open_folder(fresh_folder(tmp_path / "data"), TRACKER_SECRET_KEY=KEY)
    now = scheduled_at(NIGHT)
    with opened.store:
        kept = open_credentials(opened, lambda: now)
        for name, days in (("soon", 13), ("later", 30)):
            ends = now + timedelta(days=days)
            kept.keep(name, "threads", Token(Secret(f"gialap-{name}"), now, ends))
        assert [line.partition(":")[0] for line in token_lines(opened)] == ["token of soon"]
        other = open_folder(opened.folder, TRACKER_SECRET_KEY="mot-khoa-khac-hoan-toan")
        with other.store:
            assert token_lines(other)[0].endswith("consent again: later, soon")


@pytest.mark.parametrize(("version", "lines"), [("202401", 0), ("202311", 1)])
def test_an_old_version_of_linkedin_is_told_before_it_ends(
    version: str, lines: int, tmp_path: Path
) -> None:
    """The night is in September 2024."""
    folder = fresh_folder(tmp_path / "data")
    with (opened := open_folder(folder, TRACKER_LINKEDIN_VERSION=version)).store:
        assert version_lines(opened) == []
        opened.store.put_rows("account", [{"id": "hue-linkedin", "platform": "linkedin"}])
        assert len(version_lines(opened)) == lines
