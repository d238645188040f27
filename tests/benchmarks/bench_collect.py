"""What asking costs: 2,000 mixed calls at 50 ms latency, 32 in flight, on one LiveHttp.

The server runs in a process of its own (this file as a program) so that only our side is measured.
Each call passes the pace of its credential (set too high to hold anybody up), redaction with three
known secrets, retry policy, size cap and JSON; once without and once with the archive.
"""

from __future__ import annotations

import asyncio
import json
import math
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

CALLS = 2000
IN_FLIGHT = 32
LATENCY = 0.05
ROUNDS = 3
IDEAL = math.ceil(CALLS / IN_FLIGHT) * LATENCY
KEEP = (
    "nextPageToken",
    "items[].id",
    "items[].contentDetails.videoId",
    "items[].statistics.viewCount",
    "items[].statistics.likeCount",
    "items[].statistics.commentCount",
)


def payload(items: int, seed: int) -> bytes:
    """Make a reply as platforms send them: counts as text, captions that are not kept."""
    chance = random.Random(seed)
    numbers = {"viewCount": "", "likeCount": "", "commentCount": ""}
    body = {
        "nextPageToken": f"page-{seed}",
        "items": [
            {
                "id": f"video-{seed}-{place}",
                "snippet": {"title": "Một ngày ở phố cổ " * 4, "publishedAt": "2024-09-01"},
                "statistics": {name: str(chance.randrange(10**6)) for name in numbers},
            }
            for place in range(items)
        ],
    }
    return json.dumps(body, ensure_ascii=False).encode()


REPLIES = {"/profiles": payload(50, 1), "/posts": payload(20, 2), "/refresh": payload(50, 3)}
REPLIES["/one"] = payload(1, 4)


async def serve() -> None:
    """Answer every request after the latency; print the port first."""
    heads = {
        path: b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
        b"Content-Length: %d\r\n\r\n" % len(body)
        for path, body in REPLIES.items()
    }

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                request = await reader.readuntil(b"\r\n\r\n")
                path = request.split(b" ", 2)[1].split(b"?")[0].decode()
                await asyncio.sleep(LATENCY)
                writer.write(heads[path] + REPLIES[path])
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    running = await asyncio.start_server(answer, "127.0.0.1", 0)
    print(running.sockets[0].getsockname()[1], flush=True)
    await running.serve_forever()


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with subprocess.Popen([sys.executable, __file__], stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        yield f"http://127.0.0.1:{program.stdout.readline().strip()}"
        program.terminate()


def collect(url: str, archive_folder: Path | None) -> tuple[float, float]:
    """Make all calls; give the wall seconds and the CPU seconds of this process."""
    from tracker.http import Archive, LiveHttp
    from tracker.secrets import Secret

    secrets = {f"{name}_API_KEY": Secret(f"AIza-bench-{name}-0123456789") for name in "ABC"}
    paths = list(REPLIES)
    with LiveHttp(
        user_agent="bench",
        clock=lambda: datetime.now(UTC),
        wait=time.sleep,
        archive=Archive(archive_folder) if archive_folder else None,
        day=date(2024, 9, 2),
        paces=dict.fromkeys(paths, 1000.0),
        secrets=secrets,
        max_in_flight=IN_FLIGHT,
    ) as http:

        def ask(number: int) -> int:
            path = paths[number % len(paths)]
            ids = ",".join(f"UC{number:022d}" for _ in range(10))
            params = [("part", "id,statistics"), ("id", ids), ("n", str(number))]
            with http.tally() as tally:
                key = ("key", secrets["A_API_KEY"])
                reply = http.get(url + path, params, platform=path, keep=KEEP, secret=key)
            assert reply.status == 200
            assert reply.body is not None
            return tally.requests

        with ThreadPoolExecutor(IN_FLIGHT) as pool:
            list(pool.map(ask, range(IN_FLIGHT)))  # connections are made before the clock starts
            wall, cpu = time.perf_counter(), time.process_time()
            requests = sum(pool.map(ask, range(CALLS)))
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    assert requests == CALLS
    return wall, cpu


def test_collecting_takes_as_long_as_the_latency_demands(url: str, tmp_path: Path) -> None:
    """Both forms in turn. The best counts: other programs can only lengthen wall and CPU time."""
    found: dict[str, list[tuple[float, float]]] = {"without archive": [], "with archive": []}
    for number in range(ROUNDS):
        found["without archive"].append(collect(url, None))
        found["with archive"].append(collect(url, tmp_path / str(number)))
    for name, runs in found.items():
        walls, cpus = zip(*runs, strict=True)
        wall, cpu = min(walls) / IDEAL, min(cpus) / CALLS * 1000
        print(
            f"\n{name}: {wall:.3f} x the ideal {IDEAL:.2f} s (best of {ROUNDS}), {cpu:.2f} ms CPU"
        )
        assert wall <= 1.15, f"{name}: walls {walls}"
        assert cpu <= 1.3, f"{name}: {cpus} s of CPU"


if __name__ == "__main__":
    asyncio.run(serve())
