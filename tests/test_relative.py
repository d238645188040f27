"""The table of layer B, on a small country: one locality with a programme among thirteen."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from test_traps import CONTROLS, TET, TREATED, country, panel_of

from tracker.effects import MapEffects, UnitEffect, map_effects
from tracker.effects.beside import NEVER_VI
from tracker.effects.wording import DISTINGUISHABLE_VI, NOT_DISTINGUISHABLE_VI
from tracker.reports.relative import NOT_MEASURED_VI, NOT_TESTED_VI, effects_table
from tracker.tables import Table, cell_text, numbered

GROWTH = "followers_percent_30_days"


@pytest.fixture(scope="module")
def found() -> MapEffects:
    return map_effects(panel_of(country()), tet_days=TET)


def printed(found: Sequence[UnitEffect]) -> list[list[str]]:
    table = effects_table(found)
    return [
        [cell_text(cell, column) for cell, column in zip(row, table.columns, strict=True)]
        for row in table.rows
    ]


def test_both_layers_stand_side_by_side_with_q_controls_and_verdict(found: MapEffects) -> None:
    """The page gains 14 a day instead of 10; growth a week is compared in 100 x logarithms."""
    growth, rate = found.of(TREATED)
    row, unknown = printed([growth, rate])
    assert growth.effect is not None
    assert growth.estimate is not None
    assert row[0].startswith("Tốc độ tăng") or "%" in row[0]
    estimate, low, high = growth.estimate
    assert low is not None
    assert high is not None
    assert 0 < low < estimate < high
    assert row[3].startswith("+")
    assert row[3].count(";") == 1
    assert row[4] == f"{growth.q:.3f}".replace(".", ",")
    assert row[5] == str(len(CONTROLS))
    assert row[6] == "khác biệt kép"
    assert row[7] == NOT_DISTINGUISHABLE_VI, "12 controls: p is 1/13 at best"
    assert unknown[3].startswith("chưa có số liệu (")
    assert unknown[4] == NOT_TESTED_VI
    assert unknown[7] == unknown[3]


def test_an_effect_told_from_chance_says_so(found: MapEffects) -> None:
    growth = found.of(TREATED)[0]
    assert growth.effect is not None
    sure = replace(growth, effect=replace(growth.effect, p=0.001), q=0.01, together=None)
    assert printed([sure])[0][7] == DISTINGUISHABLE_VI
    assert sure.sentence.endswith(f"{DISTINGUISHABLE_VI}.")


def test_every_number_has_an_id_and_an_origin(found: MapEffects) -> None:
    table = numbered(effects_table(found.of(TREATED)))
    numbers = [cell for row in table.rows for cell in row if cell.is_number]
    assert [cell.id for cell in numbers] == ["D01a", "D01b", "D01c", "D01d"]
    for cell in numbers:
        assert cell.origin is not None
        assert cell.origin.account == "quang-ninh-bluesky"
        assert cell.origin.platform == "Bluesky"
        assert cell.origin.first_day is not None
        assert "12 địa phương trên bản đồ 63" in cell.origin.source


def test_what_was_left_out_stands_below_the_table(found: MapEffects) -> None:
    notes = effects_table(found.of(TREATED)).notes
    assert any("bỏ 14 ngày đầu" in note and "tuần Tết" in note for note in notes)


def test_a_locality_without_a_programme_has_a_reason_in_every_row(found: MapEffects) -> None:
    first, second = printed(found.of(CONTROLS[0]))
    assert first[3] == f"chưa có số liệu ({NEVER_VI})"
    assert second[7].startswith("chưa có số liệu (")


def test_without_a_comparison_the_table_says_why() -> None:
    table: Table = effects_table(())
    assert cell_text(table.rows[0][3], table.columns[3]) == f"chưa có số liệu ({NOT_MEASURED_VI})"
    told = effects_table((), "không đủ số liệu")
    assert cell_text(told.rows[0][3], told.columns[3]) == "chưa có số liệu (không đủ số liệu)"
