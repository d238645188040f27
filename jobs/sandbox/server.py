"""Speaks HTTP/1.1 on loopback: cuts out requests, asks `Controls`, writes replies.

Written on asyncio's plain protocol because the server shares two cores with the reader it serves: a
reply costs about a tenth of what the standard library's request handler takes.
"""

from __future__ import annotations

import asyncio
import json
import os
import stat
import sys
import threading
from datetime import datetime
from email.utils import format_datetime
from urllib.parse import parse_qsl, unquote

from jobs.sandbox.controls import Controls, Sending
from jobs.sandbox.messages import Request

_REASONS = {
    200: "OK",
    302: "Found",
    400: "Bad Request",
    401: "Unauthorized",
    402: "Payment Required",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    426: "Upgrade Required",
    422: "Unprocessable Entity",
    429: "Too Many Requests",
    500: "Internal Server Error",
    501: "Not Implemented",
    502: "Bad Gateway",
    503: "Service Unavailable",
}


class Connection(asyncio.Protocol):
    """One connection, kept alive until the client or a fault closes it."""

    def __init__(self, controls: Controls) -> None:
        self.controls = controls
        self.waiting = b""
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take in the connection."""
        assert isinstance(transport, asyncio.Transport), "a TCP connection"
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer every request that is complete; keep the rest."""
        self.waiting += data
        while (end := self.waiting.find(b"\r\n\r\n")) >= 0:
            line, *fields = self.waiting[:end].decode("latin-1").split("\r\n")
            headers = {
                name.lower(): value.strip()
                for name, _, value in (field.partition(":") for field in fields)
            }
            size = int(headers.get("content-length", "0"))
            if len(self.waiting) < end + 4 + size:
                return
            body = self.waiting[end + 4 : end + 4 + size]
            self.waiting = self.waiting[end + 4 + size :]
            self._answer(line, headers, body)

    def _answer(self, line: str, headers: dict[str, str], body: bytes) -> None:
        verb, target, _ = line.split(" ", 2)
        path, _, query = target.partition("?")
        path = unquote(path)
        pairs = tuple(parse_qsl(query, keep_blank_values=True))
        sending = self.controls.send(verb, path, Request(verb, path, pairs, headers, body))
        if sending.delay:
            asyncio.get_running_loop().call_later(sending.delay, self._write, sending)
        else:
            self._write(sending)

    def _write(self, sending: Sending) -> None:
        transport = self.transport
        if transport is None or transport.is_closing():
            return
        if sending.silent:
            transport.close()
            return
        head, body = wire(sending, self.controls.now())
        if sending.whole:
            transport.write(head + body)
            return
        transport.write(head + body[: len(body) // 2])
        transport.close()


def wire(sending: Sending, now: datetime) -> tuple[bytes, bytes]:
    """Give head and body of a reply as bytes; `Date` is the sandbox's own clock."""
    reply = sending.reply
    body = reply.body.encode()
    lines = [
        f"HTTP/1.1 {reply.status} {_REASONS.get(reply.status, 'Other')}",
        f"Date: {format_datetime(now, usegmt=True)}",
        f"Content-Type: {reply.content_type}",
        f"Content-Length: {len(body)}",
        *(f"{name}: {value}" for name, value in reply.headers),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"), body


async def serve(controls: Controls, host: str, port: int) -> None:
    """Serve until the process ends, after printing one JSON line with the address."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(controls), host, port, backlog=256)
    port = server.sockets[0].getsockname()[1]
    sys.stdout.write(json.dumps({"url": f"http://{host}:{port}"}) + "\n")
    sys.stdout.flush()
    ended = asyncio.Event()
    if starter_holds_stdin():
        thread = threading.Thread(
            target=lambda: (sys.stdin.buffer.read(), loop.call_soon_threadsafe(ended.set)),
            daemon=True,
        )
        thread.start()
    await ended.wait()
    server.close()


def starter_holds_stdin() -> bool:
    """Say whether standard input is a pipe, whose end means that the starter is gone."""
    try:
        return stat.S_ISFIFO(os.fstat(sys.stdin.fileno()).st_mode)
    except (AttributeError, OSError, ValueError):
        return False
