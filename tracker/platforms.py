"""One frozen `Platform` each: what it publishes, with caveats, and under which terms. Knows no HTTP
and no store.
"""

from __future__ import annotations

from dataclasses import dataclass

from tracker.errors import ConfigError


@dataclass(frozen=True)
class Basis:
    """The terms a number is held under.

    `days_kept` None = no limit. `derived`: rates, growth and rankings may be made of it. `totals`:
    numbers of several owners may be added up. `sentence_vi` is what an operator and a reader must
    know.
    """

    key: str
    title_vi: str
    days_kept: int | None
    derived: bool
    totals: bool
    sentence_vi: str
    source: str


@dataclass(frozen=True)
class Measure:
    """One count a platform publishes.

    `column` is where the store keeps it (a column of the snapshot, or the key of a detail); `keys`
    are the names under which `tracker export observations` writes it. `total`: a running total,
    which only grows.
    """

    entity: str
    column: str
    keys: tuple[str, ...]
    title_vi: str
    caveat_vi: str = ""
    detail: bool = False
    total: bool = False


@dataclass(frozen=True)
class Platform:
    """A platform: `hosts` are the domains of its public addresses, `quota_zone` the time zone of
    its quota day.
    """

    key: str
    title: str
    hosts: tuple[str, ...]
    measures: tuple[Measure, ...]
    bases: tuple[Basis, ...]
    quota_zone: str = "UTC"

    @property
    def default_basis(self) -> Basis:
        """Give the basis that holds when the register names none."""
        return self.bases[0]

    def measures_of(self, entity: str) -> tuple[Measure, ...]:
        """List the measures of `account` or `post`."""
        return tuple(measure for measure in self.measures if measure.entity == entity)

    def basis(self, key: str | None) -> Basis:
        """Find a basis by key; None gives the default. Raises ConfigError for a key the platform
        does not know.
        """
        for item in self.bases:
            if key is None or item.key == key:
                return item
        known = ", ".join(item.key for item in self.bases)
        raise ConfigError(f"{self.title} has no basis {key!r}; expected one of {known}")


NOT_ALLOWED_VI = "chưa được phép theo điều khoản của nền tảng"

OPEN = Basis(
    "open",
    "Dữ liệu công khai của mạng mở",
    None,
    derived=True,
    totals=True,
    sentence_vi="Số liệu công khai của mạng mở, được lưu và tính toán.",
    source="AT Protocol and Mastodon server documentation, read 2026-11",
)
DECLARED = Basis(
    "declared",
    "Chủ tài khoản tự khai",
    None,
    derived=True,
    totals=True,
    sentence_vi="Số liệu do chủ tài khoản cung cấp kèm minh chứng.",
    source="register",
)
_POLICY = "YouTube API Services Developer Policies and additional policies, September 2026"

YOUTUBE = Platform(
    key="youtube",
    title="YouTube",
    hosts=("youtube.com", "youtu.be"),
    quota_zone="America/Los_Angeles",
    measures=(
        Measure(
            "account",
            "followers",
            ("followers",),
            "Người đăng ký",
            "làm tròn xuống 3 chữ số có nghĩa từ 1.000 trở lên",
        ),
        Measure("account", "posts", ("posts",), "Video công khai"),
        Measure("account", "views", ("views",), "Tổng lượt xem", total=True),
        Measure("post", "views", ("views",), "Lượt xem", total=True),
        Measure("post", "reactions", ("likes", "reactions"), "Lượt thích", total=True),
        Measure("post", "comments", ("comments",), "Bình luận", total=True),
    ),
    bases=(
        Basis(
            "key_30d",
            "Khóa API, lưu tối đa 30 ngày",
            30,
            derived=False,
            totals=False,
            sentence_vi=(
                "Số liệu đọc bằng khóa API chỉ được giữ 30 ngày, không được tính tỷ lệ, xếp "
                "hạng hay cộng gộp; "
                "cần chủ kênh ủy quyền (OAuth) hoặc YouTube chấp thuận kiểm tra (36 tháng)."
            ),
            source=_POLICY,
        ),
        Basis(
            "owner_consent",
            "Chủ kênh ủy quyền",
            None,
            derived=True,
            totals=True,
            sentence_vi=(
                "Chủ kênh đã ủy quyền (OAuth); 30 ngày một lần kiểm tra ủy quyền còn hiệu lực."
            ),
            source=_POLICY,
        ),
        Basis(
            "audited_36m",
            "YouTube chấp thuận, lưu 36 tháng",
            1096,
            derived=True,
            totals=True,
            sentence_vi="YouTube đã chấp thuận mục đích phân tích và báo cáo; lưu tối đa 36 tháng.",
            source=_POLICY,
        ),
    ),
)

BLUESKY = Platform(
    key="bluesky",
    title="Bluesky",
    hosts=("bsky.app",),
    measures=(
        Measure("account", "followers", ("followers",), "Người theo dõi"),
        Measure("account", "following", ("following",), "Đang theo dõi"),
        Measure("account", "posts", ("posts",), "Bài đăng", "tính cả trả lời, không tính đăng lại"),
        Measure("post", "reactions", ("likes", "reactions"), "Lượt thích"),
        Measure("post", "comments", ("replies",), "Trả lời"),
        Measure("post", "shares", ("reposts",), "Đăng lại"),
        Measure("post", "quotes", ("quotes",), "Trích dẫn", detail=True),
        Measure("post", "saves", ("saves",), "Lượt lưu"),
    ),
    bases=(OPEN,),
)

MASTODON = Platform(
    key="mastodon",
    title="Mastodon",
    hosts=(),
    measures=(
        Measure("account", "followers", ("followers",), "Người theo dõi"),
        Measure("account", "following", ("following",), "Đang theo dõi"),
        Measure("account", "posts", ("posts",), "Bài đăng", "tính cả chia sẻ lại và bài riêng tư"),
        Measure(
            "post",
            "reactions",
            ("likes", "reactions"),
            "Lượt thích",
            "giới hạn dưới: chỉ đếm ở máy chủ gốc",
        ),
        Measure(
            "post", "comments", ("replies",), "Trả lời", "giới hạn dưới: chỉ đếm ở máy chủ gốc"
        ),
        Measure("post", "shares", ("reposts",), "Đăng lại", "giới hạn dưới: chỉ đếm ở máy chủ gốc"),
        Measure("post", "quotes", ("quotes",), "Trích dẫn", detail=True),
    ),
    bases=(OPEN,),
)

# Platforms of the register without a connector yet: their numbers come as declared or imported
# ones.
_DECLARED_MEASURES = (
    Measure("account", "followers", ("followers",), "Người theo dõi"),
    Measure("account", "following", ("following",), "Đang theo dõi"),
    Measure("account", "posts", ("posts",), "Bài đăng"),
    Measure("account", "views", ("views",), "Tổng lượt xem"),
    Measure("account", "likes", ("likes",), "Tổng lượt thích"),
    Measure("post", "views", ("views",), "Lượt xem"),
    Measure("post", "reactions", ("reactions",), "Lượt bày tỏ cảm xúc"),
    Measure("post", "comments", ("comments",), "Bình luận"),
    Measure("post", "shares", ("shares",), "Chia sẻ"),
    Measure("post", "saves", ("saves",), "Lượt lưu"),
)


def _register_only(key: str, title: str, *hosts: str) -> Platform:
    return Platform(
        key=key, title=title, hosts=hosts, measures=_DECLARED_MEASURES, bases=(DECLARED,)
    )


PLATFORMS = {
    platform.key: platform
    for platform in (
        YOUTUBE,
        BLUESKY,
        MASTODON,
        _register_only("facebook", "Facebook", "facebook.com", "fb.com"),
        _register_only("instagram", "Instagram", "instagram.com"),
        _register_only("threads", "Threads", "threads.net", "threads.com"),
        _register_only("tiktok", "TikTok", "tiktok.com"),
        _register_only("zalo", "Zalo", "zalo.me"),
        _register_only("x", "X", "x.com", "twitter.com"),
        _register_only("telegram", "Telegram", "t.me", "telegram.me"),
        _register_only("linkedin", "LinkedIn", "linkedin.com"),
        _register_only("pinterest", "Pinterest", "pinterest.com"),
    )
}


def platform_named(key: str) -> Platform:
    """Find a platform by key. Raises ConfigError that lists the known ones."""
    if key not in PLATFORMS:
        raise ConfigError(f"unknown platform {key!r}; expected one of {', '.join(PLATFORMS)}")
    return PLATFORMS[key]
