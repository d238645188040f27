"""What was posted over the letter's days: languages and kinds, counted account by account and
together; shares are ratios of the sums."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tracker.effects import AccountRow
from tracker.indicators import INDICATORS
from tracker.indicators.answers import Covered, covered_part
from tracker.indicators.languages import APART_VI, BORDER, LANGUAGES_VI, post_languages
from tracker.language import LEAST_LETTERS, LEAST_PROBABILITY
from tracker.letters import Field
from tracker.panel import Panel
from tracker.periods import Window, day_number
from tracker.platforms import NOT_ALLOWED_VI, PLATFORMS
from tracker.reports.asked import NO_ACCOUNT_VI, nothing_reason, window_sentence
from tracker.reports.channels import account_name
from tracker.reports.facts import Facts
from tracker.reports.measured import NO_NOTE_VI, read_or_imported, unknown_cell
from tracker.reports.passport import lane_text
from tracker.tables import COUNT, Cell, Column, Form, Origin, Table, number_text, numbered
from tracker.writers import Block, Paragraph

COUNT_VI = "số bài đăng trong khoảng thời gian, theo ngày đăng; bài đã xóa vẫn tính"
SHARE_VI = "100 × số bài, chia cho số bài xác định được (tỷ số của các tổng)"
LANGUAGES_METRIC_VI = "Bài đăng và ngôn ngữ của bài"
KINDS_METRIC_VI = "Bài đăng và loại bài"
KINDS_VI = {
    "post": "bài đăng",
    "text_post": "bài chữ",
    "mobile_status_update": "bài chữ",
    "normal": "bài viết",
    "article": "bài viết",
    "photo": "ảnh",
    "image": "ảnh",
    "added_photos": "ảnh",
    "carousel_album": "bộ ảnh",
    "video": "video",
    "added_video": "video",
    "reels": "video ngắn",
    "feed": "bài trên bảng tin",
    "story": "tin 24 giờ",
    "audio": "âm thanh",
    "reply": "trả lời",
    "quote": "trích dẫn",
    "reshare": "chia sẻ lại",
    "shared_story": "chia sẻ lại",
    "repost_facade": "chia sẻ lại",
    "service": "thông báo của nền tảng",
}
"""The platforms' own words for kinds of posts; "bài đăng" where a platform tells no kind."""
UNTOLD_KIND_VI = "không rõ loại"
SHARE = Form("percent", 1)
WIDEST = 9
"""Tables with more columns lie across."""
DETECTOR_VI = (
    "Ngôn ngữ do công cụ xác định khi đọc bài: theo chữ viết, sau đó theo bộ nhận dạng py3langid "
    f"với xác suất từ {number_text(LEAST_PROBABILITY, 1)}; bài dưới {LEAST_LETTERS} chữ cái hoặc "
    "chưa xác định được đếm riêng, không tính vào tỷ lệ và không coi là tiếng Việt."
)
APART_ROW_VI = "không tính"
KINDS_NOTE_VI = "Loại bài ghi theo cách gọi của từng nền tảng."


@dataclass(frozen=True)
class Counted:
    """The posts of one account by what they are: name -> posts. `reason` = why there is nothing."""

    account: AccountRow
    counts: Mapping[str, int]
    lane: str = ""
    window: Window | None = None
    reason: str | None = None
    notes: tuple[str, ...] = ()


def content_blocks(facts: Facts, field: Field) -> list[Block]:
    """Print the languages and the kinds of the posts published on the asked days."""
    said: list[Block] = [Paragraph(window_sentence(facts))]
    levels = facts.levels
    if levels is None or nothing_reason(facts, facts.asked_window) is not None:
        return said
    languages = [_languages(facts.panel, one, levels.window) for one in levels.accounts]
    kinds = [_kinds(facts.panel, one, levels.window) for one in levels.accounts]
    return [
        *said,
        numbered(_language_table(facts, languages)),
        numbered(_kind_table(facts, kinds)),
    ]


def _languages(panel: Panel, account: AccountRow, window: Window) -> Counted:
    found = covered_part(panel, INDICATORS["post_languages"], account.account_id, window)
    listed = post_languages(panel, account.account_id, window)
    if isinstance(found, str) or listed.reason is not None:
        reason = found if isinstance(found, str) else listed.reason
        return Counted(account, {}, reason=reason)
    frame = listed.frame
    counts = dict(zip(frame["language"], (int(one) for one in frame["posts"]), strict=True))
    return Counted(account, counts, found.lane, found.window, notes=_partly(found, window))


def _kinds(panel: Panel, account: AccountRow, window: Window) -> Counted:
    found = covered_part(panel, INDICATORS["posts_per_week"], account.account_id, window)
    if not isinstance(found, Covered):
        return Counted(account, {}, reason=found)
    rows = panel.daily[panel.daily["account"] == account.account_id]
    first, end = day_number(found.window.start), day_number(found.window.end)
    rows = rows[(rows["day"] >= first) & (rows["day"] < end)]
    counts: dict[str, int] = {}
    for kind, posts in zip(rows["kind"], rows["posts"], strict=True):
        name = kind_vi(kind)
        counts[name] = counts.get(name, 0) + int(posts)
    return Counted(account, counts, found.lane, found.window, notes=_partly(found, window))


def _partly(found: Covered, window: Window) -> tuple[str, ...]:
    """Say where only a part of the days was seen; the last day is never complete on its night."""
    late = (window.end - found.window.end).days
    same = found.window.start == window.start and late <= 1
    return () if same else found.notes(window)


def kind_vi(kind: object) -> str:
    """Name a kind of post; one that is not known by its platform's word."""
    if not isinstance(kind, str) or not kind:
        return UNTOLD_KIND_VI
    return KINDS_VI.get(kind, f"loại “{kind}”")


@dataclass(frozen=True)
class Sheet:
    """What a table of counts prints: `titles` of its columns by name; `parts`, the names that
    shares are parts of; `foreign`, the names that its share adds up, None = it has no such column.
    """

    code: str
    title: str
    metric: str
    titles: Mapping[str, str]
    parts: Sequence[str]
    note: str
    foreign: Sequence[str] | None = None

    @property
    def columns(self) -> tuple[Column, ...]:
        """Give the columns: account, all posts, one a name, the share, notes."""
        named = [Column(_first(title), COUNT, width=0.8) for title in self.titles.values()]
        share = [] if self.foreign is None else [Column("Không phải tiếng Việt", SHARE, width=0.9)]
        first = (Column("Tài khoản", width=2.2), Column("Số bài", COUNT, width=0.8))
        return (*first, *named, *share, Column("Kênh đọc, lưu ý", width=1.7))


def _language_table(facts: Facts, counted: Sequence[Counted]) -> Table:
    there = {name for one in counted for name, posts in one.counts.items() if posts}
    rest = sorted(there - {"vi", "en", *BORDER, *APART_VI}, key=_language_vi)
    decided = ["vi", "en", *rest, *BORDER]
    apart = [one for one in APART_VI if one in there]
    titles = {one: _language_vi(one) for one in decided}
    titles |= {one: APART_VI[one] for one in apart}
    sheet = Sheet(
        "N",
        "Bảng số bài đăng theo ngôn ngữ",
        LANGUAGES_METRIC_VI,
        titles,
        decided,
        DETECTOR_VI,
        [one for one in decided if one != "vi"],
    )
    return _counts_table(facts, sheet, counted)


def _language_vi(language: str) -> str:
    return LANGUAGES_VI.get(language, language)


def _kind_table(facts: Facts, counted: Sequence[Counted]) -> Table:
    there = {name for one in counted for name in one.counts}
    order = [*dict.fromkeys(KINDS_VI.values()), UNTOLD_KIND_VI]
    names = sorted(there, key=lambda one: (order.index(one) if one in order else len(order), one))
    titles = {one: one for one in names}
    sheet = Sheet("L", "Bảng số bài đăng theo loại", KINDS_METRIC_VI, titles, names, KINDS_NOTE_VI)
    return _counts_table(facts, sheet, counted)


def _counts_table(facts: Facts, sheet: Sheet, counted: Sequence[Counted]) -> Table:
    """Print counts: a row an account, then the sums and their shares."""
    columns = sheet.columns
    rows = [_account_row(facts, sheet, one) for one in counted]
    added = [one for one in counted if _may_be_added(facts.panel, one)]
    if not counted:
        unknown = Cell(reason=NO_ACCOUNT_VI)
        rows.append((Cell(text="Mạng xã hội"), *[unknown] * (len(columns) - 1)))
    elif added:
        sums = {name: sum(one.counts.get(name, 0) for one in added) for name in sheet.titles}
        origin = _origin(facts, added, sheet.metric)
        if len(counted) > 1:
            name = f"Cộng {len(added)}/{len(counted)} tài khoản"
            rows.append(_counts(sheet, name, sums, origin, _apart_note(counted, added)))
        rows.append(_shares(sheet, sums, origin))
    return Table(
        sheet.code,
        sheet.title,
        columns,
        tuple(rows),
        notes=(sheet.note,),
        wide=len(columns) > WIDEST,
    )


def _account_row(facts: Facts, sheet: Sheet, one: Counted) -> tuple[Cell, ...]:
    name = account_name(one.account)
    if one.reason is not None:
        unknown = unknown_cell(one.reason)
        return (Cell(text=name), *[unknown] * (len(sheet.columns) - 1))
    note = "; ".join((lane_text(one.lane), *one.notes))
    return _counts(sheet, name, one.counts, _origin(facts, [one], sheet.metric), note)


def _counts(
    sheet: Sheet, name: str, counts: Mapping[str, int], origin: Origin, note: str
) -> tuple[Cell, ...]:
    cells = [Cell(text=name), Cell(sum(counts.values()), origin=origin)]
    cells += [Cell(counts.get(one, 0), origin=origin) for one in sheet.titles]
    if sheet.foreign is not None:
        cells.append(_share(counts, sheet.foreign, sheet.parts, origin))
    return (*cells, Cell(text=note))


def _shares(sheet: Sheet, sums: Mapping[str, int], origin: Origin) -> tuple[Cell, ...]:
    """Print what each column is of the whole; what is no part of it has no share."""
    whole = sum(sums.get(name, 0) for name in sheet.parts)
    label = "Tỷ lệ" if sheet.foreign is None else "Tỷ lệ trong số bài xác định được ngôn ngữ"
    cells = [Cell(text=label), Cell(whole, origin=origin)]
    cells += [
        _share(sums, [name], sheet.parts, origin)
        if name in sheet.parts
        else Cell(text=APART_ROW_VI)
        for name in sheet.titles
    ]
    if sheet.foreign is not None:
        cells.append(_share(sums, sheet.foreign, sheet.parts, origin))
    apart = set(sheet.titles) - set(sheet.parts)
    note = "mẫu số không gồm các bài đếm riêng" if apart else NO_NOTE_VI
    return (*cells, Cell(text=note))


def _share(
    counts: Mapping[str, int], names: Sequence[str], parts: Sequence[str], origin: Origin
) -> Cell:
    whole = sum(counts.get(name, 0) for name in parts)
    if not whole:
        return Cell(reason="không có bài đăng nào để tính tỷ lệ")
    part = sum(counts.get(name, 0) for name in names)
    return Cell(100 * part / whole, form=SHARE, origin=replace(origin, formula=SHARE_VI))


def _may_be_added(panel: Panel, one: Counted) -> bool:
    return one.reason is None and panel.basis_of(one.account.account_id, one.lane).totals


def _apart_note(counted: Sequence[Counted], added: Sequence[Counted]) -> str:
    if len(added) == len(counted):
        return NO_NOTE_VI
    forbidden = sum(one.reason in (None, NOT_ALLOWED_VI) for one in counted if one not in added)
    unread = len(counted) - len(added) - forbidden
    notes = [f"{forbidden} tài khoản {NOT_ALLOWED_VI}"] if forbidden else []
    notes += [f"{unread} tài khoản chưa có số liệu"] if unread else []
    return "; ".join(notes)


def _origin(facts: Facts, counted: Sequence[Counted], metric: str) -> Origin:
    """Trace counts of posts to the accounts, lanes and days of publication they were taken from."""
    accounts = [one.account for one in counted]
    ids = [one.account_id for one in accounts]
    windows = [one.window for one in counted if one.window is not None]
    first = min(window.start for window in windows)
    last = max(window.last_day for window in windows)
    lanes = sorted({one.lane for one in counted})
    terms = dict.fromkeys(
        facts.panel.basis_of(one.account.account_id, one.lane).title_vi for one in counted
    )
    return Origin(
        account=", ".join(ids),
        platform=", ".join(dict.fromkeys(PLATFORMS[one.platform].title for one in accounts)),
        lane="+".join(lanes),
        metric=metric,
        first_day=first,
        last_day=last,
        readings=sum(sum(one.counts.values()) for one in counted),
        basis=", ".join(terms),
        source=read_or_imported(facts.panel, ids, first, last),
        formula=COUNT_VI,
    )


def _first(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"
