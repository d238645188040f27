"""The units of a table beside their peers: pilots, region, size, platform."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jobs.indicating import Indicated
from jobs.printing import aligned
from tracker.effects import Figure
from tracker.effects.frame_choice import LeftOut
from tracker.effects.peers import GROUPINGS, all_benchmarks, unit_figures
from tracker.errors import ConfigError
from tracker.indicators import Indicator
from tracker.platforms import PLATFORMS
from tracker.reports import SYNTHETIC_VI
from tracker.tables import UNKNOWN_VI, days_text, number_text

if TYPE_CHECKING:
    import pandas as pd

BY_VI = {"pilot": "thí điểm", "region": "vùng", "size": "quy mô", "platform": "nền tảng"}
ALONE_VI = "không có đơn vị khác"
NO_FIGURE_VI = "đơn vị chưa có số liệu hoặc chưa rõ nhóm nên không xếp"
PEER_COLUMNS = (
    *("indicator", "title", "measured_in", "map", "window", "by", "group", "unit", "unit_name"),
    *("value", "low", "high", "units", "average", "average_without_self", "median"),
    *("rank_from", "rank_to", "tied", "notes"),
)
PEER_HEADS = (
    *("Nhóm", "Đơn vị", "Giá trị", "Trung bình nhóm", "Trung bình không tính đơn vị"),
    *("Trung vị", "Hạng"),
)


@dataclass(frozen=True)
class Compared:
    """One indicator of all units of the map over the table's window; `tables`: grouping ->
    (standings, sentences)."""

    item: Indicator
    figures: Mapping[str, Figure]
    left_out: Sequence[LeftOut]
    tables: Mapping[str, tuple[pd.DataFrame, list[str]]]


def has_peers(item: Indicator) -> bool:
    """Say whether an indicator is one of units: a series, or a number of the register."""
    return item.shape == "series" or (item.shape == "value" and item.entity == "register")


def compare_with_peers(
    found: Indicated, regions: Mapping[str, str], groupings: Sequence[str] = GROUPINGS
) -> list[Compared]:
    """Measure the units of the whole map and place them. Raises ConfigError where nothing that was
    asked for has peers.
    """
    if all(place.is_agency for place in found.choice.places):
        raise ConfigError("only localities have peers; expected some, or none named for all")
    items = [item for item in found.choice.items if has_peers(item)]
    if not items:
        keys = ", ".join(item.key for item in found.choice.items)
        raise ConfigError(f"{keys}: a number of single accounts, or a list, has no peers")
    return [_compared(found, item, regions, groupings) for item in items]


def _compared(
    found: Indicated, item: Indicator, regions: Mapping[str, str], groupings: Sequence[str]
) -> Compared:
    choice = found.choice
    figures = unit_figures(
        found.merged, item, choice.map_name, choice.window, tet_days=found.tet_days
    )
    tables = all_benchmarks(
        found.merged,
        item,
        choice.map_name,
        choice.window,
        groupings,
        tet_days=found.tet_days,
        regions=regions,
        figures=figures,
    )
    return Compared(item, *figures, tables)


def peer_rows(found: Indicated, compared: Sequence[Compared]) -> Iterator[dict[str, Any]]:
    """Give the standings of the chosen units, one row an indicator, grouping, unit (and platform);
    a unit that could not be placed has a row without numbers.
    """
    choice = found.choice
    names = {place.unit: place.name for place in choice.places if not place.is_agency}
    days = f"{choice.window.start}..{choice.window.last_day}"
    for one in compared:
        item = one.item
        facts = {
            "indicator": item.key,
            "title": item.title_vi,
            "measured_in": item.unit_vi,
            "map": choice.map_name,
            "window": days,
        }
        for by, (frame, notes) in one.tables.items():
            said = {**facts, "by": by, "notes": " | ".join(notes)}
            shown = frame[frame["unit"].isin(list(names))]
            for row in shown.to_dict("records"):
                cells = {str(name): cell for name, cell in row.items()}
                yield {**said, **cells, "unit_name": names[row["unit"]]}
            for unit in names if choice.named and by != "platform" else ():
                if unit not in set(shown["unit"]):
                    why = " | ".join([NO_FIGURE_VI, *notes])
                    yield {**said, "unit": unit, "unit_name": names[unit], "notes": why}


def peers_frame(found: Indicated, compared: Sequence[Compared]) -> pd.DataFrame:
    """Lay the standings out; columns PEER_COLUMNS, `by` a key of BY_VI."""
    import pandas as pd

    return pd.DataFrame(list(peer_rows(found, compared)), columns=list(PEER_COLUMNS), dtype=object)


def peer_texts(row: Mapping[str, Any]) -> list[str]:
    """Write one row of standings out, as `PEER_HEADS` names the columns."""
    value = row.get("value")
    if value is None:
        group = str(row.get("group") or NO_FIGURE_VI)
        return [f"{BY_VI[row['by']]}: {group}", row["unit_name"], UNKNOWN_VI, *["–"] * 4]
    ends = [None if one != one else one for one in (row["low"], row["high"])]
    decimals = 0 if abs(value) >= 1000 else 1 if abs(value) >= 10 else 2
    shown = number_text(value, decimals)
    if ends[0] is not None and ends[1] is not None and ends != [value, value]:
        shown += f" [{number_text(ends[0], decimals)}; {number_text(ends[1], decimals)}]"
    others = row["average_without_self"]
    rank = f"{row['rank_from']}–{row['rank_to']}" if row["tied"] else str(row["rank_from"])
    group = PLATFORMS[row["group"]].title if row["by"] == "platform" else row["group"]
    return [
        f"{BY_VI[row['by']]}: {group}",
        row["unit_name"],
        shown,
        number_text(row["average"], decimals),
        ALONE_VI if others != others else number_text(others, decimals),
        number_text(row["median"], decimals),
        f"{rank} trên {row['units']}",
    ]


def print_peers(found: Indicated, compared: Sequence[Compared]) -> Iterator[str]:
    """Give the standings for a person: a heading an indicator, a line a group and unit, notes."""
    if found.synthetic:
        yield SYNTHETIC_VI
    window = found.choice.window
    rows = list(peer_rows(found, compared))
    for one in compared:
        item = one.item
        yield ""
        days = days_text(window.start, window.last_day)
        yield f"{item.title_vi} ({item.unit_vi}), {days}, bản đồ {found.choice.map_name}"
        mine = [row for row in rows if row["indicator"] == item.key]
        if mine:
            yield from aligned([PEER_HEADS, *(peer_texts(row) for row in mine)])
        for note in notes_of_peers(one):
            yield f"  Ghi chú: {note}"


def notes_of_peers(one: Compared) -> list[str]:
    """Give the sentences of all groupings of an indicator, each once, with what a rank means."""
    found = dict.fromkeys(note for _, notes in one.tables.values() for note in notes)
    return [*found, RANK_VI]


RANK_VI = (
    "hạng a–b: các khoảng tin cậy chồng lên nhau nên chỉ biết hạng nằm trong khoảng đó; so sánh để "
    "mô tả, không phải là tác động"
)
