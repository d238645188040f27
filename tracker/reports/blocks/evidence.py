"""Measured evidence beside the lessons an office draws: best and worst posts and weeks at equal
age."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pandas as pd

from tracker.effects import AccountRow
from tracker.indicators import INDICATORS
from tracker.indicators.answers import covered_part
from tracker.indicators.equal_age import posts_at_age
from tracker.indicators.needs import NEEDS
from tracker.indicators.performance import LEAST_POSTS, NO_BASELINE_VI, post_performance
from tracker.indicators.ranking import SHOWN, best_and_worst_weeks
from tracker.letters import Field
from tracker.panel import Panel
from tracker.periods import Window
from tracker.platforms import PLATFORMS
from tracker.reports.asked import NO_ACCOUNT_VI, nothing_reason, window_sentence
from tracker.reports.blocks.content import kind_vi
from tracker.reports.channels import account_name
from tracker.reports.facts import Facts
from tracker.reports.measured import POSTS_VI, unknown_cell
from tracker.tables import (
    COUNT,
    DAY,
    Cell,
    Column,
    Form,
    Origin,
    Table,
    days_text,
    number_text,
    numbered,
    unknown_text,
)
from tracker.writers import Block, Paragraph

SIDES_VI = {
    "best": "Cao hơn mức nền nhiều nhất",
    "worst": "Thấp hơn mức nền nhiều nhất",
}
NO_VIEWS_VI = "nền tảng không công bố"
UNSEEN_VI = "chưa đọc ở 7 ngày tuổi"
FEWEST_RANKED = 2
POST_COLUMNS = (
    Column("So với mức nền", width=1.1),
    Column("Tài khoản", width=1.5),
    Column("Ngày đăng", DAY, width=0.9),
    Column("Loại bài", width=0.8),
    Column("Tương tác ở 7 ngày tuổi", COUNT, width=0.9),
    Column("Mức nền của tài khoản", Form("number", 1), width=0.9),
    Column("Gấp mức nền (lần)", Form("number", 2), width=0.9),
    Column("Lượt xem ở 7 ngày tuổi", COUNT, width=0.9),
    Column("Địa chỉ bài đăng", width=1.9),
)
WEEK_COLUMNS = (
    Column("Tài khoản", width=1.6),
    Column("Tuần cao nhất", width=1.3),
    Column("Tương tác mỗi bài", Form("number", 1)),
    Column("Số bài", COUNT, width=0.7),
    Column("Tuần thấp nhất", width=1.3),
    Column("Tương tác mỗi bài", Form("number", 1)),
    Column("Số bài", COUNT, width=0.7),
)
INTERACTIONS_VI = "tổng cảm xúc, bình luận, chia sẻ khi bài đủ 7 ngày tuổi (168 giờ)"
VIEWS_VI = "lượt xem khi bài đủ 7 ngày tuổi (168 giờ)"
BASELINE_VI = (
    "Mức nền là trung bình nửa giữa của tương tác ở 7 ngày tuổi của tối đa 100 bài cùng loại mà "
    "tài khoản đăng ngay trước bài đó; nhờ vậy các tài khoản lớn, nhỏ được so với chính mình. Số "
    "liệu gợi ý bài cần xem lại, không giải thích nguyên nhân."
)


@dataclass(frozen=True)
class Posts:
    """The posts of one account in the days, with baseline; `reason` = why there are none."""

    account: AccountRow
    lane: str = ""
    reason: str | None = None
    frame: pd.DataFrame = field(default_factory=pd.DataFrame)


def evidence_blocks(facts: Facts, field: Field) -> list[Block]:
    """Print the posts furthest above and below their account's usual, and each account's best and
    worst week."""
    window = facts.window if facts.start is not None else facts.read_window
    if window is None or nothing_reason(facts, facts.asked_window) is not None:
        return [Paragraph(window_sentence(facts))]
    accounts = facts.measured.accounts
    if not accounts:
        words = unknown_text(NO_ACCOUNT_VI)
        return [Paragraph(f"Bài đăng và tuần nổi bật: {words}.")]
    found = [_posts(facts.panel, account, window) for account in accounts]
    return [*_post_blocks(facts.panel, found, window), *_week_blocks(facts.panel, accounts, window)]


def _posts(panel: Panel, account: AccountRow, window: Window) -> Posts:
    """Give the posts of a window with their baseline and their views at day 7."""
    name = account.account_id
    ranked = post_performance(panel, name, window)
    covered = covered_part(panel, INDICATORS["post_performance"], name, window)
    if ranked.reason is not None or isinstance(covered, str):
        reason = covered if isinstance(covered, str) else ranked.reason
        return Posts(account, reason=reason)
    aged = posts_at_age(panel, name, covered.lane, covered.known, 7)
    frame = ranked.frame
    if aged is not None:
        frame = frame.merge(aged[["post", "views"]], on="post", how="left")
    return Posts(account, covered.lane, frame=frame)


def _post_blocks(panel: Panel, found: Sequence[Posts], window: Window) -> list[Block]:
    parts = [one.frame.assign(place=place) for place, one in enumerate(found) if one.reason is None]
    everything = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    ranked = everything[everything["ratio"].notna()] if len(everything) else everything
    if len(ranked) < FEWEST_RANKED:
        reasons = dict.fromkeys(one.reason for one in found if one.reason)
        reason = "; ".join(reasons) if not parts else NO_BASELINE_VI
        return [Paragraph(f"Bài đăng nổi bật: {unknown_text(reason)}.")]
    shown = min(SHOWN, len(ranked) // 2)
    by_ratio = ranked.sort_values(["ratio", "published_on"], ascending=[False, True], kind="stable")
    lowest = ranked.sort_values(["ratio", "published_on"], kind="stable")
    lowest = lowest[~lowest.index.isin(by_ratio.index[:shown])]
    rows = [
        _post_row(panel, side, found[int(row["place"])], row)
        for side, frame in (("best", by_ratio.head(shown)), ("worst", lowest.head(shown)))
        for _, row in frame.iterrows()
    ]
    counts = f"Xếp {number_text(len(ranked))} bài có mức nền"
    rest = len(everything) - len(ranked)
    if rest:
        counts += (
            f"; để ngoài {number_text(rest)} bài chưa đủ 7 ngày tuổi, chưa đọc được, hoặc có ít "
            f"hơn {LEAST_POSTS} bài cùng loại đăng trước"
        )
    unread = [f"{one.account.account_id}: {one.reason}" for one in found if one.reason]
    notes = [f"{counts}.", BASELINE_VI]
    notes += [f"Không xếp được: {'; '.join(unread)}."] if unread else []
    days = days_text(window.start, window.last_day)
    return [
        numbered(
            Table(
                "X",
                f"Bảng bài đăng nổi bật, {days}",
                POST_COLUMNS,
                tuple(rows),
                notes=tuple(notes),
                merged=1,
                wide=True,
            )
        )
    ]


def _post_row(panel: Panel, side: str, one: Posts, row: pd.Series) -> tuple[Cell, ...]:
    day = row["published_on"]
    origin = Origin(
        account=one.account.account_id,
        platform=PLATFORMS[one.account.platform].title,
        lane=one.lane,
        metric=POSTS_VI,
        first_day=day,
        last_day=day + timedelta(days=7),
        basis=panel.basis_of(one.account.account_id, one.lane).title_vi,
        source=f"bài đăng {row['post']}",
        key="post_performance",
    )
    views = row.get("views")
    views = None if views is None or pd.isna(views) else float(views)
    url = row["url"]  # NaN or None where an imported list of posts had none
    told = NEEDS["post.views"].met(one.account.platform, one.lane)
    return (
        Cell(text=SIDES_VI[side]),
        Cell(text=account_name(one.account)),
        Cell(value=day),
        Cell(text=kind_vi(row["kind"])),
        Cell(float(row["interactions"]), origin=replace(origin, formula=INTERACTIONS_VI)),
        Cell(float(row["baseline"]), origin=replace(origin, formula=BASELINE_VI)),
        Cell(float(row["ratio"]), origin=origin),
        Cell(views, origin=replace(origin, formula=VIEWS_VI))
        if views is not None
        else Cell(reason=UNSEEN_VI if told else NO_VIEWS_VI),
        Cell(text=url if isinstance(url, str) else "", reason="danh sách bài không kèm địa chỉ"),
    )


def _week_blocks(panel: Panel, accounts: Sequence[AccountRow], window: Window) -> list[Block]:
    rows = []
    reasons: dict[str, None] = {}
    for account in accounts:
        found = best_and_worst_weeks(panel, account.account_id, window)
        name = Cell(text=account_name(account))
        if not len(found.frame):
            reasons.setdefault(found.reason or "")
            rows.append((name, *[unknown_cell(found.reason)] * (len(WEEK_COLUMNS) - 1)))
            continue
        cells = [name]
        for side in ("best", "worst"):
            week = found.frame[found.frame["side"] == side].iloc[0]
            cells += _week_cells(panel, account, found.lane or "", week)
        rows.append(tuple(cells))
    if len(reasons) == 1 and all(not row[1].text for row in rows):
        return [Paragraph(f"Tuần nổi bật: {unknown_text(next(iter(reasons)))}.")]
    return [
        numbered(
            Table(
                "B",
                "Bảng tuần có tương tác mỗi bài cao nhất và thấp nhất (ở cùng 7 ngày tuổi)",
                WEEK_COLUMNS,
                tuple(rows),
                notes=(
                    "Tuần tính từ ngày đầu của khoảng thời gian; tuần không có bài đăng thì không "
                    "xếp. Tuần có ít bài dễ lên xuống vì một bài.",
                ),
            )
        )
    ]


def _week_cells(panel: Panel, account: AccountRow, lane: str, week: pd.Series) -> list[Cell]:
    first = week["week"]
    origin = Origin(
        account=account.account_id,
        platform=PLATFORMS[account.platform].title,
        lane=lane,
        metric=POSTS_VI,
        first_day=first,
        last_day=first + timedelta(days=6),
        readings=int(week["known"]),
        key="best_and_worst_weeks",
        basis=panel.basis_of(account.account_id, lane).title_vi,
    )
    return [
        Cell(text=days_text(first, first + timedelta(days=6))),
        Cell(float(week["per_post"]), origin=origin),
        Cell(int(week["known"]), origin=origin),
    ]
