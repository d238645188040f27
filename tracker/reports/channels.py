"""The measured tables of letter 3836: every account before and after, and groups of them."""

from __future__ import annotations

from collections.abc import Sequence

from tracker.effects import AccountRow, GroupRow, LocalityChanges
from tracker.panel import Panel
from tracker.platforms import PLATFORMS
from tracker.reports.measured import (
    NO_NOTE_VI,
    NO_PROGRAMME_VI,
    SIGNED_PERCENT,
    Measured,
    indicator_rows,
    lane_cell,
    level_cell,
    unknown_cell,
)
from tracker.tables import COUNT, Cell, Column, Table, days_text, number_text

NOT_SENT_VI = "địa phương chưa khai"
DECLARED_VI = "Số liệu do địa phương khai, ghi nguyên văn"
SEE_BELOW_VI = "xem mức tăng ở dòng dưới"

COLUMNS = (
    Column("Phương thức, kênh truyền thông", width=1.5),
    Column("Vì sao lựa chọn", width=1.1),
    Column("Đánh giá hiệu quả", width=1.1),
    Column("Chỉ số", width=2.0),
    Column("Kênh đọc", width=0.9),
    Column("Trước", COUNT, width=1.0),
    Column("Sau", COUNT, width=1.0),
    Column("Thay đổi quan sát được [khoảng tin cậy 95%]", COUNT, width=1.4),
    Column("Thay đổi, %", SIGNED_PERCENT, width=1.6),
    Column("Lưu ý", width=1.7),
)
GROUP_COLUMNS = (
    Column("Nhóm tài khoản", width=1.5),
    Column("Số tài khoản so sánh được", width=1.2),
    *COLUMNS[3:],
)


def channel_table(panel: Panel, measured: Measured, answers: Sequence[dict[str, str]]) -> Table:
    """Print every account: why chosen and how judged (declared), then each number before and after.

    `answers` are the lines of the answer `channels`; one whose `channel` names an account or its
    platform speaks for it.
    """
    rows: list[tuple[Cell, ...]] = [
        row
        for account in measured.accounts
        for row in _account_rows(panel, account, measured, answers)
    ]
    if not rows:
        unknown = Cell(reason="địa phương chưa đăng ký tài khoản nào")
        rows = [(Cell(text="Mạng xã hội"), *[unknown] * (len(COLUMNS) - 1))]
    return Table(
        "K",
        "Bảng phương thức, kênh truyền thông: số liệu trước và sau",
        COLUMNS,
        tuple(rows),
        notes=NOTES,
        merged=3,
        wide=True,
    )


NOTES = (
    "Thay đổi quan sát được là chênh lệch giữa hai khoảng thời gian, kèm khoảng tin cậy 95%; đó "
    "chưa phải là tác động của chương trình.",
    "Phần so với các địa phương tương đồng có bảng riêng ở dưới, khi có chương trình để so sánh.",
)


def _account_rows(
    panel: Panel, account: AccountRow, measured: Measured, answers: Sequence[dict[str, str]]
) -> list[tuple[Cell, ...]]:
    said = _said(account, answers)
    first = (
        Cell(text=account_name(account)),
        Cell(text=said.get("reason", ""), reason=NOT_SENT_VI),
        Cell(text=said.get("assessment", ""), reason=NOT_SENT_VI),
    )
    rows = [(*first, *cells) for cells in _follower_rows(panel, account, measured)]
    cells = indicator_rows(panel, (account,), account.indicators, measured)
    rows += [(*first, *one) for one in cells]
    return [*rows, *((*first, *one) for one in _declared_rows(said))]


def _declared_rows(said: dict[str, str]) -> list[tuple[Cell, ...]]:
    """Print what the locality declared of an account before and after, as it wrote it."""
    if not said.get("before") and not said.get("after"):
        return []
    before, after = (
        Cell(text=said.get(key, ""), reason=NOT_SENT_VI) for key in ("before", "after")
    )
    none = Cell(text="không áp dụng")
    evidence = f"minh chứng: {said['evidence']}" if said.get("evidence") else "chưa nêu minh chứng"
    return [
        (
            Cell(text=DECLARED_VI),
            lane_cell("declared"),
            before,
            after,
            none,
            none,
            Cell(text=evidence),
        )
    ]


def _said(account: AccountRow, answers: Sequence[dict[str, str]]) -> dict[str, str]:
    names = {account.account_id, account.platform, PLATFORMS[account.platform].title.lower()}
    names |= {name.lower() for name in (account.handle, account.url) if name}
    for line in answers:
        if line.get("channel", "").strip().lower() in names:
            return line
    return {}


def account_name(account: AccountRow) -> str:
    """Write an account as a reader knows it: platform, handle, owner."""
    handle = account.handle or account.url or account.account_id
    return f"{PLATFORMS[account.platform].title}: {handle} ({account.agency_name})"


def _follower_rows(panel: Panel, account: AccountRow, measured: Measured) -> list[tuple[Cell, ...]]:
    """Print the followers at the window ends, and the newest known number with its day."""
    title = _measure_title(account.platform)
    members = (account,)
    before = level_cell(panel, members, account.followers_before)
    after = level_cell(panel, members, account.followers_after)
    none = Cell(text="không áp dụng")
    see = _see(measured, int(account.observed), account.reason)
    notes = "; ".join(account.notes) or NO_NOTE_VI
    when = "cuối mỗi khoảng" if isinstance(measured, LocalityChanges) else "đầu và cuối khoảng"
    lane = account.followers_after.lane or account.followers_before.lane or account.lane or ""
    rows: list[tuple[Cell, ...]] = [
        (Cell(text=f"{title}, {when}"), lane_cell(lane), before, after, see, see, Cell(text=notes))
    ]
    newest = level_cell(panel, members, account.followers_last)
    day = f", đọc ngày {days_text(account.last_day, None)}" if account.last_day else ""
    name = Cell(text=f"{title}, số mới nhất{day}")
    lane = account.followers_last.lane or lane
    rows.append(
        (name, lane_cell(lane), none, newest, none, none, Cell(text="mức tuyệt đối, không so sánh"))
    )
    return rows


def _see(measured: Measured, observed: int, reason: str | None) -> Cell:
    """Point from the level of `observed` accounts to their growth, or say why there is none."""
    if not isinstance(measured, LocalityChanges):
        return unknown_cell(NO_PROGRAMME_VI)
    return Cell(text=SEE_BELOW_VI) if observed else unknown_cell(reason)


def _measure_title(platform: str) -> str:
    for measure in PLATFORMS[platform].measures_of("account"):
        if measure.column == "followers":
            return measure.title_vi
    return "Người theo dõi"


def group_table(panel: Panel, measured: Measured) -> Table | None:
    """Print each platform and the whole locality: n of m accounts compared, the others apart.

    Groups of one account say no more than the account; None where there are no others.
    """
    known = {account.account_id: account for account in measured.accounts}
    groups = [group for group in (*measured.platforms, measured.total) if group.registered > 1]
    if len(measured.platforms) == 1:
        groups = groups[:1]
    rows: list[tuple[Cell, ...]] = [
        row for group in groups for row in _group_rows(panel, group, known, measured)
    ]
    if not rows:
        return None
    return Table(
        "T",
        "Bảng tổng hợp theo nền tảng và toàn địa phương",
        GROUP_COLUMNS,
        tuple(rows),
        notes=(
            "Chỉ cộng các tài khoản quan sát được ở cả hai khoảng (ít nhất 60% số tuần dùng được "
            "mỗi khoảng); các tài khoản còn lại ghi thành mức riêng. Một người có thể theo dõi "
            "nhiều tài khoản nên tổng số người theo dõi có trùng.",
        ),
        merged=2,
        wide=True,
    )


def _group_rows(
    panel: Panel, group: GroupRow, known: dict[str, AccountRow], measured: Measured
) -> list[tuple[Cell, ...]]:
    name = PLATFORMS[group.platform].title if group.platform else "Tất cả tài khoản"
    first = (Cell(text=name), Cell(text=f"{group.observed}/{group.registered} tài khoản"))
    members = [known[account] for account in group.accounts if account in known]
    others = [known[account] for account in group.others if account in known]
    none = Cell(text="không áp dụng")
    see = _see(measured, group.observed, group.reason)
    when = "cuối mỗi khoảng" if isinstance(measured, LocalityChanges) else "đầu và cuối khoảng"
    rows: list[tuple[Cell, ...]] = [
        (
            *first,
            Cell(text=f"Người theo dõi, {when}"),
            lane_cell(_common_lane(members)),
            level_cell(panel, members, group.followers_before),
            level_cell(panel, members, group.followers_after),
            see,
            see,
            Cell(text=group.label_vi or NO_NOTE_VI),
        )
    ]
    if others:
        level = level_cell(panel, others, group.followers_others)
        title = Cell(text=f"Người theo dõi của {number_text(len(others))} tài khoản còn lại")
        apart = Cell(text="không quan sát được ở cả hai khoảng; không tính vào thay đổi")
        lane = lane_cell(_common_lane(others))
        rows.append((*first, title, lane, none, level, none, none, apart))
    cells = indicator_rows(panel, members, group.indicators, measured)
    return [*rows, *((*first, *one) for one in cells)]


def _common_lane(accounts: Sequence[AccountRow]) -> str:
    lanes = list(dict.fromkeys(account.lane for account in accounts if account.lane))
    return "+".join(lanes)
