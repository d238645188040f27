"""In which languages an account posts. Source: docs/methods.md, section 5, indicator 8.

A post is decided if its language is known and its caption has at least 20 letters, or the language
came with an import that tells no letters. What was decided when the post was read (by script, then
by py3langid at a probability of .8) is all there is: the text is gone. Captions that are shorter,
or undecided, are counted apart and never as Vietnamese.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from tracker.indicators.answers import covered_part
from tracker.indicators.equal_age import by_day, published_in
from tracker.indicators.events import Events
from tracker.indicators.looks import looks_of
from tracker.indicators.needs import NO_LOOKS_VI
from tracker.indicators.proportions import share_interval
from tracker.indicators.registry import INDICATORS, Rows, indicator, window_rows
from tracker.indicators.samples import plan_for
from tracker.language import LANGUAGES, LEAST_LETTERS
from tracker.panel import Panel
from tracker.periods import Window

SOURCE = "docs/methods.md, section 5, indicator 8"
LANGUAGES_VI = {
    "vi": "tiếng Việt",
    "en": "tiếng Anh",
    "zh": "tiếng Trung",
    "ko": "tiếng Hàn",
    "ja": "tiếng Nhật",
    "ru": "tiếng Nga",
    "fr": "tiếng Pháp",
    "lo": "tiếng Lào",
    "km": "tiếng Khmer",
}
BORDER = ("lo", "km")
"""Always listed: letter 2905/BTTTT-TTĐN asks border localities for them."""
APART_VI = {
    "und": "chưa xác định được ngôn ngữ",
    "short": f"dưới {LEAST_LETTERS} chữ cái",
    "untold": "không đọc được phần chữ",
}
LANGUAGE_COLUMNS = ("language", "title_vi", "posts", "share", "low", "high")


def decided_language(posts: pd.DataFrame) -> pd.Series:
    """Give the language of each post, or why it has none: `short`, `und` (undecided), `untold`."""
    letters = posts["letters"].to_numpy(dtype=float, na_value=np.nan)
    told = posts["language"].notna().to_numpy(dtype=bool)
    short = letters < LEAST_LETTERS
    found = posts["language"].astype(object).where(told, "und")
    found = found.mask(~told & np.isnan(letters), "untold").mask(short, "short")
    return found


def _beside(panel: Panel, account_id: str, lane: str, window: Window) -> tuple[str, ...]:
    """Count the posts of a window that have no decided language."""
    looks = looks_of(panel)
    if looks is None:
        return ()
    counts = decided_language(published_in(looks.posts(account_id), window)).value_counts()
    return tuple(f"{counts[key]} bài {APART_VI[key]}" for key in APART_VI if key in counts)


@indicator(
    key="posts_not_vietnamese",
    title_vi="Tỷ lệ bài đăng không phải tiếng Việt",
    title_en="Posts not in Vietnamese",
    unit_vi="%",
    unit_en="%",
    formula=(
        "100 x posts in another language / posts whose language is decided and that have at least"
        " 20 letters; undecided and shorter ones are counted apart"
    ),
    formula_vi=(
        "100 × số bài bằng ngôn ngữ khác, chia cho số bài xác định được ngôn ngữ và có từ 20 chữ "
        "cái; bài chưa xác định được hoặc ngắn hơn được đếm riêng"
    ),
    level="output",
    entity="post",
    combine="ratio",
    needs=("post.language", "looks"),
    minimum="8 weeks with posts, 60 % covered weeks and 10 decided posts on a side",
    source=SOURCE,
    interval="wilson",
    empty_vi="không có bài đăng nào xác định được ngôn ngữ trong khoảng thời gian này",
    beside=_beside,
)
def posts_not_vietnamese(
    panel: Panel, account_id: str, lane: str, covered: Window
) -> Events | None:
    """Measure the share of decided posts that are not in Vietnamese."""
    return _share_of(panel, account_id, covered, [one for one in LANGUAGES if one != "vi"])


@window_rows(
    key="post_languages",
    title_vi="Ngôn ngữ của bài đăng",
    title_en="Languages of posts",
    unit_vi="bài; %",
    unit_en="posts; %",
    formula=(
        "per language 100 x its posts / decided posts, with Wilson's interval; Lao and Khmer are"
        " always listed; undecided, short and unread captions are counted, without a share"
    ),
    formula_vi=(
        "theo từng ngôn ngữ: 100 × số bài, chia cho số bài xác định được ngôn ngữ; luôn nêu tiếng "
        "Lào và tiếng Khmer; bài chưa xác định được, ngắn hoặc không có chữ được đếm riêng"
    ),
    level="output",
    entity="post",
    combine="none",
    needs=("post.language", "looks"),
    minimum="one decided post",
    source=SOURCE,
)
def post_languages(panel: Panel, account_id: str, window: Window) -> Rows:
    """List the languages of an account's posts in a window, most posts first.

    Columns `language` (ISO 639-1; `und`, `short`, `untold` for what has none), `title_vi`, `posts`,
    `share`, `low`, `high` (percent, NaN for what has no share).
    """
    found = covered_part(panel, INDICATORS["post_languages"], account_id, window)
    looks = looks_of(panel)
    if isinstance(found, str) or looks is None:
        empty = pd.DataFrame(columns=list(LANGUAGE_COLUMNS))
        return Rows(empty, reason=found if isinstance(found, str) else NO_LOOKS_VI)
    posts = published_in(looks.posts(account_id), found.window)
    counts = decided_language(posts).value_counts()
    named = [str(one) for one in counts.index if one not in APART_VI]
    rows = []
    for language in sorted({*named, *BORDER}, key=lambda one: (-int(counts.get(one, 0)), one)):
        events = _share_of(panel, account_id, found.window, [language])
        share, low, high = _interval(events, found.window)
        title = LANGUAGES_VI.get(language, language)
        rows.append((language, title, int(counts.get(language, 0)), share, low, high))
    nothing = (np.nan, np.nan, np.nan)
    rows += [(one, APART_VI[one], int(counts[one]), *nothing) for one in APART_VI if one in counts]
    decided = int(sum(counts[one] for one in named))
    frame = pd.DataFrame(rows, columns=list(LANGUAGE_COLUMNS))
    return Rows(frame, lane=found.lane, n=decided, notes=found.notes(window))


def _share_of(
    panel: Panel, account_id: str, covered: Window, languages: list[str]
) -> Events | None:
    """Make the share of some languages in the decided posts, day by day."""
    looks = looks_of(panel)
    if looks is None:
        return None
    posts = published_in(looks.posts(account_id), covered)
    language = decided_language(posts)
    decided = ~language.isin(list(APART_VI)).to_numpy(dtype=bool)
    mine = language.isin(languages).to_numpy(dtype=bool)
    count = by_day(posts, decided.astype(float), covered)
    return Events(
        by_day(posts, mine.astype(float), covered), count, posts=count, counted=count, scale=100.0
    )


def _interval(events: Events | None, window: Window) -> tuple[float, float, float]:
    """Give a share over a window with its interval, NaN without decided posts."""
    if events is None:
        return np.nan, np.nan, np.nan
    sample = events.sample(window, plan_for(events, (window, window), (), keep_tet=True))
    ends = share_interval(sample, 100.0)
    if sample.level is None or ends is None:
        return np.nan, np.nan, np.nan
    return sample.level, *ends
