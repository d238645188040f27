"""Writes the synthetic country's register as sheets for `tracker import`."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path

from jobs.sandbox import country
from jobs.sandbox.country import Place, SyntheticAccount
from jobs.sandbox.world import World

SOURCE = "giả lập"
ONE_DAY = timedelta(days=1)
REGISTER_DAY = date(2024, 9, 2)

ADDRESSES = {
    "facebook": "https://www.facebook.com/{handle}",
    "instagram": "https://www.instagram.com/{handle}/",
    "threads": "https://www.threads.net/@{handle}",
    "tiktok": "https://www.tiktok.com/@{handle}",
    "x": "https://x.com/{handle}",
    "telegram": "https://t.me/{handle}",
    "linkedin": "https://www.linkedin.com/company/{handle}/",
    "pinterest": "https://www.pinterest.com/{handle}/",
}
_DRAFTING = (
    "bac-giang",
    "dong-thap",
    "ha-tinh",
    "hai-duong",
    "hung-yen",
    "phu-tho",
    "quang-nam",
    "tay-ninh",
)
"""Never-adopters that are still drafting a programme."""
_ELEMENTS = ("A", "B", "C", "D", "E")


def write_register(
    folder: Path, seed: int = 1, on: date = REGISTER_DAY, *, every: bool = False
) -> list[tuple[str, Path]]:
    """Write the register as known on a day; give (kind of import, file) in import order. `every`
    adds the accounts of the nine further platforms.
    """
    folder.mkdir(parents=True, exist_ok=True)
    world = World(seed)
    tables = {
        "agencies": _agencies(),
        "accounts": _accounts(on, country.every_account() if every else country.accounts()),
        "programmes": _programmes(),
        "programme_elements": _programme_elements(),
        "events": _events(),
        "outcomes": _outcomes(world),
    }
    return [(kind, _write(folder / f"{kind}.csv", rows)) for kind, rows in tables.items()]


def write_merger(folder: Path, successors: Mapping[str, str]) -> Path:
    """Write the sheet that an office hands in after the merger: accounts that ended, accounts with
    a new owner.

    `successors` maps a locality of the 63-unit map to the one of the 34-unit map that took it in.
    """
    rows: list[Sequence[object]] = [
        ("agency_id", "platform", "native_id", "handle", "id", "valid_from", "active_to")
    ]
    for account in country.accounts():
        if (
            account.place is None
            or successors.get(account.place.id, account.place.id) == account.place.id
        ):
            continue
        identity = (account.platform, registered_id(account))
        if account.ended_by_merger:
            handle = registered_handle(account, country.MERGER - ONE_DAY)
            rows.append(
                (account.agency_id, *identity, handle, account.id, "", country.MERGER - ONE_DAY)
            )
        else:
            owner = f"ubnd-{successors[account.place.id]}"
            handle = registered_handle(account, country.MERGER)
            rows.append((owner, *identity, handle, account.id, country.MERGER, ""))
    return _write(folder / "merger_accounts.csv", rows)


def _write(path: Path, rows: Iterable[Sequence[object]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
    return path


def _agencies() -> Iterator[Sequence[object]]:
    yield "id", "name_vi", "name_en", "kind", "source"
    for account in country.accounts():
        if account.place is None:
            yield (
                account.agency_id,
                account.title,
                "Simulated central agency",
                "government_agency",
                SOURCE,
            )


def _accounts(on: date, accounts: Sequence[SyntheticAccount]) -> Iterator[Sequence[object]]:
    yield (
        *("agency_id", "platform", "native_id", "handle", "url", "id", "basis", "languages"),
        *(
            "content_focus",
            "managing_unit",
            "interaction_practice",
            "funding_source",
            "legal_basis",
        ),
        *("active_from", "source"),
    )
    for account in accounts:
        late = account.opened.isoformat() if account.id in country.OPENED else ""
        funding = ("state_budget", "socialised", "both")[account.number % 7 % 3]
        yield (
            *(account.agency_id, account.platform, registered_id(account)),
            *(registered_handle(account, on), web_address(account, on)),
            *(account.id, basis_of(account), "vi en"),
            *("Du lịch, văn hóa, đầu tư", "Trung tâm truyền thông (giả lập)", "Trả lời trong ngày"),
            *(funding, f"GL-{account.number + 1:03d}/QĐ", late, SOURCE),
        )


def registered_id(account: SyntheticAccount) -> str:
    """Give the permanent id as the register writes it; Mastodon's holds on its server only."""
    return (
        f"{country.SERVER}/{account.native_id}"
        if account.platform == "mastodon"
        else account.native_id
    )


def registered_handle(account: SyntheticAccount, on: date) -> str:
    """Give the handle as the register writes it."""
    handle = account.handle_on(on)
    return f"{handle}@{country.SERVER}" if account.platform == "mastodon" else handle


def web_address(account: SyntheticAccount, on: date) -> str:
    """Give the address a person would copy."""
    handle = account.handle_on(on)
    if account.platform == "youtube":
        return f"https://www.youtube.com/{handle}"
    if account.platform == "bluesky":
        return f"https://bsky.app/profile/{handle}"
    if account.platform == "mastodon":
        return f"https://{country.SERVER}/@{handle}"
    if account.platform == "zalo":
        return f"https://zalo.me/{account.native_id}"
    return ADDRESSES[account.platform].format(handle=handle)


def basis_of(account: SyntheticAccount) -> str:
    """Give the terms the account's numbers are held under."""
    if account.platform in country.MORE_PLATFORMS:
        return ""
    if account.platform != "youtube":
        return "open"
    return "key_30d" if account.id in country.KEY_ONLY else "owner_consent"


def _adopters() -> list[Place]:
    return [place for place in country.places() if place.programme_start]


def _programmes() -> Iterator[Sequence[object]]:
    yield "id", "title", "locality_id", "document", "status", "start", "key_message", "source"
    for number, place in enumerate(_adopters(), start=1):
        title = f"Kế hoạch truyền thông quảng bá hình ảnh {place.name} theo cách làm mới (giả lập)"
        message = f"{place.name} – điểm đến của thiện chí và sáng tạo (giả lập)"
        document, start = f"GL-{number:02d}/KH", place.programme_start
        yield f"kh-{place.id}", title, place.id, document, "built", start, message, SOURCE
    for place in country.places():
        if place.id in _DRAFTING:
            title = f"Dự thảo kế hoạch truyền thông quảng bá hình ảnh {place.name} (giả lập)"
            yield f"kh-{place.id}", title, place.id, "", "in_progress", "", "", SOURCE


def _programme_elements() -> Iterator[Sequence[object]]:
    yield "programme_id", "element_id", "note"
    for number, place in enumerate(_adopters()):
        for element in (_ELEMENTS[number % 5], _ELEMENTS[(number + 2) % 5]):
            yield f"kh-{place.id}", element, f"Thế mạnh của {place.name} (giả lập)"


def _events() -> Iterator[Sequence[object]]:
    yield "day", "locality_id", "account", "kind", "note", "source"
    for key, (day, _) in country.MERGED_PAGES.items():
        yield day, "", key, "merger", "Nhập một trang khác vào trang này (giả lập)", SOURCE
    for key, (day, word) in country.RENAMED.items():
        if day < REGISTER_DAY:
            yield day, "", key, "rename", f"Đổi tên thành {word} (giả lập)", SOURCE
    yield date(2023, 4, 20), "quang-ninh", "", "campaign", "Chiến dịch hè (giả lập)", SOURCE
    yield date(2022, 6, 1), "da-nang", "", "paid_promotion", "Quảng cáo trả tiền (giả lập)", SOURCE
    order = "Văn bản đề nghị công chức theo dõi trang (giả lập)"
    yield date(2023, 10, 10), "can-tho", "", "mobilisation_order", order, SOURCE


def _outcomes(world: World) -> Iterator[Sequence[object]]:
    yield (
        *("indicator", "definition", "unit", "locality_id", "boundary", "period", "publisher"),
        *("value", "qualifier", "status", "published_on", "source"),
    )
    publisher = "Cơ quan thống kê giả lập"
    for place in country.places():
        rng = world.generator(place.id, "outcomes")
        visitors = rng.uniform(0.8, 8) * 1_000_000
        capital = rng.uniform(50, 900)
        for year, recovery in ((2019, 1.0), (2021, 0.25), (2022, 0.7), (2023, 1.05)):
            count = round(visitors * recovery * rng.uniform(0.93, 1.07), -3)
            money = round(capital * rng.uniform(0.7, 1.4), 1)
            published = date(year + 1, 1, 6)
            where = (place.id, "63", year, publisher)
            yield (
                "visitors",
                "Tổng lượt khách",
                "lượt",
                *where,
                int(count),
                "about",
                "official",
                published,
                SOURCE,
            )
            if place.programme_start:
                yield (
                    "fdi",
                    "Vốn đăng ký",
                    "triệu USD",
                    *where,
                    money,
                    "exact",
                    "official",
                    published,
                    SOURCE,
                )
