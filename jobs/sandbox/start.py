"""Starts the sandbox as a process of its own and steers it over its control address."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

from jobs.sandbox.shapes import SHAPES
from tracker.errors import ConfigError

_LOOPBACK = build_opener(ProxyHandler({}))


class Sandbox:
    """A running sandbox; leaving the context ends the process, as does the starter's end."""

    def __init__(self, url: str, process: subprocess.Popen[str]) -> None:
        self.url = url
        self.process = process

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End the process."""
        if self.process.stdin:
            self.process.stdin.close()
        self.process.kill()
        self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()

    def set_clock(self, instant: str, *, running: bool = False) -> None:
        """Put the clock at an ISO instant with zone; it stands there unless `running`."""
        self._ask("clock", {"clock": instant, "running": running})

    def clock(self) -> str:
        """Give the clock's instant."""
        return str(self._ask("clock")["clock"])

    def set_faults(self, faults: Mapping[str, Any]) -> None:
        """Replace all fault settings (see faults.Faults); `{}` ends every fault."""
        self._ask("faults", dict(faults))

    def stats(self) -> dict[str, dict[str, Any]]:
        """Give what was served since the last reset, by platform (see ledger.Ledger.stats)."""
        return dict(self._ask("stats"))

    def reset_stats(self) -> None:
        """Begin counting anew."""
        self._ask("stats/reset", {})

    def environment(self) -> dict[str, str]:
        """Give the variables that point a tracker at this sandbox."""
        named = {"TRACKER_SANDBOX_URL": self.url}
        for shape in SHAPES.values():
            named |= {name: value.format(url=self.url) for name, value in shape.environment.items()}
        return named

    def _ask(self, what: str, body: dict[str, Any] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = Request(
            f"{self.url}/control/{what}", data, method="GET" if data is None else "POST"
        )
        try:
            with _LOOPBACK.open(request, timeout=30) as reply:
                return json.load(reply)
        except HTTPError as error:
            with error:
                raise ConfigError(
                    f"the sandbox refused {what}: {json.load(error)['error']}"
                ) from error


def start_sandbox(seed: int = 1, clock: str = "2024-09-02T18:00:00Z", *, port: int = 0) -> Sandbox:
    """Start a sandbox on a free port of 127.0.0.1, its clock standing at `clock`."""
    process = subprocess.Popen(
        [sys.executable, "-m", "jobs.sandbox", "--port", str(port), "--seed", str(seed)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert process.stdout is not None, "asked for above"
    line = process.stdout.readline()
    if not line:
        raise ConfigError(f"the sandbox did not start (exit code {process.wait()})")
    sandbox = Sandbox(json.loads(line)["url"], process)
    sandbox.set_clock(clock)
    return sandbox
