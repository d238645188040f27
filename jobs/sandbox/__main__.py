"""`python -m jobs.sandbox`: serves the synthetic country until its starter is gone."""

from __future__ import annotations

import argparse
import asyncio
import time

from jobs.sandbox.controls import Controls
from jobs.sandbox.server import serve


def main() -> None:
    """Read the arguments and serve."""
    parser = argparse.ArgumentParser(prog="python -m jobs.sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--world", default="demo", choices=("demo",))
    given = parser.parse_args()
    try:
        asyncio.run(serve(Controls(given.seed, time.monotonic), given.host, given.port))
    except KeyboardInterrupt:
        return


if __name__ == "__main__":
    main()
