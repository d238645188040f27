"""The notebooks run from top to bottom, and what they show is true of the country they show.

Two platforms of 33 localities over two years around the pilots' start, imported once. No Jupyter is
needed: the code cells are executed in order in one namespace.
"""

import json
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest

from jobs.opening import make_folder
from jobs.sandbox import World, country, write_history, write_register
from jobs.sandbox.planted import TRUTH
from tracker.imports import import_file
from tracker.periods import day_number, scheduled_at

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"
NAMES = ("01_first_look", "02_one_programme", "03_method_check")
FIRST, LAST = country.START, date(2023, 3, 13)
NEVER = 25

Cells = dict[str, Any]
Run = Callable[..., Cells]


def chosen() -> tuple[Any, ...]:
    """The Bluesky and Mastodon accounts of the pilots and of 25 localities without a programme."""
    found = [place for place in country.places() if place.programme_start is None][:NEVER]
    places = {*country.PILOTS, *(place.id for place in found)}
    return tuple(
        account
        for account in country.accounts()
        if account.platform != "youtube" and account.place and account.place.id in places
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with two years of history."""
    place = tmp_path_factory.mktemp("notebooks")
    data, accounts = place / "data", chosen()
    with mock.patch.object(country, "accounts", return_value=accounts):
        sheets = dict(write_register(place / "sheets", 1, on=LAST))
        history, posts = write_history(place / "sheets", FIRST, LAST)
    sheets |= {"history": history, "posts": posts}
    with make_folder(data, synthetic=True) as store:
        for kind in ("accounts", "programmes", "history", "posts"):
            import_file(kind, sheets[kind], store, data, now=scheduled_at(LAST))
    return data


@pytest.fixture(scope="module")
def run(folder: Path) -> Iterator[Run]:
    """Execute a notebook once for each set of changed lines and keep its names."""
    done: dict[tuple[Any, ...], Cells] = {}

    def execute(name: str, **changed: str) -> Cells:
        key = (name, *sorted(changed.items()))
        if key not in done:
            done[key] = _executed(name, changed)
        return done[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRACKER_DATA", str(folder))
        yield execute


def cells_of(name: str) -> list[dict[str, Any]]:
    cells: list[dict[str, Any]] = json.loads(
        (NOTEBOOKS / f"{name}.ipynb").read_text(encoding="utf-8")
    )["cells"]
    return cells


def _executed(name: str, changed: dict[str, str]) -> Cells:
    space: Cells = {}
    for cell in cells_of(name):
        if cell["cell_type"] == "code":
            lines = [
                f"{word} = {changed[word]}\n" if (word := line.split(" = ")[0]) in changed else line
                for line in cell["source"]
            ]
            exec(compile("".join(lines), f"{name} {cell['id']}", "exec"), space)
    return space


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_holds_no_output_and_no_path_of_a_machine(name: str) -> None:
    for cell in cells_of(name):
        assert cell.get("outputs", []) == []
        assert cell.get("execution_count") is None
        assert "/tmp" not in "".join(cell["source"])


def test_first_look_counts_what_was_planted_as_missing(run: Run) -> None:
    """An imported series has a gap where two or more days in a row were planted as missing."""
    cells = run("01_first_look")
    world = World(1)
    found = cells["missing"].groupby("account")["nights"].sum().to_dict()
    first, last = day_number(FIRST), day_number(LAST)
    planted = {}
    for account in chosen():
        days = {day for day in world.gap_days(account.id) if first < day < last}
        rows = sum(day - 1 in days or day + 1 in days for day in days)
        if rows and account.id not in country.OPENED:
            planted[account.id] = rows
    assert found == planted
    assert cells["coverage"].loc[cells["account"], "share"] < 1
    assert set(cells["missing"]["nguyên nhân"]) == {"số liệu nhập có khoảng trống"}


def test_a_number_is_traced_to_as_many_observations_as_it_says(run: Run) -> None:
    cells = run("01_first_look")
    behind, growth = cells["behind"], cells["growth"]
    assert len(behind) == growth.readings > 300
    by_ends = (behind["value"].iloc[-1] - behind["value"].iloc[0]) / cells["last_year"].days
    assert growth.value == pytest.approx(by_ends, rel=0.15)


def test_the_cohort_finds_what_was_planted(run: Run) -> None:
    """Interactions were multiplied by 1.30; the interval holds that and not 1."""
    found = run("02_one_programme")["together"]
    assert found.method == "group_time"
    assert set(found.units) == set(country.PILOTS)
    assert 0 < found.low < np.log(TRUTH.interactions) < found.high


def test_one_programme_always_prints_both_lines(run: Run) -> None:
    cells = run("02_one_programme")
    observed, compared = cells["lines"]
    assert observed.startswith("thay đổi quan sát được +")
    assert compared.startswith("so với các địa phương tương đồng")
    low, high = cells["effect"].percent[1:]
    assert ("không phân biệt được với ngẫu nhiên" in compared) == (low <= 0 <= high)
    assert low < 100 * (TRUTH.interactions - 1) < high


def test_the_placebo_lines_are_the_placebos_of_the_p_value(run: Run) -> None:
    cells = run("02_one_programme")
    since = cells["as_if"].loc[cells["first"] :].mean().to_dict()
    assert since == pytest.approx(dict(cells["effect"].placebos))


def test_many_tests_are_adjusted_and_refusals_not_counted(run: Run) -> None:
    cells = run("02_one_programme")
    tested = cells["ranked"].dropna(subset=["p"])
    refused = {unit for unit, found in cells["each"].items() if found.refusal}
    assert len(tested) + len(refused) == len(country.PILOTS)
    assert (tested["p"] <= tested["q"]).all()
    assert (tested["q"] <= tested["q_by"]).all()
    assert tested["q"].max() == pytest.approx(tested["p"].max())
    assert refused <= set(cells["refusals"]["what"])
    assert "chỉ có 9 đơn vị so sánh" in cells["refusals"]["lý do"].iloc[-1]


def test_a_refused_programme_gets_its_reason_in_the_place_of_the_number(run: Run) -> None:
    """Growth of Hải Phòng fits worse before its start than nine in ten of the others."""
    changed = {"INDICATOR": "'followers_per_day'", "LOCALITY": "'hai-phong'"}
    cells = run("02_one_programme", **changed)
    assert cells["lines"][0].startswith("thay đổi quan sát được +")
    assert cells["lines"][1].endswith(f"không kết luận được ({cells['effect'].refusal.reason})")
    assert cells["effect"].estimate is None
    assert cells["drawn"].method == "did"


def test_invented_starts_are_seldom_found_but_by_the_plain_difference(run: Run) -> None:
    cells = run("03_method_check", DRAWS="100")
    assert cells["never"].shape[1] == NEVER
    assert len(cells["known"]) >= 75
    assert cells["placebo_rate"] <= 0.10
    assert cells["plain_rate"] > 2 * cells["placebo_rate"]


def test_simulated_panels_are_calibrated_and_power_grows(run: Run) -> None:
    """100 draws: 11 rejections at 5 % would be one in a hundred (one-sided binomial)."""
    cells = run("03_method_check", DRAWS="100")
    calibration, powers = cells["calibration"], cells["powers"]
    assert (calibration["false alarms"] <= 0.11).all()
    assert (calibration["coverage"] >= 0.89).all()
    assert (powers.diff(axis=1).iloc[:, 1:] > 0).all(axis=None)
    assert powers["+40%"].is_monotonic_increasing
    assert powers.loc["8 + 8 weeks", "+20%"] < 0.5
