"""Where the lines of `tracker indicators` go: the screen, CSV, JSON, a page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from jobs.indicating import Indicated
from jobs.indicating.lines import lines_frame
from jobs.indicating.peers import compare_with_peers, has_peers, peers_frame, print_peers
from jobs.indicating.table import print_lines
from jobs.printing import print_rows
from tracker.errors import StoreError
from tracker.registry.regions import read_regions


def show_indicators(found: Indicated, form: str, say: Callable[[str], None]) -> None:
    """Print the lines as a table, CSV or JSON."""
    if form != "table":
        print_rows(lines_frame(found.choice, found.lines, form), form)
        return
    for line in print_lines(found):
        say(line)


def show_peers(found: Indicated, folder: Path, form: str, say: Callable[[str], None]) -> None:
    """Print the units among their peers. Raises ConfigError where nothing asked for has peers."""
    compared = compare_with_peers(found, read_regions(folder, found.choice.map_name))
    if form != "table":
        print_rows(peers_frame(found, compared), form)
        return
    for line in print_peers(found, compared):
        say(line)


def write_page_of(found: Indicated, folder: Path, out: Path, *, peers: bool) -> None:
    """Write the page; units that were named, and with `peers` all, stand among their peers in it.
    Raises StoreError.
    """
    from jobs.indicating.page import write_indicators

    places = [place for place in found.choice.places if not place.is_agency]
    asked = places and any(has_peers(item) for item in found.choice.items)
    regions = read_regions(folder, found.choice.map_name)
    compared = compare_with_peers(found, regions) if asked else []
    try:
        write_indicators(found, compared, out, peers=peers or found.choice.named)
    except OSError as error:
        raise StoreError(f"{out} was not written: {error.strerror}") from error
