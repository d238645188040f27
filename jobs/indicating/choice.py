"""What `tracker indicators` is asked for: which indicators, which units of which map, which days.

Everything that does not exist is refused here in one sentence, before anything is measured.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from tracker.effects.frames import MIXED_VI
from tracker.errors import ConfigError
from tracker.indicators import INDICATORS, Indicator
from tracker.panel import Panel
from tracker.panel.frames import rows_of
from tracker.panel.maps import crosswalk, map_sentences, mixed_units, units_on
from tracker.panel.register import MAPS
from tracker.periods import MERGER, Window, date_of, map_on
from tracker.text import nearest

if TYPE_CHECKING:
    import pandas as pd

LEVELS_OVER = timedelta(days=364)


@dataclass(frozen=True)
class Asked:
    """What the command line says; empty or None = not said. `window` is that of --from and --to."""

    indicators: tuple[str, ...] = ()
    localities: tuple[str, ...] = ()
    agencies: tuple[str, ...] = ()
    programme: str | None = None
    map_name: str | None = None
    start: date | None = None
    window: Window | None = None

    @property
    def names_units(self) -> bool:
        """Say whether single units were asked for."""
        return bool(self.localities or self.agencies or self.programme)


@dataclass(frozen=True)
class Place:
    """A unit of a map, or an agency, with the days it is measured over.

    `accounts` are its own on the last day; `parts` the localities of the map of 63 that make it
    (empty for an agency). With `start` it is compared before and after it, up to `until`
    (exclusive); without, `window` is its level's. `notes` are Vietnamese sentences for print.
    """

    unit: str
    name: str
    accounts: tuple[str, ...]
    parts: tuple[str, ...]
    window: Window
    start: date | None
    until: date
    notes: tuple[str, ...] = ()

    @property
    def is_agency(self) -> bool:
        """Say whether this is an agency, not a unit of the map."""
        return not self.parts


@dataclass(frozen=True)
class Choice:
    """What is measured. `walk`: unit -> names of the localities that were added up to it, where
    they are others than itself; `notes` hold for the whole table. `window` is the one in which
    units are compared with their peers. `named`: single units were asked for."""

    map_name: str
    items: tuple[Indicator, ...]
    places: tuple[Place, ...]
    window: Window
    walk: dict[str, tuple[str, ...]]
    notes: tuple[str, ...]
    named: bool


def choose(panel: Panel, asked: Asked) -> Choice:
    """Find what is asked for. Raises ConfigError in one sentence that says what was expected."""
    items = tuple(_indicator(key) for key in dict.fromkeys(asked.indicators)) or tuple(
        INDICATORS.values()
    )
    _check_days(panel, asked)
    asked = _with_programme(panel, asked)
    _check_units(panel, asked)
    map_name = _map_of(panel, asked)
    whole = asked.window or Window(panel.until - LEVELS_OVER, panel.until)
    window, until = _up_to_the_merger(panel, map_name, asked.window)
    walk = crosswalk(panel, map_name, until)
    on_map = walk[walk["unit"].notna()]
    units = [str(unit) for unit in on_map["unit"].unique()]
    chosen = list(asked.localities) or ([] if asked.agencies else units)
    places = [_place(panel, map_name, unit, on_map, window, until, asked) for unit in chosen]
    agencies = list(asked.agencies)
    if not asked.names_units:
        agencies = sorted({one for one in panel.programmes["agency_id"].unique() if one})
    places += [_agency(panel, agency, whole, asked) for agency in agencies]
    names = {
        str(unit): tuple(map(str, rows["locality_name"]))
        for unit, rows in on_map.groupby("unit", sort=False)
        if unit in chosen and list(rows["locality"]) != [unit]
    }
    notes = _notes(panel, map_name, places, whole)
    return Choice(map_name, items, tuple(places), window, names, notes, asked.names_units)


def _indicator(key: str) -> Indicator:
    if key not in INDICATORS:
        raise ConfigError(f"unknown indicator {key!r}{_meant(key, INDICATORS)}")
    return INDICATORS[key]


def _meant(word: str, known: Iterable[str]) -> str:
    """Suggest the nearest word that exists, or list a few."""
    words = [str(one) for one in known]
    near = nearest(word, words)
    if near is not None:
        return f"; did you mean {near}?"
    few = ", ".join(words[:4])
    return f"; expected one such as {few}" if few else "; there is none yet"


def _check_days(panel: Panel, asked: Asked) -> None:
    if asked.window is not None:
        if asked.start is not None or asked.programme is not None:
            raise ConfigError(
                "--from and --to give the level of one window, --start and --programme compare "
                "before with after: expected one of the two"
            )
        first = _first_known(panel)
        if asked.window.start >= panel.until or asked.window.end < first:
            raise ConfigError(
                f"--from {asked.window.start} --to {asked.window.last_day}: nothing is known of "
                f"these days; what is known goes from {first} to {panel.last_night}"
            )
    if asked.start is not None and asked.start >= panel.until:
        raise ConfigError(f"--start {asked.start} lies after the last night, {panel.last_night}")
    if asked.map_name is not None and asked.map_name not in MAPS:
        raise ConfigError(f"--map: no {asked.map_name!r}; expected one of {', '.join(MAPS)}")


def _first_known(panel: Panel) -> date:
    """Give the first day of which something is known: a reading, or a listed post."""
    listed = [date_of(int(day)) for day in panel.posts_covered["first"]]
    return min([panel.first_day, *listed])


def _with_programme(panel: Panel, asked: Asked) -> Asked:
    """Put the first day of the programme that was named in, and its owner where no unit was."""
    if asked.programme is None:
        return asked
    found = [row for row in rows_of(panel.programmes) if row.id == asked.programme]
    if not found:
        meant = _meant(asked.programme, panel.programmes["id"])
        raise ConfigError(f"unknown programme {asked.programme!r}{meant}")
    start = asked.start or found[0].start
    if start is None or start >= panel.until:
        day = "no first day" if start is None else f"the first day {start}, after the last night"
        raise ConfigError(
            f"programme {asked.programme!r} has {day} in the register; give one with --start"
        )
    if asked.localities or asked.agencies:
        return replace(asked, start=start)
    if found[0].agency_id is not None:
        return replace(asked, start=start, agencies=(found[0].agency_id,))
    if found[0].locality_id is None:
        raise ConfigError(f"programme {asked.programme!r} has no owner; name one with --locality")
    return replace(asked, start=start, localities=(_owner(panel, asked, found[0].locality_id),))


def _owner(panel: Panel, asked: Asked, locality: str) -> str:
    """Follow the owner of a programme to the unit of the map that was asked for."""
    if asked.map_name != "34":
        return locality
    walk = crosswalk(panel, "34").set_index("locality")["unit"]
    return str(walk.get(locality) or locality)


def _check_units(panel: Panel, asked: Asked) -> None:
    localities = [str(one) for one in panel.localities.index]
    agencies = [str(one) for one in panel.agencies["id"]]
    for what, words, known, others, option in (
        ("locality", asked.localities, localities, agencies, "--agency"),
        ("agency", asked.agencies, agencies, localities, "--locality"),
    ):
        for word in words:
            if word in known:
                continue
            if word in others:
                raise ConfigError(f"unknown {what} {word!r}; did you mean {option} {word}?")
            raise ConfigError(f"unknown {what} {word!r}{_meant(word, known)}")


def _map_of(panel: Panel, asked: Asked) -> str:
    """Take the map that was named; else the one in force on the last day shown, or the one the
    named localities are on.
    """
    last = panel.last_night if asked.window is None else asked.window.last_day
    usual = map_on(last)
    on = {name: set(panel.map_localities(name)) for name in MAPS}
    if asked.map_name is not None:
        for locality in asked.localities:
            if locality not in on[asked.map_name]:
                meant = _instead(panel, locality, asked.map_name)
                raise ConfigError(f"locality {locality!r} is not on map {asked.map_name}{meant}")
        return asked.map_name
    for name in (usual, "34", "63"):
        if set(asked.localities) <= on[name]:
            return name
    lone = {name: next(one for one in asked.localities if one not in on[name]) for name in on}
    raise ConfigError(
        f"{lone['34']!r} is on map 63 and {lone['63']!r} on map 34: name units of one map"
    )


def _instead(panel: Panel, locality: str, map_name: str) -> str:
    """Name the units of a map that hold, or lie in, a locality of another map."""
    walk = crosswalk(panel, "34")
    if map_name == "34":
        found = walk.loc[walk["locality"] == locality, "unit"].tolist()
    else:
        parts = set(walk.loc[walk["unit"] == locality, "locality"])
        found = sorted(parts & set(panel.map_localities(map_name)))
    return f"; did you mean {', '.join(map(str, found))}?" if any(found) else ""


def _up_to_the_merger(panel: Panel, map_name: str, asked: Window | None) -> tuple[Window, date]:
    """End the map of 63, and the territory of the pilots on it, with June 2025; give the window of
    levels and the end of what may be compared.
    """
    until = panel.until if map_name == "34" else min(panel.until, MERGER)
    if asked is None:
        if panel.first_day >= until < panel.until:
            raise ConfigError(
                f"map {map_name} ended on 30 June 2025, the readings begin on {panel.first_day}; "
                "expected --map 34"
            )
        return Window(until - LEVELS_OVER, until), until
    if asked.start >= until:
        raise ConfigError(
            f"map {map_name} ended on 30 June 2025, before --from {asked.start}; expected --map 34"
        )
    end = asked.end if map_name == "34" else min(asked.end, MERGER)
    return Window(asked.start, end), until


def _place(
    panel: Panel,
    map_name: str,
    unit: str,
    walk: pd.DataFrame,
    window: Window,
    until: date,
    asked: Asked,
) -> Place:
    rows = [row for row in rows_of(walk) if row.unit == unit]
    start = asked.start
    notes: tuple[str, ...] = ()
    if start is None and asked.window is None:
        start = rows[0].unit_adopted
        if rows[0].mixed:
            notes = (f"không so sánh trước và sau: {MIXED_VI}",)
    if start is not None and start >= until:
        notes = (f"chương trình bắt đầu {start:%d/%m/%Y}, sau khi bản đồ này kết thúc",)
        start = None
    last = (until - timedelta(days=1)) if start is not None else window.last_day
    placed = units_on(panel, map_name, last)
    accounts = tuple(sorted(str(one) for one in placed.index[placed == unit]))
    parts = tuple(str(row.locality) for row in rows)
    name = str(rows[0].unit_name)
    return Place(unit, name, accounts, parts, window, start, until, notes)


def _agency(panel: Panel, agency: str, window: Window, asked: Asked) -> Place:
    start = asked.start
    if start is None and asked.window is None:
        start = programme_start(panel, agency)
        start = start if start is not None and start < panel.until else None
    last = panel.last_night if start is not None else window.last_day
    owners = panel.accounts_on(last)["agency_id"]
    accounts = tuple(sorted(str(one) for one in owners.index[owners == agency]))
    names = panel.agencies.set_index("id")["name_vi"]
    return Place(agency, str(names[agency]), accounts, (), window, start, panel.until)


def programme_start(panel: Panel, unit: str) -> date | None:
    """Give the first day of the built programme of a locality or agency, None = no such
    programme.
    """
    frame = panel.programmes
    own = frame[
        ((frame["locality_id"] == unit) | (frame["agency_id"] == unit))
        & (frame["status"] == "built")
    ]
    return min((day for day in own["start"] if day is not None), default=None)


def _notes(panel: Panel, map_name: str, places: Sequence[Place], window: Window) -> tuple[str, ...]:
    """Say what a table of this map must print over all the days shown."""
    shown = [place for place in places if not place.is_agency]
    if not shown:
        return ()
    first = min(window.start if one.start is None else one.start - LEVELS_OVER for one in shown)
    units = {one.unit for one in shown}
    mixed = [one for one in mixed_units(panel, map_name, window.end) if one.unit in units]
    days = Window(min(first, window.start), window.end)
    return tuple(map_sentences(panel, map_name, days, mixed))
