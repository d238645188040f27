"""Outcomes: vintages, bounds, year-on-year logarithms, and everything that may not be compared."""

import math
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from panel_sample import objects
from test_maps import place_panel

from tracker.effects.outcome_rows import (
    BESIDE_VI,
    BOUNDARY_VI,
    COVID_VI,
    DEFINITION_VI,
    SAME_GROUND_VI,
    YearOnYear,
    outcome_rows,
    sentences,
    year_on_year,
)
from tracker.effects.stated_periods import earlier_period, period_window
from tracker.panel import Panel
from tracker.periods import Window

COLUMNS = (
    "indicator definition locality_id boundary period publisher published_on unit value qualifier"
    " status source"
)


def row(period: str, value: float | None, **more: Any) -> dict[str, Any]:
    given = {
        "indicator": "visitors_total",
        "definition": "Khách du lịch",
        "locality_id": "doi",
        "boundary": "63",
        "publisher": "Sở Du lịch",
        "published_on": date(2030, 1, 1),
        "unit": "lượt",
        "status": "official",
    }
    return {**given, "period": period, "value": value, **more}


def panel_of(*rows: dict[str, Any]) -> Panel:
    return replace(place_panel(), outcomes=objects(list(rows), COLUMNS))


def only(*rows: dict[str, Any], locality: str = "doi") -> YearOnYear:
    (found,) = year_on_year(panel_of(*rows), locality)
    return found


def test_a_change_over_a_year_is_a_logarithm() -> None:
    found = only(row("2023", 100.0), row("2024", 125.0))
    assert found.log_change == pytest.approx(math.log(1.25))
    assert found.percent == pytest.approx(25.0)
    assert (found.low, found.high) == (found.log_change, found.log_change)
    assert found.warnings == ()


def test_the_same_months_of_two_years_are_compared_and_nothing_else() -> None:
    found = only(row("2023-01..2023-06", 100.0), row("2024-01..2024-06", 90.0), row("2024", 999.0))
    assert (found.before.period, found.after.period) == ("2023-01..2023-06", "2024-01..2024-06")


def test_every_vintage_stays_and_the_newest_counts() -> None:
    rows = (
        row("2023", 100.0, published_on=date(2024, 1, 5), status="estimate"),
        row("2023", 90.0, published_on=date(2024, 7, 1)),
        row("2024", 108.0),
    )
    held = outcome_rows(panel_of(*rows), "doi")
    assert [(one.value, one.newest, one.earlier) for one in held] == [
        (100.0, False, ()),
        (90.0, True, (100.0,)),
        (108.0, True, ()),
    ]
    found = only(*rows)
    assert found.percent == pytest.approx(20.0)
    assert found.warnings == ("số của kỳ 2023 đã điều chỉnh thành 90 (từ 100)",)


def test_an_unknown_day_of_publication_is_the_oldest_vintage() -> None:
    held = outcome_rows(
        panel_of(
            row("2023", 2.0, published_on=date(2024, 1, 1)), row("2023", 1.0, published_on=date.min)
        ),
        "doi",
    )
    assert [(one.value, one.published_on) for one in held] == [(1.0, None), (2.0, date(2024, 1, 1))]


def test_words_leave_bounds_open() -> None:
    """hơn 125 against gần 100: at least 25 % more, with no upper bound; khoảng says nothing."""
    found = only(row("2023", 100.0, qualifier="at_most"), row("2024", 125.0, qualifier="at_least"))
    assert found.low == pytest.approx(math.log(1.25))
    assert found.high is None
    vague = only(row("2023", 100.0, qualifier="about"), row("2024", 125.0))
    assert (vague.low, vague.high) == (None, None)
    assert any("khoảng" in text for text in vague.warnings)


def test_other_definitions_and_units_are_never_compared() -> None:
    """Đà Nẵng, 2023: 1.98 million by the old count, 4.1 million by the new one a year later."""
    found = only(row("2023", 1.98e6), row("2024", 4.1e6, definition="Khách (cách tính mới)"))
    assert found.log_change is None
    assert found.reason == DEFINITION_VI
    assert found.warnings == (DEFINITION_VI,)
    assert only(row("2023", 1.0), row("2024", 4.1e6, unit="tỷ đồng")).reason == DEFINITION_VI


def test_other_boundaries_are_never_compared() -> None:
    """Nam and Bắc became Sông: its figure of 2025 has no year before."""
    found = only(
        row("2024", 70.0, locality_id="nam"),
        row("2025", 130.0, locality_id="song-2025", boundary="34"),
        locality="song-2025",
    )
    assert (found.log_change, found.reason) == (None, BOUNDARY_VI)


def test_an_unchanged_locality_is_compared_across_the_maps_with_a_warning() -> None:
    found = only(row("2024", 100.0), row("2025", 110.0, boundary="34"))
    assert found.percent == pytest.approx(10.0)
    assert found.warnings == (SAME_GROUND_VI,)


def test_years_of_closed_borders_carry_their_warning() -> None:
    assert COVID_VI in only(row("2021", 10.0), row("2022", 230.0)).warnings
    assert COVID_VI in only(row("2022-12", 10.0), row("2023-12", 20.0)).warnings
    assert COVID_VI not in only(row("2023", 10.0), row("2024", 11.0)).warnings
    (far,) = year_on_year(panel_of(row("2019", 10.0), row("2024", 11.0)), "doi", base_year=2019)
    assert far.percent == pytest.approx(10.0)
    assert COVID_VI in far.warnings, "levels of 2019 and 2024 lie on both sides of it"


def test_targets_and_empty_figures_are_no_outcomes() -> None:
    rows = (
        row("2023", 10.0, status="target"),
        row("2023", None, publisher="Báo"),
        row("2024", 9.0),
    )
    assert year_on_year(panel_of(*rows), "doi") == []
    assert len(outcome_rows(panel_of(*rows), "doi")) == 3


def test_publishers_and_kinds_of_figures_are_named_where_they_differ() -> None:
    found = only(row("2023", 10.0, publisher="Báo"), row("2024", 12.0, status="estimate"))
    assert found.warnings == (
        "hai nơi công bố khác nhau: Báo và Sở Du lịch",
        "so số ước tính với số chính thức",
    )


def test_what_another_publisher_says_is_told() -> None:
    rows = (row("2023", 29_000.0), row("2024", 31_000.0), row("2024", 53_000.0, publisher="Báo"))
    own, other = sorted(
        year_on_year(panel_of(*rows), "doi"), key=lambda one: one.after.publisher != "Sở Du lịch"
    )
    assert own.percent == pytest.approx(100 * 2 / 29)
    assert own.warnings == ("Báo công bố 53.000 cho kỳ 2024",)
    assert other.before.publisher == "Sở Du lịch"


def test_ranks_move_by_places_and_only_within_one_list() -> None:
    ranked = {"indicator": "rank_soft_power", "unit": "rank of 105", "definition": "Thứ hạng"}
    found = only(row("2023", 47.0, **ranked), row("2024", 43.0, **ranked))
    assert (found.places, found.log_change) == (4.0, None)
    longer = only(
        row("2023", 47.0, **ranked), row("2024", 43.0, **{**ranked, "unit": "rank of 193"})
    )
    assert longer.reason == DEFINITION_VI


def test_a_table_says_that_it_stands_beside() -> None:
    found = year_on_year(panel_of(row("2021", 10.0), row("2022", 20.0), row("2023", 30.0)), "doi")
    assert sentences(found) == [BESIDE_VI, COVID_VI]


@pytest.mark.parametrize(
    ("period", "days", "before"),
    [
        ("2024", Window(date(2024, 1, 1), date(2025, 1, 1)), "2023"),
        ("2024-12", Window(date(2024, 12, 1), date(2025, 1, 1)), "2023-12"),
        ("2024-11..2025-02", Window(date(2024, 11, 1), date(2025, 3, 1)), "2023-11..2024-02"),
        ("2023-12-31", Window(date(2023, 12, 31), date(2024, 1, 1)), "2022-12-31"),
        ("quý II", None, "quý II"),
        ("2024-13", None, "2023-13"),
        ("2024-05..2024-01", None, "2023-05..2023-01"),
    ],
)
def test_periods_are_read_as_documents_write_them(
    period: str, days: Window | None, before: str
) -> None:
    assert period_window(period) == days
    assert earlier_period(period) == before


def test_a_base_year_moves_the_whole_period() -> None:
    assert earlier_period("2024-01..2024-06", 2019) == "2019-01..2019-06"
