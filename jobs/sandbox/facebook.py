"""Facebook Pages of the synthetic country: the Graph API's shapes, limits, errors and consent.

Source: the platform card, from Meta's documentation of v26.0 and test data of python-facebook. The
environment holds a system-user token with Page Public Content Access; `oauth/access_token` and
`me/accounts` lead to tokens that are good for one page.
"""

from __future__ import annotations

import hmac
from collections import defaultdict
from collections.abc import Sequence
from math import ceil
from urllib.parse import quote, urlencode

import numpy as np

from jobs.sandbox import country
from jobs.sandbox.country import SyntheticAccount
from jobs.sandbox.facebook_items import (
    METRICS,
    PAGE_FIELDS,
    POST_FIELDS,
    VERSION,
    Field,
    counted_texts,
    error,
    fixed_texts,
    graph_json,
    has_empty_page,
    is_nameless,
    is_old,
    is_unlisted,
    likes_of,
    limited,
    not_loadable,
    page_of,
    pages,
    post_id,
    post_of,
    read_cursor,
    read_fields,
    state_of,
    trouble,
    turn,
    usage,
    write_cursor,
)
from jobs.sandbox.messages import Reply, Request, Scene, Work
from jobs.sandbox.shape import Night, Shape, Sizes
from jobs.sandbox.tokens import TokenService, code_for
from jobs.sandbox.world import DAY_SECONDS, World, local_day

BATCH = 50
PAGE = 25
MOST = 100
TOO_MUCH = BATCH * PAGE
"""More nested posts than this in one reply are too much data."""
TOKEN_LIFE = 90 * DAY_SECONDS
"""A page token sees data so long after the consent."""
APP_ID = "1020304050607"
APP_SECRET = "gialap-facebook-bi-mat"
SYSTEM_TOKEN = "gialap-facebook-he-thong"
OWNER = "owner "
"""Stands before what was asked with a page's own token, which makes a request of its own."""
SHORT, LONG = "gialap-nguoi-ngan-", "gialap-nguoi-dai-"
"""Tokens of the person who consents for an account, whose id follows."""


class Facebook:
    """Answers for `{url}/facebook/v26.0`."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.tokens = TokenService("facebook", TOKEN_LIFE, None)
        self._fixed: dict[tuple[int, int], dict[str, str]] = {}

    def answer(self, scene: Scene, request: Request) -> Reply:
        """Answer one request."""
        if request.verb != "GET":
            return error(Work("unknown"), 100, "Unsupported post request.")
        match request.path.strip("/").split("/"):
            case ["dialog", "oauth"]:
                return self._dialog(request)
            case ["oauth", "access_token"]:
                return self._user_token(request)
            case ["debug_token"]:
                return self._debug(request)
            case ["me", "accounts"]:
                return self._accounts(scene, request)
            case [""]:
                return self._refused(scene, request, "ids") or self._ids(scene, request)
            case [asked, "published_posts"]:
                work = Work("published_posts", "list", (), asked)
                return self._refused(scene, request, work.method) or self._edge(
                    scene, request, asked, work
                )
            case [asked]:
                return self._node(scene, request, asked)
        return error(Work("unknown"), 2500, "Unknown path components: /" + request.path)

    # --- Who asks ---

    def _refused(self, scene: Scene, request: Request, method: str) -> Reply | None:
        """Refuse a token that is not good, or one without the proof that belongs to it."""
        work, token = Work(method), token_of(request)
        if not token:
            return error(work, 104, "An access token is required to request this resource.")
        if token != SYSTEM_TOKEN and self.tokens.who(token, scene.now) is None:
            said = "Error validating access token: The session is invalid."
            return error(work, 190, said, error_subcode=467)
        proof = request.one("appsecret_proof")
        if proof is None:
            said = "API calls from the server require an appsecret_proof argument"
            return error(work, 100, said)
        if proof != hmac.new(APP_SECRET.encode(), token.encode(), "sha256").hexdigest():
            return error(work, 100, "Invalid appsecret_proof provided in the API argument")
        return None

    def _owner(self, scene: Scene, request: Request) -> SyntheticAccount | None:
        """Find whose page token asks; None for the system user."""
        return self.tokens.who(token_of(request), scene.now)

    # --- Objects by id ---

    def _ids(self, scene: Scene, request: Request) -> Reply:
        ids = list(dict.fromkeys((request.one("ids") or "").split(",")))
        fields = read_fields(request.one("fields") or "id")
        is_posts = "_" in ids[0]
        work, owner = Work("ids"), self._owner(scene, request)
        if len(ids) > BATCH:
            return error(work, 100, f"(#100) Too many ids: {len(ids)}; the maximum is {BATCH}")
        refusal = field_refused(work, fields, owner, is_post=is_posts)
        if refusal:
            return refusal
        return (self._posts if is_posts else self._pages)(scene, request, ids, fields)

    def _pages(
        self, scene: Scene, request: Request, ids: Sequence[str], fields: tuple[Field, ...]
    ) -> Reply:
        owner = self._owner(scene, request)
        mark = OWNER if owner else ""
        nested = next((field for field in fields if field.name == "published_posts"), None)
        size = int(nested.options.get("limit", PAGE)) if nested else 0
        if size > MOST:
            return error(Work("ids"), 100, "(#100) The limit must not be above 100")
        if size * len(ids) > TOO_MUCH:
            said = "Please reduce the amount of data you're asking for, then retry your request"
            return error(Work("ids"), 1, said, status=500)
        found = {asked: page_of(asked, scene.now) for asked in ids}
        states = {asked: state_of(scene, item) if item else "" for asked, item in found.items()}
        unknown = [asked for asked in ids if states[asked] in ("", "vanished", "unborn")]
        if unknown:
            said = "(#803) Some of the aliases you requested do not exist: " + ",".join(unknown)
            return error(refusal_work(ids, unknown, "profiles", mark), 803, said)
        texts, numbers, shown = [], [], []
        for asked, page in found.items():
            assert page is not None, "the unknown ones were refused"
            if owner not in (None, page):
                return permission_missing(Work("ids"))
            lost = refusal_work(ids, [asked], "profiles", mark)
            if states[asked] == "moved":
                return moved(lost, page)
            if states[asked] != "open" and not (owner and states[asked] == "unreachable"):
                return not_loadable(lost, asked)
            text, posts = self._page_text(scene, request, page, fields, states[asked])
            texts.append(f"{graph_json(asked)}:{text}")
            numbers.append(mark + page.native_id)
            shown += posts
        work = Work("ids", "profiles", tuple(numbers), shown=tuple(mark + one for one in shown))
        percent = 80 if owner and turn(owner) == 8 else 12
        headers = usage(owner.native_id if owner else "gialap-doanh-nghiep", percent)
        return Reply(200, f"{{{','.join(texts)}}}", work, headers)

    def _page_text(
        self,
        scene: Scene,
        request: Request,
        page: SyntheticAccount,
        fields: tuple[Field, ...],
        state: str,
    ) -> tuple[str, list[str]]:
        """Write a page, and say which posts came along."""
        day = local_day(scene.now)
        followers = scene.world.followers_at(page.id, scene.counted_at)
        values = {
            "id": page.native_id,
            "name": page.title_on(day),
            "username": None if is_nameless(page) else page.handle_on(day),
            "link": f"https://www.facebook.com/{page.native_id}",
            "followers_count": followers,
            "fan_count": likes_of(followers) if is_old(page) else followers,
            "verification_status": "not_verified",
            "is_published": state == "open",
            "has_transitioned_to_new_page_experience": not is_old(page),
        }
        asked = [field.name for field in fields if values.get(field.name) is not None]
        written = [f'"{name}":{graph_json(values[name])}' for name in asked]
        shown: list[str] = []
        for field in fields:
            if field.name == "published_posts":
                size = int(field.options.get("limit", PAGE))
                nested = (size, field.options.get("after"))
                edge = self._edge_text(scene, request, page, nested, field.inner)
                if edge is not None and edge[1]:
                    written.append(f'"published_posts":{edge[0]}')
                    shown += edge[1]
        return f"{{{','.join(written)}}}", shown

    def _posts(
        self, scene: Scene, request: Request, ids: Sequence[str], fields: tuple[Field, ...]
    ) -> Reply:
        owner = self._owner(scene, request)
        mark = OWNER if owner else ""
        by_page: dict[SyntheticAccount, list[tuple[str, int]]] = defaultdict(list)
        for asked in ids:
            known = post_of(scene, asked)
            if known is None:
                return not_loadable(refusal_work(ids, [asked], "posts", mark), asked)
            if owner not in (None, known[0]):
                return permission_missing(Work("ids"))
            by_page[known[0]].append((asked, known[1]))
        texts = []
        for page, some in by_page.items():
            written = self._post_texts(scene, page, [number for _, number in some], fields)
            texts += [f'"{asked}":{text}' for (asked, _), text in zip(some, written, strict=True)]
        work = Work("ids", "posts", tuple(mark + asked for asked in ids))
        return Reply(200, f"{{{','.join(texts)}}}", work, VERSION)

    # --- Lists of posts ---

    def _edge(self, scene: Scene, request: Request, asked: str, work: Work) -> Reply:
        page, owner = page_of(asked, scene.now), self._owner(scene, request)
        state = state_of(scene, page) if page else ""
        if page is None or state in ("vanished", "unborn"):
            said = f"(#803) Some of the aliases you requested do not exist: {asked}"
            return error(work, 803, said)
        if owner not in (None, page):
            return permission_missing(work)
        if state == "moved":
            return moved(work, page)
        if state != "open":
            return not_loadable(work, asked)
        fields = read_fields(request.one("fields") or "id,created_time,message")
        refusal = field_refused(work, fields, owner, is_post=True)
        if refusal:
            return refusal
        limit = request.one("limit") or str(PAGE)
        if not limit.isdigit() or not 1 <= int(limit) <= MOST:
            return error(work, 100, "(#100) The limit must not be above 100")
        nested = (int(limit), request.one("after"))
        edge = self._edge_text(scene, request, page, nested, fields)
        if edge is None:
            return error(work, 100, "(#100) Invalid cursor")
        mark = OWNER if owner else ""
        listed = Work(
            work.method, "list", tuple(mark + one for one in edge[1]), mark + page.native_id
        )
        return Reply(200, edge[0], listed, VERSION)

    def _edge_text(
        self,
        scene: Scene,
        request: Request,
        page: SyntheticAccount,
        nested: tuple[int, str | None],
        fields: tuple[Field, ...],
    ) -> tuple[str, list[str]] | None:
        """Write one page of a list, newest first, and its ids; None for a foreign cursor."""
        size, cursor = nested
        before, is_empty = 2**62, False
        if cursor is not None:
            read = read_cursor(cursor, page)
            if read is None:
                return None
            before, is_empty = read
        published = scene.world.posts(page.id).published
        visible = scene.world.visible_posts(page.id, scene.now)
        end = int(np.searchsorted(published[visible], before))
        start = end if is_empty else max(0, end - size)
        numbers = visible[start:end][::-1].tolist()
        ids = [post_id(page, int(published[number])) for number in numbers]
        texts = self._post_texts(scene, page, numbers, fields)
        if not numbers and not is_empty:
            return '{"data":[]}', []
        last = before if is_empty else int(published[numbers[-1]])
        empty_next = has_empty_page(page) and cursor is None
        after = write_cursor(page, last, empty=empty_next)
        paging: dict[str, object] = {"cursors": {"before": "QVFIgialap", "after": after}}
        if start > 0:
            asked = {"access_token": token_of(request), "limit": size, "after": after}
            place = f"http://{request.headers.get('host', '')}/facebook/v26.0/{page.native_id}"
            paging["next"] = f"{place}/published_posts?{urlencode(asked)}"
        return f'{{"data":[{",".join(texts)}],"paging":{graph_json(paging)}}}', ids

    def _post_texts(
        self,
        scene: Scene,
        page: SyntheticAccount,
        numbers: list[int],
        fields: tuple[Field, ...],
    ) -> list[str]:
        """Write posts: the unchanging part is kept, the counts are those of this moment."""
        chosen = np.array(numbers, dtype=np.int64)
        counts = scene.world.counts_at(page.id, chosen, scene.counted_at)
        columns = [counts[name].tolist() for name in counts]
        texts = []
        for number, *row in zip(numbers, *columns, strict=True):
            key = (page.number, number)
            if key not in self._fixed:
                self._fixed[key] = fixed_texts(scene, page, number)
            fixed = self._fixed[key]
            written = [fixed[field.name] for field in fields if field.name in fixed]
            written += counted_texts(page, dict(zip(counts, row, strict=True)), fields)
            texts.append(f"{{{','.join(written)}}}")
        return texts

    # --- Consent ---

    def _dialog(self, request: Request) -> Reply:
        """Consent at once, and lead back with the code."""
        state = request.one("state") or ""
        place = f"{request.one('redirect_uri')}?code={quote(code_for(state))}&state={quote(state)}"
        return Reply(302, "", Work("dialog"), (("Location", place),))

    def _user_token(self, request: Request) -> Reply:
        work = Work("oauth/access_token", "token")
        if request.one("client_id") != APP_ID:
            said = "Error validating application. Cannot get application info."
            return error(work, 101, said)
        if request.one("client_secret") != APP_SECRET:
            return error(work, 1, "Error validating client secret.")
        short = request.one("fb_exchange_token")
        if request.one("grant_type") == "fb_exchange_token":
            key = (short or "").removeprefix(SHORT)
            if key == short:
                return error(work, 190, "Invalid OAuth access token.")
            return user_token(work, LONG + key, 60 * DAY_SECONDS)
        code = request.one("code") or ""
        key = code.removeprefix("ma-dong-y-")
        if key not in {page.id for page in pages()} or code == key:
            return error(work, 100, "Invalid verification code format.", error_subcode=36008)
        return user_token(work, SHORT + key, 3600)

    def _accounts(self, scene: Scene, request: Request) -> Reply:
        """List the pages of a person on two pages: one they may not hand over, then theirs."""
        work = Work("me/accounts", "token")
        page = person_of(request)
        if page is None:
            return error(work, 190, "Invalid OAuth access token.", error_subcode=467)
        if request.one("after") is None:
            other = pages()[(turn(page) + 1) % len(pages())]
            paging = {
                "cursors": {"before": "QVFIgialap", "after": "QVFIgialap2"},
                "next": "https://graph.facebook.com/v26.0/me/accounts?after=QVFIgialap2",
            }
            listed: list[object] = [{"id": other.native_id}]
            return Reply(200, graph_json({"data": listed, "paging": paging}), work, VERSION)
        mine = [] if is_unlisted(page) else [self._granted(scene, page)]
        return Reply(200, graph_json({"data": mine}), work, VERSION)

    def _granted(self, scene: Scene, page: SyntheticAccount) -> dict[str, str]:
        issued = self.tokens.by_code(code_for(page.id), scene.now)
        assert issued is not None, "a page of the country"
        named = {} if is_nameless(page) else {"username": page.handle_on(local_day(scene.now))}
        return {"id": page.native_id, **named, "access_token": issued[1].access}

    def _node(self, scene: Scene, request: Request, asked: str) -> Reply:
        """Show a person their own page with its token."""
        work, page = Work("node", "token"), page_of(asked, scene.now)
        if page is None or person_of(request) is not page:
            return not_loadable(work, asked)
        return Reply(200, graph_json(self._granted(scene, page)), work, VERSION)

    def _debug(self, request: Request) -> Reply:
        work = Work("debug_token", "token")
        if request.one("access_token") != f"{APP_ID}|{APP_SECRET}":
            return error(work, 190, "Invalid OAuth access token.")
        asked = request.one("input_token")
        ends = [pair.ends for pair in self.tokens.pairs.values() if pair.access == asked]
        told = {
            "app_id": APP_ID,
            "type": "PAGE",
            "is_valid": bool(ends),
            "expires_at": 0,
            "data_access_expires_at": ends[0] if ends else 0,
            "scopes": ["pages_show_list", "pages_read_engagement", "read_insights"],
        }
        return Reply(200, graph_json({"data": told}), work, VERSION)


def token_of(request: Request) -> str:
    """Give the token of a request, wherever it stands."""
    return request.one("access_token") or request.bearer()


def person_of(request: Request) -> SyntheticAccount | None:
    """Find the page for which a person consents, by their long token."""
    key = token_of(request).removeprefix(LONG)
    return next((page for page in pages() if page.id == key), None)


def user_token(work: Work, token: str, seconds: int) -> Reply:
    """Hand out the token of a person."""
    told = {"access_token": token, "token_type": "bearer", "expires_in": seconds}
    return Reply(200, graph_json(told), work, VERSION)


def field_refused(
    work: Work, fields: tuple[Field, ...], owner: SyntheticAccount | None, *, is_post: bool
) -> Reply | None:
    """Refuse a field that does not exist, and insights to strangers or of a wrong name."""
    known, node = (POST_FIELDS, "Post") if is_post else (PAGE_FIELDS, "Page")
    for field in fields:
        if field.name not in known:
            said = f"(#100) Tried accessing nonexisting field ({field.name}) on node type ({node})"
            return error(work, 100, said)
        if field.name == "insights":
            if owner is None:
                said = "(#200) Provide valid app ID or the read_insights permission"
                return error(work, 200, said, status=403)
            if set(field.options.get("metric", "").split(",")) - METRICS.keys():
                return error(work, 100, "(#100) The value must be a valid insights metric")
        if field.name == "published_posts":
            refusal = field_refused(work, field.inner, owner, is_post=True)
            if refusal:
                return refusal
    return None


def permission_missing(work: Work) -> Reply:
    """Say that a page token is not good for another page."""
    said = (
        "(#10) This endpoint requires the 'pages_read_engagement' permission or the 'Page Public "
        "Content Access' feature."
    )
    return error(work, 10, said)


def moved(work: Work, page: SyntheticAccount) -> Reply:
    """Say that a page was merged into another."""
    successor = country.successor(page.id)
    assert successor is not None, "only a page that ended with the merger moves"
    said = (
        f"(#21) Page ID {page.native_id} was migrated to page ID {successor.native_id}.  Please "
        "update your API calls to the new ID"
    )
    return error(work, 21, said)


def refusal_work(ids: Sequence[str], blamed: Sequence[str], kind: str, mark: str) -> Work:
    """Say what a refusal was good for: an answer where all of the request is blamed, else the
    reason why some must be left out.
    """
    if len(blamed) == len(ids):
        return Work("ids", kind, tuple(mark + one for one in blamed))
    return Work("ids", "reason", (",".join(mark + one for one in blamed),))


def fewest(night: Night) -> int:
    """Count the requests that would have sufficed.

    ceil(public pages / 50) + pages asked with their own token + for every list
    max(1, ceil(posts / 25)), where a list goes on behind the posts that came with the page
    + ceil(posts not shown yet / 50), those asked with a page's own token page by page + one for
    every refusal that names what cannot be read + requests for tokens.
    """
    blamed = {one for said in night.reasons for one in said.split(",")}
    asked = night.profiles | {one for one in blamed if "_" not in one}
    own = sum(one.startswith(OWNER) for one in asked)
    shown = set(night.shown).union(*night.listed.values())
    groups: dict[str, int] = defaultdict(int)
    for one in (night.posts | {one for one in blamed if "_" in one}) - shown:
        groups[one.partition("_")[0] if one.startswith(OWNER) else ""] += 1
    lists = sum(max(1, ceil(len(entries) / PAGE)) for entries in night.listed.values())
    by_id = sum(ceil(posts / BATCH) for posts in groups.values())
    return (
        ceil((len(asked) - own) / BATCH) + own + lists + by_id + len(night.reasons) + night.tokens
    )


SHAPE = Shape(
    key="facebook",
    base="/facebook/v26.0/",
    serve=Facebook,
    sizes=Sizes(BATCH, PAGE, BATCH, list_has_counts=True),
    environment={
        "TRACKER_FACEBOOK_URL": "{url}/facebook/v26.0",
        "TRACKER_FACEBOOK_ACCESS_TOKEN": SYSTEM_TOKEN,
        "TRACKER_FACEBOOK_APP_ID": APP_ID,
        "TRACKER_FACEBOOK_APP_SECRET": APP_SECRET,
    },
    limited=limited,
    trouble=trouble,
    token_paths=("oauth/access_token", "me/accounts", "debug_token"),
    minimum=fewest,
)
