"""Where a locality or agency is present: accounts, platforms, languages, as registered and seen."""

from __future__ import annotations

from tracker.indicators.answers import covered_part
from tracker.indicators.equal_age import published_in
from tracker.indicators.languages import APART_VI, LANGUAGES_VI, decided_language
from tracker.indicators.levels import NO_ACCOUNT_VI, accounts_of
from tracker.indicators.looks import looks_of
from tracker.indicators.needs import NO_LOOKS_VI
from tracker.indicators.registry import INDICATORS, Value, window_value
from tracker.panel import Panel
from tracker.periods import Window
from tracker.platforms import platform_named

LEAST_POSTS = 3
"""A language counts as present with so many posts: single ones are too often a detector's error."""
SOURCE = "own definition; the target of Quyết định 173/QĐ-TTg has no official measure yet"


@window_value(
    key="presence_accounts",
    title_vi="Số tài khoản chính thức đang hoạt động",
    title_en="Official accounts",
    unit_vi="tài khoản",
    unit_en="accounts",
    formula="registered accounts of the unit, active and not voided on the window's last day",
    formula_vi="số tài khoản đã đăng ký của đơn vị, còn hoạt động vào ngày cuối khoảng",
    level="output",
    entity="register",
    combine="none",
    needs=("register",),
    minimum="none: the register says 0 where nothing is registered",
    source=SOURCE,
)
def presence_accounts(panel: Panel, unit: str, window: Window) -> Value:
    """Count the accounts of a locality or agency; a note counts those that posted in the window."""
    ids = accounts_of(panel, unit, window)
    posting = sum(1 for one in ids if _posts_in(panel, one, window))
    notes = (f"{posting} tài khoản có bài đăng trong khoảng thời gian này",) if ids else ()
    return _counted("presence_accounts", len(ids), len(ids), notes)


@window_value(
    key="presence_platforms",
    title_vi="Số nền tảng có tài khoản chính thức",
    title_en="Platforms with an official account",
    unit_vi="nền tảng",
    unit_en="platforms",
    formula="platforms of the unit's accounts that are active on the window's last day",
    formula_vi="số nền tảng có tài khoản của đơn vị còn hoạt động vào ngày cuối khoảng",
    level="output",
    entity="register",
    combine="none",
    needs=("register",),
    minimum="none: the register says 0 where nothing is registered",
    source=SOURCE,
)
def presence_platforms(panel: Panel, unit: str, window: Window) -> Value:
    """Count the platforms a locality or agency is on; a note names them."""
    ids = accounts_of(panel, unit, window)
    titles = sorted({platform_named(panel.platform_of(one)).title for one in ids})
    notes = (", ".join(titles),) if titles else ()
    return _counted("presence_platforms", len(titles), len(ids), notes)


@window_value(
    key="presence_languages",
    title_vi="Số ngôn ngữ đăng bài",
    title_en="Languages posted in",
    unit_vi="ngôn ngữ",
    unit_en="languages",
    formula=(
        "languages with at least 3 decided posts of the unit's accounts in the window; registered"
        " languages are named beside, not counted"
    ),
    formula_vi=(
        "số ngôn ngữ có từ 3 bài xác định được trong khoảng, của các tài khoản của đơn vị; ngôn "
        "ngữ đã đăng ký được nêu kèm, không tính"
    ),
    level="output",
    entity="register",
    combine="none",
    needs=("register", "post.language", "looks"),
    minimum="one account whose posts are known in the window",
    source=SOURCE,
)
def presence_languages(panel: Panel, unit: str, window: Window) -> Value:
    """Count the languages a locality or agency posts in; `accounts` are those whose posts are
    known."""
    ids = accounts_of(panel, unit, window)
    looks = looks_of(panel)
    item = INDICATORS["presence_languages"]
    if not ids or looks is None:
        reason = NO_LOOKS_VI if ids else NO_ACCOUNT_VI
        return Value(None, unit=item.unit_vi, reason=reason, accounts=0)
    counts: dict[str, int] = {}
    refusals: list[str] = []
    for account_id in ids:
        found = covered_part(panel, item, account_id, window)
        if isinstance(found, str):
            refusals.append(found)
            continue
        for language in decided_language(published_in(looks.posts(account_id), found.window)):
            counts[language] = counts.get(language, 0) + 1
    notes = _language_notes(panel, ids, counts)
    if len(refusals) == len(ids):
        return Value(None, unit=item.unit_vi, reason=refusals[0], accounts=0, notes=notes)
    if refusals:
        notes = (*notes, f"bài đăng biết được của {len(ids) - len(refusals)}/{len(ids)} tài khoản")
    present = [one for one, posts in counts.items() if one not in APART_VI and posts >= LEAST_POSTS]
    return _counted("presence_languages", len(present), len(ids) - len(refusals), notes)


def _language_notes(panel: Panel, ids: list[str], counts: dict[str, int]) -> tuple[str, ...]:
    """Say how many posts each language has, and which languages the register names."""
    notes = [
        f"{LANGUAGES_VI.get(one) or APART_VI.get(one) or one}: {posts} bài"
        for one, posts in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    ]
    held = [str(panel.accounts.at[one, "languages"] or "") for one in ids]
    registered = sorted({code for text in held for code in text.split()})
    if registered:
        names = ", ".join(LANGUAGES_VI.get(code, code) for code in registered)
        notes.append(f"đã đăng ký: {names}")
    return tuple(notes)


def _posts_in(panel: Panel, account_id: str, window: Window) -> bool:
    """Say whether an account is known to have posted in a window, in any lane."""
    for lane, _ in panel.posts_lanes(account_id):
        if panel.readings_behind(account_id, lane, "post", window).count:
            return True
    return False


def _counted(key: str, number: int, accounts: int, notes: tuple[str, ...]) -> Value:
    unit = INDICATORS[key].unit_vi
    return Value(float(number), n=number, unit=unit, accounts=accounts, notes=notes)
