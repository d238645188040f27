"""What stands in X's replies: the ids of posts, who is hidden how, and reasons and errors."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import numpy as np

from jobs.sandbox import country
from jobs.sandbox.country import SyntheticAccount
from jobs.sandbox.messages import Reply, Request, Scene, Work, to_json
from jobs.sandbox.world import local_day

BATCH = 100
FIRST_START = int(datetime(2010, 11, 6, tzinfo=UTC).timestamp())
"""The earliest instant from which posts can be asked for."""
NAMED, NUMBERED = re.compile(r"[A-Za-z0-9_]{1,15}"), re.compile(r"[0-9]{1,19}")
EPOCH_MS, ROOM = 1_288_834_974_657, 22
"""Ids hold milliseconds since November 2010 above 22 bits of room."""
PROBLEMS = "https://api.x.com/2/problems/"
OLD_PROBLEMS = "https://api.twitter.com/2/problems/"


def is_protected(account: SyntheticAccount) -> bool:
    """Say whether only followers see the account's posts."""
    return account.number % 50 == 43


def hides_views(account: SyntheticAccount) -> bool:
    """Say whether the account's posts come without views and bookmarks."""
    return account.number % 20 == 8


def has_empty_page(account: SyntheticAccount) -> bool:
    """Say whether the second page of the account's posts is empty and still names the next."""
    return account.number % 10 == 5


def references(number: int) -> list[str]:
    """Say how a post refers to others: every ninth answers one, every eleventh quotes one."""
    kinds = {"quoted": number % 11 == 6, "replied_to": number % 9 == 4}
    return [kind for kind, is_so in kinds.items() if is_so]


def post_id(account: SyntheticAccount, second: int) -> str:
    """Give the id of the post published at a Unix second: time first, as the platform's are."""
    return str((second * 1000 - EPOCH_MS << ROOM) | account.number)


def post_of(scene: Scene, native_id: str) -> tuple[SyntheticAccount, int] | None:
    """Find account and number of a post by its id; None if it cannot be seen (any more)."""
    milliseconds, number = divmod(int(native_id), 1 << ROOM)
    every = country.every_account()
    account = every[number] if number < len(every) else None
    if account is None or account.platform != "x":
        return None
    second = (milliseconds + EPOCH_MS) // 1000
    posts = scene.world.posts(account.id)
    place = int(np.searchsorted(posts.published, second))
    is_known = place < len(posts.published) and post_id(account, second) == native_id
    if not is_known or posts.published[place] != second or second > scene.now:
        return None
    return (account, place) if posts.deleted[place] > scene.now else None


def handles_at(scene: Scene) -> dict[str, SyntheticAccount]:
    """Give who has a handle now, in small letters; an old one stops being found at once."""
    day = local_day(scene.now)
    every = (item for item in country.more_accounts() if item.platform == "x")
    return {account.handle_on(day).lower(): account for account in every}


def write_token(account: SyntheticAccount, before: int, *, hollow: bool) -> str:
    """Make the token of the page up to an instant; `hollow` announces an empty one before it."""
    return f"gialap{account.number}{'e' if hollow else 'f'}{before}"


def read_token(token: str, account: SyntheticAccount) -> tuple[int, bool] | tuple[None, bool]:
    """Read a token of the same account; (None, False) for another."""
    read = re.fullmatch(rf"gialap{account.number}([ef])([0-9]+)", token)
    return (int(read[2]), read[1] == "e") if read else (None, False)


def reason_of(
    scene: Scene, account: SyntheticAccount | None, key: str, parameter: str
) -> dict[str, str] | None:
    """Say why an account cannot be read, None where it can: every second one that has ended, or is
    away for a night, is suspended.
    """
    state = scene.state(account.id) if account else "unknown"
    if account is None or state in ("unborn", "unknown", "vanished"):
        return not_found("user", parameter, key)
    if state == "open":
        return None
    if account.number % 2:
        detail = f"User has been suspended: [{key}]."
        return partial("user", parameter, key, "Forbidden", detail, "resource-not-found")
    if state == "unreachable":
        detail = f"The user [{key}] is not available."
        tail = "resource-unavailable"
        return partial("user", parameter, key, "Resource Unavailable Error", detail, tail)
    return not_found("user", parameter, key)


def not_found(what: str, parameter: str, key: str) -> dict[str, str]:
    """Say that there is no such user or post."""
    detail = f"Could not find {what} with {parameter}: [{key}]."
    return partial(what, parameter, key, "Not Found Error", detail, "resource-not-found")


def not_authorized(what: str, parameter: str, key: str) -> dict[str, str]:
    """Say that only followers see this."""
    shown = "Tweet" if what == "tweet" else what
    detail = f"Sorry, you are not authorized to see the {shown} with {parameter}: [{key}]."
    tail = "not-authorized-for-resource"
    return partial(what, parameter, key, "Authorization Error", detail, tail)


def partial(
    what: str, parameter: str, key: str, title: str, detail: str, tail: str
) -> dict[str, str]:
    """Write one partial error. The host of the type is the old one for posts."""
    return {
        "value": key,
        "detail": detail,
        "title": title,
        "resource_type": what,
        "parameter": parameter,
        "resource_id": key,
        "type": (OLD_PROBLEMS if what == "tweet" else PROBLEMS) + tail,
    }


def problem(status: int, title: str, detail: str, kind: str, work: Work) -> Reply:
    """Give an error of the whole request."""
    body = {"title": title, "detail": detail, "type": kind, "status": status}
    return Reply(status, to_json(body), Work(work.method))


def invalid(name: str, said: str, work: Work) -> Reply:
    """Say which parameter is wrong."""
    body = {
        "errors": [{"parameters": {name: []}, "message": said}],
        "title": "Invalid Request",
        "detail": "One or more parameters to your request was invalid.",
        "type": OLD_PROBLEMS + "invalid-request",
    }
    return Reply(400, to_json(body), Work(work.method))


def unknown_value(name: str, value: str | None, work: Work) -> Reply:
    """Say which value of a parameter is wrong."""
    return invalid(name, f"The `{name}` query parameter value [{value}] is not valid", work)


def fields_of(request: Request, name: str) -> set[str]:
    """List the fields that a request wants."""
    return set(filter(None, (request.one(name) or "").split(",")))


def listed(
    request: Request, name: str, pattern: re.Pattern[str], work: Work
) -> tuple[list[str], Reply | None]:
    """Read a list of ids or names, or give the refusal: one bad value fails all."""
    values = list(filter(None, (request.one(name) or "").split(",")))
    if not 1 <= len(values) <= BATCH:
        said = (
            f"The number of values in the `{name}` query parameter list [{len(values)}] "
            f"is not between 1 and {BATCH}"
        )
        return [], invalid(name, said, work)
    wrong = [value for value in values if not pattern.fullmatch(value)]
    if not wrong:
        return list(dict.fromkeys(values)), None
    if pattern is NUMBERED:
        return [], unknown_value(name, wrong[0], work)
    said = f"The `{name}` query parameter value [{wrong[0]}] does not match ^[A-Za-z0-9_]{{1,15}}$"
    return [], invalid(name, said, work)


def second_of(written: str | None) -> int | None:
    """Read a time as a Unix second; none is the earliest, None an unreadable one."""
    if written is None:
        return FIRST_START
    try:
        return int(datetime.strptime(written, "%Y-%m-%dT%H:%M:%S%z").timestamp())
    except ValueError:
        return None
