"""Every connector against payloads written by hand from the platform's documentation.

A case is a file `payloads/<platform>/<case>.json`: one call, the replies to its requests, and what
it must give. A new case needs no code here. Each case is run twice: on the replies as the platform
sends them, and on what the archive keeps of them, which must give the same but for the text.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from live import KnownTokens

from connectors.base import Connector, Consenting, batches
from connectors.catalogue import CONNECTORS
from tracker.errors import ReadError
from tracker.http import ReplayHttp, Reply
from tracker.platforms import PLATFORMS
from tracker.readings import AccountRef, PostCounts, PostRef, ProfileCounts
from tracker.secrets import Secret, Token
from tracker.settings import Settings

PAYLOADS = Path(__file__).parent / "payloads"
CASES = sorted(
    path
    for platform in CONNECTORS
    for path in (PAYLOADS / platform).glob("*.json")
    if path.name != "manifest.json"
)
SECRETS = {
    "YOUTUBE_API_KEY": "khoa-gia-lap",
    "INSTAGRAM_ACCESS_TOKEN": "ma-cong-khai-gia-lap",
    "INSTAGRAM_USER_ID": "17841499000000001",
    "ZALO_APP_ID": "4318000000000000001-gialap",
    "ZALO_APP_SECRET": "khoa-gia-lap-zalo",
    "X_BEARER_TOKEN": "gialap-token-cua-ung-dung",
    "TELEGRAM_BOT_TOKEN": "1900000000:gialap-khoa-bot",
    "PINTEREST_APP_ID": "1500000-gialap",
    "PINTEREST_APP_SECRET": "gialap-khoa-ung-dung-pinterest",
}
"""Secrets that every case of a platform has; a case may add its own under `secrets`."""
FIELDS = {
    ProfileCounts: ("native_id", "handle", "followers", "following", "posts", "views", "likes"),
    PostCounts: (
        "native_id",
        "published_at",
        "url",
        "kind",
        "views",
        "reactions",
        "comments",
        "shares",
        "saves",
        "text",
    ),
    ReadError: ("retry_at", "reset_at", "moved_to", "path"),
}


def name_of(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def account_of(platform: str, given: dict[str, Any]) -> AccountRef:
    return AccountRef(platform=platform, **given)


def post_of(platform: str, given: dict[str, Any]) -> PostRef:
    return PostRef(account_of(platform, given["account"]), given["native_id"])


def replay(case: dict[str, Any], folder: Path, *, pruned: bool) -> ReplayHttp:
    """Lay the replies of a case out as ReplayHttp reads them."""
    entries = []
    for number, reply in enumerate(case["replies"]):
        entry = {key: value for key, value in reply.items() if key not in ("body", "text")}
        if "body" in reply or "text" in reply:
            entry["file"] = f"{number}.txt"
            written = reply["text"] if "text" in reply else json.dumps(reply["body"])
            (folder / entry["file"]).write_text(written, encoding="utf-8")
        entries.append(entry)
    (folder / "manifest.json").write_text(json.dumps(entries), encoding="utf-8")
    return ReplayHttp(folder, pruned=pruned)


MADE = datetime(2026, 11, 1, 18, 0, tzinfo=UTC)
"""When the tokens of the cases were issued."""


def token_of(given: dict[str, Any]) -> Token:
    """Make the token a case names: texts for the secrets, ISO instants for the ends."""
    ends = {
        name: datetime.fromisoformat(given[name])
        for name in ("expires_at", "refresh_expires_at")
        if name in given
    }
    return Token(
        access=Secret(given["access"]),
        issued_at=MADE,
        refresh=Secret(given["refresh"]) if "refresh" in given else None,
        kind=given.get("kind", ""),
        native_id=given.get("native_id"),
        scopes=tuple(given.get("scopes", ())),
        **ends,
    )


def connector_for(platform: str, case: dict[str, Any], http: ReplayHttp) -> Connector:
    secrets = {**SECRETS, **case.get("secrets", {})}
    settings = Settings(
        data=Path("data"),
        db="sqlite://",
        secrets={name: Secret(text) for name, text in secrets.items() if text},
        options=case.get("options", {}),
        enabled=frozenset({platform}),
    )
    tokens = KnownTokens({key: token_of(given) for key, given in case.get("tokens", {}).items()})
    connector = CONNECTORS[platform](http, settings, tokens)
    for name, size in case.get("sizes", {}).items():
        setattr(connector, name, size)
    return connector


def said(value: ProfileCounts | PostCounts | ReadError) -> dict[str, Any]:
    """Write a result as the case files do: only what is known, instants as text."""
    kind = next(kind for kind in FIELDS if isinstance(value, kind))
    known = {name: getattr(value, name, None) for name in FIELDS[kind]}
    known["details"] = dict(getattr(value, "details", {}))
    known["unavailable"] = list(getattr(value, "unavailable", ()))
    known["newest"] = [said(post) for post in getattr(value, "newest", ())]
    known["newest_is_all"] = getattr(value, "newest_is_all", False) or None
    shown = {
        name: item.isoformat() if isinstance(item, datetime) else item
        for name, item in known.items()
        if item is not None and item not in ("", {}, [])
    }
    return {"error": type(value).__name__, **shown} if kind is ReadError else shown


def said_token(token: Token) -> dict[str, Any]:
    """Write a token as the case files do, its secrets revealed: they are invented."""
    known = {
        "access": token.access.reveal(),
        "refresh": token.refresh.reveal() if token.refresh else None,
        "expires_at": token.expires_at.isoformat() if token.expires_at else None,
        "refresh_expires_at": (
            token.refresh_expires_at.isoformat() if token.refresh_expires_at else None
        ),
        "kind": token.kind or None,
        "native_id": token.native_id,
    }
    return {name: item for name, item in known.items() if item is not None}


def results(platform: str, case: dict[str, Any], connector: Connector) -> Iterator[Any]:
    """Give (what is asked for, result) of each result, the raised error last."""
    try:
        if case["call"] == "profiles":
            accounts = [account_of(platform, given) for given in case["accounts"]]
            for account, result in connector.profiles(accounts):
                yield {"account": account.id, **said(result)}, result
        elif case["call"] == "renew":
            assert isinstance(connector, Consenting)
            token = connector.renew(token_of(case["token"]))
            yield said_token(token), token
        elif case["call"] == "exchange":
            assert isinstance(connector, Consenting)
            account = account_of(platform, case["account"])
            token = connector.exchange(account, case["code"], "https://localhost/tracker")
            yield said_token(token), token
        elif case["call"] == "refresh":
            posts = [post_of(platform, given) for given in case["posts"]]
            for post, counts in connector.refresh(posts):
                yield {"post": post.native_id, **said(counts)}, counts
        else:
            since = case.get("since")
            for counts in connector.posts(
                account_of(platform, case["account"]),
                datetime.fromisoformat(since) if since else None,
            ):
                yield said(counts), counts
    except ReadError as error:
        shown = said(error)
        yield {"raised": shown.pop("error"), **shown}, error


def in_order(case: dict[str, Any], found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Order what comes in any order; posts are listed newest first and stay as they are."""
    return found if case["call"] == "posts" else sorted(found, key=json.dumps)


def drop_text(item: dict[str, Any]) -> dict[str, Any]:
    """Give a result without the texts of posts, which the archive does not keep."""
    kept = {name: value for name, value in item.items() if name != "text"}
    if "newest" in kept:
        kept["newest"] = [drop_text(post) for post in kept["newest"]]
    return kept


@pytest.mark.parametrize("pruned", [False, True], ids=["as sent", "as archived"])
@pytest.mark.parametrize("path", CASES, ids=name_of)
def test_a_payload_gives_what_its_case_says(path: Path, pruned: bool, tmp_path: Path) -> None:
    case = json.loads(path.read_text(encoding="utf-8"))
    platform = path.parent.name
    http = replay(case, tmp_path, pruned=pruned)
    connector = connector_for(platform, case, http)
    with http.tally() as tally:
        found = list(results(platform, case, connector))
    expected = [dict(item) for item in case["expected"]]
    sentences = [item.pop("says", "") for item in expected]
    shown = [item for item, _ in found]
    if pruned:
        without_text = [drop_text(item) for item in shown]
        assert without_text == shown
        expected = [drop_text(item) for item in expected]
    assert in_order(case, shown) == in_order(case, expected)
    for sentence in filter(None, sentences):
        assert any(sentence in str(value) for _, value in found), sentence
    assert tally.requests == case.get("requests", len(case["replies"]))


@pytest.mark.parametrize("platform", CONNECTORS)
def test_a_manifest_says_what_every_case_shows(platform: str) -> None:
    manifest = json.loads((PAYLOADS / platform / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["cases"].keys() == {path.stem for path in CASES if path.parent.name == platform}
    assert all(manifest["cases"].values())
    assert manifest["source"]
    assert manifest["made"].startswith("by hand")


@pytest.mark.parametrize("platform", CONNECTORS)
def test_every_error_of_a_connector_is_met_by_a_case(platform: str) -> None:
    """An error code that no payload names has never been tried."""
    replies = [
        json.dumps(reply)
        for path in CASES
        if path.parent.name == platform
        for reply in json.loads(path.read_text(encoding="utf-8"))["replies"]
    ]
    for code in CONNECTORS[platform].errors:
        assert any(code in reply for reply in replies), code


@pytest.mark.parametrize("platform", CONNECTORS)
def test_a_connector_states_its_facts(platform: str) -> None:
    connector = CONNECTORS[platform]
    assert connector.platform == platform
    assert platform in PLATFORMS
    assert connector.source
    assert min(connector.batch, connector.post_batch, connector.parallel, connector.list_size) > 0
    assert connector.list_every > 0
    assert "" in connector.budgets
    assert all(issubclass(kind, ReadError) for kind in connector.errors.values())
    assert all(name.startswith(f"{platform.upper()}_") for name in connector.needs)


@pytest.mark.parametrize("platform", CONNECTORS)
def test_a_connector_asks_nothing_for_nothing(platform: str, tmp_path: Path) -> None:
    http = replay({"replies": []}, tmp_path, pruned=False)
    connector = connector_for(platform, {}, http)
    with http.tally() as tally:
        assert list(connector.profiles([])) == []
        assert list(connector.refresh([])) == []
    assert tally.requests == 0


@pytest.mark.parametrize("platform", CONNECTORS)
def test_only_counts_that_the_platform_publishes_are_filled(platform: str) -> None:
    """What a case expects is what `platforms` promises to exports: nothing more, nothing less."""
    columns: dict[str, set[str]] = {"account": set(), "post": set()}
    for path in (path for path in CASES if path.parent.name == platform):
        for item in json.loads(path.read_text(encoding="utf-8"))["expected"]:
            columns["account" if "account" in item else "post"] |= counted(item)
            for post in item.get("newest", ()):
                columns["post"] |= counted(post)
    for entity, found in columns.items():
        promised = PLATFORMS[platform].measures_of(entity)
        assert found == {item.column for item in promised if item.lanes != ("declared",)}


def counted(item: dict[str, Any]) -> set[str]:
    """List the counts that a result holds."""
    counts = {**item, **item.get("details", {})}
    return {
        name
        for name, value in counts.items()
        if isinstance(value, int) and not isinstance(value, bool)
    }


def test_batches_cut_in_order_and_leave_nothing_out() -> None:
    assert [list(batch) for batch in batches([1, 2, 3, 4, 5], 2)] == [[1, 2], [3, 4], [5]]
    assert list(batches([], 2)) == []


class WatchedReplay(ReplayHttp):
    """A replay that remembers which servers were sent a secret."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.asked: list[tuple[str, bool]] = []

    def get(self, url: str, params: Any = (), **more: Any) -> Reply:
        self.asked.append((urlsplit(url).netloc, more.get("secret") is not None))
        return super().get(url, params, **more)


def test_a_token_goes_only_to_servers_that_asked_for_one(tmp_path: Path) -> None:
    """A Mastodon token is good for one server; another server must never see it."""
    case = json.loads(
        (PAYLOADS / "mastodon" / "profiles_gets_a_token.json").read_text(encoding="utf-8")
    )
    open_server = {
        "request": "https://mo.example/api/v1/accounts/1",
        "body": {"id": "1", "acct": "mot"},
    }
    replay({"replies": [*case["replies"], open_server]}, tmp_path, pruned=False)
    http = WatchedReplay(tmp_path)
    accounts = [account_of("mastodon", given) for given in case["accounts"]]
    accounts.append(AccountRef("mo", "mastodon", "mo.example/1"))
    assert len(list(connector_for("mastodon", case, http).profiles(accounts))) == 3
    assert http.asked == [
        ("gts.example", False),
        ("gts.example", True),
        ("gts.example", True),
        ("mo.example", False),
    ]


def test_no_request_to_bluesky_carries_a_secret(tmp_path: Path) -> None:
    """The public host refuses a foreign Authorization header."""
    path = PAYLOADS / "bluesky" / "profiles_and_the_missing_ones.json"
    case = json.loads(path.read_text(encoding="utf-8"))
    replay(case, tmp_path, pruned=False)
    http = WatchedReplay(tmp_path)
    list(results("bluesky", case, connector_for("bluesky", case, http)))
    assert {secret for _, secret in http.asked} == {False}
