"""The socio-economic regions of the localities of a map.

They are reference data, no column of the register: a data folder from before them works as it is,
and an office that groups its localities otherwise puts its own `regions.csv` into `register/`.
"""

from __future__ import annotations

from pathlib import Path

from tracker.errors import InputError, Problem
from tracker.reference import shipped
from tracker.registry.folder import register_folder
from tracker.sheets import Layout, read_sheet
from tracker.text import nfc

FILE = "regions.csv"
LAYOUT = Layout(("map", "locality_id", "region"), ("source",))


def read_regions(folder: Path, map_name: str) -> dict[str, str]:
    """Give the region (Vietnamese name) of each locality of a map, `pilot` as on `63`.

    Read from the data folder's own `regions.csv`, else from the shipped one. A locality without a
    row, or with an empty region, has none: nobody is put anywhere without a source. Raises
    InputError for another map than 63 and 34, and for a locality that stands twice on one.
    """
    own = register_folder(folder) / FILE
    found: dict[tuple[str, str], str] = {}
    problems: list[Problem] = []
    for row in read_sheet(own if own.is_file() else shipped("reference", FILE), LAYOUT).rows:
        key = (row.get("map"), row.get("locality_id"))
        if key[0] not in ("63", "34"):
            problems.append(row.problem("map", "63 or 34"))
        elif key in found:
            problems.append(row.problem("locality_id", f"each locality once on map {key[0]}"))
        found[key] = nfc(row.get("region"))
    if problems:
        raise InputError(problems)
    wanted = "34" if map_name == "34" else "63"
    return {
        locality: region for (name, locality), region in found.items() if region and name == wanted
    }
