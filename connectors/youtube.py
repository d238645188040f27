"""Reads YouTube channels and videos through the Data API v3: with an API key, with the consent of a
channel's owner, and where asked for by the public feed.

Terms: an API key reads every public channel; numbers read that way may be kept 30 days (basis
`key_30d`), those read with the owner's consent longer (`owner_consent`). Cost: 1 unit a request,
failed ones included: 50 channels (one with a consent), one page of 50 uploads, or 50 videos;
`videos:batchGetStats` has a bucket of 10,000 units a day of its own. Rounding: subscribers are
rounded down to three significant figures from 1,000 up, everything else is exact. `search.list` is
never used. The feed (TRACKER_YOUTUBE_FEED=1) costs nothing and shows the 15 newest videos with
views and likes, and no count of the channel; it is off unless named, because the terms prefer the
API and nights without a key would quietly end every series of a channel.
Documentation: https://developers.google.com/youtube/v3/docs, description revision 20261104, and
https://developers.google.com/identity/protocols/oauth2/web-server; read November 2026.

Knows no register, no store and no schedule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import quote, unquote, urlencode, urlsplit

from connectors.base import Budget, Tokens, batches, parse_each
from connectors.youtube_feed import FEED_KEEP, parse_feed, read_feed
from connectors.youtube_replies import (
    CHANNEL_KEEP,
    ERRORS,
    SCOPE,
    UPLOADS_KEEP,
    VIDEO_KEEP,
    answer,
    error_reasons,
    left_out,
    listed,
    parse_channel,
    parse_error,
    parse_token,
    parse_uploads,
    parse_video,
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
    Unreachable,
)
from tracker.http import Http, Reply
from tracker.payload import text
from tracker.readings import AccountRef, PostCounts, PostRef, ProfileCounts
from tracker.secrets import Secret, Token
from tracker.settings import Settings

BATCH_STATS = "videos:batchGetStats"
NO_KEY = "the feed shows the 15 newest videos only; set TRACKER_YOUTUBE_API_KEY to read more"
PROJECT_REFUSALS = ("accessNotConfigured", "SERVICE_DISABLED")
"""Reasons that concern the whole project, and no owner's consent."""


class YouTube:
    """Channels by id (`UC…`), posts by video id.

    `native_id` of an account is the channel id, of a post the video id. A post's kind is always
    `video`: the API has no field for Shorts, and only one of the two methods that refresh counts
    says what was live, so that a kind read from it would change with the method that answered.
    """

    platform: ClassVar[str] = "youtube"
    needs: ClassVar[tuple[str, ...]] = ("YOUTUBE_API_KEY",)
    """The usual door; an app for owners' consents or the feed will do as well."""
    source: ClassVar[str] = "YouTube Data API v3, description revision 20261104, read 2026-11"
    errors: ClassVar[dict[str, type[ReadError]]] = ERRORS
    batch: ClassVar[int] = 50
    post_batch: ClassVar[int] = 50
    parallel: ClassVar[int] = 8
    pace: ClassVar[float | None] = 10.0
    budgets: ClassVar[Mapping[str, Budget]] = {
        "": Budget("unit", 10_000),
        "statistics": Budget("unit", 10_000),
    }
    buckets: ClassVar[Mapping[str, str]] = {"refresh": "statistics"}
    list_size: ClassVar[int] = 50
    newest_size: ClassVar[int] = 0
    list_has_counts: ClassVar[bool] = False
    list_every: ClassVar[int] = 1

    needs_for_consent: ClassVar[tuple[str, ...]] = ("YOUTUBE_CLIENT_ID", "YOUTUBE_CLIENT_SECRET")
    consent_vi: ClassVar[str] = (
        "Người mở đường dẫn phải là chủ sở hữu hoặc người quản lý của kênh; ở bước chọn tài khoản, "
        "hãy chọn đúng kênh (tài khoản thương hiệu) này. Quyền được xin chỉ để đọc "
        "(youtube.readonly). Màn hình xin phép của ứng dụng phải ở trạng thái đã xuất bản (In "
        "production): ở trạng thái thử nghiệm (Testing) sự đồng ý chỉ có hiệu lực 7 ngày."
    )

    def __init__(self, http: Http, settings: Settings, tokens: Tokens) -> None:
        """Raises ConfigError where nothing could be read: no key, no app for consents, no feed."""
        self.http, self.settings, self.tokens = http, settings, tokens
        self.base = settings.base_url("youtube", "https://www.googleapis.com/youtube/v3")
        self.feed = settings.base_url("youtube", "https://www.youtube.com/feeds", "feed")
        consents = settings.base_url("youtube", "https://accounts.google.com/o/oauth2/v2", "auth")
        service = settings.base_url("youtube", "https://oauth2.googleapis.com", "auth")
        self.consent_page, self.token_service = f"{consents}/auth", f"{service}/token"
        """Two hosts of Google; TRACKER_YOUTUBE_AUTH_URL stands for both."""
        self.has_feed = settings.is_on("YOUTUBE_FEED")
        self.key = settings.secrets.get("YOUTUBE_API_KEY")
        if self.key is None and not self.has_feed and "YOUTUBE_CLIENT_ID" not in settings.secrets:
            self.key = settings.secret("YOUTUBE_API_KEY")
        self.without_batch_stats: set[str] = set()
        """Lanes in which `videos:batchGetStats` was refused, remembered for the run."""
        self.refused: set[str] = set()
        """Accounts whose own token was refused; it says nothing of the project and the others."""
        self.feeds: dict[str, ProfileCounts] = {}
        """Account id → what its feed showed `profiles` in this run."""

    def lanes(self, account: AccountRef) -> tuple[str, ...]:
        """Give the owner's door where a token is kept, the public one where a key is set (or the
        feed is on); without any of them the one that a consent would open.
        """
        is_public = self.key is not None or self.has_feed
        is_owned = self.tokens.find(account.id) is not None or not is_public
        return ("owner",) * is_owned + ("public",) * is_public

    def has_posts(self, account: AccountRef) -> bool:
        """Give True: every account's posts can be listed."""
        return True

    def credential(self, account: AccountRef) -> str:
        """Give the platform: all requests, with tokens too, use up the units of one project.

        An account whose own token was refused stands for itself.
        """
        is_alone = account.lane == "owner" and account.id in self.refused
        return account.id if is_alone else self.platform

    def profiles(
        self, accounts: Sequence[AccountRef]
    ) -> Iterator[tuple[AccountRef, ProfileCounts | ReadError]]:
        """Read channels, 50 a request; one without a channel id is resolved by its own request.

        With the owners' tokens, or by the feed, each channel is a request of its own.
        """
        known: dict[str, list[AccountRef]] = {}
        for account in accounts:
            selector = channel_selector(account)
            if account.lane == "owner":
                yield account, self._alone(account, self._own_profile)
            elif self.key is None:
                shown = self._alone(account, self._feed_profile)
                if isinstance(shown, ProfileCounts):
                    self.feeds[account.id] = shown
                yield account, shown
            elif selector is None:
                yield account, unresolvable(account)
            elif selector[0] == "id":
                known.setdefault(selector[1], []).append(account)
            else:
                yield account, self._resolve(account, selector)
        for ids in batches(list(known), self.batch):
            found = self._channels([("id", ",".join(ids)), ("maxResults", str(self.batch))])
            for native_id in ids:
                result = found.get(native_id) or left_out("channel", native_id)
                for account in known[native_id]:
                    yield account, as_registered(result, account)

    def posts(self, account: AccountRef, since: datetime | None) -> Iterator[PostCounts]:
        """List the uploads newest first; the counts are unknown here, `refresh` reads them.

        Ends after the first page wholly older than `since`: scheduled videos may sit out of order.
        A playlist that is not found is a channel without public videos (or closed: `profiles`
        says so). An invalid page token restarts the walk once. Where the units are used up or the
        key is refused, the feed (if it is on) takes over in the public lane: it ends the walk if it
        reaches back to `since`, else the refusal is raised after what it shows. In the owner's lane
        it never does, because its numbers are not under the owner's consent.
        """
        is_public = account.lane != "owner"
        if is_public and self.key is None:
            yield from self._feed_posts(account, since, PermissionMissing(NO_KEY))
            return
        seen: set[str] = set()
        try:
            for post in self._uploads(account, since):
                if post.native_id not in seen:
                    seen.add(post.native_id)
                    yield post
        except (QuotaExhausted, AccessDenied) as refusal:
            if not self.has_feed or not is_public:
                raise
            for post in self._feed_posts(account, since, refusal):
                if post.native_id not in seen:
                    yield post

    def _uploads(self, account: AccountRef, since: datetime | None) -> Iterator[PostCounts]:
        playlist = "UU" + self._channel_id(account).removeprefix("UC")
        owner = owner_of(account)
        tokens: set[str] = set()
        token: str | None = None
        restarts = 0
        while True:
            asked = uploads_request(playlist, token, is_owner=owner is not None)
            reply = self._get("playlistItems", asked, UPLOADS_KEEP, owner)
            reasons = error_reasons(reply.body)
            if "playlistNotFound" in reasons and token is None and not restarts:
                return
            if "invalidPageToken" in reasons and token is not None and not restarts:
                restarts, token = 1, None
                tokens.clear()
                continue
            page = parse_uploads(answer(reply))
            yield from page.posts
            if page.next_token is None or page.is_older_than(since):
                return
            if page.next_token in tokens:
                raise PayloadChanged(
                    f"the uploads of {account.id} come back to a page already read", "nextPageToken"
                )
            token = page.next_token
            tokens.add(token)

    def refresh(self, posts: Sequence[PostRef]) -> Iterator[tuple[PostRef, PostCounts | ReadError]]:
        """Read the counts of known videos, 50 a request, across channels.

        In the owner's lane each channel's videos are asked with its own token: another owner's
        consent does not cover them. Asks `videos:batchGetStats` (own quota bucket) first. The
        description lists OAuth scopes and does not say whether a key is enough, so a refusal falls
        back to `videos.list`.
        """
        owned: dict[str, list[PostRef]] = {}
        public: dict[str, list[PostRef]] = {}
        for post in posts:
            if post.account.lane == "owner":
                owned.setdefault(post.account.id, []).append(post)
            else:
                public.setdefault(post.native_id, []).append(post)
        for ids in batches(list(public), self.post_batch):
            found = parse_each(listed(self._videos(ids, None)), "id", parse_video)
            for native_id in ids:
                for post in public[native_id]:
                    yield post, found.get(native_id) or left_out("video", native_id)
        for own in owned.values():
            yield from self._own_videos(own)

    def consent_address(self, account: AccountRef, redirect: str) -> str:
        """Give the page on which an owner consents. Raises ConfigError."""
        asked = {
            "client_id": self.settings.secret("YOUTUBE_CLIENT_ID").reveal(),
            "redirect_uri": redirect,
            "response_type": "code",
            "scope": SCOPE,
            "access_type": "offline",
            "prompt": "consent",
            "state": account.id,
        }
        return f"{self.consent_page}?{urlencode(asked, quote_via=quote)}"

    def exchange(self, account: AccountRef, code: str, redirect: str) -> Token:
        """Turn the code into a token, and make sure that it is this channel's."""
        form: dict[str, str | Secret] = {
            "grant_type": "authorization_code",
            "code": Secret(code),
            "redirect_uri": redirect,
        }
        token = parse_token(self._exchange(form), None)
        if token.refresh is None:
            raise AccessDenied(
                "Google gave no refresh token: take the app's access away at "
                "https://myaccount.google.com/permissions and consent again"
            )
        selector = channel_selector(account)
        if selector is None:
            raise unresolvable(account)
        own = self._found_with(token.access, ("mine", "true"))
        is_known = selector[0] == "id"
        wanted = selector[1] if is_known else self._found_with(token.access, selector)
        if own is None or own != wanted:
            raise other_channel(account, own, wanted)
        return replace(token, native_id=own)

    def renew(self, token: Token) -> Token:
        """Get the next access token, which lives for an hour."""
        if token.refresh is None:
            raise AccessDenied("there is no refresh token to renew this one with")
        form: dict[str, str | Secret] = {
            "grant_type": "refresh_token",
            "refresh_token": token.refresh,
        }
        return parse_token(self._exchange(form), token)

    def _alone(
        self, account: AccountRef, read: Callable[[AccountRef], ProfileCounts]
    ) -> ProfileCounts | ReadError:
        """Read one channel; gives the error that concerns it alone, raises the project's."""
        try:
            return read(account)
        except (QuotaExhausted, RateLimited):
            raise
        except ReadError as error:
            if isinstance(error, AccessDenied | PermissionMissing) and (
                account.id not in self.refused
            ):
                raise
            return error

    def _own_profile(self, account: AccountRef) -> ProfileCounts:
        """Read the channel of an owner's token; it must be the one that is registered."""
        found = self._channels([("mine", "true")], account)
        kept = self.tokens.find(account.id)
        wanted = account.native_id or (kept.native_id if kept else None)
        if not found or (wanted and wanted not in found):
            self.refused.add(account.id)
            raise other_channel(account, next(iter(found), None), wanted)
        profile = as_registered(found[wanted or next(iter(found))], account)
        if isinstance(profile, ReadError):
            raise profile
        return profile

    def _own_videos(
        self, posts: Sequence[PostRef]
    ) -> Iterator[tuple[PostRef, PostCounts | ReadError]]:
        known: dict[str, list[PostRef]] = {}
        for post in posts:
            known.setdefault(post.native_id, []).append(post)
        for ids in batches(list(known), self.post_batch):
            found: Mapping[str, PostCounts | ReadError]
            try:
                videos = listed(self._videos(ids, posts[0].account))
                found = parse_each(videos, "id", parse_video)
            except (QuotaExhausted, RateLimited):
                raise
            except ReadError as error:
                found = dict.fromkeys(ids, error)
            for native_id in ids:
                for post in known[native_id]:
                    yield post, found.get(native_id) or left_out("video", native_id)

    def _feed_profile(self, account: AccountRef) -> ProfileCounts:
        """Read the newest videos from the feed; it tells no count of the channel itself.

        HTTP 404 comes in waves for healthy channels, so it is passing like a trouble of servers.
        """
        selector = channel_selector(account)
        if selector is None or selector[0] != "id":
            raise BadRequest(f"{account.id} has no channel id, and without a key none can be found")
        reply = self.http.get(
            f"{self.feed}/videos.xml",
            [("channel_id", selector[1])],
            platform=self.platform,
            keep=FEED_KEEP,
            headers={"Accept": "application/atom+xml, text/xml"},
            read=read_feed,
        )
        if reply.status != 200:
            raise Unreachable(f"the feed of {selector[1]} answered HTTP {reply.status}")
        if reply.body is None:
            raise PayloadChanged(f"the feed answered {reply.kind} that is not a feed", "$")
        return parse_feed(reply.body, selector[1])

    def _feed_posts(
        self, account: AccountRef, since: datetime | None, refusal: ReadError
    ) -> Iterator[PostCounts]:
        """Give the newest videos, unless `profiles` brought them in this run; raise `refusal` where
        a walk would have to go on behind them.
        """
        known = self.feeds.get(account.id)
        shown = known or self._feed_profile(account)
        if known is None:
            yield from shown.newest
        reaches = since is not None and any(
            post.published_at is not None and post.published_at < since for post in shown.newest
        )
        if not reaches and not shown.newest_is_all:
            raise refusal

    def _videos(self, ids: Sequence[str], owner: AccountRef | None) -> Any:
        asked = ("id", ",".join(ids))
        lane = "public" if owner is None else "owner"
        if lane not in self.without_batch_stats:
            reply = self._get(
                BATCH_STATS,
                [
                    ("part", "id,snippet,statistics"),
                    asked,
                    ("fields", "items(id,snippet/publishTime,statistics)"),
                ],
                VIDEO_KEEP,
                owner,
            )
            try:
                return answer(reply)
            except (AccessDenied, PermissionMissing, NotFoundOrNoAccess, BadRequest):
                self.without_batch_stats.add(lane)
        return answer(
            self._get(
                "videos",
                [
                    ("part", "snippet,statistics"),
                    asked,
                    ("maxResults", str(self.post_batch)),
                    ("fields", "items(id,snippet/publishedAt,statistics)"),
                ],
                VIDEO_KEEP,
                owner,
            )
        )

    def _channels(
        self, selector: Sequence[tuple[str, str]], owner: AccountRef | None = None
    ) -> dict[str, ProfileCounts | ReadError]:
        reply = self._get(
            "channels",
            [
                ("part", "snippet,statistics"),
                *selector,
                ("fields", "items(id,snippet/customUrl,statistics)"),
            ],
            CHANNEL_KEEP,
            owner,
        )
        return parse_each(listed(answer(reply)), "id", parse_channel)

    def _found_with(self, token: Secret, selector: tuple[str, str]) -> str | None:
        """Find a channel's id with a token that is not kept yet."""
        asked = [("part", "id"), selector, ("fields", "items(id)")]
        reply = self._ask("channels", asked, CHANNEL_KEEP, ("Authorization", token))
        return next((text(item, "id") for item in listed(answer(reply))), None)

    def _resolve(self, account: AccountRef, selector: tuple[str, str]) -> ProfileCounts | ReadError:
        """Read one channel by handle or user name; the same reply holds id and counts."""
        try:
            found = self._channels([selector])
        except (NotFoundOrNoAccess, BadRequest, PayloadChanged) as error:
            return error
        if not found:
            return left_out("channel", selector[1])
        return as_registered(next(iter(found.values())), account)

    def _channel_id(self, account: AccountRef) -> str:
        selector = channel_selector(account)
        if selector is not None and selector[0] == "id":
            return selector[1]
        profile: ProfileCounts | ReadError
        if account.lane == "owner":
            profile = self._own_profile(account)
        elif selector is None:
            raise unresolvable(account)
        else:
            profile = self._resolve(account, selector)
        if isinstance(profile, ReadError):
            raise profile
        assert profile.native_id is not None, "parse_channel always gives the id"
        return profile.native_id

    def _exchange(self, form: Mapping[str, str | Secret]) -> Reply:
        app: dict[str, str | Secret] = {}
        for name, field in zip(self.needs_for_consent, ("client_id", "client_secret"), strict=True):
            secret = self.settings.secrets.get(name)
            if secret is None:
                raise Unreachable(f"TRACKER_{name} is not set: no token can be got", not_sent=True)
            app[field] = secret.reveal() if field == "client_id" else secret
        return self.http.exchange(self.token_service, {**form, **app}, platform=self.platform)

    def _get(
        self,
        method: str,
        params: Sequence[tuple[str, str]],
        keep: tuple[str, ...],
        owner: AccountRef | None = None,
    ) -> Reply:
        """Ask with the key, or with an owner's token, which is renewed once where it is refused."""
        if owner is None:
            if self.key is None:
                raise PermissionMissing(NO_KEY)
            return self._ask(method, params, keep, ("key", self.key))
        kept = self.tokens.find(owner.id)
        renew = self.renew if kept is not None and kept.refresh is not None else None
        try:
            token = self.tokens.fresh(owner, renew)
            reply = self._ask(method, params, keep, ("Authorization", token.access), owner.id)
            if reply.status == 401:
                token = self.tokens.fresh(owner, renew, rejected=token)
                reply = self._ask(method, params, keep, ("Authorization", token.access), owner.id)
            if reply.status == 401:
                raise AccessDenied(
                    f"{parse_error(reply)}; its office consents again with: "
                    f"tracker connect youtube --account {owner.id}"
                )
        except (AccessDenied, PermissionMissing):
            self.refused.add(owner.id)
            raise
        if reply.status == 403 and method != BATCH_STATS:
            is_own = set(PROJECT_REFUSALS).isdisjoint(error_reasons(reply.body))
            if is_own and isinstance(parse_error(reply), PermissionMissing):
                self.refused.add(owner.id)
        return reply

    def _ask(
        self,
        method: str,
        params: Sequence[tuple[str, str]],
        keep: tuple[str, ...],
        secret: tuple[str, Secret],
        whose: str = "",
    ) -> Reply:
        return self.http.get(
            f"{self.base}/{method}",
            [*params, ("prettyPrint", "false")],
            platform=self.platform,
            keep=keep,
            secret=secret,
            bucket="statistics" if method == BATCH_STATS else "",
            whose=whose,
        )


def owner_of(account: AccountRef) -> AccountRef | None:
    """Give an account that is to be read with its owner's token; None for the public door."""
    return account if account.lane == "owner" else None


def channel_selector(account: AccountRef) -> tuple[str, str] | None:
    """Say by which parameter `channels.list` finds an account: id, forHandle or forUsername.

    None for custom addresses (`/c/name`, `/name`), which the API does not resolve; the handle of
    the same name may belong to somebody else.
    """
    if account.native_id:
        return "id", account.native_id
    parts = [unquote(part) for part in urlsplit(account.url or "").path.split("/") if part]
    if len(parts) >= 2 and parts[0] == "channel":
        return "id", parts[1]
    if len(parts) >= 2 and parts[0] == "user":
        return "forUsername", parts[1]
    if parts and parts[0].startswith("@"):
        return "forHandle", parts[0]
    if account.handle and (account.handle.startswith("@") or not parts):
        return "forHandle", "@" + account.handle.removeprefix("@")
    return None


def uploads_request(
    playlist: str, token: str | None, *, is_owner: bool = False
) -> list[tuple[str, str]]:
    """Give the parameters of one page of an uploads playlist.

    An owner is shown private and unlisted videos too, so that their status is asked for.
    """
    fields = "snippet(title,description),contentDetails(videoId,videoPublishedAt)"
    fields += ",status(privacyStatus)" if is_owner else ""
    params = [
        ("part", "snippet,contentDetails" + (",status" if is_owner else "")),
        ("playlistId", playlist),
        ("maxResults", "50"),
        ("fields", f"nextPageToken,items({fields})"),
    ]
    return params if token is None else [*params, ("pageToken", token)]


def as_registered(
    result: ProfileCounts | ReadError, account: AccountRef
) -> ProfileCounts | ReadError:
    """Write the handle as the register does when only capitals differ, which is not a rename."""
    if isinstance(result, ReadError) or not result.handle or not account.handle:
        return result
    if result.handle.casefold() != account.handle.casefold():
        return result
    return replace(result, handle=account.handle)


def other_channel(account: AccountRef, found: str | None, wanted: str | None) -> PermissionMissing:
    """Say that a consent is for another channel, naming both."""
    return PermissionMissing(
        f"the consent is for {found or 'no channel'}, but {account.id} is {wanted}: consent again "
        "and choose that channel (brand account)"
    )


def unresolvable(account: AccountRef) -> BadRequest:
    """Say what an account needs before it can be read."""
    return BadRequest(
        f"{account.id} has no channel id, handle or user name that YouTube resolves; "
        f"register its address with /channel/UC… or @handle, not {account.url!r}"
    )
