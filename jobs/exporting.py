"""Writes what `tracker export` gives: CSV in a stable order, or Parquet for analysts."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jobs.opening import Opened, night_clock
from tracker.errors import ConfigError, StoreError
from tracker.periods import date_of, local_date

if TYPE_CHECKING:
    import pandas as pd

KINDS = ("observations", "attempts", "posts", "indicators", "registry")
FORMATS = ("csv", "parquet")
POST_COLUMNS = (
    *("account", "post", "published_at", "url", "kind", "letters"),
    *("language", "language_margin", "detector", "label", "first_seen_on", "gone_on"),
)


def write_export(opened: Opened, what: str, out: Path, form: str, *, corrected: bool) -> int:
    """Write one kind to a file, whole or not at all; give the number of rows. Raises ConfigError or
    StoreError.
    """
    if what not in KINDS:
        raise ConfigError(f"no export {what!r}; expected one of {', '.join(KINDS)}")
    if form not in FORMATS:
        raise ConfigError(f"no format {form!r}; expected one of {', '.join(FORMATS)}")
    if out.is_dir():
        raise ConfigError(f"{out} is a folder; name a file")
    today = local_date(night_clock(opened.settings)())
    frames = _frames(opened, what, today, corrected=corrected)
    beside = out.with_name(f".{out.name}.part")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        rows = _write_csv(frames, beside) if form == "csv" else _write_parquet(frames, beside)
        beside.replace(out)
    except OSError as error:
        raise StoreError(f"{out} was not written: {error.strerror}") from error
    finally:
        beside.unlink(missing_ok=True)
    return rows


def _frames(opened: Opened, what: str, today: date, *, corrected: bool) -> Iterator[pd.DataFrame]:
    import pandas as pd

    from tracker import panel

    if what == "observations":
        columns = (*panel.OBSERVATION_COLUMNS, *(("correction",) if corrected else ()))
        yield pd.DataFrame(columns=list(columns), dtype=object)  # the header, whatever follows
        yield from panel.observations(opened.store, corrected=corrected, today=today)
    elif what == "attempts":
        yield pd.DataFrame(columns=list(panel.ATTEMPT_COLUMNS), dtype=object)
        yield from panel.attempts(opened.store)
    elif what == "posts":
        yield pd.DataFrame(_posts(opened), columns=list(POST_COLUMNS), dtype=object)
    elif what == "registry":
        yield panel.load_panel(opened.settings.db).accounts.reset_index()
    else:
        from jobs.indicating import measure
        from jobs.indicating.choice import Asked
        from jobs.indicating.lines import lines_frame

        found = measure(opened, Asked())
        yield lines_frame(found.choice, found.lines)


def _posts(opened: Opened) -> Iterator[tuple[Any, ...]]:
    """Give every post known, by account and permanent id; instants and days as ISO text."""
    rows = opened.store.rows("post")
    for row in sorted(rows, key=lambda row: (row["account_id"], row["native_id"])):
        published = row["published_at"]
        known = {
            **row,
            "account": row["account_id"],
            "post": row["native_id"],
            "published_at": None if published is None else iso_instant(published),
            "first_seen_on": _iso_day(row["first_seen_on"]),
            "gone_on": _iso_day(row["gone_on"]),
        }
        yield tuple(known[name] for name in POST_COLUMNS)


def iso_instant(seconds: int) -> str:
    """Write Unix seconds as an instant of UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _iso_day(number: int | None) -> str | None:
    return None if number is None else date_of(number).isoformat()


def _write_csv(frames: Iterable[pd.DataFrame], path: Path) -> int:
    rows = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        for number, frame in enumerate(frames):
            frame.to_csv(
                file,
                index=False,
                header=number == 0,
                quoting=csv.QUOTE_MINIMAL,
                lineterminator="\n",
            )
            rows += len(frame)
    return rows


def _write_parquet(frames: Iterable[pd.DataFrame], path: Path) -> int:
    import pandas as pd

    parts: list[Any] = list(frames)
    whole = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    try:
        whole.to_parquet(path, index=False)
    except ImportError as error:
        raise ConfigError(
            "Parquet needs the extra: pip install 'image-promotion-tracker[parquet]'"
        ) from error
    return len(whole)
