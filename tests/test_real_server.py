"""The Bluesky connector against the real server software, number for number.

Skipped unless two variables name a running network: `TRACKER_TEST_BLUESKY_URL` its AppView (ending
in `/xrpc`), `TRACKER_TEST_BLUESKY_PDS_URL` its account host. Measured with `@atproto/dev-env` 0.6.7
from npm (it brings `@atproto/bsky` 0.0.280), Node 22, PostgreSQL 15 and Redis 7. `npm install
@atproto/dev-env@0.6.7`; set `DB_POSTGRES_URL`, `DB_POSTGRES_SCHEMA` (letters only) and `REDIS_HOST`
(host:port); run with node a file `start.mjs`:

    import { TestNetwork } from '@atproto/dev-env'
    await TestNetwork.create({ pds: { port: 2583, hostname: 'localhost' }, bsky: { port: 2584 } })

Then the two variables are http://127.0.0.1:2584/xrpc and http://127.0.0.1:2583/xrpc.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import requests

from connectors.base import NoTokens
from connectors.bluesky import Bluesky
from tracker.errors import AccountGone, NotFoundOrNoAccess
from tracker.http import LiveHttp
from tracker.readings import AccountRef, PostRef, ProfileCounts
from tracker.settings import load_settings

APPVIEW = os.environ.get("TRACKER_TEST_BLUESKY_URL", "")
HOST = os.environ.get("TRACKER_TEST_BLUESKY_PDS_URL", "")
REASON = "TRACKER_TEST_BLUESKY_URL and TRACKER_TEST_BLUESKY_PDS_URL name no running network"
pytestmark = pytest.mark.skipif(not (APPVIEW and HOST), reason=REASON)
POST = "app.bsky.feed.post"
DAY = "2026-11-01T01:00:00.000Z"
MADE = ["AccountDeactivated", 2, 0, 131, 3, 1, 4, 2, 0]


class Member:
    def __init__(self, name: str) -> None:
        self.handle, self.token = f"{name}-{uuid4().hex[:8]}.test", ""  # new in every run
        asked = {"handle": self.handle, "email": f"{self.handle}@a.test", "password": uuid4().hex}
        made = self.send("server.createAccount", asked)
        self.did, self.token = made["did"], made["accessJwt"]

    def send(self, method: str, body: dict[str, Any]) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        address = f"{HOST}/com.atproto.{method}"
        reply = requests.post(address, json=body, headers=headers, timeout=30)
        assert reply.ok, reply.text
        return dict(reply.json()) if reply.content else {}

    def make(self, kind: str, **record: Any) -> dict[str, str]:
        body = {"$type": kind, "createdAt": DAY, **record}
        asked = {"repo": self.did, "collection": kind, "record": body}
        made = self.send("repo.createRecord", asked)
        return {"uri": made["uri"], "cid": made["cid"]}


def shown(method: str, **params: str) -> dict[str, Any]:
    return dict(requests.get(f"{APPVIEW}/app.bsky.{method}", params, timeout=30).json())


@pytest.fixture
def connector(tmp_path: Path) -> Iterator[Bluesky]:
    settings = load_settings(tmp_path, {"TRACKER_BLUESKY_URL": APPVIEW})
    with LiveHttp(user_agent="tests", clock=lambda: datetime.now(UTC), wait=time.sleep) as http:
        yield Bluesky(http, settings, NoTokens())


def test_what_was_made_is_what_is_read(connector: Bluesky) -> None:
    office, reader, sleeper = Member("halong"), Member("bandoc"), Member("ngu")
    # Quotes are counted by content: the same text of an earlier run would bring its own along.
    texts = [f"Vịnh Hạ Long {number} 🏝️ {office.handle}" for number in range(130)]
    posts = [office.make(POST, text=text) for text in texts]
    gone, liked = posts[0], posts[1]
    key = gone["uri"].rpartition("/")[2]
    office.send("repo.deleteRecord", {"repo": office.did, "collection": POST, "rkey": key})
    for member in (reader, sleeper):
        member.make("app.bsky.graph.follow", subject=office.did)
        member.make("app.bsky.feed.like", subject=liked)
    office.make("app.bsky.feed.like", subject=liked)
    reader.make("app.bsky.feed.repost", subject=liked)
    for author in (reader, reader, office, office):
        author.make(POST, text="Đẹp quá 😍", reply={"root": liked, "parent": liked})
    for text in ("Trích", "Trích nữa"):
        reader.make(POST, text=text, embed={"$type": "app.bsky.embed.record", "record": liked})
    office.make("app.bsky.feed.repost", subject=posts[2])  # of oneself: not listed twice
    sleeper.send("server.deactivateAccount", {"deleteAfter": "2099-01-01T00:00:00Z"})
    for _ in range(150):  # the AppView indexes what the account host announces
        profile = shown("actor.getProfile", actor=office.did)
        post = (shown("feed.getPosts", uris=liked["uri"])["posts"] or [{}])[0]
        closed = shown("actor.getProfile", actor=sleeper.did).get("error")
        raw = [closed, *(profile.get(f"{it}Count") for it in ("followers", "follows", "posts"))]
        raw += [post.get(f"{it}Count") for it in ("like", "repost", "reply", "quote", "bookmark")]
        if raw == MADE:
            break
        time.sleep(0.2)
    assert raw == MADE
    accounts = [AccountRef(one.handle, "bluesky", one.did) for one in (office, reader, sleeper)]
    found = {account.id: result for account, result in connector.profiles(accounts)}
    assert found[office.handle] == ProfileCounts(office.did, office.handle, 2, 0, 131)
    assert found[reader.handle] == ProfileCounts(reader.did, reader.handle, 0, 1, 4)
    assert isinstance(found[sleeper.handle], AccountGone)
    [(_, by_handle)] = connector.profiles([AccountRef("office", "bluesky", handle=office.handle)])
    assert by_handle == found[office.handle]
    walked = list(connector.posts(accounts[0], None))
    assert [len(walked), sum(one.kind == "reply" for one in walked)] == [131, 2]
    refreshed = dict(connector.refresh([PostRef(accounts[0], one["uri"]) for one in posts]))
    assert isinstance(refreshed.pop(PostRef(accounts[0], gone["uri"])), NotFoundOrNoAccess)
    assert sum(result in walked for result in refreshed.values()) == 129
    read = next(one for one in walked if one.native_id == liked["uri"])
    assert (read.reactions, read.shares, read.comments, read.saves) == (3, 1, 4, 0)
    assert (dict(read.details), read.kind, read.text) == ({"quotes": 2}, "post", texts[1])
    assert read.published_at == datetime(2026, 11, 1, 1, tzinfo=UTC)
