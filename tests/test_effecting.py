"""What `tracker effects` prints: both layers always, refusals with reasons, an offline page."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sandbox_folder import fresh_folder, run_tracker, sandbox_environment

from jobs import effecting
from jobs.effect_page import write_effects
from jobs.effecting import COHORT, EffectRow, Studied, is_sure, number, print_lines, rows_frame
from tracker.effects import FrameFacts
from tracker.errors import ConfigError
from tracker.periods import Window

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


def studied(monkeypatch: pytest.MonkeyPatch, lift: float, *localities: str) -> Studied:
    monkeypatch.setattr("tracker.effects.unit_frame", lambda *_, **__: simulated(lift))
    return effecting._study(None, "engagement_rate", "63", "W", None, (), localities)  # type: ignore[arg-type]


def test_a_planted_lift_is_found_and_said_in_both_layers(monkeypatch: pytest.MonkeyPatch) -> None:
    found = studied(monkeypatch, LIFT)
    cohort, *units = found.rows
    assert cohort.unit == COHORT
    assert cohort.low is not None
    assert cohort.high is not None
    assert cohort.low < 100 * LIFT < cohort.high
    assert is_sure(cohort)
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


def test_an_interval_that_holds_zero_is_never_called_an_effect(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    row = studied(monkeypatch, LIFT, "tinh-01").rows[0]
    assert is_sure(row)
    assert not is_sure(replace(row, p=0.06, q=0.09))
    assert not is_sure(replace(row, p=0.01, q=0.11))
    assert not is_sure(replace(row, p=None, q=None))


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "…"), (0.0, "+0"), (1234.5, "+1.234"), (0.012345, "+0,0123"), (-2.5, "−2,50")],
)
def test_numbers_have_three_digits_the_vietnamese_way(value: float | None, text: str) -> None:
    assert number(value, sign=True) == text


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


def test_the_page_is_offline_and_takes_names_as_text(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write_effects([studied(monkeypatch, LIFT)], tmp_path / "page.html", synthetic=True)
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "SỐ LIỆU GIẢ LẬP" in text
    assert "Tỉnh &lt;01&gt;" in text
    assert "Tỉnh <01>" not in text
    assert "http://" not in text.replace("http://www.w3.org", "")
    assert text.count("<figure>") == 2 + 5
    assert text.count('alt="') == 2 + 5


def test_days_of_the_window_go_together() -> None:
    assert effecting.last_window(None, None) is None
    assert effecting.last_window(START, START) == Window(START, date(2023, 1, 3))
    with pytest.raises(ConfigError, match="go together"):
        effecting.last_window(START, None)
    with pytest.raises(ConfigError, match="lies before"):
        effecting.last_window(START, FIRST)


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
