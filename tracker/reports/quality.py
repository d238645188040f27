"""What a reader must know about the data: coverage, gaps, lanes, rounding, breaks, terms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from tracker.effects import AccountRow
from tracker.panel import Panel
from tracker.periods import Window
from tracker.platforms import PLATFORMS, Basis
from tracker.reports.channels import account_name
from tracker.reports.measured import FOLLOWERS_VI, Measured
from tracker.reports.passport import lane_text
from tracker.tables import COUNT, Cell, Column, Form, Origin, Table, days_text, number_text
from tracker.text.printable import day_text

PERCENT = Form("percent", 1)
COLUMNS = (
    Column("Tài khoản", width=1.6),
    Column("Kênh đọc", width=0.8),
    Column("Lần đọc dự kiến", COUNT, width=0.8),
    Column("Đọc được", COUNT, width=0.8),
    Column("Độ phủ", PERCENT, width=0.9),
    Column("Bước", width=0.8),
    Column("Khoảng trống và nguyên nhân", width=1.9),
    Column("Điều khoản", width=1.2),
)
EXPECTED_VI = "số đêm trong lịch, hoặc số lần theo nhịp của chuỗi nhập, khi tài khoản còn hoạt động"
KNOWN_VI = "số lần đọc có kết quả"
COVERAGE_VI = "100 × số lần đọc được, chia cho số lần đọc dự kiến"
MOST_GAPS = 4
"""More gaps than this are summed up: the table must stay readable."""


def quality_table(panel: Panel, accounts: Sequence[AccountRow], window: Window) -> Table:
    """Print for each account what was expected and read of its followers, with gaps and terms."""
    rows = []
    sums = [0, 0]
    for account in accounts:
        sums = [sums[0] + account.expected, sums[1] + account.readings]
        rows.append(_row(panel, account, window))
    if len(rows) != 1:
        none = Cell(text="xem từng tài khoản") if rows else Cell(reason="chưa đăng ký tài khoản")
        everyone = ", ".join(account.account_id for account in accounts)
        counts = _coverage(sums[0], sums[1], Origin(everyone, metric=FOLLOWERS_VI), window)
        rows.append((Cell(text="Tất cả tài khoản"), none, *counts, none, none, none))
    return Table(
        "C",
        "Bảng chất lượng số liệu người theo dõi",
        COLUMNS,
        tuple(rows),
        notes=(f"Tính cho {days_text(window.start, window.last_day)}.",),
    )


def _row(panel: Panel, account: AccountRow, window: Window) -> tuple[Cell, ...]:
    lane = read_lane(account)
    basis = _basis(panel, account)
    origin = Origin(
        account=account.account_id,
        platform=PLATFORMS[account.platform].title,
        lane=lane,
        metric=FOLLOWERS_VI,
        basis=basis.title_vi,
    )
    return (
        Cell(text=account_name(account)),
        Cell(text=lane_text(lane), reason="chưa đọc được lần nào"),
        *_coverage(account.expected, account.readings, origin, window),
        Cell(text=_steps(account)),
        Cell(text=gaps_text(account)),
        Cell(text=basis.title_vi),
    )


def read_lane(account: AccountRow) -> str:
    """Name the lane an account was read in, compared or not; '' = never read."""
    return account.lane or account.followers_last.lane or ""


def _basis(panel: Panel, account: AccountRow) -> Basis:
    """Give the terms of the first lane an account was read in."""
    lane = read_lane(account).split("+")[0] or "public"
    return panel.basis_of(account.account_id, lane)


def _coverage(expected: int, known: int, origin: Origin, window: Window) -> tuple[Cell, Cell, Cell]:
    if not expected:
        unknown = Cell(reason="không có lần đọc nào trong khoảng này")
        return unknown, unknown, unknown
    traced = Origin(
        account=origin.account,
        platform=origin.platform,
        lane=origin.lane,
        metric=origin.metric,
        first_day=window.start,
        last_day=window.last_day,
        readings=known,
        basis=origin.basis,
    )
    return (
        Cell(expected, origin=replace(traced, formula=EXPECTED_VI)),
        Cell(known, origin=replace(traced, formula=KNOWN_VI)),
        Cell(100 * known / expected, origin=replace(traced, formula=COVERAGE_VI)),
    )


def _steps(account: AccountRow) -> str:
    low, high = account.steps
    if high <= 1:
        return "số đúng"
    return (
        f"±{number_text(high)}" if low == high else f"±{number_text(low)} đến ±{number_text(high)}"
    )


def gaps_text(account: AccountRow) -> str:
    """Write the gaps of an account: the longest with days and cause, the rest counted."""
    gaps = sorted(account.gaps, key=lambda gap: (gap.start - gap.last, gap.start))
    shown = sorted(gaps[:MOST_GAPS], key=lambda gap: gap.start)
    parts = [f"{days_text(gap.start, gap.last)}: {gap.cause_vi}" for gap in shown]
    if len(gaps) > MOST_GAPS:
        nights = sum(gap.nights for gap in gaps[MOST_GAPS:])
        parts.append(
            f"và {number_text(len(gaps) - MOST_GAPS)} khoảng trống ngắn hơn "
            f"({number_text(nights)} lần đọc)"
        )
    return "; ".join(parts) or "không có khoảng trống"


def quality_sentences(panel: Panel, table: Table, measured: Measured, window: Window) -> list[str]:
    """Write the paragraph on data quality; `table` is the numbered quality table it refers to."""
    accounts = measured.accounts
    sentences = []
    if accounts and table.rows:
        share = next((one for one in table.rows[-1] if one.id.endswith("c")), None)
        sentences.append(
            f"Độ phủ: đọc được {number_text(float(str(share.value)), 1)}% số lần đọc dự kiến "
            f"(mã {share.id})."
            if share is not None
            else "Độ phủ: chưa có lần đọc nào trong khoảng báo cáo."
        )
    sentences += _lane_sentences(panel, accounts)
    breaks = _breaks(panel, accounts, window)
    sentences.append(
        "Thay đổi định nghĩa của nền tảng: " + "; ".join(breaks) + "."
        if breaks
        else "Thay đổi định nghĩa của nền tảng: không có trong khoảng báo cáo."
    )
    sentences += [f"{warning.rstrip('.')}." for warning in measured.warnings]
    return sentences + _note_sentences(accounts)


def _note_sentences(accounts: Sequence[AccountRow]) -> list[str]:
    """Write renames, corrections and events once each, with the accounts they concern."""
    concerned: dict[str, list[str]] = {}
    for account in accounts:
        for note in account.notes:
            concerned.setdefault(note, []).append(account.account_id)
    return [
        f"{note} ({'mọi tài khoản' if len(ids) == len(accounts) else ', '.join(ids)})."
        for note, ids in concerned.items()
    ]


def _lane_sentences(panel: Panel, accounts: Sequence[AccountRow]) -> list[str]:
    lanes = dict.fromkeys(filter(None, map(read_lane, accounts)))
    sentences = []
    if lanes:
        names = ", ".join(lane_text(lane) for lane in lanes)
        sentences.append(
            f"Kênh đọc: {names}. Mỗi so sánh chỉ dùng một kênh; hai nguồn khác nhau không tính "
            "chênh lệch."
        )
    bases = {basis.key: basis for account in accounts for basis in [_basis(panel, account)]}
    sentences += [f"Điều khoản: {basis.sentence_vi}" for basis in bases.values()]
    if any(account.steps[1] > 1 for account in accounts):
        sentences.append(
            "Làm tròn: số ghi (±bước) do nền tảng làm tròn xuống, số thật lệch dưới một bước."
        )
    return sentences


def _breaks(panel: Panel, accounts: Sequence[AccountRow], window: Window) -> list[str]:
    found: dict[tuple[date, str], str] = {}
    for platform in dict.fromkeys(account.platform for account in accounts):
        for measure in PLATFORMS[platform].measures:
            for day, note in panel.breaks_of(platform, measure.entity, measure.column):
                if day in window:
                    title = PLATFORMS[platform].title
                    found[day, note] = f"{title}, {day_text(day)}: {note or measure.title_vi}"
    return [found[key] for key in sorted(found)]
