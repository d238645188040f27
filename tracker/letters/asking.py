"""What a field asks of the respondent line by line: its columns, and for whom there is a line."""

from __future__ import annotations

from tracker.letters.outline import Field, ListColumn

CHANNEL = "channel"
"""Column that names the line: an account, or another channel in words."""

EVIDENCE = "evidence"

LINE_COLUMNS = {
    "channels": (
        ListColumn(CHANNEL, "Phương thức, kênh"),
        ListColumn("reason", "Vì sao lựa chọn"),
        ListColumn("assessment", "Đánh giá hiệu quả"),
        ListColumn("before", "Số liệu trước (đơn vị khai)"),
        ListColumn("after", "Số liệu sau (đơn vị khai)"),
    ),
    "outcomes": (
        ListColumn(CHANNEL, "Nội dung"),
        ListColumn("before", "Số liệu trước"),
        ListColumn("after", "Số liệu sau"),
    ),
}
"""Block -> the columns of its lines, which are the same in every letter."""


def line_columns(field: Field) -> tuple[ListColumn, ...]:
    """List the columns of the lines that a field asks for; none = it asks for no lines."""
    return field.columns if field.block == "list" else LINE_COLUMNS.get(field.block, ())


def asks_by_account(field: Field) -> bool:
    """Say whether a field asks something about each registered account."""
    return field.block == "channels"


def column_of(field: Field, key: str) -> ListColumn | None:
    """Find a column of the lines of a field; None = it has none of this name."""
    return next((column for column in line_columns(field) if column.key == key), None)
