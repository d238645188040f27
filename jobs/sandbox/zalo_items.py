"""What stands in Zalo's replies, and how OAs differ: by the number of the account, for good."""

from __future__ import annotations

from jobs.sandbox.country import SyntheticAccount
from jobs.sandbox.world import World

HIDDEN_AFTER = 20 * 86_400


def coded(account: SyntheticAccount, code: int) -> int | str:
    """Write an error code as this OA's replies do: a number or text."""
    return str(code) if account.number % 3 == 1 else code


def has_no_alias(account: SyntheticAccount) -> bool:
    """Say whether the OA has no alias."""
    return account.number % 8 == 6


def keeps_refresh(account: SyntheticAccount) -> bool:
    """Say whether renewing brings no new refresh token, so that the old one goes on."""
    return account.number % 9 == 2


def names_itself(account: SyntheticAccount) -> dict[str, object]:
    """Give the id as this OA's replies hold it."""
    if account.number % 6 == 5:
        return {"oaid": int(account.native_id)}
    return {"oa_id": account.native_id}


def shown_followers(account: SyntheticAccount, followers: int) -> dict[str, object]:
    """Give the follower count as this OA's replies hold it, if at all."""
    if account.number % 11 == 5:
        return {}
    return {"num_follower": str(followers) if account.number % 7 == 3 else followers}


def shown_counts(account: SyntheticAccount, views: int, shares: int) -> dict[str, int | None]:
    """Give the counts of an article as this OA's replies hold them; None leaves one out."""
    return {
        "total_view": None if account.number % 13 == 7 else views,
        "total_share": None if account.number % 10 == 9 else shares,
    }


def list_name(account: SyntheticAccount) -> str:
    """Name the list of articles as this OA's replies do."""
    return "articles" if account.number % 12 == 8 else "medias"


def stated_total(account: SyntheticAccount, total: int) -> int:
    """Give the total this OA states, which is not always right."""
    return max(0, total - 7) if account.number % 9 == 4 else total


def written(account: SyntheticAccount, second: int) -> int:
    """Write an instant in milliseconds, for some OAs in seconds."""
    return second if account.number % 4 == 3 else second * 1000


# --- Articles ---


def kind_of(number: int) -> str:
    """Give the type of an article: every fifth is a video."""
    return "video" if number % 5 == 4 else "normal"


def status_of(world: World, account: SyntheticAccount, number: int, now: int) -> str:
    """Give the status of an article: a few are hidden from the start, a few 20 days later."""
    if number % 23 == 11:
        return "hide"
    late = int(world.posts(account.id).published[number]) + HIDDEN_AFTER <= now
    return "hide" if number % 29 == 13 and late else "show"


def article_id(world: World, account: SyntheticAccount, number: int) -> str:
    """Make the id of an article."""
    return f"gialap{account.number:04d}{int(world.posts(account.id).published[number]):x}"


def listed(world: World, account: SyntheticAccount, kind: str, now: int) -> list[int]:
    """List the numbers of the articles of one type, hidden ones too, newest first."""
    numbers = world.visible_posts(account.id, now).tolist()
    return [number for number in reversed(numbers) if kind_of(number) == kind]
