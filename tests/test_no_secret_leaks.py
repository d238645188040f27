"""After nights with recognisable secrets and every fault switched on, no secret is found anywhere:
plain, in an address, in JSON, in base64; in what was printed, logged, archived, stored, exported,
backed up; inside gzip and zip; in the store's log and free pages.
"""

from __future__ import annotations

import base64
import gzip
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from sandbox_folder import FAULTS, NEXT, Ended, run_tracker, sandbox, sandbox_environment, set_night
from wide_folder import KEY, OWNER_ONLY, accounts_on, wide_folder

from connectors.catalogue import CONNECTORS
from jobs.sandbox.tokens import code_for

ALL_KINDS = {**FAULTS, "rate": 0.25}
SECRET_NAMES = ("_KEY", "_TOKEN", "_SECRET")
WRONG = "gialap-khoa-sai-de-nhan-ra"
TOKENS = tuple(
    f"gialap-{kind}-{platform}-" for kind in ("access", "refresh") for platform in CONNECTORS
)
"""How every token of the sandbox begins."""


def forms(secret: str) -> set[bytes]:
    """List how a secret may be written; of base64 the letters that hold it alone, at each place."""
    written = {secret, quote(secret, safe=""), json.dumps(secret)[1:-1]}
    found = {text.encode() for text in written}
    data = secret.encode()
    for before in range(3):
        first, last = -(-8 * before // 6), 8 * (before + len(data)) // 6
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            found.add(encode(bytes(before) + data)[first:last])
    return found


def contents(name: str, data: bytes) -> Iterator[tuple[str, bytes]]:
    """Give a file's bytes, and those of everything packed in it."""
    yield name, data
    if data[:2] == b"\x1f\x8b":
        yield from contents(f"{name}!", gzip.decompress(data))
    elif data[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            for item in packed.namelist():
                yield from contents(f"{name}!{item}", packed.read(item))


def test_a_leak_would_be_found(tmp_path: Path) -> None:
    packed = tmp_path / "a.zip"
    inner = gzip.compress(b'{"a": "' + base64.b64encode(b"xx" + WRONG.encode()) + b'"}')
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("b.gz", inner)
    places = list(contents("a.zip", packed.read_bytes()))
    assert any(form in data for form in forms(WRONG) for _, data in places)
    assert not any(form in data for form in forms("another secret") for _, data in places)


def test_no_secret_is_anywhere_after_nights_with_every_fault(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    accounts = accounts_on(*CONNECTORS, count=2)
    opened = wide_folder(tmp_path / "data", accounts)
    opened.store.close()
    request.addfinalizer(lambda: sandbox().set_faults({}))
    env = sandbox_environment(TRACKER_SECRET_KEY=KEY, TRACKER_DATA=str(opened.folder))
    secrets = {value for name, value in env.items() if name.endswith(SECRET_NAMES)}
    secrets |= {code_for(account) for account in accounts} | set(TOKENS) | {WRONG, KEY}
    said: list[Ended] = []

    def run(*words: object, **more: str) -> None:
        said.append(run_tracker(*words, env={**env, **more}))

    for account in accounts_on(*OWNER_ONLY, "facebook", "instagram", "threads", count=2):
        platform = account.rsplit("-", 1)[1]
        run("connect", platform, "--account", account, "--code", WRONG)
        run("connect", platform, "--account", account, "--code", code_for(account))
    sandbox().set_faults(ALL_KINDS)
    run("collect")
    set_night(NEXT, hours=3)
    wrong = {
        name: WRONG
        for name in env
        if name.startswith("TRACKER_") and name.endswith(("API_KEY", "_TOKEN", "_SECRET"))
    }
    run("nightly", **wrong)
    run("nightly")
    run("check")
    run("status", "--json")
    run("log")
    run("replay", "--day", NEXT)
    for what in ("observations", "attempts", "posts", "registry"):
        run("export", what, "--out", tmp_path / f"{what}.csv")
    run("backup", "--out", tmp_path / "copy.zip")
    assert {ended.code for ended in said} <= {0, 2, 1, 3}
    assert any("was not connected" in ended.err for ended in said)

    wanted = [(secret, form) for secret in sorted(secrets) for form in forms(secret)]
    found = []
    places = [(f"output of {n}", (e.out + e.err).encode()) for n, e in enumerate(said)]
    for path in sorted(tmp_path.rglob("*")):
        if path.is_file():
            places += contents(str(path.relative_to(tmp_path)), path.read_bytes())
    assert len(places) > 40
    assert any(name.endswith("credentials.sqlite") for name, _ in places)
    assert any(name.endswith(".jsonl.gz!") for name, _ in places)
    for name, data in places:
        found += [(name, secret) for secret, form in wanted if form in data]
    assert found == []
