"""What `tracker effects` prints: both layers always, refusals with reasons, an offline page."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from panel_sample import TET, sample_panel
from sandbox_folder import fresh_folder, run_tracker, sandbox_environment

from jobs import effecting
from jobs.cli_base import parse_window
from jobs.effecting import COHORT, EffectRow, Studied, print_lines, rows_frame
from tracker.effects import (
    BELOW,
    NAMED,
    VIEWS,
    Change,
    Effect,
    FrameFacts,
    Refusal,
    is_sure,
    map_effects,
)
from tracker.effects.beside import NEVER_VI, NOBODY_VI, MapEffects
from tracker.effects.estimated import ITS, NO_COUNTERFACTUAL
from tracker.effects.wording import (
    ALONE_VI,
    DISTINGUISHABLE_VI,
    NOT_DISTINGUISHABLE_VI,
    SENSITIVITY_VI,
    both_vi,
    interval,
    number,
    verdict,
)
from tracker.errors import ConfigError
from tracker.indicators import LOOK_COLUMNS
from tracker.indicators.needs import NO_LOOKS_VI, NO_VIEWS_VI
from tracker.panel import Panel
from tracker.periods import Window
from tracker.tables import number_text

START = date(2023, 1, 2)
FIRST = date(2021, 12, 27)
LIFT = 0.30


def simulated(lift: float) -> tuple[pd.DataFrame, dict[str, pd.Timestamp | None], FrameFacts]:
    """Make 30 localities over 104 weeks with a common path; the first five begin on START."""
    rng = np.random.default_rng(1)
    weeks = pd.date_range(FIRST, periods=104, freq="7D")
    common = np.cumsum(rng.normal(0, 0.02, 104))
    logs = 3 + rng.normal(0, 0.3, 30) + common[:, None] + rng.normal(0, 0.08, (104, 30))
    treated = (weeks >= pd.Timestamp(START))[:, None] & (np.arange(30) < 5)
    units = [f"tinh-{number:02d}" for number in range(30)]
    frame = pd.DataFrame(np.exp(logs + np.log1p(lift) * treated), weeks, units)
    members = {unit: pd.Timestamp(START) if n < 5 else None for n, unit in enumerate(units)}
    facts = FrameFacts(
        indicator="engagement_rate",
        title_vi="Tỷ lệ tương tác",
        unit_vi="%",
        map_name="63",
        cadence="W",
        window=Window(FIRST, date(2023, 12, 25)),
        log=True,
        names={unit: f"Tỉnh <{unit[-2:]}>" for unit in units},
        accounts={},
        left_out=(),
        without={"tinh-99": "chưa có tài khoản nào trong danh bạ"},
        mixed=(),
        notes=("bỏ 7 tuần Tết",),
    )
    return frame, members, facts


def on_map(monkeypatch: pytest.MonkeyPatch, lift: float) -> MapEffects:
    monkeypatch.setattr("tracker.effects.beside.unit_frame", lambda *_, **__: simulated(lift))
    panel: Panel = None  # type: ignore[assignment]  # the frame stands in for it
    return map_effects(panel, ("engagement_rate",))


def studied(monkeypatch: pytest.MonkeyPatch, lift: float, *localities: str) -> Studied:
    return effecting.studied(on_map(monkeypatch, lift).indicators[0], localities)


def test_a_planted_lift_is_found_and_said_in_both_layers(monkeypatch: pytest.MonkeyPatch) -> None:
    found = studied(monkeypatch, LIFT)
    cohort, *units = found.rows
    assert cohort.unit == COHORT
    assert cohort.low is not None
    assert cohort.high is not None
    assert cohort.low < 100 * LIFT < cohort.high
    assert is_sure(found.found.together)
    assert cohort.sentence.endswith(f"{DISTINGUISHABLE_VI}.")
    assert len(units) == 6
    for row in units[:5]:
        assert row.observed is not None
        assert "thay đổi quan sát được +" in row.sentence
        assert "so với các địa phương tương đồng +" in row.sentence
        assert row.sentence.endswith("khác với ngẫu nhiên.")
        assert row.q is not None
        assert row.p is not None
        assert row.q >= row.p


def test_without_a_lift_nothing_is_told_from_chance(monkeypatch: pytest.MonkeyPatch) -> None:
    for row in studied(monkeypatch, 0.0).rows[:6]:
        assert "không phân biệt được với ngẫu nhiên" in row.sentence


def test_a_locality_without_a_column_says_why_and_shows_no_number(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    [row] = studied(monkeypatch, LIFT, "tinh-99").rows
    assert (row.observed, row.effect, row.p) == (None, None, None)
    assert row.sentence == "tinh-99: chưa có số liệu (chưa có tài khoản nào trong danh bạ)."


def test_a_unit_is_asked_for_without_measuring_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sixty-three reports share one map; q of each comes from all of them."""
    found = on_map(monkeypatch, LIFT)
    monkeypatch.setattr("tracker.effects.beside.unit_frame", None)
    [treated], [never], [without] = (found.of(f"tinh-{one}") for one in ("01", "20", "99"))
    assert treated.sure
    assert treated.sentence == found.indicators[0].rows[1].sentence
    assert treated.q == pytest.approx(max(row.q or 0 for row in found.indicators[0].rows), abs=0.05)
    assert (never.effect, never.why_not) == (None, NEVER_VI)
    assert (without.effect, without.name) == (None, "tinh-99")
    assert without.sentence == "tinh-99: chưa có số liệu (chưa có tài khoản nào trong danh bạ)."
    [unknown] = found.of("atlantis")
    assert unknown.why_not == "không thuộc bản đồ 63"


FOUND = Effect(0.05, -0.06, 0.16, p=0.4, method="did", units=("a",))
SURE = replace(FOUND, low=0.02, high=0.08, p=0.001)
CHANGE = Change(10.0, 11.2, 1.2, 0.4, 2.1, 12.0, 4.0, 21.0, p=0.01)


def test_both_layers_are_one_sentence() -> None:
    assert both_vi(CHANGE, replace(FOUND, log=True, low=-0.0619, high=0.157), "%") == (
        "thay đổi quan sát được +12,0 % [4,0; 21,0]; so với các địa phương tương đồng "
        "+5,1 % [-6,0; 17,0], không phân biệt được với ngẫu nhiên"
    )
    assert both_vi(CHANGE, SURE, "bài/tuần") == (
        "thay đổi quan sát được +1,20 bài/tuần [0,40; 2,10]; so với các địa phương tương đồng "
        "+0,0500 bài/tuần [0,0200; 0,0800], khác với ngẫu nhiên"
    )


def test_a_refusal_and_an_unknown_change_say_why() -> None:
    refused = Effect(None, refusal=Refusal(NO_COUNTERFACTUAL, "chỉ có 9 đơn vị so sánh"))
    unknown = Change(10.0, 10.0, label=BELOW, reason="chỉ có 3 tuần hợp lệ")
    assert both_vi(unknown, refused) == (
        "thay đổi quan sát được: chưa tính được (chỉ có 3 tuần hợp lệ); so với các địa phương "
        "tương đồng: không kết luận được (chỉ có 9 đơn vị so sánh)"
    )


def test_an_effect_is_told_from_chance_alone_among_all_and_together() -> None:
    """p <= 5 % alone, q <= 10 % over the units, and all programmes together <= 5 %."""
    together = replace(FOUND, p=0.2)
    assert verdict(SURE, 0.05, SURE) == DISTINGUISHABLE_VI
    assert verdict(replace(SURE, p=0.06), 0.09) == NOT_DISTINGUISHABLE_VI
    assert verdict(SURE, 0.11) == NOT_DISTINGUISHABLE_VI
    assert verdict(SURE, 0.05, together) == ALONE_VI
    assert verdict(SURE, 0.05, replace(together, p=None)) == DISTINGUISHABLE_VI
    assert is_sure(SURE, 0.05, SURE)
    assert not is_sure(SURE, 0.05, together)
    assert not is_sure(replace(SURE, p=None))
    line = replace(SURE, method=ITS)
    assert (verdict(line), is_sure(line)) == (SENSITIVITY_VI, False)


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "…"), (0.0, "0"), (1234.5, "+1.235"), (0.012345, "+0,0123"), (-2.5, "-2,50")],
)
def test_numbers_have_three_digits_the_vietnamese_way(value: float | None, text: str) -> None:
    assert number(value, sign=True) == text


@pytest.mark.parametrize("value", [0.0, 0.05, -0.04, 2.345, -2.345, 1234567.85, 999.5, 1e-7, -3.0])
def test_sentences_and_tables_write_numbers_alike(value: float) -> None:
    for decimals in range(5):
        for sign in (False, True):
            text = number_text(value, decimals, signed=sign)
            assert number(value, decimals, sign=sign) == text


def test_an_interval_has_the_decimals_of_its_largest_number() -> None:
    assert interval(5.123, -6.04, 17.2, "%") == "+5,1 % [-6,0; 17,2]"
    assert interval(0.5, None, 0.7) == "+0,500 […; 0,700]"
    assert interval(1500.0, None, None, "người") == "+1.500 người"


def test_the_table_names_primary_indicators_and_prints_every_note(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = studied(monkeypatch, LIFT)
    lines = print_lines([found])
    assert lines[0].startswith("Tỷ lệ tương tác (chỉ số chính; 27/12/2021 – ")
    assert lines[-1] == "  Ghi chú: bỏ 7 tuần Tết"
    frame = rows_frame([found])
    assert list(frame.columns) == list(EffectRow.__dataclass_fields__)
    assert frame["effect"].isna().sum() == 1


def test_views_are_the_third_indicator_named_beforehand() -> None:
    """Without the looks at single posts they are refused, and the reason says so."""
    found = map_effects(sample_panel(), (VIEWS,), tet_days=TET).indicators[0]
    assert VIEWS in NAMED
    assert found.together.refusal is not None
    assert found.together.refusal.reason.startswith(NOBODY_VI)
    assert NO_LOOKS_VI in found.together.refusal.reason
    assert found.of("quang-ninh").primary
    assert found.of("quang-ninh").why_not == f"{NO_LOOKS_VI}; {NO_VIEWS_VI}"


def test_looks_are_read_only_for_accounts_that_can_have_the_indicator(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []

    def looks(_: Panel, accounts: list[str]) -> pd.DataFrame:
        asked.extend(accounts)
        return pd.DataFrame(columns=list(LOOK_COLUMNS))

    monkeypatch.setattr("tracker.panel.post_looks", looks)
    effecting.with_looks_for(sample_panel(), [VIEWS])
    assert asked == ["danang-youtube", "quangninh-youtube"]
    assert [key for key in (*NAMED, *effecting.EXPLORED) if effecting.needs_looks(key)] == [VIEWS]


def test_days_of_the_window_go_together() -> None:
    assert parse_window(None, None) is None
    assert parse_window("2023-01-02", "02/01/2023") == Window(date(2023, 1, 2), date(2023, 1, 3))
    with pytest.raises(ConfigError, match="go together"):
        parse_window("2023-01-02", None)
    with pytest.raises(ConfigError, match="lies before"):
        parse_window("2023-01-02", "2023-01-01")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--map", "64"), "--map: no '64'"),
        (("--by", "D"), "--by: no 'D'"),
        (("--format", "pdf"), "--format: no 'pdf'"),
        (("--format", "html"), "needs --out"),
        (("--locality", "nowhere"), "unknown locality 'nowhere'"),
        (("--indicator", "likes"), "unknown indicator 'likes'"),
    ],
)
def test_wrong_words_are_refused_in_one_sentence(
    words: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    folder = fresh_folder(tmp_path / "data", read=True)
    done = run_tracker("effects", *words, "--data", folder, env=sandbox_environment())
    assert done.code == 2
    assert said in done.err
