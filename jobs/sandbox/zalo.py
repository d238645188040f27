"""Zalo of the synthetic country: the calls of an Official Account's owner, and the token service
whose refresh tokens work once.

Source: the platform card, from the official SDK of 2024 and what integrators reported in 2026.
Errors come with HTTP 200. Presenting a used refresh token breaks the chain for good, so that a
reader that renews twice is found out.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from jobs.sandbox import country
from jobs.sandbox.captions import LANGUAGES, caption
from jobs.sandbox.country import SyntheticAccount
from jobs.sandbox.messages import Reply, Request, Scene, Work, joined, to_json
from jobs.sandbox.shape import Shape, Sizes
from jobs.sandbox.tokens import Pair, TokenService, code_for
from jobs.sandbox.world import World, local_day
from jobs.sandbox.zalo_items import (
    article_id,
    coded,
    has_no_alias,
    keeps_refresh,
    kind_of,
    list_name,
    listed,
    names_itself,
    shown_counts,
    shown_followers,
    stated_total,
    status_of,
    written,
)

APP_ID = "gialap-ung-dung-zalo"
APP_SECRET = "gialap-khoa-ung-dung-zalo"
PAGE = 10
TYPES = ("normal", "video")
TOKEN_SECONDS = 90_000
REFRESH_SECONDS = 90 * 86_400
END = "end"
"""Listed beside the articles of a page with room left: only such a page shows the end, so a list of
exactly ten costs a second request.
"""


class Zalo:
    """Answers for `{url}/zalo`: data below `v2.0`, consent and tokens below `v4`."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.tokens = TokenService("zalo", TOKEN_SECONDS, REFRESH_SECONDS, single_use=True)
        self._fixed: dict[tuple[int, int], str] = {}

    def answer(self, scene: Scene, request: Request) -> Reply:
        """Answer one request."""
        path = request.path.strip("/")
        if path == "v4/oa/access_token" and request.verb == "POST":
            return self._token(scene, request)
        if request.verb != "GET":
            return Reply(405, "Method Not Allowed", Work("unknown"), (), "text/plain")
        if path == "v4/oa/permission":
            return permission(request)
        if path == "v2.0/oa/getoa":
            return self._oa(scene, request, Work("getoa"))
        if path == "v2.0/article/getslice":
            return self._slice(scene, request, Work("getslice"))
        return Reply(404, "Not Found", Work("unknown"), (), "text/plain")

    # --- Data ---

    def _owner(self, scene: Scene, request: Request, work: Work) -> SyntheticAccount | Reply:
        """Find whose token a request carries, or give the refusal."""
        token = request.headers.get("access_token", "")
        account = self.tokens.who(token, scene.now)
        if account is not None:
            return account
        if any(pair.access == token for pair in self.tokens.pairs.values()):
            return error("-220", "Access token has expired", work)
        return error(-216, "Access token is invalid", work)

    def _oa(self, scene: Scene, request: Request, work: Work) -> Reply:
        account = self._owner(scene, request, work)
        if isinstance(account, Reply):
            return account
        work = Work(work.method, "profiles", (account.native_id,))
        if scene.state(account.id) != "open":
            return error(coded(account, -205), "Official Account is not found", work)
        day = local_day(scene.now)
        body = {
            **names_itself(account),
            "name": account.title_on(day),
            "description": "Tài khoản giả lập",
            **({} if has_no_alias(account) else {"oa_alias": account.handle_on(day)}),
            "is_verified": True,
            "oa_type": 2,
            "cate_name": "Cơ quan nhà nước",
            **shown_followers(account, scene.world.followers_at(account.id, scene.counted_at)),
            "avatar": f"https://{country.SERVER}/oa.jpg",
            "package_name": "Nâng cao",
            "package_valid_through_date": "31/12/2030",
        }
        return good(account, to_json(body), work)

    def _slice(self, scene: Scene, request: Request, work: Work) -> Reply:
        account = self._owner(scene, request, work)
        if isinstance(account, Reply):
            return account
        kind, limit = request.one("type") or "", request.one("limit") or ""
        offset = request.one("offset") or ""
        if kind not in TYPES:
            message = "type accept only 2 value normal and video."
            return error(coded(account, -201), message, work)
        if not limit.isdecimal() or not 1 <= int(limit) <= PAGE:
            return error(coded(account, -201), f"maximum limit is {PAGE}", work)
        if not offset.isdecimal():
            return error(coded(account, -201), "offset is invalid", work)
        name = f"{account.native_id} {kind}"
        if scene.state(account.id) != "open":
            work = Work(work.method, "list", (), name)
            return error(coded(account, -205), "Official Account is not found", work)
        numbers = listed(scene.world, account, kind, scene.now)
        page = numbers[int(offset) : int(offset) + int(limit)]
        texts = self._texts(scene, account, page)
        ids = tuple(article_id(scene.world, account, number) for number in page)
        ended = (END,) if len(page) < int(limit) else ()
        total = stated_total(account, len(numbers))
        body = f'{{"{list_name(account)}":[{",".join(texts)}],"total":{total}}}'
        return good(account, body, Work(work.method, "list", (*ids, *ended), name))

    def _texts(self, scene: Scene, account: SyntheticAccount, numbers: list[int]) -> list[str]:
        """Write articles: the unchanging part is kept, the rest is of this moment."""
        counts = scene.world.counts_at(account.id, np.array(numbers, np.int64), scene.counted_at)
        columns = zip(numbers, counts["views"].tolist(), counts["shares"].tolist(), strict=True)
        texts = []
        for number, views, shares in columns:
            status = status_of(scene.world, account, number, scene.now)
            fixed = f'{self._fixed_text(account, number)[:-1]},"status":"{status}"}}'
            texts.append(joined(fixed, shown_counts(account, views, shares)))
        return texts

    def _fixed_text(self, account: SyntheticAccount, number: int) -> str:
        kept = self._fixed.get((account.number, number))
        if kept is not None:
            return kept
        posts = self.world.posts(account.id)
        second, language = int(posts.published[number]), LANGUAGES[int(posts.language[number])]
        name = article_id(self.world, account, number)
        body = {
            "id": name,
            "type": kind_of(number),
            "title": caption(account, number, language),
            "create_date": written(account, second),
            "update_date": written(account, second + 60),
            "thumb": f"https://{country.SERVER}/thumb.jpg",
            "link_view": f"https://rd.zaloapp.example/article?id={name}",
        }
        self._fixed[account.number, number] = to_json(body)
        return self._fixed[account.number, number]

    # --- Tokens ---

    def _token(self, scene: Scene, request: Request) -> Reply:
        form, work = request.form(), Work("access_token")
        if request.headers.get("secret_key") != APP_SECRET or form.get("app_id") != APP_ID:
            return refused(-14002, "Invalid app id or secret key.", work)
        if form.get("grant_type") == "authorization_code":
            issued = self.tokens.by_code(form.get("code", ""), scene.now)
            if issued is None:
                return refused(-14019, "Invalid authorization code.", work)
            return granted(*issued, keeps=False)
        if form.get("grant_type") != "refresh_token":
            return refused(-14004, "Invalid grant type.", work)
        refresh = form.get("refresh_token", "")
        renewed = self.tokens.by_refresh(refresh, scene.now)
        if renewed == "used":
            self._break_chain(refresh)
            return Reply(200, "", work)
        if isinstance(renewed, str):
            code: int | str = "-14014" if refresh.endswith(("1", "3", "5", "7", "9")) else -14014
            return refused(code, "Invalid refresh token.", work)
        account, pair = renewed
        if keeps_refresh(account):
            self.tokens.used.discard(refresh)
            self.tokens.pairs[account.id] = replace(pair, refresh=refresh)
        return granted(account, pair, keeps=keeps_refresh(account))

    def _break_chain(self, refresh: str) -> None:
        """Forget the newest pair of the account whose used token was presented."""
        number = int(refresh.split("-")[3])
        self.tokens.pairs.pop(country.every_account()[number].id, None)


# --- Replies ---


def good(account: SyntheticAccount, data: str, work: Work) -> Reply:
    """Wrap the data of a good reply."""
    code = to_json(coded(account, 0))
    return Reply(200, f'{{"error":{code},"message":"Success","data":{data}}}', work)


def error(code: int | str, message: str, work: Work) -> Reply:
    """Refuse a data call."""
    return Reply(200, to_json({"error": code, "message": message}), work)


def refused(code: int | str, name: str, work: Work) -> Reply:
    """Refuse in the words of the token service."""
    body = {
        "error": code,
        "error_name": name,
        "error_reason": "Giả lập",
        "error_description": name,
        "ref_doc": f"https://developers.{country.SERVER}/docs",
    }
    return Reply(200, to_json(body), work)


def granted(account: SyntheticAccount, pair: Pair, *, keeps: bool) -> Reply:
    """Hand out a pair; `keeps` leaves the refresh token out."""
    seconds: int | str = TOKEN_SECONDS if account.number % 4 == 1 else str(TOKEN_SECONDS)
    body: dict[str, object] = {"access_token": pair.access, "expires_in": seconds}
    if not keeps:
        body["refresh_token"] = pair.refresh
    return Reply(200, to_json(body), Work("access_token", "token", account=account.id))


def permission(request: Request) -> Reply:
    """Stand for the consent page: the owner of the account named in `state` agrees at once."""
    redirect, state = request.one("redirect_uri") or "", request.one("state") or ""
    work = Work("permission")
    if request.one("app_id") != APP_ID or not redirect:
        return refused(-14003, "Invalid redirect uri.", work)
    target = f"{redirect}?code={code_for(state)}&state={state}"
    return Reply(302, "", work, (("Location", target),), "text/html; charset=utf-8")


def limited(retry_after: int, second: int, work: Work) -> Reply:
    """Say that requests come too fast: with HTTP 200, and without saying for how long."""
    return error(-32, "Your application reached limit call api per minute", work)


def trouble(work: Work) -> Reply:
    """Give a gateway's page."""
    page = "<html><head><title>504 Gateway Time-out</title></head><body>nginx</body></html>"
    return Reply(504, page, work, (), "text/html; charset=utf-8")


SHAPE = Shape(
    key="zalo",
    base="/zalo/",
    serve=Zalo,
    sizes=Sizes(batch=1, page=PAGE, post_batch=PAGE, list_has_counts=True),
    environment={
        "TRACKER_ZALO_URL": "{url}/zalo/v2.0",
        "TRACKER_ZALO_AUTH_URL": "{url}/zalo/v4",
        "TRACKER_ZALO_APP_ID": APP_ID,
        "TRACKER_ZALO_APP_SECRET": APP_SECRET,
    },
    limited=limited,
    trouble=trouble,
    token_paths=("/oa/access_token",),
)
