"""LinkedIn of the synthetic country: the versioned REST API with consent, in its shapes and errors.

Source: the platform card, from learn.microsoft.com/linkedin (2025-11 and 2026-03). Every office has
consented to nothing at first; the sandbox's environment holds the token of a member who administers
all pages, and `oauth/v2/accessToken` issues tokens that are good for one page.
"""

from __future__ import annotations

from collections import Counter
from math import ceil
from urllib.parse import quote

import numpy as np

from jobs.sandbox.captions import LANGUAGES, caption
from jobs.sandbox.country import SyntheticAccount
from jobs.sandbox.linkedin_items import (
    EDITED_AFTER,
    URN,
    changed_at,
    clicks_of,
    error,
    has_statistics,
    limited,
    list_of,
    listing,
    number_of,
    page_of,
    pages,
    post_urn,
    reach_of,
    takes_back,
    token_error,
    trouble,
)
from jobs.sandbox.messages import Reply, Request, Scene, Work, to_json
from jobs.sandbox.shape import Night, Shape, Sizes
from jobs.sandbox.tokens import TokenService
from jobs.sandbox.world import DAY_SECONDS, World, local_day

PAGE = 100
POST_BATCH = 50
FIRST_VERSION = "202502"
"""Versions before this one have ended."""
TOKEN_LIFE = 60 * DAY_SECONDS
CONSENT_LIFE = 365 * DAY_SECONDS
CLIENT_ID = "gialap-linkedin-ung-dung"
CLIENT_SECRET = "gialap-linkedin-bi-mat"
ADMINISTRATOR = "gialap-linkedin-quan-tri-vien"
"""Token of a member who administers every page."""
HOLLOW = -1
DRAFT = -2
"""Entries of a list that are no published post: filtered out after paging, and a draft."""


class LinkedIn:
    """Answers for `{url}/linkedin/rest` and `{url}/linkedin/oauth/v2`."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.tokens = TokenService("linkedin", TOKEN_LIFE, CONSENT_LIFE, lasting_end=True)
        self._fixed: dict[tuple[int, int], str] = {}

    def answer(self, scene: Scene, request: Request) -> Reply:
        """Answer one request."""
        steps = request.path.strip("/").split("/")
        if steps == ["oauth", "v2", "accessToken"]:
            return self._token(scene, request)
        if request.verb != "GET" or steps[0] != "rest":
            return error(405, "METHOD_NOT_ALLOWED", "Method not allowed", Work("unknown"))
        work = Work(steps[1] if len(steps) > 1 else "unknown")
        refusal = self._refuse(scene, request, work)
        if refusal:
            return refusal
        match steps[1:]:
            case ["networkSizes", urn]:
                return self._size(scene, request, urn, work)
            case ["organizations"]:
                return self._look_up(scene, request, work)
            case ["organizationAcls"]:
                return self._roles(scene, request)
            case ["posts"]:
                return self._posts(scene, request, work)
            case ["organizationalEntityShareStatistics"]:
                return self._statistics(scene, request, work)
        return error(404, "RESOURCE_NOT_FOUND", f"No virtual resource found for {steps[-1]}", work)

    def _refuse(self, scene: Scene, request: Request, work: Work) -> Reply | None:
        """Refuse a request without the three headers, or with a token that is not good."""
        version = request.headers.get("linkedin-version", "")
        if not version:
            return error(400, "VERSION_MISSING", "A version must be present", work)
        if version < FIRST_VERSION:
            said = f"Requested version {version} is not active"
            return error(426, "NONEXISTENT_VERSION", said, work)
        if request.headers.get("x-restli-protocol-version") != "2.0.0":
            return error(400, "ILLEGAL_ARGUMENT", "Protocol version must be 2.0.0", work)
        if request.one("q") and request.headers.get("x-restli-method") != "FINDER":
            return error(400, "ILLEGAL_ARGUMENT", "X-RestLi-Method must be FINDER", work)
        token = request.bearer()
        if token == ADMINISTRATOR or self.tokens.who(token, scene.now) is not None:
            return None
        known = [pair for pair in self.tokens.pairs.values() if pair.access == token]
        if known:
            said = "The token used in the request has expired"
            return error(401, "EXPIRED_ACCESS_TOKEN", said, work, 65602)
        if token.startswith("gialap-access-linkedin-"):
            said = "The token used in the request has been revoked by the user"
            return error(401, "REVOKED_ACCESS_TOKEN", said, work, 65601)
        return error(401, "INVALID_ACCESS_TOKEN", "Invalid access token", work, 65600)

    def _may(self, scene: Scene, request: Request, account: SyntheticAccount) -> bool:
        """Say whether the token's member administers a page."""
        token = request.bearer()
        return token == ADMINISTRATOR or self.tokens.who(token, scene.now) is account

    def _size(self, scene: Scene, request: Request, urn: str, work: Work) -> Reply:
        if request.one("edgeType") != "COMPANY_FOLLOWED_BY_MEMBER":
            said = "Invalid value for parameter edgeType"
            return error(400, "INVALID_VALUE_FOR_FIELD", said, work)
        account = page_of(urn)
        found = Work(work.method, "profiles", (urn,))
        if account is None or scene.state(account.id) != "open":
            said = f"Organization {urn.removeprefix(URN)} is inactive"
            return error(404, "NOT_FOUND", said, found)
        size = scene.world.followers_at(account.id, scene.counted_at)
        return Reply(200, f'{{"firstDegreeSize":{size}}}', found)

    def _look_up(self, scene: Scene, request: Request, work: Work) -> Reply:
        name = (request.one("vanityName") or "").lower()
        found = [
            {
                "id": int(item.native_id),
                "vanityName": item.handle_on(local_day(scene.now)),
                "localizedName": item.title_on(local_day(scene.now)),
            }
            for item in pages()
            if item.handle_on(local_day(scene.now)).lower() == name
            and scene.state(item.id) == "open"
        ]
        return listing(list(map(to_json, found)), 0, 10, "", Work(work.method, "resolve", (name,)))

    def _roles(self, scene: Scene, request: Request) -> Reply:
        """List the pages a token's member administers; asked once, after a consent."""
        start, size = int(request.one("start") or 0), int(request.one("count") or 10)
        administered = [item for item in pages() if self._may(scene, request, item)]
        texts = [
            to_json(
                {
                    "role": "ADMINISTRATOR",
                    "organization": f"{URN}{item.native_id}",
                    "roleAssignee": "urn:li:person:gialapKhongAi",
                    "state": "APPROVED",
                }
            )
            for item in administered[start : start + size]
        ]
        more = f"/rest/organizationAcls?start={start + size}&count={size}"
        work = Work("organizationAcls", "reason", (f"roles {request.bearer()}",))
        return listing(texts, start, size, more if start + size < len(administered) else "", work)

    def _posts(self, scene: Scene, request: Request, work: Work) -> Reply:
        urn, size, start = request.one("author") or "", request.one("count"), request.one("start")
        account = page_of(urn)
        if request.one("q") != "author" or request.one("sortBy") not in ("LAST_MODIFIED", None):
            return error(400, "ILLEGAL_ARGUMENT", "Unknown finder or order", work)
        if not (size or "").isdigit() or not 1 <= int(size or 0) <= PAGE:
            return error(400, "ILLEGAL_ARGUMENT", f"count must lie in 1..{PAGE}", work)
        if not (start or "").isdigit():
            return error(400, "ILLEGAL_ARGUMENT", "start must be a number", work)
        if account is None or scene.state(account.id) != "open":
            said = f"Organization {urn.removeprefix(URN)} is inactive"
            return error(404, "NOT_FOUND", said, Work(work.method, "list", (), urn))
        if not self._may(scene, request, account):
            said = f"Viewer don't have permission to the ADMIN_ONLY VisibilityReduction for {urn}"
            return error(403, "ACCESS_DENIED", said, work, 100)
        first, many = int(start or 0), int(size or 0)
        entries = self._entries(scene, account)
        page = entries[first : first + many]
        shown = [self._post(scene, account, number) for number in page if number != HOLLOW]
        end = first + many
        more = f"/rest/posts?author={quote(urn, safe='')}&count={many}&q=author&start={end}"
        subjects = tuple(f"{first + place}" for place in range(len(page)))
        seen = Work(work.method, "list", subjects, urn)
        return listing(shown, first, many, more if end < len(entries) else "", seen)

    def _entries(self, scene: Scene, account: SyntheticAccount) -> list[int]:
        """List the numbers of a page's posts by last change, newest first.

        What was deleted leaves a hole, because LinkedIn filters after it cuts pages; one page in
        thirteen has a whole page of them. One in four has a draft on top.
        """
        posts = scene.world.posts(account.id)
        numbers = np.flatnonzero(posts.published <= scene.now)
        published = posts.published[numbers]
        edited = published + EDITED_AFTER
        changed = np.where((numbers % 17 == 3) & (edited <= scene.now), edited, published)
        order = numbers[np.argsort(-changed, kind="stable")]
        gone = posts.deleted[order] <= scene.now
        found = [
            HOLLOW if hole else number
            for number, hole in zip(order.tolist(), gone.tolist(), strict=True)
        ]
        if account.number % 4 == 0:
            found.insert(0, DRAFT)
        if account.number % 13 == 7:
            found[PAGE:PAGE] = [HOLLOW] * PAGE
        return found

    def _post(self, scene: Scene, account: SyntheticAccount, number: int) -> str:
        if number == DRAFT:
            changed = (scene.now - 3600) * 1000
            draft = {"id": f"urn:li:share:{changed << 22}", "lifecycleState": "DRAFT"}
            return to_json({**draft, "createdAt": changed, "lastModifiedAt": changed})
        published = self.world.posts(account.id).published
        changed = changed_at(published, number, scene.now) * 1000
        return f'{self._fixed_text(account, number)},"lastModifiedAt":{changed}}}'

    def _fixed_text(self, account: SyntheticAccount, number: int) -> str:
        """Write what never changes in a post, without the closing brace."""
        kept = self._fixed.get((account.number, number))
        if kept is None:
            posts = self.world.posts(account.id)
            second = int(posts.published[number])
            body: dict[str, object] = {
                "id": post_urn(account, number, second),
                "author": f"{URN}{account.native_id}",
                "commentary": caption(account, number, LANGUAGES[int(posts.language[number])]),
                "visibility": "PUBLIC",
                "lifecycleState": "PUBLISHED",
                "createdAt": second * 1000 - 500,
                "publishedAt": second * 1000,
                "isReshareDisabledByAuthor": False,
            }
            if number % 11 == 5:
                other = f"urn:li:share:{(second - 3600) * 1000 << 22}"
                body["reshareContext"] = {"parent": other, "root": other}
            kept = self._fixed[account.number, number] = to_json(body)[:-1]
        return kept

    def _statistics(self, scene: Scene, request: Request, work: Work) -> Reply:
        urn = request.one("organizationalEntity") or ""
        account = page_of(urn)
        given = {name: request.one(name) for name in ("shares", "ugcPosts") if request.one(name)}
        bad = [key for key, _ in request.query if key.endswith("]")]
        if bad:
            said = "Unpermitted fields present in PARAMETER: Data Processing Exception while"
            return error(403, "ACCESS_DENIED", f"{said} processing fields [/{bad[0]}]", work, 100)
        if request.one("q") != "organizationalEntity" or len(given) != 1 or account is None:
            return error(400, "ILLEGAL_ARGUMENT", "Invalid query parameters", work)
        if not self._may(scene, request, account):
            said = f"Viewer don't have permission to the ADMIN_ONLY VisibilityReduction for {urn}"
            return error(403, "ACCESS_DENIED", said, work, 100)
        [(name, written)] = given.items()
        urns = list_of(written or "")
        prefix = "urn:li:share:" if name == "shares" else "urn:li:ugcPost:"
        if urns is None or not all(item.startswith(prefix) for item in urns):
            return error(400, "ILLEGAL_ARGUMENT", f"Invalid value for parameter {name}", work)
        if len(urns) > POST_BATCH:
            return error(414, "URI_TOO_LONG", "Request URI is too long", work)
        found = Work(work.method, "posts", tuple(dict.fromkeys(urns)))
        texts = (
            self._counted(scene, account, urns, name) if scene.state(account.id) == "open" else []
        )
        return listing(texts[::-1], 0, 10, "", found)

    def _counted(
        self, scene: Scene, account: SyntheticAccount, urns: list[str], name: str
    ) -> list[str]:
        """Write the statistics of the posts that have some."""
        numbers = [
            number
            for item in dict.fromkeys(urns)
            if (number := number_of(scene, account, item)) is not None
        ]
        counts = scene.world.counts_at(
            account.id, np.array(numbers, dtype=np.int64), scene.counted_at
        )
        posts = scene.world.posts(account.id)
        field = "share" if name == "shares" else "ugcPost"
        texts = []
        for place, number in enumerate(numbers):
            if not has_statistics(int(posts.published[number]), number, scene.now):
                continue
            views, likes, comments, shares = (
                int(counts[key][place]) for key in ("views", "reactions", "comments", "shares")
            )
            likes = -1 if takes_back(number) else likes
            body = {
                "organizationalEntity": f"{URN}{account.native_id}",
                field: post_urn(account, number, int(posts.published[number])),
                "totalShareStatistics": {
                    "uniqueImpressionsCount": reach_of(views),
                    "shareCount": shares,
                    "engagement": (likes + comments + shares) / views if views else 0.0,
                    "clickCount": clicks_of(views),
                    "likeCount": likes,
                    "impressionCount": views,
                    "commentCount": comments,
                },
            }
            texts.append(to_json(body))
        return texts

    def _token(self, scene: Scene, request: Request) -> Reply:
        form, work = request.form(), Work("accessToken")
        if form.get("client_id") != CLIENT_ID or form.get("client_secret") != CLIENT_SECRET:
            return token_error(401, "invalid_client", "Client authentication failed", work)
        if form.get("grant_type") == "authorization_code" and form.get("redirect_uri"):
            issued = self.tokens.by_code(form.get("code", ""), scene.now)
            if issued is None:
                said = "Unable to retrieve access token: authorization code not found"
                return token_error(400, "invalid_request", said, work)
        elif form.get("grant_type") == "refresh_token":
            renewed = self.tokens.by_refresh(form.get("refresh_token", ""), scene.now)
            if isinstance(renewed, str):
                said = "The provided authorization grant or refresh token is invalid, expired"
                return token_error(400, "invalid_request", said, work)
            issued = renewed
        else:
            return token_error(400, "invalid_request", "A required parameter is missing", work)
        account, pair = issued
        left = (pair.refresh_ends or 0) - scene.now
        body = {
            "access_token": pair.access,
            "expires_in": min(TOKEN_LIFE, left),
            "refresh_token": pair.refresh,
            "refresh_token_expires_in": left,
            "scope": "r_organization_social,rw_organization_admin",
            "token_type": "Bearer",
        }
        return Reply(200, to_json(body), Work(work.method, "token", (), account.id))


def minimum(night: Night) -> int:
    """Count the requests that would have sufficed: one size a page, its pages of posts, and one
    request of statistics for 50 posts of one page and one kind; look-ups, roles and tokens as they
    came. Source: the "night minimum" of the platform card.
    """
    lists = sum(max(1, ceil(len(entries) / PAGE)) for entries in night.listed.values())
    batches = Counter(
        (urn.rpartition(":")[0], int(urn.rpartition(":")[2]) >> 12 & 1023) for urn in night.posts
    )
    asked = len(night.profiles) + len(night.resolved) + len(night.reasons) + night.tokens
    return asked + lists + sum(ceil(count / POST_BATCH) for count in batches.values())


SHAPE = Shape(
    key="linkedin",
    base="/linkedin/",
    serve=LinkedIn,
    sizes=Sizes(1, PAGE, POST_BATCH, list_has_counts=False),
    environment={
        "TRACKER_LINKEDIN_URL": "{url}/linkedin/rest",
        "TRACKER_LINKEDIN_AUTH_URL": "{url}/linkedin/oauth/v2",
        "TRACKER_LINKEDIN_CLIENT_ID": CLIENT_ID,
        "TRACKER_LINKEDIN_CLIENT_SECRET": CLIENT_SECRET,
        "TRACKER_LINKEDIN_ACCESS_TOKEN": ADMINISTRATOR,
    },
    limited=limited,
    trouble=trouble,
    token_paths=("oauth/v2/accessToken",),
    minimum=minimum,
)
