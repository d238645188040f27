"""Channels before and after a programme, measured; other channels and outcomes as declared."""

from __future__ import annotations

from collections.abc import Sequence

from tracker.effects import LocalityChanges
from tracker.letters import Field, lines_of
from tracker.reports.asked import nothing_reason, window_sentence
from tracker.reports.channels import NOT_SENT_VI, channel_table, group_table
from tracker.reports.facts import Facts
from tracker.reports.measured import Measured, windows_text
from tracker.reports.outcomes import outcome_table
from tracker.reports.relative import effects_table
from tracker.reports.series import followers_chart, interactions_chart
from tracker.tables import Cell, Column, Table, days_text, number_text, numbered, unknown_text
from tracker.text.printable import day_text
from tracker.writers import Block, Paragraph


def channels_blocks(facts: Facts, field: Field) -> list[Block]:
    """Print the charts and tables of the registered accounts, then the other channels."""
    measured = facts.measured
    said = lines_of(facts.answers, field.key)
    panel, accounts, start = facts.panel, measured.accounts, facts.start
    drawn = (
        followers_chart(panel, accounts, facts.unit_id, start, facts.window),
        interactions_chart(facts.monthly, accounts, start, facts.window),
    )
    blocks: list[Block] = [Paragraph(_windows_sentence(measured))]
    if facts.start is None and nothing_reason(facts, facts.asked_window) is not None:
        blocks.insert(0, Paragraph(window_sentence(facts)))
    blocks += [chart for chart in drawn if chart is not None]
    blocks.append(numbered(channel_table(panel, measured, said)))
    groups = group_table(panel, measured)
    blocks += [numbered(groups)] if groups is not None else []
    blocks += _relative(facts)
    return [*blocks, *_other_channels(said, measured)]


def _relative(facts: Facts) -> list[Block]:
    """Print both layers beside comparable localities, as sentences and as a table; only for a
    locality whose programme parts before from after."""
    if not facts.is_locality or facts.start is None:
        return []
    found, reason = facts.relative
    lines = [f"{one.title_vi}: {one.sentence}" for one in found]
    said: list[Block] = [Paragraph("\n".join(lines))] if lines else []
    return [*said, numbered(effects_table(found, reason) if reason else effects_table(found))]


def _windows_sentence(measured: Measured) -> str:
    if not isinstance(measured, LocalityChanges):
        return (
            "Địa phương chưa có ngày bắt đầu chương trình nên không có số liệu trước và sau; các "
            f"bảng ghi mức của khoảng {days_text(measured.window.start, measured.window.last_day)}."
        )
    start = day_text(measured.start)
    if measured.windows is None:
        return (
            f"Chương trình bắt đầu ngày {start}. Trước và sau: "
            f"{unknown_text('không đủ dữ liệu ở hai phía để lập khoảng so sánh')}."
        )
    weeks = number_text(measured.windows[0].days // 7)
    return (
        f"Chương trình bắt đầu ngày {start}. Khoảng so sánh: {windows_text(measured.windows)} "
        f"({weeks} tuần mỗi bên, để ngoài 14 ngày đầu sau khi bắt đầu và các tuần Tết). Dòng nào "
        "dùng khoảng khác thì ghi ở cột Lưu ý."
    )


OTHER_COLUMNS = (
    Column("Phương thức, kênh khác", width=1.6),
    Column("Vì sao lựa chọn", width=1.4),
    Column("Đánh giá hiệu quả", width=1.4),
    Column("Số liệu trước"),
    Column("Số liệu sau"),
    Column("Minh chứng", width=1.2),
)


def _other_channels(said: Sequence[dict[str, str]], measured: Measured) -> list[Block]:
    """Print the channels that are not registered accounts, as the locality declared them."""
    own = {one.account_id for one in measured.accounts} | {
        one.platform for one in measured.accounts
    }
    others = [line for line in said if line.get("channel", "").strip().lower() not in own]
    if not others:
        words = unknown_text(NOT_SENT_VI)
        return [Paragraph(f"Phương thức, kênh khác (báo chí, truyền hình, sự kiện …): {words}.")]
    rows = tuple(
        tuple(
            Cell(text=line.get(name, ""), reason=NOT_SENT_VI)
            for name in ("channel", "reason", "assessment", "before", "after", "evidence")
        )
        for line in others
    )
    return [Table("", "Bảng phương thức, kênh khác do địa phương khai", OTHER_COLUMNS, rows)]


def outcomes_blocks(facts: Facts, field: Field) -> list[Block]:
    """Print the statistics from outside beside the social figures, and what else was declared."""
    blocks: list[Block] = [numbered(outcome_table(facts.panel, facts.unit_id, facts.start))]
    said = lines_of(facts.answers, field.key)
    if said:
        columns = (Column("Nội dung", width=2), *OTHER_COLUMNS[3:])
        rows = tuple(
            tuple(
                Cell(text=line.get(name, ""), reason=NOT_SENT_VI)
                for name in ("channel", "before", "after", "evidence")
            )
            for line in said
        )
        blocks.append(Table("", "Bảng kết quả khác do địa phương khai", columns, rows))
    return blocks
