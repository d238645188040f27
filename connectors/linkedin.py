"""Reads LinkedIn pages and their posts through the Community Management API, with consent.

Terms: nothing is public here. An administrator of each page consents, the app needs the product
"Community Management API" (review of the office, weeks), and reading costs nothing. Numbers of
pages may be kept, names of members may not and are never asked for. Calls per app and per member
are limited by the UTC day; the numbers stand in the developer portal only. Followers are exact;
counts of posts are organic (no advertising), cover 12 months, and a post LinkedIn leaves out is
unknown. Every request names a version that lives about 12 months (TRACKER_LINKEDIN_VERSION).
Documentation: learn.microsoft.com/linkedin/marketing (share statistics 2025-11 and 2026-03, network
size, posts, organization access control, programmatic refresh tokens); read November 2026.

Knows no register, no store and no schedule.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, ClassVar
from urllib.parse import quote, unquote, urlencode, urlsplit

from connectors.base import Budget, Tokens, batches, parse_each
from connectors.linkedin_replies import (
    DAY_LIMIT,
    ERRORS,
    LOOKUP_KEEP,
    POSTS_KEEP,
    ROLES_KEEP,
    SCOPES,
    SIZE_KEEP,
    STATISTICS_KEEP,
    answer,
    id_text,
    newest_first,
    next_start,
    parse_counts,
    parse_error,
    parse_posts,
    parse_token,
    parted,
    without_counts,
)
from tracker.errors import (
    AccessDenied,
    BadRequest,
    NotFoundOrNoAccess,
    PayloadChanged,
    PermissionMissing,
    QuotaExhausted,
    RateLimited,
    ReadError,
    TooMuchData,
    Unreachable,
)
from tracker.http import Http, Reply
from tracker.payload import items, optional_text, required_count, text
from tracker.readings import AccountRef, PostCounts, PostRef, ProfileCounts
from tracker.secrets import Secret, Token
from tracker.settings import Settings

VERSION = "202607"
EDGES = ("COMPANY_FOLLOWED_BY_MEMBER", "CompanyFollowedByMember")
"""How versions from 202305 on and the ones before spell the edge of followers."""
PAGE = 100
KINDS = {"urn:li:share:": ("shares", "share"), "urn:li:ugcPost:": ("ugcPosts", "ugcPost")}
"""Beginning of a post's urn → parameter that asks for it, field that answers."""
STOPS = (AccessDenied, PermissionMissing, QuotaExhausted, RateLimited, Unreachable)
"""Errors that every further request with the same token would meet again."""
NO_SCOPE = "Not enough permissions"
"""Stands in a 403 that the app or the consent meets for every page."""


class LinkedIn:
    """Pages by organization id, posts by urn (`urn:li:share:…` or `urn:li:ugcPost:…`).

    `native_id` of an account is the organization id as text. A post's kind is `post` or `reshare`.
    An account is read with its own token, or with TRACKER_LINKEDIN_ACCESS_TOKEN of a member who
    administers several pages.
    """

    platform: ClassVar[str] = "linkedin"
    needs: ClassVar[tuple[str, ...]] = ()
    source: ClassVar[str] = "LinkedIn Community Management API 202607, read 2026-11"
    errors: ClassVar[dict[str, type[ReadError]]] = ERRORS
    batch: ClassVar[int] = 1
    post_batch: ClassVar[int] = 1000
    """How many posts `refresh` takes at once: one request serves one kind of post of one page, so
    that a task has to hold whole pages to fill its requests."""
    statistics_batch: ClassVar[int] = 50
    """How many posts one request asks for: some 2,200 characters of address."""
    parallel: ClassVar[int] = 2
    pace: ClassVar[float | None] = 2.0
    budgets: ClassVar[Mapping[str, Budget]] = {"": Budget()}
    buckets: ClassVar[Mapping[str, str]] = {}
    list_size: ClassVar[int] = PAGE
    newest_size: ClassVar[int] = 0
    list_has_counts: ClassVar[bool] = False
    list_every: ClassVar[int] = 1

    needs_for_consent: ClassVar[tuple[str, ...]] = (
        "LINKEDIN_CLIENT_ID",
        "LINKEDIN_CLIENT_SECRET",
    )
    consent_vi: ClassVar[str] = (
        "Người mở đường dẫn phải là quản trị viên cấp cao (Super admin) của trang LinkedIn này. "
        "Ứng dụng phải được LinkedIn duyệt sản phẩm Community Management API và ghi sẵn địa chỉ "
        "chuyển hướng. Sự đồng ý có hiệu lực một năm, gia hạn không kéo dài thêm; sau đó quản trị "
        "viên phải đồng ý lại."
    )

    def __init__(self, http: Http, settings: Settings, tokens: Tokens) -> None:
        self.http, self.settings, self.tokens = http, settings, tokens
        self.base = settings.base_url("linkedin", "https://api.linkedin.com/rest")
        self.auth = settings.base_url("linkedin", "https://www.linkedin.com/oauth/v2", "auth")
        self.version = settings.options.get("LINKEDIN_VERSION", VERSION)
        self.shared = settings.secrets.get("LINKEDIN_ACCESS_TOKEN")
        self.edge = EDGES[0]
        self.edge_is_sure = False
        self.outdated: ReadError | None = None
        """The refusal of our version, remembered for the run: every request would meet it."""
        self.ids: dict[str, str] = {}
        """Account id → organization id, as resolved in this run."""
        self.not_administered: set[str] = set()
        """Accounts whose page the shared token was refused; it says nothing of other pages."""

    def lanes(self, account: AccountRef) -> tuple[str, ...]:
        """Give the owner's door, the only one."""
        return ("owner",)

    def has_posts(self, account: AccountRef) -> bool:
        """Give True: every page's posts can be listed with its administrator's token."""
        return True

    def credential(self, account: AccountRef) -> str:
        """Give the account for its own token, the platform for the shared one.

        A page that the holder of the shared token does not administer stands for itself.
        """
        is_alone = account.id in self.not_administered or self.tokens.find(account.id) is not None
        return account.id if is_alone else self.platform

    def profiles(
        self, accounts: Sequence[AccountRef]
    ) -> Iterator[tuple[AccountRef, ProfileCounts | ReadError]]:
        """Read the followers, one request an account; one known by name is looked up before."""
        stopped: dict[str, ReadError] = {}
        for account in accounts:
            result: ProfileCounts | ReadError | None = stopped.get(self.credential(account))
            if result is None:
                try:
                    result = self._profile(account)
                except ReadError as error:
                    result = error
                    if isinstance(error, STOPS):
                        stopped[self.credential(account)] = error
            yield account, result

    def posts(self, account: AccountRef, since: datetime | None) -> Iterator[PostCounts]:
        """List published posts newest first; the counts are unknown here, `refresh` reads them.

        LinkedIn orders by the last change, which is never before the publication. So the walk ends
        with the page on which a change before `since` comes: nothing behind it can be younger. An
        old post that was edited comes early; it is held back until no later page can hold a younger
        one. What is held is not lost when a page fails. A post that cannot be read costs no other
        and is reported at the end.
        """
        held: list[PostCounts] = []
        seen: set[str] = set()
        broken: ReadError | None = None
        start: int | None = 0
        try:
            while start is not None:
                page = parse_posts(self._page(account, start))
                broken = broken or page.broken
                held += [post for post in page.posts if post.native_id not in seen]
                seen.update(post.native_id for post in page.posts)
                if page.next_start is not None and page.next_start <= start:
                    raise PayloadChanged(
                        f"the posts of {account.id} come back to a page already read", "paging"
                    )
                start = None if page.reaches(since) else page.next_start
                if start is not None and page.oldest_change is not None:
                    ready, held = parted(held, page.oldest_change)
                    yield from ready
        except ReadError:
            yield from newest_first(held)
            raise
        yield from newest_first(held)
        if broken is not None:
            raise broken

    def refresh(self, posts: Sequence[PostRef]) -> Iterator[tuple[PostRef, PostCounts | ReadError]]:
        """Read the counts of known posts, 50 of one page and kind a request.

        A post that LinkedIn leaves out has no statistics: older than 12 months, too young, or
        deleted. It comes back with every count unknown, never as 0 and never as missing.
        """
        stopped: dict[str, ReadError] = {}
        pages: dict[str, dict[str, list[PostRef]]] = {}
        for post in posts:
            pages.setdefault(post.account.id, {}).setdefault(post.native_id, []).append(post)
        for known in pages.values():
            account = next(iter(known.values()))[0].account
            for prefix, kind in KINDS.items():
                urns = [urn for urn in known if urn.startswith(prefix)]
                for some in batches(urns, self.statistics_batch):
                    found = self._counts(account, kind, some, stopped)
                    for urn in some:
                        result = found.get(urn) or without_counts(urn)
                        for post in known.pop(urn):
                            yield post, result
            for urn, refs in known.items():
                for post in refs:
                    yield post, without_counts(urn)

    def consent_address(self, account: AccountRef, redirect: str) -> str:
        """Give the page on which an administrator consents. Raises ConfigError."""
        asked = {
            "response_type": "code",
            "client_id": self.settings.secret("LINKEDIN_CLIENT_ID").reveal(),
            "redirect_uri": redirect,
            "state": account.id,
            "scope": " ".join(SCOPES),
        }
        return f"{self.auth}/authorization?{urlencode(asked, quote_via=quote)}"

    def exchange(self, account: AccountRef, code: str, redirect: str) -> Token:
        """Turn the code into a token, and make sure that its member administers this page."""
        form: dict[str, str | Secret] = {
            "grant_type": "authorization_code",
            "code": Secret(code),
            "redirect_uri": redirect,
        }
        token = parse_token(self._exchange(form), None)
        organization = self._resolved(account, token.access)[0]
        administered = self._administered(token.access)
        if organization not in administered:
            raise PermissionMissing(
                f"the consent is for {', '.join(administered) or 'no page'}, but {account.id} is "
                f"organization {organization}: a super admin of that page must consent"
            )
        return replace(token, native_id=organization)

    def renew(self, token: Token) -> Token:
        """Get the next access token; the end of the consent, one year, does not move."""
        if token.refresh is None:
            raise AccessDenied("LinkedIn gave no refresh token; the app is not approved for them")
        form: dict[str, str | Secret] = {
            "grant_type": "refresh_token",
            "refresh_token": token.refresh,
        }
        return parse_token(self._exchange(form), token)

    def _profile(self, account: AccountRef) -> ProfileCounts:
        organization, handle = self._resolved(account)
        return ProfileCounts(
            native_id=organization,
            handle=handle,
            followers=required_count(self._size(account, organization), "firstDegreeSize"),
        )

    def _size(self, account: AccountRef, organization: str) -> Any:
        """Ask for the followers; once a run by the other spelling of the edge, where ours is
        refused.
        """
        url = f"{self.base}/networkSizes/{quote(urn_of(organization), safe='')}"
        try:
            body = self._get(account, url, [("edgeType", self.edge)], SIZE_KEEP)
        except BadRequest:
            if self.edge_is_sure or self.outdated is not None:
                raise
            other = next(edge for edge in EDGES if edge != self.edge)
            body = self._get(account, url, [("edgeType", other)], SIZE_KEEP)
            self.edge = other
        self.edge_is_sure = True
        return body

    def _resolved(self, account: AccountRef, token: Secret | None = None) -> tuple[str, str | None]:
        """Give organization id and, where it was looked up, the name of the page now."""
        native_id, name = account.native_id or self.ids.get(account.id), page_name(account)
        if native_id or (name and name.isdigit()):
            return native_id or str(name), None
        if not name:
            raise BadRequest(
                f"{account.id} has neither an organization id nor a page name; register its "
                f"address as https://www.linkedin.com/company/…, not {account.url!r}"
            )
        asked = [("q", "vanityName"), ("vanityName", name)]
        body = self._get(account, f"{self.base}/organizations", asked, LOOKUP_KEEP, token)
        found = items(body, "elements")
        if not found:
            raise NotFoundOrNoAccess(f"LinkedIn knows no page named {name}")
        self.ids[account.id] = id_text(found[0], "id")
        return self.ids[account.id], optional_text(found[0], "vanityName")

    def _page(self, account: AccountRef, start: int) -> Any:
        asked = [
            ("author", urn_of(self._resolved(account)[0])),
            ("q", "author"),
            ("count", str(PAGE)),
            ("start", str(start)),
            ("sortBy", "LAST_MODIFIED"),
        ]
        return self._get(account, f"{self.base}/posts", asked, POSTS_KEEP)

    def _counts(
        self,
        account: AccountRef,
        kind: tuple[str, str],
        urns: Sequence[str],
        stopped: dict[str, ReadError],
    ) -> Mapping[str, PostCounts | ReadError]:
        """Read one batch; where it fails, every post of it has the failure."""
        error = stopped.get(self.credential(account))
        if error is None:
            try:
                return self._statistics(account, kind, urns)
            except ReadError as failure:
                error = failure
        if isinstance(error, STOPS):
            stopped[self.credential(account)] = error
        return dict.fromkeys(urns, error)

    def _statistics(
        self, account: AccountRef, kind: tuple[str, str], urns: Sequence[str]
    ) -> dict[str, PostCounts | ReadError]:
        """Ask for the counts of posts of one page and kind; a refused length is halved."""
        organization = self._resolved(account)[0]
        url = statistics_address(self.base, organization, kind[0], urns)
        found: dict[str, PostCounts | ReadError] = {}
        start, more = 0, url
        while True:
            try:
                body = self._get(account, more, (), STATISTICS_KEEP)
            except TooMuchData:
                if len(urns) == 1:
                    raise
                half = len(urns) // 2
                first = self._statistics(account, kind, urns[:half])
                return first | self._statistics(account, kind, urns[half:])
            found |= parse_each(items(body, "elements"), kind[1], lambda it: parse_counts(it, kind))
            following = next_start(body)
            if following is None or following <= start or found.keys() >= set(urns):
                return found
            start, more = following, f"{url}&start={following}"

    def _administered(self, token: Secret) -> list[str]:
        """List the ids of the pages whose administrator gave a token."""
        found: list[str] = []
        start: int | None = 0
        while start is not None:
            asked = [
                ("q", "roleAssignee"),
                ("role", "ADMINISTRATOR"),
                ("state", "APPROVED"),
                ("count", str(PAGE)),
                ("start", str(start)),
            ]
            body = answer(self._ask(f"{self.base}/organizationAcls", asked, ROLES_KEEP, token))
            found += [
                text(item, "organization").rpartition(":")[2] for item in items(body, "elements")
            ]
            following = next_start(body)
            start = following if following is not None and following > start else None
        return found

    def _exchange(self, form: Mapping[str, str | Secret]) -> Reply:
        app: dict[str, str | Secret] = {}
        for name, field in zip(self.needs_for_consent, ("client_id", "client_secret"), strict=True):
            secret = self.settings.secrets.get(name)
            if secret is None:
                raise Unreachable(f"TRACKER_{name} is not set: no token can be got", not_sent=True)
            app[field] = secret.reveal() if field == "client_id" else secret
        return self.http.exchange(
            f"{self.auth}/accessToken", {**form, **app}, platform=self.platform
        )

    def _get(
        self,
        account: AccountRef,
        url: str,
        params: Sequence[tuple[str, str]],
        keep: tuple[str, ...],
        given: Secret | None = None,
    ) -> Any:
        """Ask with the token `given`, the account's own or the shared one; an own one that is
        refused is renewed once. Raises the ReadError that the reply stands for.
        """
        if self.outdated is not None:
            raise self.outdated
        own = None if given else self.tokens.find(account.id)
        token = given or self.shared
        if own is None and token is not None:
            reply = self._ask(url, params, keep, token)
        else:
            renew = self.renew if own is not None and own.refresh is not None else None
            own = self.tokens.fresh(account, renew)
            reply = self._ask(url, params, keep, own.access)
            if reply.status == 401:
                own = self.tokens.fresh(account, renew, rejected=own)
                reply = self._ask(url, params, keep, own.access)
        if reply.status == 200:
            return answer(reply)
        error = parse_error(reply)
        if reply.status == 426:
            self.outdated = error
        elif isinstance(error, AccessDenied):
            do = f"its office consents again with: tracker connect linkedin --account {account.id}"
            do = do if own is not None else "set TRACKER_LINKEDIN_ACCESS_TOKEN anew"
            error = AccessDenied(f"{error}; {do}")
        elif isinstance(error, PermissionMissing) and own is None and NO_SCOPE not in str(error):
            self.not_administered.add(account.id)
        raise error

    def _ask(
        self, url: str, params: Sequence[tuple[str, str]], keep: tuple[str, ...], token: Secret
    ) -> Reply:
        headers = {"LinkedIn-Version": self.version, "X-Restli-Protocol-Version": "2.0.0"}
        if any(name == "q" for name, _ in params) or "?q=" in url:
            headers["X-RestLi-Method"] = "FINDER"
        return self.http.get(
            url,
            params,
            platform=self.platform,
            keep=keep,
            secret=("Authorization", token),
            headers=headers,
            final=(DAY_LIMIT,),
        )


def version_age_months(version: str, today: date) -> int:
    """Give how many months ago a version such as 202511 came out; LinkedIn ends it after about 12,
    so that a night warns above 9.
    """
    return (today.year - int(version[:4])) * 12 + today.month - int(version[4:])


def page_name(account: AccountRef) -> str | None:
    """Give the name by which a page is looked up: from its address, else its handle."""
    parts = [unquote(part) for part in urlsplit(account.url or "").path.split("/") if part]
    if len(parts) >= 2 and parts[0] in ("company", "school", "showcase"):
        return parts[1]
    return account.handle


def urn_of(organization: str) -> str:
    """Write an organization's urn."""
    return f"urn:li:organization:{organization}"


def statistics_address(base: str, organization: str, parameter: str, urns: Sequence[str]) -> str:
    """Write the whole address by hand: inside `List()` the colons of urns are percent-encoded, its
    parentheses and commas must not be (Rest.li protocol 2.0.0; else HTTP 403, "Unpermitted fields
    present in PARAMETER").
    """
    listed = ",".join(quote(urn, safe="") for urn in urns)
    return (
        f"{base}/organizationalEntityShareStatistics?q=organizationalEntity"
        f"&organizationalEntity={quote(urn_of(organization), safe='')}&{parameter}=List({listed})"
    )
