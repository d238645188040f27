"""The page of `tracker effects`: each chart with its table, holes as holes, offline."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from panel_sample import START as PROGRAMME
from panel_sample import TET, sample_panel
from test_effecting import FIRST, LIFT, START, studied

from jobs import effecting
from jobs.effect_charts import unit_charts
from jobs.effect_page import BAND_NOTE_VI, MOST_UNITS, PLACEBO_NOTE_VI, write_effects
from tracker.charts import Chart, CounterfactualChart, Mark, PlaceboChart
from tracker.effects import map_effects
from tracker.periods import Window


def test_the_page_is_offline_and_takes_names_as_text(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write_effects([studied(monkeypatch, LIFT)], tmp_path / "page.html", synthetic=True)
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "SỐ LIỆU GIẢ LẬP" in text
    assert "Tỉnh &lt;01&gt;" in text
    assert "Tỉnh <01>" not in text
    assert "http://" not in text.replace("http://www.w3.org", "")
    assert text.count("<figure") == 2 + MOST_UNITS * 3
    assert text.count('alt="') == 2 + MOST_UNITS * 3
    assert text.count("<caption>Số liệu của ") == 2 + MOST_UNITS * 3
    for words in ("thực tế và đối chứng", "chênh lệch so với đối chứng, trung bình 4 tuần"):
        assert text.count(f"<caption>Số liệu của Tỉnh &lt;01&gt;: Tỷ lệ tương tác, {words}") == 1
    assert BAND_NOTE_VI in text
    assert PLACEBO_NOTE_VI in text


def test_all_localities_that_were_asked_for_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """One with an effect, one to compare with, one without a column."""
    asked = studied(monkeypatch, LIFT, "tinh-20", "tinh-01", "tinh-99")
    drawn = {row.unit: unit_charts(asked, row, 1) for row in asked.rows}
    assert [type(chart) for chart in drawn["tinh-01"]] == [Chart, CounterfactualChart, PlaceboChart]
    assert [type(chart) for chart in drawn["tinh-20"]] == [Chart]
    assert drawn["tinh-99"] == []


def test_the_charts_of_a_unit_show_its_effect(monkeypatch: pytest.MonkeyPatch) -> None:
    """Logarithms are carried back: the band is even in ratios, gaps are percent. Blocks of four
    weeks on each side of the start, which is the 54th of 104 weeks (53 before: 14 blocks)."""
    asked = studied(monkeypatch, LIFT, "tinh-01")
    series, expected, placebos = unit_charts(asked, asked.rows[0], 1)
    frame = asked.found.frame["tinh-01"]
    assert series.lines[0].values == pytest.approx(tuple(frame), abs=0.0051)
    assert series.marks == (Mark(START, "Bắt đầu chương trình", "start"),)
    assert expected.actual == series.lines[0].values
    for middle, low, high in zip(expected.counterfactual, expected.low, expected.high, strict=True):
        assert low < middle < high
        assert middle / low == pytest.approx(high / middle, rel=2e-3)
    assert len(placebos.placebos) == 25
    assert START in placebos.treated.days
    assert len(placebos.treated.days) == 14 + 13
    since = [
        value
        for day, value in zip(placebos.treated.days, placebos.treated.values, strict=True)
        if day >= START
    ]
    assert np.mean(since) == pytest.approx(asked.rows[0].effect, abs=2)


def test_weeks_left_out_by_rule_are_holes_and_no_gaps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Weeks 4 and 5 (Tết) and 8, 9, 11 of a series are unknown: two grey stretches."""
    asked = studied(monkeypatch, LIFT, "tinh-20")
    found = asked.found
    frame = found.frame.copy()
    frame.loc[frame.index[[4, 5, 8, 9, 11]], "tinh-20"] = np.nan
    tet = frozenset(day.date() for day in frame.index[[4, 5]])
    facts = replace(found.facts, skipped={"tinh-20": tet})
    asked = replace(asked, found=replace(found, frame=frame, facts=facts))
    [chart] = unit_charts(asked, asked.rows[0], 1)
    monday = [FIRST + timedelta(days=7 * week) for week in range(104)]
    six = timedelta(days=6)
    assert chart.gaps == ((monday[8], monday[9] + six), (monday[11], monday[11] + six))
    assert chart.lines[0].values[4] is None


BREAK = date(2022, 9, 1)


def test_a_series_bears_its_start_events_and_breaks() -> None:
    """Those of the locality and of the accounts added up; others and those outside are left out."""
    panel = sample_panel()
    event = {"id": "e0", "day": date(2022, 8, 1), "kind": "rename", "note": None}
    others = [
        {**event, "account_id": "quangninh-bluesky"},
        {**event, "id": "e2", "account_id": "danang-youtube"},
        {**event, "id": "e3", "locality_id": "da-nang"},
        {**event, "id": "e4", "locality_id": "quang-ninh", "day": date(2030, 1, 1)},
    ]
    told = ("bluesky", "account", "followers", BREAK, "Đếm cách khác", "")
    panel = replace(
        panel,
        events=pd.concat([panel.events, pd.DataFrame(others, dtype=object)], ignore_index=True),
        definition_breaks=pd.DataFrame([told], columns=list(panel.definition_breaks.columns)),
    )
    panel.events["account_id"] = (
        panel.events["account_id"].astype(object).where(panel.events["account_id"].notna(), None)
    )
    found = map_effects(panel, ("followers_per_day",), tet_days=TET).indicators[0]
    asked = effecting.studied(found, ("quang-ninh",), panel)
    chart = unit_charts(asked, asked.rows[0], 1)[0]
    assert chart.marks == (
        Mark(PROGRAMME, "Bắt đầu chương trình", "start"),
        Mark(date(2022, 8, 1), "đổi tên", "event"),
        Mark(date(2023, 3, 1), "Tuần du lịch", "event"),
        Mark(BREAK, "Đếm cách khác", "break"),
    )


def test_a_programme_from_before_the_window_keeps_its_day_and_has_no_before() -> None:
    """The series of 2023 begins after the start of 21 February 2022: no mark, no number."""
    panel = sample_panel()
    year = Window(date(2023, 1, 2), date(2024, 1, 1))
    found = map_effects(panel, ("followers_per_day",), "63", "W", year, tet_days=TET).indicators[0]
    asked = effecting.studied(found, ("quang-ninh",), panel)
    [row] = asked.rows
    assert row.start == PROGRAMME.isoformat()
    assert row.observed is None
    assert row.effect is None
    [chart] = unit_charts(asked, row, 1)
    assert [mark.kind for mark in chart.marks] == ["event"]
