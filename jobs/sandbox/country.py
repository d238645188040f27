"""The synthetic country as plain data: localities, accounts, programmes, incidents.

The 63 localities are the real ones of 2022-2024 (GSO list); every account, handle, address and
programme is invented and says so in its name (`gialap` = simulated). Knows no numbers: `world`
grows them.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import date
from functools import cache

START = date(2021, 2, 22)
END = date(2025, 9, 1)
"""The country exists on the local days [START, END)."""
MERGER = date(2025, 7, 1)
SERVER = "gialap.example"
API_KEY = "gialap-khoa-api"
"""The only key that the sandbox's YouTube accepts."""

PLATFORMS = ("youtube", "bluesky", "mastodon")
"""The platforms of the demonstration."""
MORE_PLATFORMS = (
    *("facebook", "instagram", "threads", "tiktok", "zalo"),
    *("x", "telegram", "linkedin", "pinterest"),
)
"""Platforms on which the same localities have accounts for tests of all twelve."""
# Tết days (day 1 of the lunar year), as in data/reference/tet.csv.
TET = (date(2021, 2, 12), date(2022, 2, 1), date(2023, 1, 22), date(2024, 2, 10), date(2025, 1, 29))

PILOT_START = date(2022, 2, 21)
PILOTS = (
    "ha-noi",
    "ho-chi-minh",
    "can-tho",
    "da-nang",
    "hai-phong",
    "quang-ninh",
    "hue",
    "ba-ria-vung-tau",
)
SECOND_START = date(2023, 3, 13)
SECOND_COHORT = (
    "bac-ninh",
    "binh-dinh",
    "binh-duong",
    "ca-mau",
    "dong-nai",
    "khanh-hoa",
    "kien-giang",
    "lam-dong",
    "lao-cai",
    "nghe-an",
    "ninh-binh",
    "thanh-hoa",
)

# id | Vietnamese name | name without marks | locality whose accounts go on after the merger of 1
# July 2025 (empty:
# the territory stays). Source: the lists of 63 and 34 units, Nghị quyết 202/2025/QH15.
_LOCALITIES = """
ha-noi|Hà Nội|Ha Noi|
ha-giang|Hà Giang|Ha Giang|tuyen-quang
cao-bang|Cao Bằng|Cao Bang|
bac-kan|Bắc Kạn|Bac Kan|thai-nguyen
tuyen-quang|Tuyên Quang|Tuyen Quang|tuyen-quang
lao-cai|Lào Cai|Lao Cai|lao-cai
dien-bien|Điện Biên|Dien Bien|
lai-chau|Lai Châu|Lai Chau|
son-la|Sơn La|Son La|
yen-bai|Yên Bái|Yen Bai|lao-cai
hoa-binh|Hòa Bình|Hoa Binh|phu-tho
thai-nguyen|Thái Nguyên|Thai Nguyen|thai-nguyen
lang-son|Lạng Sơn|Lang Son|
quang-ninh|Quảng Ninh|Quang Ninh|
bac-giang|Bắc Giang|Bac Giang|bac-ninh
phu-tho|Phú Thọ|Phu Tho|phu-tho
vinh-phuc|Vĩnh Phúc|Vinh Phuc|phu-tho
bac-ninh|Bắc Ninh|Bac Ninh|bac-ninh
hai-duong|Hải Dương|Hai Duong|hai-phong
hai-phong|Hải Phòng|Hai Phong|hai-phong
hung-yen|Hưng Yên|Hung Yen|hung-yen
thai-binh|Thái Bình|Thai Binh|hung-yen
ha-nam|Hà Nam|Ha Nam|ninh-binh
nam-dinh|Nam Định|Nam Dinh|ninh-binh
ninh-binh|Ninh Bình|Ninh Binh|ninh-binh
thanh-hoa|Thanh Hóa|Thanh Hoa|
nghe-an|Nghệ An|Nghe An|
ha-tinh|Hà Tĩnh|Ha Tinh|
quang-binh|Quảng Bình|Quang Binh|quang-tri
quang-tri|Quảng Trị|Quang Tri|quang-tri
hue|Thừa Thiên Huế|Thua Thien Hue|
da-nang|Đà Nẵng|Da Nang|da-nang
quang-nam|Quảng Nam|Quang Nam|da-nang
quang-ngai|Quảng Ngãi|Quang Ngai|quang-ngai
binh-dinh|Bình Định|Binh Dinh|gia-lai
phu-yen|Phú Yên|Phu Yen|dak-lak
khanh-hoa|Khánh Hòa|Khanh Hoa|khanh-hoa
ninh-thuan|Ninh Thuận|Ninh Thuan|khanh-hoa
binh-thuan|Bình Thuận|Binh Thuan|lam-dong
kon-tum|Kon Tum|Kon Tum|quang-ngai
gia-lai|Gia Lai|Gia Lai|gia-lai
dak-lak|Đắk Lắk|Dak Lak|dak-lak
dak-nong|Đắk Nông|Dak Nong|lam-dong
lam-dong|Lâm Đồng|Lam Dong|lam-dong
binh-phuoc|Bình Phước|Binh Phuoc|dong-nai
tay-ninh|Tây Ninh|Tay Ninh|tay-ninh
binh-duong|Bình Dương|Binh Duong|ho-chi-minh
dong-nai|Đồng Nai|Dong Nai|dong-nai
ba-ria-vung-tau|Bà Rịa - Vũng Tàu|Ba Ria - Vung Tau|ho-chi-minh
ho-chi-minh|Hồ Chí Minh|Ho Chi Minh|ho-chi-minh
long-an|Long An|Long An|tay-ninh
tien-giang|Tiền Giang|Tien Giang|dong-thap
ben-tre|Bến Tre|Ben Tre|vinh-long
tra-vinh|Trà Vinh|Tra Vinh|vinh-long
vinh-long|Vĩnh Long|Vinh Long|vinh-long
dong-thap|Đồng Tháp|Dong Thap|dong-thap
an-giang|An Giang|An Giang|an-giang
kien-giang|Kiên Giang|Kien Giang|an-giang
can-tho|Cần Thơ|Can Tho|can-tho
hau-giang|Hậu Giang|Hau Giang|can-tho
soc-trang|Sóc Trăng|Soc Trang|can-tho
bac-lieu|Bạc Liêu|Bac Lieu|ca-mau
ca-mau|Cà Mau|Ca Mau|ca-mau
"""

# --- Incidents, by account id; days are local. ---

OPENED = {
    "cantho-ubnd-bluesky": date(2022, 4, 4),
    "quangtri-ubnd-mastodon": date(2022, 5, 16),
    "hoabinh-ubnd-bluesky": date(2022, 10, 3),
    "tuyenquang-ubnd-mastodon": date(2023, 2, 6),
    "soctrang-ubnd-bluesky": date(2023, 6, 5),
    "binhphuoc-ubnd-youtube": date(2023, 9, 4),
    "daknong-ubnd-bluesky": date(2024, 3, 4),
}
"""Accounts that opened after the country's first day."""

CLOSED = {
    "laichau-ubnd-youtube": (date(2023, 11, 1), "closed"),
    "backan-ubnd-bluesky": (date(2023, 8, 21), "takedown"),
    "dienbien-ubnd-mastodon": (date(2024, 2, 1), "suspended"),
}
"""Accounts that ended before the merger, and how the platform says so."""

RENAMED = {
    "phuyen-ubnd-bluesky": (date(2022, 8, 10), "gialap-phuyen-chinhthuc"),
    "nghean-ubnd-youtube": (date(2023, 5, 17), "gialap-nghean-tv"),
    "hagiang-ubnd-bluesky": (date(2023, 11, 6), "gialap-hagiang-chinhthuc"),
    "haiphong-ubnd-bluesky": (date(2024, 9, 8), "gialap-haiphong-city"),
    "tayninh-ubnd-youtube": (date(2024, 9, 10), "gialap-tayninh-tv"),
}
PURGED = {
    "danang-ubnd-bluesky": (date(2022, 9, 14), 0.06),
    "longan-ubnd-mastodon": (date(2023, 8, 2), 0.04),
    "thanhhoa-ubnd-bluesky": (date(2024, 9, 6), 0.05),
}
"""The platform removes this share of the followers during this day."""
MERGED_PAGES = {"khanhhoa-ubnd-mastodon": (date(2022, 6, 15), 0.20)}
"""Another page is merged in during this day: followers rise by this share."""
FOLLOWERS_HIDDEN = {"sonla-ubnd-youtube": date(2023, 5, 1), "hanam-ubnd-mastodon": date(2023, 1, 2)}
"""The owner hides the counter from this day on (YouTube: hiddenSubscriberCount; Mastodon fork: -1).
"""
LIKES_HIDDEN = frozenset({"caobang-ubnd-youtube"})
COMMENTS_OFF = frozenset({"langson-ubnd-youtube"})
HANDLE_INVALID = {"camau-ubnd-bluesky": (date(2024, 9, 4), date(2024, 9, 7))}
"""Bluesky shows `handle.invalid` on the days [first, second): the domain no longer points back."""
EMPTY_PAGE = frozenset({"hungyen-ubnd-bluesky"})
"""The second page of the feed is empty and still carries a cursor."""
SELF_REPOST = frozenset({"hungyen-ubnd-bluesky", "haiduong-ubnd-bluesky"})
PINNED = frozenset({"haiduong-ubnd-bluesky"})
KEY_ONLY = frozenset(
    f"{place}-ubnd-youtube" for place in ("hagiang", "hoabinh", "kontum", "ninhthuan", "travinh")
)
"""Channels whose owner has not consented: held under `key_30d`."""


NUMERIC_IDS = {
    "mastodon": 109_000_000_000_000_000,
    "facebook": 615_500_000_000_000,
    "instagram": 17_841_400_000_000_000,
    "threads": 26_000_000_000_000_000,
    "zalo": 4_318_657_068_771_012_000,
    "x": 1_790_000_000_000_000_000,
    "linkedin": 105_000_000,
    "pinterest": 900_000_000_000_000_000,
}
"""The first number of the ids of platforms whose ids are numbers; several lie beyond 2^53."""
HANDLE_SIGNS = {"x": "_", "telegram": "_", "linkedin": "-", "pinterest": "_", "zalo": "_"}
"""What stands for the dot in handles of platforms that do not allow one."""


@dataclass(frozen=True)
class Place:
    """A locality of the 63-unit map. `kept_by` is the locality whose accounts go on after the
    merger, None: no merger.
    """

    id: str
    name: str
    plain_name: str
    kept_by: str | None

    @property
    def programme_start(self) -> date | None:
        """Give the first day of the locality's programme; None for a never-adopter."""
        if self.id in PILOTS:
            return PILOT_START
        return SECOND_START if self.id in SECOND_COHORT else None


@dataclass(frozen=True, eq=False)
class SyntheticAccount:
    """One invented account. `number` is its place in the list, `word` the stem of its handles.

    There is one object for each account (`accounts`), so objects are told apart by identity.
    """

    number: int
    id: str
    platform: str
    native_id: str
    agency_id: str
    word: str
    title: str
    place: Place | None

    def handle_on(self, day: date) -> str:
        """Give the handle in the platform's own form on a local day."""
        word = self.word
        renamed = RENAMED.get(self.id)
        if renamed and day >= renamed[0]:
            word = renamed[1]
        if self.renamed_by_merger and day >= MERGER:
            word = f"{self.word}-moi"
        if self.platform in HANDLE_SIGNS:
            word = word.replace(".", HANDLE_SIGNS[self.platform]).replace("-", "_")
        if self.platform == "youtube":
            return f"@{word}"
        return f"{word}.{SERVER}" if self.platform == "bluesky" else word

    def title_on(self, day: date) -> str:
        """Give the display name on a local day."""
        return f"{self.title} (mới)" if self.merges and day >= MERGER else self.title

    @property
    def merges(self) -> bool:
        """Say whether the account goes on as the page of a merged unit."""
        return self.place is not None and self.place.kept_by == self.place.id

    @property
    def renamed_by_merger(self) -> bool:
        """Say whether the handle changes on the day of the merger; a Mastodon handle cannot."""
        return self.merges and self.platform in ("youtube", "bluesky")

    @property
    def ended_by_merger(self) -> bool:
        """Say whether the account closes on the day of the merger."""
        return self.place is not None and self.place.kept_by not in (None, self.place.id)

    @property
    def opened(self) -> date:
        """Give the first local day of the account; the country's first day where it is older."""
        return OPENED.get(self.id, START)


@cache
def places() -> tuple[Place, ...]:
    """List the 63 localities in the order of their codes."""
    rows = (line.split("|") for line in _LOCALITIES.strip().splitlines())
    return tuple(Place(key, name, plain, kept_by or None) for key, name, plain, kept_by in rows)


@cache
def accounts() -> tuple[SyntheticAccount, ...]:
    """List the accounts: one per locality and platform, and three of invented central agencies."""
    found: list[SyntheticAccount] = []
    for place in places():
        word = f"gialap-{place.id.replace('-', '')}"
        for platform in PLATFORMS:
            key = f"{place.id.replace('-', '')}-ubnd-{platform}"
            title = f"{place.name} (giả lập)"
            found.append(
                _account(len(found), key, platform, f"ubnd-{place.id}", word, title, place)
            )
    for number, platform in enumerate(PLATFORMS, start=1):
        key = f"gialap-trunguong{number}-{platform}"
        title = f"Cơ quan trung ương giả lập {number}"
        word = f"gialap-trunguong{number}"
        found.append(
            _account(len(found), key, platform, f"gialap-trung-uong-{number}", word, title, None)
        )
    return tuple(found)


@cache
def more_accounts() -> tuple[SyntheticAccount, ...]:
    """List 810 accounts on the nine further platforms: of the 63 localities, and of the departments
    of tourism of every other one of the first 54.
    """
    found: list[SyntheticAccount] = []
    number = len(accounts())
    for platform in MORE_PLATFORMS:
        for office, title, some in (
            ("ubnd", "", places()),
            ("sdl", "Sở Du lịch ", places()[:54:2]),
        ):
            for place in some:
                plain = place.id.replace("-", "")
                key = f"{plain}-{office}-{platform}"
                word = f"gialap{'' if office == 'ubnd' else '.dl'}.{plain}"
                if platform == "x":  # which allows fifteen letters
                    word = f"gl{number}.{plain[:8]}"
                name = f"{title}{place.name} (giả lập)"
                found.append(_account(number, key, platform, f"ubnd-{place.id}", word, name, place))
                number += 1
    return tuple(found)


@cache
def every_account() -> tuple[SyntheticAccount, ...]:
    """List the accounts of all twelve platforms."""
    return accounts() + more_accounts()


def account(key: str) -> SyntheticAccount:
    """Find an account by our id; raises KeyError."""
    return _by_id()[key]


def account_of(platform: str, native_id: str) -> SyntheticAccount | None:
    """Find an account by the platform's permanent id."""
    return _by_native_id().get((platform, native_id))


@cache
def _by_id() -> dict[str, SyntheticAccount]:
    return {item.id: item for item in every_account()}


@cache
def _by_native_id() -> dict[tuple[str, str], SyntheticAccount]:
    return {(item.platform, item.native_id): item for item in every_account()}


@cache
def successor(key: str) -> SyntheticAccount | None:
    """Find the account of the same platform that goes on after the merger; None if none ended."""
    ended = account(key)
    if not ended.ended_by_merger or ended.place is None:
        return None
    return next(
        item
        for item in every_account()
        if item.platform == ended.platform and item.place and item.place.id == ended.place.kept_by
    )


def _account(
    number: int,
    key: str,
    platform: str,
    agency_id: str,
    word: str,
    title: str,
    place: Place | None,
) -> SyntheticAccount:
    native_id = _native_id(number, key, platform)
    return SyntheticAccount(number, key, platform, native_id, agency_id, word, title, place)


def _native_id(number: int, key: str, platform: str) -> str:
    """Make an id in the platform's form and length, with `gialap` inside."""
    letters = base64.b32encode(hashlib.sha256(key.encode()).digest()).decode().lower()
    if platform == "youtube":
        return f"UCgialap{letters[:16]}"
    if platform == "bluesky":
        return f"did:plc:gialap{letters[:18]}"
    if platform == "tiktok":
        return f"-000gialap{letters[:26]}"
    if platform == "telegram":
        return str(-1_001_900_000_000 - number)
    return str(NUMERIC_IDS[platform] + number)
