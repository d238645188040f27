"""The sandbox as one thing: country, clock, faults, quota, ledger; from request to reply."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from jobs.sandbox import country, youtube
from jobs.sandbox.faults import (
    ControlError,
    FaultDrawer,
    Faults,
    broken_page,
    parse_faults,
    parse_instant,
)
from jobs.sandbox.ledger import Ledger
from jobs.sandbox.messages import Reply, Request, Scene, Work, to_json
from jobs.sandbox.shapes import SHAPES
from jobs.sandbox.world import World, local_day, midnight

FIRST_CLOCK = datetime(2024, 9, 2, 18, 0, tzinfo=UTC)
"""01:00 local time of 3 September 2024."""
_QUOTA_ZONE = ZoneInfo("America/Los_Angeles")


@dataclass(frozen=True)
class Sending:
    """What goes over the wire: a reply, and what happens to it on the way.

    `delay` seconds pass first. `silent`: the connection closes without an answer. `whole` False: it
    closes inside the body.
    """

    reply: Reply
    delay: float = 0.0
    silent: bool = False
    whole: bool = True


class Controls:
    """The state of one sandbox. `tick` gives seconds of a running clock; it is read only after
    `run` was asked for.
    """

    def __init__(self, seed: int, tick: Callable[[], float]) -> None:
        self.world = World(seed)
        self.ledger = Ledger()
        self.tick = tick
        self.clock = FIRST_CLOCK
        self.running_since: float | None = None
        self.drawer = FaultDrawer(Faults())
        self.units: dict[tuple[str, str], int] = {}
        self.services = {key: shape.serve(self.world) for key, shape in SHAPES.items()}

    def now(self) -> datetime:
        """Give the sandbox's instant; it stands still unless it was told to run."""
        if self.running_since is None:
            return self.clock
        return self.clock + timedelta(seconds=self.tick() - self.running_since)

    def send(self, verb: str, target: str, request: Request) -> Sending:
        """Answer one request, whatever it is for."""
        if target.startswith("/control/"):
            return Sending(self._control(verb, target.removeprefix("/control/"), request.body))
        for platform, shape in SHAPES.items():
            if target.startswith(shape.base):
                path = target.removeprefix(shape.base)
                return self._serve(platform, replace(request, path=path))
        return Sending(
            Reply(404, to_json({"error": f"nothing is served at {target}"}), Work("unknown"))
        )

    def scene(self, platform: str) -> Scene:
        """Give the country as a platform shows it now."""
        now = int(self.now().timestamp())
        counted_at = min(now, self.drawer.faults.freeze.get(platform, now))
        return Scene(self.world, now, counted_at, self.drawer.faults.vanished)

    def _serve(self, platform: str, request: Request) -> Sending:
        faults, scene = self.drawer.faults, self.scene(platform)
        delay = faults.latency_ms / 1000
        shape = SHAPES[platform]
        kind = None if shape.is_token(request) else self.drawer.draw(platform, request)
        day = local_day(scene.now)
        if kind is not None and kind not in ("truncated", "cut_json"):
            work = self.services[platform].answer(scene, request).work
            self.ledger.note_fault(platform, kind, work.method)
            if kind == "timeout":
                return Sending(Reply(200, "", work), delay + faults.timeout_seconds, silent=True)
            if kind == "429":
                return Sending(shape.limited(faults.retry_after, scene.now, work), delay)
            broken = shape.trouble(work) if kind == "500" else broken_page(kind, work)
            return Sending(broken, delay)
        reply = self.services[platform].answer(scene, request)
        if not shape.is_token(request):
            reply = self._take_units(platform, scene, reply)
        retired = faults.retired.get(platform, ())
        is_json = reply.content_type.startswith("application/json")
        if retired and reply.status == 200 and reply.body and is_json:
            reply = replace(reply, body=to_json(without(json.loads(reply.body), retired)))
        if kind is None:
            self.ledger.note(platform, day, reply.work, reply.status)
            return Sending(reply, delay)
        self.ledger.note_fault(platform, kind, reply.work.method)
        if kind == "cut_json":
            return Sending(replace(reply, body=reply.body[: len(reply.body) // 2]), delay)
        return Sending(reply, delay, whole=False)

    def _take_units(self, platform: str, scene: Scene, reply: Reply) -> Reply:
        """Charge one unit of a YouTube bucket; refuse when the Pacific day's are used up."""
        if platform != "youtube":
            return reply
        statistics = reply.work.method == youtube.METHODS["videos:batchGetStats"]
        bucket = "statistics" if statistics else "general"
        pacific = datetime.fromtimestamp(scene.now, _QUOTA_ZONE).date().isoformat()
        given = youtube.STATISTICS_UNITS if statistics else youtube.GENERAL_UNITS
        given = self.drawer.faults.quota.get("youtube", given)
        used = self.units.get((bucket, pacific), 0)
        self.units[bucket, pacific] = used + 1
        return reply if used < given else youtube.quota_exceeded(reply.work)

    def _control(self, verb: str, what: str, body: bytes) -> Reply:
        try:
            answer = self._command(verb, what, json.loads(body or b"{}"))
        except (ControlError, ValueError, TypeError) as error:
            return Reply(400, to_json({"error": str(error)}), Work("control"))
        return Reply(200, to_json(answer), Work("control"))

    def _command(self, verb: str, what: str, body: dict[str, Any]) -> Any:
        match verb, what:
            case "GET", "stats":
                return self.ledger.stats()
            case "POST", "stats/reset":
                self.ledger.reset()
                return self.ledger.stats()
            case "GET", "clock":
                return self._clock()
            case "POST", "clock":
                self.set_clock(
                    parse_instant(body.get("clock", "")), running=body.get("running") is True
                )
                return self._clock()
            case "POST", "faults":
                self.drawer = FaultDrawer(parse_faults(body))
                self.units.clear()
                return {"faults": sorted(body)}
        raise ControlError(f"there is no control {verb} {what}")

    def set_clock(self, instant: datetime, *, running: bool = False) -> None:
        """Put the clock at an instant of the country's days, or raise ControlError."""
        first, last = midnight(country.START), midnight(country.END)
        if not first <= instant.timestamp() < last:
            raise ControlError(
                f"the clock must lie on {country.START} or later and before {country.END}"
            )
        self.clock = instant.astimezone(UTC)
        self.running_since = self.tick() if running else None

    def _clock(self) -> dict[str, Any]:
        moment = self.now().isoformat(timespec="seconds").replace("+00:00", "Z")
        return {"clock": moment, "running": self.running_since is not None}


def without(value: Any, names: tuple[str, ...]) -> Any:
    """Copy JSON without the keys of a retired metric, at whatever depth."""
    if isinstance(value, dict):
        return {key: without(item, names) for key, item in value.items() if key not in names}
    if isinstance(value, list):
        return [without(item, names) for item in value]
    return value
