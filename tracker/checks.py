"""What a person should look at after a night: gaps, falls, jumps, silences, renames, platform-wide
moves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from tracker.flows import intervals
from tracker.panel import CAUSES_VI, LANE_ORDER, Panel
from tracker.periods import Window

PLATFORM_SHARE = 0.5
"""If more than half of a platform's accounts do the same on one night, the platform is to blame."""
PLATFORM_LEAST = 5
"""With fewer accounts than this nothing can be said about a platform."""
SILENT_DAYS = 28
GONE_NIGHTS = 3
FROZEN_NIGHTS = 7


@dataclass(frozen=True)
class Issue:
    """Something a person should look at; `account_id` None = it concerns a platform or the night as
    a whole.

    Codes: `gap`, `gone`, `fall`, `jump`, `glitch`, `silence`, `rename`, `owner`, `night`,
    `platform_gap`, `platform_move`, `platform_freeze`. `day` is the night it was seen on;
    `sentence` is for a person.
    """

    code: str
    account_id: str | None
    platform: str | None
    day: date
    sentence: str


def check_night(panel: Panel, day: date) -> list[Issue]:
    """List the issues of one night, platform-wide ones first, then by account; the same panel gives
    the same list.

    What more than half of a platform's accounts share is one issue of the platform, not one of each
    account.
    """
    night = _night_issues(panel, day)
    moves = _move_issues(panel, day)
    gaps = _gap_issues(panel, day)
    own = _blame_platforms(panel, day, [*gaps, *moves])
    own += _freeze_issues(panel, day) + _silence_issues(panel, day) + _rename_issues(panel, day)
    order = sorted(
        own, key=lambda item: (item.account_id is not None, item.account_id or "", item.code)
    )
    return night + order


def _night_issues(panel: Panel, day: date) -> list[Issue]:
    """Find a night that never ran."""
    number = (day - date(1970, 1, 1)).days
    if number in panel.nights.index and not bool(panel.nights.at[number, "ran"]):
        return [Issue("night", None, None, day, f"the night of {day} never ran; it stays a gap")]
    return []


def _gap_issues(panel: Panel, day: date) -> list[Issue]:
    """Find the accounts whose followers were expected on this night and are missing, with the
    cause."""
    found = []
    for gap in panel.gaps(Window(day - timedelta(days=GONE_NIGHTS - 1), day + timedelta(days=1))):
        if gap.last != day or gap.cause == "night_missed":
            continue
        platform = panel.platform_of(gap.account_id)
        if gap.cause in ("gone", "unclear") and gap.nights >= GONE_NIGHTS:
            said = "closed" if gap.cause == "gone" else "not found, or hidden from us,"
            sentence = f"{gap.account_id}: {platform} has called it {said} for {gap.nights} nights"
            found.append(
                Issue("gone", gap.account_id, platform, day, f"{sentence}; a person decides")
            )
        else:
            sentence = (
                f"{gap.account_id}: no {gap.metric} on {day} ({gap.cause}: {CAUSES_VI[gap.cause]})"
            )
            found.append(Issue("gap", gap.account_id, platform, day, sentence))
    return found


def _move_issues(panel: Panel, day: date) -> list[Issue]:
    """Find falls, jumps and glitches of followers that were first read on this night."""
    found = []
    for account_id in panel.accounts.index:
        platform = panel.platform_of(account_id)
        for lane in LANE_ORDER:
            series = panel.series(account_id, "followers", lane).loc[: str(day)]
            if len(series.dropna()) < 3 or series.index[-1].date() != day:
                continue
            steps, _ = panel.steps(account_id, "followers", lane)
            for jump in intervals(series, step=float(steps.max())).jumps:
                if jump.day != day:
                    continue
                code = {"purge": "fall", "import": "jump", "glitch": "glitch"}[jump.kind]
                moved = f"{jump.change:+,.0f} to {series.iloc[-1]:,.0f}"
                sentence = f"{account_id}: followers moved by {moved}"
                found.append(
                    Issue(
                        code,
                        account_id,
                        platform,
                        day,
                        f"{sentence} ({code}); left out of the flows",
                    )
                )
    return found


def _blame_platforms(panel: Panel, day: date, issues: Sequence[Issue]) -> list[Issue]:
    """Put one issue of the platform in place of the same issue of most of its accounts."""
    read = Counter(
        panel.platform_of(account_id)
        for account_id in panel.accounts.index
        if _is_read(panel, account_id, day)
    )
    same = Counter((issue.platform, issue.code) for issue in issues)
    blamed = {
        (platform, code): count
        for (platform, code), count in same.items()
        if platform is not None
        and read[platform] >= PLATFORM_LEAST
        and count > PLATFORM_SHARE * read[platform]
    }
    found = []
    for (platform, code), count in sorted(blamed.items()):
        kind = "platform_gap" if code in ("gap", "gone") else "platform_move"
        what = "brought no number" if kind == "platform_gap" else f"show a {code}"
        sentence = (
            f"{platform}: {count} of {read[platform]} accounts {what} on {day}; blame the platform"
        )
        found.append(Issue(kind, None, platform, day, sentence))
    kept = [issue for issue in issues if (issue.platform, issue.code) not in blamed]
    return found + kept


def _is_read(panel: Panel, account_id: str, day: date) -> bool:
    """Say whether an account was read or expected on a night or shortly before."""
    window = Window(day - timedelta(days=FROZEN_NIGHTS), day + timedelta(days=1))
    expected, _ = panel.expected(window, account_id)
    return expected > 0


def _freeze_issues(panel: Panel, day: date) -> list[Issue]:
    """Find platforms on which most moving accounts have shown the very same number for a week."""
    moving: Counter[str] = Counter()
    frozen: Counter[str] = Counter()
    for account_id in panel.accounts.index:
        platform = panel.platform_of(account_id)
        for lane in LANE_ORDER:
            known = panel.series(account_id, "followers", lane).dropna().loc[: str(day)]
            if len(known) < 4 * FROZEN_NIGHTS or known.index[-1].date() != day:
                continue
            steps, _ = panel.steps(account_id, "followers", lane)
            before = np.diff(known.to_numpy()[-4 * FROZEN_NIGHTS : -FROZEN_NIGHTS])
            if steps.max() > 1 or (before != 0).mean() < PLATFORM_SHARE:
                continue
            moving[platform] += 1
            frozen[platform] += bool(np.all(np.diff(known.to_numpy()[-FROZEN_NIGHTS:]) == 0))
    return [
        Issue(
            "platform_freeze",
            None,
            platform,
            day,
            f"{platform}: {frozen[platform]} of {count} accounts have not moved for"
            f" {FROZEN_NIGHTS} nights; the platform shows old numbers",
        )
        for platform, count in sorted(moving.items())
        if count >= PLATFORM_LEAST and frozen[platform] > PLATFORM_SHARE * count
    ]


def _silence_issues(panel: Panel, day: date) -> list[Issue]:
    """Find accounts that used to post every week and fell silent four weeks ago, once, on the night
    it is so."""
    found = []
    for account_id in panel.accounts.index:
        for _, covered in panel.posts_lanes(account_id)[:1]:
            posts = panel.posts(account_id, covered)["posts"]
            posted = posts.index[posts.to_numpy() > 0]
            if not len(posted) or covered.end < day - timedelta(days=7):
                continue
            last = posted[-1].date()
            weeks = posts.loc[str(last - timedelta(days=83)) : str(last)]
            regular = (
                (weeks.rolling(7).sum().dropna() > 0).mean() > 0.75 if len(weeks) > 28 else False
            )
            if regular and (day - last).days == SILENT_DAYS:
                sentence = f"{account_id}: no post since {last}, after posting every week"
                platform = panel.platform_of(account_id)
                found.append(Issue("silence", account_id, platform, day, sentence))
    return found


def _rename_issues(panel: Panel, day: date) -> list[Issue]:
    """Find new handles and owners that begin on this night."""
    found = []
    for account_id in panel.accounts.index:
        for rename in panel.renames(account_id, Window(day, day + timedelta(days=1))):
            code = "rename" if rename.what == "handle" else "owner"
            what = "handle" if rename.what == "handle" else "owner"
            sentence = (
                f"{account_id}: {what} changed from {rename.old or 'unknown'} to {rename.new}"
            )
            found.append(Issue(code, account_id, panel.platform_of(account_id), day, sentence))
    return found
