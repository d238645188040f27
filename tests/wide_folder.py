"""A data folder with accounts on further platforms, their owners' consents given, and the sandbox
that feeds it.
"""

from __future__ import annotations

import csv
import shutil
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

from sandbox_folder import NEXT, NIGHT, open_folder, quiet, sandbox, set_night, world

from jobs.connecting import connect
from jobs.opening import Opened, make_folder
from jobs.sandbox import country, write_register
from jobs.sandbox.tokens import code_for
from tracker.imports import import_file
from tracker.periods import scheduled_at

KEY = "khoa-gia-lap-de-ma-hoa-cac-token"
OWNER_ONLY = ("tiktok", "zalo", "linkedin", "pinterest")
"""Platforms that nobody reads without the owner's consent."""


def wide_folder(target: Path, accounts: Sequence[str], on: date = NIGHT) -> Opened:
    """Make a data folder with these accounts of the synthetic country; nobody has consented yet."""
    sheets = target.parent / f"{target.name}-sheets"
    with make_folder(target, synthetic=True) as store:
        before = on - timedelta(days=1)
        for kind, sheet in write_register(sheets, 1, on=before, every=True):
            if kind == "accounts":
                _keep(sheet, accounts)
            if kind in ("agencies", "accounts"):
                import_file(kind, sheet, store, target, now=scheduled_at(on))
    shutil.rmtree(sheets)
    set_night(on)
    sandbox().set_faults({})
    return open_folder(target, TRACKER_SECRET_KEY=KEY)


def accounts_on(*platforms: str, count: int | None = None) -> list[str]:
    """List the first accounts of the synthetic country on each platform that can be read on both
    nights of the tests.
    """
    nights = [scheduled_at(day) for day in (NIGHT, NEXT)]
    found = []
    for platform in platforms:
        own = [one.id for one in country.every_account() if one.platform == platform]
        found += [key for key in own if all(world().reachable(key, at) for at in nights)][:count]
    return found


def connect_all(opened: Opened, accounts: Sequence[str]) -> None:
    """Let the owners of accounts consent, as officers do one by one."""
    for account in accounts:
        platform = country.account(account).platform
        connect(opened, platform, account, code=code_for(account), ask=str, say=quiet)


def _keep(sheet: Path, accounts: Sequence[str]) -> None:
    with sheet.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    place = header.index("id")
    chosen = [row for row in rows if row[place] in set(accounts)]
    with sheet.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *chosen])
