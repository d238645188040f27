"""Tokens that owners gave us: encrypted, renewed once, asleep elsewhere, lost with their key."""

from __future__ import annotations

import json
import multiprocessing
import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tracker.credentials import Credentials, new_key
from tracker.errors import (
    AccessDenied,
    BadRequest,
    ConfigError,
    PayloadChanged,
    PermissionMissing,
    StoreError,
    Unreachable,
)
from tracker.readings import AccountRef
from tracker.secrets import Secret, Token

NOW = datetime(2026, 11, 1, 18, 0, tzinfo=UTC)
KEY = Secret(new_key())
ACCOUNT = AccountRef("gialap-zalo", "zalo")
FIRST = Token(
    access=Secret("gialap-access-1"),
    issued_at=NOW,
    expires_at=NOW + timedelta(hours=25),
    refresh=Secret("gialap-refresh-1"),
    refresh_expires_at=NOW + timedelta(days=90),
    kind="oa",
    native_id="4318657068771012646",
    scopes=("oa", "article"),
)


class Clock:
    """A clock that stands where it is put."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def kept(tmp_path: Path, clock: Clock) -> Credentials:
    """Credentials with one token."""
    found = Credentials(tmp_path / "credentials.sqlite", KEY, clock, "here")
    found.keep(ACCOUNT.id, "zalo", FIRST)
    return found


def another(kept: Credentials, key: Secret | None = KEY, machine: str = "here") -> Credentials:
    """Open the same file again, as another process would."""
    return Credentials(kept.path, key, kept.clock, machine)


class Service:
    """A token service that counts its calls; each refresh token is good for one."""

    def __init__(self, clock: Clock, *answers: Exception) -> None:
        self.clock, self.answers, self.calls = clock, list(answers), 0

    def __call__(self, token: Token) -> Token:
        self.calls += 1
        if self.answers:
            raise self.answers.pop(0)
        return Token(
            access=Secret(f"gialap-access-{self.calls + 1}"),
            issued_at=self.clock.now,
            expires_at=self.clock.now + timedelta(hours=25),
            refresh=Secret(f"gialap-refresh-{self.calls + 1}"),
            refresh_expires_at=self.clock.now + timedelta(days=90),
        )


def test_a_kept_token_comes_back_as_it_was(kept: Credentials) -> None:
    assert kept.find(ACCOUNT.id) == FIRST
    assert another(kept).find(ACCOUNT.id) == FIRST
    assert another(kept).find("nobody") is None


def test_the_file_is_the_owners_alone_and_shows_no_token(kept: Credentials) -> None:
    assert stat.S_IMODE(kept.path.stat().st_mode) == 0o600
    data = kept.path.read_bytes()
    assert b"gialap-access" not in data
    assert b"gialap-refresh" not in data


def test_a_fresh_token_is_given_without_asking_anybody(kept: Credentials, clock: Clock) -> None:
    service = Service(clock)
    assert kept.fresh(ACCOUNT, service) == FIRST
    assert service.calls == 0


def test_a_token_is_renewed_in_time_and_written_before_it_is_used(
    kept: Credentials, clock: Clock
) -> None:
    clock.now = NOW + timedelta(hours=23)
    renewed = kept.fresh(ACCOUNT, Service(clock))
    assert renewed.access == Secret("gialap-access-2")
    assert another(kept).find(ACCOUNT.id) == renewed
    assert (renewed.native_id, renewed.kind, renewed.scopes) == (
        FIRST.native_id,
        "oa",
        ("oa", "article"),
    )


def test_a_service_that_gives_no_new_refresh_token_leaves_the_old_one(
    kept: Credentials, clock: Clock
) -> None:
    clock.now = NOW + timedelta(hours=23)
    service = Service(clock)
    renewed = kept.fresh(ACCOUNT, lambda token: replace(service(token), refresh=None))
    assert renewed.refresh == FIRST.refresh


def test_a_refused_token_is_renewed_whatever_its_stated_end(
    kept: Credentials, clock: Clock
) -> None:
    service = Service(clock)
    renewed = kept.fresh(ACCOUNT, service, rejected=FIRST)
    assert renewed.access == Secret("gialap-access-2")
    assert kept.fresh(ACCOUNT, service, rejected=FIRST) == renewed
    assert service.calls == 1


def test_many_threads_renew_a_token_once(kept: Credentials, clock: Clock) -> None:
    clock.now = NOW + timedelta(hours=26)
    service = Service(clock)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: another(kept).fresh(ACCOUNT, service), range(16)))
    assert service.calls == 1
    assert {token.access.reveal() for token in found} == {"gialap-access-2"}


def renew_in_a_process(path: str, key: str, calls: str) -> str:
    """Renew as a collector of its own would; every call of the service leaves a line."""
    clock = Clock()
    clock.now = NOW + timedelta(hours=26)

    def renew(token: Token) -> Token:
        with Path(calls).open("a", encoding="ascii") as file:
            file.write("call\n")
        return Service(clock)(token)

    found = Credentials(Path(path), Secret(key), clock, "here")
    return found.fresh(ACCOUNT, renew).access.reveal()


def test_many_processes_renew_a_token_once(kept: Credentials, tmp_path: Path) -> None:
    calls = tmp_path / "calls.txt"
    jobs = [(str(kept.path), KEY.reveal(), str(calls))] * 4
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        assert set(pool.starmap(renew_in_a_process, jobs)) == {"gialap-access-2"}
    assert calls.read_text(encoding="ascii") == "call\n"


def test_a_lost_answer_is_tried_once_more_with_the_old_token_and_then_a_person_is_asked(
    kept: Credentials, clock: Clock
) -> None:
    clock.now = NOW + timedelta(hours=26)
    service = Service(clock, Unreachable("no answer"), Unreachable("no answer"))
    for _ in range(2):
        with pytest.raises(Unreachable):
            kept.fresh(ACCOUNT, service)
    with pytest.raises(AccessDenied, match="tracker connect zalo --account gialap-zalo"):
        kept.fresh(ACCOUNT, service)
    assert service.calls == 2


def test_a_question_that_was_never_sent_costs_no_try(kept: Credentials, clock: Clock) -> None:
    clock.now = NOW + timedelta(hours=26)
    service = Service(clock, *(Unreachable("no network", not_sent=True) for _ in range(5)))
    for _ in range(5):
        with pytest.raises(Unreachable):
            kept.fresh(ACCOUNT, service)
    assert kept.fresh(ACCOUNT, service).access == Secret("gialap-access-7")


def test_a_wrong_app_secret_ends_no_chain(kept: Credentials, clock: Clock) -> None:
    clock.now = NOW + timedelta(hours=26)
    service = Service(clock, *(BadRequest("wrong secret_key") for _ in range(4)))
    for _ in range(4):
        with pytest.raises(BadRequest):
            kept.fresh(ACCOUNT, service)
    assert kept.fresh(ACCOUNT, service).access == Secret("gialap-access-6")


def test_an_answer_that_cannot_be_read_counts_as_lost(kept: Credentials, clock: Clock) -> None:
    clock.now = NOW + timedelta(hours=26)
    service = Service(clock, PayloadChanged("cut", "$"), PayloadChanged("cut", "$"))
    for expected in (PayloadChanged, PayloadChanged, AccessDenied):
        with pytest.raises(expected):
            kept.fresh(ACCOUNT, service)
    assert service.calls == 2


def test_a_token_that_cannot_be_renewed_is_used_while_it_lasts(
    kept: Credentials, clock: Clock
) -> None:
    clock.now = NOW + timedelta(hours=23)
    service = Service(clock, AccessDenied("Invalid refresh token."))
    assert kept.fresh(ACCOUNT, service) == FIRST
    [row] = kept.kept()
    assert row.ended is not None
    assert "Invalid refresh token." in row.ended
    clock.now = NOW + timedelta(hours=26)
    with pytest.raises(AccessDenied, match="Invalid refresh token"):
        kept.fresh(ACCOUNT, service)
    assert service.calls == 1


def test_what_cannot_be_renewed_at_all_ends_with_its_end(kept: Credentials, clock: Clock) -> None:
    with pytest.raises(AccessDenied, match="has ended"):
        kept.fresh(ACCOUNT, None, rejected=FIRST)


def test_an_account_without_consent_says_how_to_connect_it(kept: Credentials) -> None:
    with pytest.raises(PermissionMissing, match="tracker connect zalo --account hue-zalo"):
        kept.fresh(AccountRef("hue-zalo", "zalo"), None)


def test_tokens_sleep_on_another_machine_until_they_are_taken_over(kept: Credentials) -> None:
    elsewhere = another(kept, machine="elsewhere")
    assert elsewhere.find(ACCOUNT.id) is None
    with pytest.raises(PermissionMissing, match="--take-over"):
        elsewhere.fresh(ACCOUNT, None)
    assert [row.asleep for row in elsewhere.kept()] == [True]
    assert elsewhere.take_over() == [ACCOUNT.id]
    assert elsewhere.find(ACCOUNT.id) == FIRST
    assert another(kept).find(ACCOUNT.id) is None


@pytest.mark.parametrize("key", [None, Secret(new_key()), Secret("another long pass phrase")])
def test_a_lost_key_means_one_sentence_and_the_list_of_who_consents_again(
    kept: Credentials, key: Secret | None
) -> None:
    kept.keep("hue-zalo", "zalo", FIRST)
    lost = another(kept, key)
    assert lost.find(ACCOUNT.id) is None
    with pytest.raises(AccessDenied, match="consent again: gialap-zalo, hue-zalo") as caught:
        lost.fresh(ACCOUNT, None)
    assert "\n" not in str(caught.value)
    with pytest.raises(ConfigError, match="TRACKER_SECRET_KEY"):
        lost.keep("x", "zalo", FIRST)
    assert another(kept).find("hue-zalo") == FIRST


def test_any_long_text_may_be_the_key(tmp_path: Path, clock: Clock) -> None:
    path, key = tmp_path / "credentials.sqlite", Secret("một câu dài để làm khóa")
    Credentials(path, key, clock).keep("a", "zalo", FIRST)
    assert Credentials(path, key, clock).find("a") == FIRST


def test_without_a_key_nothing_is_kept(tmp_path: Path, clock: Clock) -> None:
    none = Credentials(tmp_path / "credentials.sqlite", None, clock)
    assert none.kept() == []
    assert none.locked is None
    with pytest.raises(ConfigError, match="TRACKER_SECRET_KEY is not set"):
        none.keep("a", "zalo", FIRST)
    assert not none.path.exists()


def test_a_damaged_file_is_said_in_one_sentence(kept: Credentials) -> None:
    with sqlite3.connect(kept.path) as connection:
        connection.execute("UPDATE token SET sealed = x'00'")
    with pytest.raises(StoreError, match="damaged"):
        kept.find(ACCOUNT.id)
    kept.path.write_text(json.dumps({"no": "store"}) * 500, encoding="utf-8")
    with pytest.raises(StoreError, match=r"credentials\.sqlite cannot be used"):
        another(kept).kept()


def test_a_token_is_forgotten(kept: Credentials) -> None:
    assert kept.forget(ACCOUNT.id)
    assert not kept.forget(ACCOUNT.id)
    assert kept.find(ACCOUNT.id) is None


@pytest.mark.parametrize(
    ("life", "spare"),
    [
        (timedelta(hours=1), timedelta(minutes=10)),
        (timedelta(hours=25), timedelta(hours=2.5)),
        (timedelta(days=60), timedelta(days=15)),
    ],
)
def test_a_token_is_renewed_before_its_end(life: timedelta, spare: timedelta) -> None:
    token = replace(FIRST, expires_at=NOW + life)
    assert token.renew_from == NOW + life - spare


def test_the_end_that_is_told_is_the_one_that_only_a_person_can_move(
    kept: Credentials, clock: Clock
) -> None:
    kept.keep("page", "facebook", Token(Secret("gialap-page-token"), NOW))
    kept.keep("own", "threads", Token(Secret("gialap-own-token"), NOW, NOW + timedelta(days=60)))
    kept.keep("channel", "youtube", replace(FIRST, refresh_expires_at=None))
    kept.keep("no-renewal", "facebook", replace(FIRST, refresh=None))
    ends: dict[str, datetime | None] = {row.account_id: row.ends_at for row in kept.kept()}
    assert ends == {
        ACCOUNT.id: NOW + timedelta(days=90),
        "own": NOW + timedelta(days=60),
        "page": None,
        "channel": None,
        "no-renewal": NOW + timedelta(days=90),
    }
    renewable = {row.account_id: row.renewable for row in kept.kept()}
    assert renewable == {
        ACCOUNT.id: True,
        "own": True,
        "page": False,
        "channel": True,
        "no-renewal": False,
    }
