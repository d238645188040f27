"""One frozen `Platform` each: what it publishes, with caveats, and under which terms. Knows no HTTP
and no store.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

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
    which only grows. `always` False: not every way of reading tells it, so that a missing one is no
    gap. `lanes` are those in which the platform tells it.
    """

    entity: str
    column: str
    keys: tuple[str, ...]
    title_vi: str
    caveat_vi: str = ""
    detail: bool = False
    total: bool = False
    always: bool = True
    lanes: tuple[str, ...] = ("public", "owner", "declared")


@dataclass(frozen=True)
class Platform:
    """A platform: `hosts` are the domains of its public addresses, `quota_zone` the time zone of
    its quota day. `bases` begins with the one that holds where the register names none;
    `consented` is the key of the one for numbers in the lane `owner`. `warning_vi` is what an
    operator must know before switching the platform on.
    """

    key: str
    title: str
    hosts: tuple[str, ...]
    measures: tuple[Measure, ...]
    bases: tuple[Basis, ...]
    quota_zone: str = "UTC"
    billed_by_day: bool = False
    consented: str | None = None
    warning_vi: str = ""

    @property
    def default_basis(self) -> Basis:
        """Give the basis that holds when the register names none."""
        return self.bases[0]

    def measures_of(self, entity: str, lane: str | None = None) -> tuple[Measure, ...]:
        """List the measures of `account` or `post`, those of one lane or (None) all of them."""
        return tuple(
            measure
            for measure in self.measures
            if measure.entity == entity and (lane is None or lane in measure.lanes)
        )

    def basis_in(self, lane: str, key: str | None) -> Basis:
        """Give the terms of a number: what an owner declares is not under the platform's terms,
        what was read with the owner's consent is under those of the consent. `key` is what the
        register names for the account, None = nothing. Raises ConfigError.
        """
        if lane == "declared":
            return DECLARED
        return self.basis(self.consented or key if lane == "owner" else key)

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
    consented="owner_consent",
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

OWNER = ("owner", "declared")
PUBLIC = ("public", "declared")
_META = "Meta Platform Terms and Developer Policies, read 2026-11"


def _owner_basis(title: str, source: str) -> Basis:
    """Give the terms of numbers read with the owner's consent: kept while the consent stands."""
    return Basis(
        "owner_consent",
        "Chủ tài khoản ủy quyền",
        None,
        derived=True,
        totals=True,
        sentence_vi=(
            f"Chủ tài khoản {title} đã ủy quyền; khi chủ tài khoản rút ủy quyền thì phải xóa số "
            "liệu đã đọc."
        ),
        source=source,
    )


_META_PUBLIC = Basis(
    "public_content",
    "Dữ liệu công khai Meta cho phép",
    None,
    derived=True,
    totals=True,
    sentence_vi=(
        "Số liệu công khai đọc theo quyền Meta đã duyệt, chỉ để phân tích tổng hợp; giữ đến khi "
        "còn cần cho mục đích đã nêu, xóa khi Meta hoặc chủ trang yêu cầu."
    ),
    source=_META,
)

REACTION_KINDS = ("like", "love", "care", "haha", "wow", "sad", "angry")
_REACTION_TITLES = ("Thích", "Yêu thích", "Thương thương", "Haha", "Wow", "Buồn", "Phẫn nộ")

FACEBOOK = Platform(
    key="facebook",
    title="Facebook",
    hosts=("facebook.com", "fb.com"),
    measures=(
        Measure("account", "followers", ("followers",), "Người theo dõi"),
        Measure(
            "account",
            "likes",
            ("likes",),
            "Lượt thích trang",
            "trang kiểu mới không có số riêng; không cộng với người theo dõi",
        ),
        Measure("post", "reactions", ("reactions",), "Lượt bày tỏ cảm xúc"),
        Measure("post", "comments", ("comments",), "Bình luận", "tính cả trả lời"),
        Measure(
            "post",
            "shares",
            ("shares",),
            "Chia sẻ",
            "không cho biết khi chưa có chia sẻ nào, nên không tính vào tương tác",
            always=False,
        ),
        Measure("post", "views", ("views",), "Lượt xem", total=True, lanes=OWNER),
        Measure("post", "reach", ("reach",), "Số người xem", detail=True, lanes=OWNER),
        *(
            Measure("post", f"reactions_{kind}", (f"reactions_{kind}",), title, detail=True)
            for kind, title in zip(REACTION_KINDS, _REACTION_TITLES, strict=True)
        ),
    ),
    bases=(_META_PUBLIC, _owner_basis("Facebook", _META)),
    consented="owner_consent",
)

INSTAGRAM = Platform(
    key="instagram",
    title="Instagram",
    hosts=("instagram.com",),
    measures=(
        Measure("account", "followers", ("followers",), "Người theo dõi"),
        Measure("account", "following", ("following",), "Đang theo dõi"),
        Measure("account", "posts", ("posts",), "Bài đăng"),
        Measure(
            "post",
            "reactions",
            ("likes", "reactions"),
            "Lượt thích",
            "không cho biết khi chủ tài khoản ẩn lượt thích",
        ),
        Measure("post", "comments", ("comments",), "Bình luận", "tính cả trả lời"),
        Measure("post", "views", ("views",), "Lượt xem", "công khai chỉ với Reels", total=True),
        Measure("post", "reposts", ("reposts",), "Đăng lại", detail=True),
        Measure("post", "shares", ("shares",), "Chia sẻ", lanes=OWNER),
        Measure("post", "saves", ("saves",), "Lượt lưu", lanes=OWNER),
        Measure("post", "reach", ("reach",), "Số người tiếp cận", detail=True, lanes=OWNER),
    ),
    bases=(_META_PUBLIC, _owner_basis("Instagram", _META)),
    consented="owner_consent",
)

_WEEK = "tổng của 7 ngày gần nhất, không phải số lũy kế"

THREADS = Platform(
    key="threads",
    title="Threads",
    hosts=("threads.net", "threads.com"),
    measures=(
        Measure("account", "followers", ("followers",), "Người theo dõi"),
        *(
            Measure(
                "account", f"{key}_7d", (f"{key}_7d",), f"{title} 7 ngày", _WEEK, True, lanes=PUBLIC
            )
            for key, title in (
                ("likes", "Lượt thích"),
                ("quotes", "Trích dẫn"),
                ("replies", "Trả lời"),
                ("reposts", "Đăng lại"),
                ("views", "Lượt xem"),
            )
        ),
        Measure("post", "views", ("views",), "Lượt xem", total=True, lanes=OWNER),
        Measure("post", "reactions", ("likes", "reactions"), "Lượt thích", lanes=OWNER),
        Measure("post", "comments", ("replies",), "Trả lời", lanes=OWNER),
        Measure("post", "shares", ("reposts",), "Đăng lại", lanes=OWNER),
        Measure("post", "quotes", ("quotes",), "Trích dẫn", detail=True, lanes=OWNER),
        Measure("post", "sends", ("shares",), "Gửi cho người khác", detail=True, lanes=OWNER),
    ),
    bases=(_META_PUBLIC, _owner_basis("Threads", _META)),
    consented="owner_consent",
)

_TIKTOK = "TikTok for Developers terms and Accounts API allowed uses, read 2026-11"

TIKTOK = Platform(
    key="tiktok",
    title="TikTok",
    hosts=("tiktok.com",),
    measures=(
        Measure("account", "followers", ("followers",), "Người theo dõi"),
        Measure("account", "following", ("following",), "Đang theo dõi"),
        Measure("account", "likes", ("likes",), "Tổng lượt thích"),
        Measure("account", "posts", ("posts",), "Video"),
        Measure(
            "post",
            "views",
            ("views",),
            "Lượt xem",
            "Accounts API tính cả quảng cáo, khác Display API",
            total=True,
        ),
        Measure("post", "reactions", ("likes", "reactions"), "Lượt thích"),
        Measure("post", "comments", ("comments",), "Bình luận"),
        Measure("post", "shares", ("shares",), "Chia sẻ"),
        Measure(
            "post",
            "saves",
            ("saves",),
            "Lượt lưu",
            "chỉ Accounts API và Research API",
            always=False,
        ),
        Measure("post", "reach", ("reach",), "Số người tiếp cận", detail=True, lanes=OWNER),
    ),
    bases=(
        _owner_basis("TikTok", _TIKTOK),
        Basis(
            "research",
            "Research API",
            None,
            derived=True,
            totals=True,
            sentence_vi=(
                "Số liệu Research API: chỉ trường đại học được TikTok chấp thuận; phải xóa bài đã "
                "bị xóa và không chia sẻ cho bên khác."
            ),
            source=_TIKTOK,
        ),
    ),
    consented="owner_consent",
    warning_vi=(
        "TikTok không cho đọc số liệu của tài khoản chưa ủy quyền; bảng xếp hạng các cơ quan phải "
        "được gọi là báo cáo quản trị của chủ tài khoản."
    ),
)

ZALO = Platform(
    key="zalo",
    title="Zalo",
    hosts=("zalo.me",),
    measures=(
        Measure("account", "followers", ("followers",), "Người quan tâm"),
        Measure("post", "views", ("views",), "Lượt xem", total=True),
        Measure("post", "shares", ("shares",), "Chia sẻ"),
    ),
    bases=(_owner_basis("Zalo OA", "Zalo Official Account terms, read 2026-11"),),
    consented="owner_consent",
)

X = Platform(
    key="x",
    title="X",
    hosts=("x.com", "twitter.com"),
    billed_by_day=True,
    measures=(
        Measure("account", "followers", ("followers",), "Người theo dõi"),
        Measure("account", "following", ("following",), "Đang theo dõi"),
        Measure("account", "posts", ("posts",), "Bài đăng", "tính cả đăng lại"),
        Measure(
            "post", "views", ("views",), "Lượt xem", "không có với bài trước 15/12/2022", total=True
        ),
        Measure("post", "reactions", ("likes", "reactions"), "Lượt thích"),
        Measure("post", "comments", ("replies",), "Trả lời"),
        Measure("post", "shares", ("reposts",), "Đăng lại"),
        Measure("post", "quotes", ("quotes",), "Trích dẫn", detail=True),
        Measure("post", "saves", ("saves",), "Lượt lưu"),
    ),
    bases=(
        Basis(
            "enterprise",
            "Hợp đồng Enterprise của X",
            None,
            derived=True,
            totals=True,
            sentence_vi=(
                "X yêu cầu gói Enterprise khi số liệu được cung cấp cho cơ quan nhà nước; bài bị "
                "xóa phải được gỡ khỏi kho trong 24 giờ khi có yêu cầu."
            ),
            source="X Developer Agreement, clause Government Use, August 2026",
        ),
    ),
    warning_vi=(
        "X tắt mặc định: điều khoản đòi gói Enterprise cho người dùng là cơ quan nhà nước, và mỗi "
        "bài, mỗi tài khoản đọc được đều phải trả tiền. Bật bằng TRACKER_X_ENABLED=1 sau khi có "
        "hợp đồng."
    ),
)

TELEGRAM = Platform(
    key="telegram",
    title="Telegram",
    hosts=("t.me", "telegram.me"),
    measures=(
        Measure("account", "followers", ("followers",), "Người đăng ký"),
        Measure(
            "post",
            "views",
            ("views",),
            "Lượt xem",
            "làm tròn từ 1.000 trở lên; chỉ có khi bật trang xem trước",
            total=True,
        ),
        Measure(
            "post", "reactions", ("reactions",), "Lượt bày tỏ cảm xúc", "làm tròn từ 1.000 trở lên"
        ),
    ),
    bases=(
        Basis(
            "bot",
            "Bot API và trang công khai",
            None,
            derived=True,
            totals=True,
            sentence_vi=(
                "Số người đăng ký đọc qua Bot API; lượt xem chỉ đọc ở trang xem trước khi chủ kênh "
                "đồng ý (TRACKER_TELEGRAM_PREVIEW=1)."
            ),
            source="Telegram Bot API 10.1 and Bot API terms, read 2026-11",
        ),
    ),
    warning_vi="Telegram bị yêu cầu chặn tại Việt Nam từ giữa năm 2025; có thể không đọc được.",
)

LINKEDIN = Platform(
    key="linkedin",
    title="LinkedIn",
    hosts=("linkedin.com",),
    measures=(
        Measure("account", "followers", ("followers",), "Người theo dõi"),
        Measure(
            "post",
            "views",
            ("views",),
            "Lượt hiển thị",
            "chỉ tự nhiên, chỉ trong 12 tháng",
            total=True,
        ),
        Measure("post", "reactions", ("reactions",), "Lượt bày tỏ cảm xúc"),
        Measure("post", "comments", ("comments",), "Bình luận"),
        Measure("post", "shares", ("shares",), "Chia sẻ"),
        Measure("post", "reach", ("reach",), "Số người tiếp cận", detail=True),
        Measure("post", "clicks", ("clicks",), "Lượt bấm", detail=True),
    ),
    bases=(_owner_basis("LinkedIn", "LinkedIn Marketing API terms, read 2026-11"),),
    consented="owner_consent",
)

PINTEREST = Platform(
    key="pinterest",
    title="Pinterest",
    hosts=("pinterest.com",),
    measures=(
        Measure("account", "followers", ("followers",), "Người theo dõi"),
        Measure("account", "following", ("following",), "Đang theo dõi"),
        Measure("account", "posts", ("posts",), "Ghim", "tính cả ghim lưu từ người khác"),
        Measure(
            "account",
            "views_30d",
            ("views_30d",),
            "Lượt xem 30 ngày",
            "tổng của 30 ngày gần nhất, không phải số lũy kế",
            detail=True,
        ),
        Measure("post", "views", ("views",), "Lượt hiển thị", "ước tính của nền tảng", total=True),
        Measure("post", "reactions", ("reactions",), "Lượt bày tỏ cảm xúc"),
        Measure("post", "comments", ("comments",), "Bình luận"),
        Measure("post", "saves", ("saves",), "Lượt lưu"),
    ),
    bases=(_owner_basis("Pinterest", "Pinterest developer guidelines, read 2026-11"),),
    consented="owner_consent",
)

_DECLARABLE = (
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


def _with_declared(platform: Platform) -> Platform:
    """Let an office declare what the platform itself does not tell. Registers of the first release
    may name `declared` as the basis of such accounts.
    """
    known = {(measure.entity, measure.column) for measure in platform.measures}
    more = tuple(
        replace(measure, lanes=("declared",))
        for measure in _DECLARABLE
        if (measure.entity, measure.column) not in known
    )
    return replace(platform, measures=platform.measures + more, bases=(*platform.bases, DECLARED))


PLATFORMS = {
    platform.key: platform
    for platform in (
        YOUTUBE,
        BLUESKY,
        MASTODON,
        _with_declared(FACEBOOK),
        _with_declared(INSTAGRAM),
        _with_declared(THREADS),
        _with_declared(TIKTOK),
        _with_declared(ZALO),
        _with_declared(X),
        _with_declared(TELEGRAM),
        _with_declared(LINKEDIN),
        _with_declared(PINTEREST),
    )
}


def platform_named(key: str) -> Platform:
    """Find a platform by key. Raises ConfigError that lists the known ones."""
    if key not in PLATFORMS:
        raise ConfigError(f"unknown platform {key!r}; expected one of {', '.join(PLATFORMS)}")
    return PLATFORMS[key]
