"""Names and addresses as people write them."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.text import (
    AddressError,
    fold,
    full_name,
    handle_key,
    match_locality,
    nfc,
    parse_address,
    slug,
    sort_key,
)

few = settings(max_examples=60, deadline=None)
CHANNEL = "UC6RQkH9_rDlBri3pio_QgHA"
PROVINCES = [
    ("ha-noi", "Hà Nội"),
    ("hoa-binh", "Hòa Bình"),
    ("hue", "Thừa Thiên Huế"),
    ("hue", "Huế"),
    ("dak-lak", "Đắk Lắk"),
    ("dak-nong", "Đắk Nông"),
    ("ho-chi-minh", "Hồ Chí Minh"),
    ("ba-ria-vung-tau", "Bà Rịa - Vũng Tàu"),
    ("quang-ninh", "Quảng Ninh"),
    ("quang-nam", "Quảng Nam"),
    ("can-tho", "Cần Thơ"),
    ("can-tho-2025", "Cần Thơ"),
    ("bac-kan", "Bắc Kạn"),
]


def test_nfc_composes_letters_and_drops_what_nobody_sees() -> None:
    decomposed = unicodedata.normalize("NFD", "Quảng Ninh")
    assert nfc("a\u200b\u0301") == "á"
    assert nfc(f"\ufeff {decomposed[:6]}{decomposed[6:]}\u200b\u00a0 ") == "Quảng Ninh"


@given(st.text())
@few
def test_nfc_twice_is_nfc_once(text: str) -> None:
    assert nfc(nfc(text)) == nfc(text)


def test_names_sort_as_in_a_vietnamese_dictionary() -> None:
    mixed = [
        "Quảng Ninh",
        "Đà Nẵng",
        "Huế",
        "Hà Nội",
        "Đồng Nai",
        "Điện Biên",
        "An Giang",
        "Ăn",
        "Ân",
    ]
    expected = ["An Giang", "Ăn", "Ân", "Đà Nẵng", "Điện Biên", "Đồng Nai", "Hà Nội", "Huế"]
    assert sorted(mixed, key=sort_key) == [*expected, "Quảng Ninh"]


def test_tones_decide_only_between_equal_letters() -> None:
    """Level, huyền, hỏi, ngã, sắc, nặng; a later letter weighs more than an earlier tone."""
    tones = ["ma", "mà", "mả", "mã", "má", "mạ"]
    assert sorted({*tones}, key=sort_key) == tones
    assert sorted(["mạ a", "ma b"], key=sort_key) == ["mạ a", "ma b"]


@given(st.text(alphabet="aăâeêđdoôơuưyáàảãạ ", max_size=12))
@few
def test_the_sort_key_does_not_depend_on_the_unicode_form(text: str) -> None:
    assert sort_key(unicodedata.normalize("NFD", text)) == sort_key(text)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Hoà Bình", "hoa-binh"),
        ("HÒA BÌNH", "hoa-binh"),
        ("tỉnh Hòa Bình", "hoa-binh"),
        ("Thừa Thiên - Huế", "hue"),
        ("Thừa Thiên – Huế", "hue"),
        ("TT-Huế", "hue"),
        ("Thành phố Huế", "hue"),
        ("Đăk Lăk", "dak-lak"),
        ("Đắc Lắc", "dak-lak"),
        ("Daklak", "dak-lak"),
        ("Ðắk Nông", "dak-nong"),
        ("TP.HCM", "ho-chi-minh"),
        ("TPHCM", "ho-chi-minh"),
        ("T.P. Hồ Chí Minh", "ho-chi-minh"),
        ("Ho Chi Minh City", "ho-chi-minh"),
        ("BR-VT", "ba-ria-vung-tau"),
        ("Bà Rịa-Vũng Tàu", "ba-ria-vung-tau"),
        ("Bắc Cạn", "bac-kan"),
        ("quang-ninh", "quang-ninh"),
        (unicodedata.normalize("NFD", "Quảng Ninh"), "quang-ninh"),
    ],
)
def test_a_locality_is_found_however_it_is_spelt(typed: str, meant: str) -> None:
    assert match_locality(typed, PROVINCES).ids == (meant,)


def test_a_misspelt_locality_brings_a_suggestion_and_never_a_match() -> None:
    match = match_locality("Quảng Nính h", PROVINCES)
    assert (match.ids, match.suggestion) == ((), "Quảng Ninh")
    assert match_locality("Atlantis", PROVINCES).suggestion is None


def test_a_name_of_two_maps_gives_both_ids_but_an_id_gives_itself() -> None:
    assert match_locality("Cần Thơ", PROVINCES).ids == ("can-tho", "can-tho-2025")
    assert match_locality("can-tho", PROVINCES).ids == ("can-tho",)


@given(st.sampled_from([name for _, name in PROVINCES]), st.sampled_from(["NFC", "NFD", "NFKD"]))
@few
def test_fold_forgives_case_form_and_rank(name: str, form: str) -> None:
    typed = unicodedata.normalize(form, f"  TỈNH {name.upper()} ")  # type: ignore[arg-type]  # a form
    assert fold(typed) == fold(name)


@given(st.text())
@few
def test_a_slug_is_plain_ascii(text: str) -> None:
    made = slug(text)
    assert made == slug(made)
    assert all(sign in "abcdefghijklmnopqrstuvwxyz0123456789-" for sign in made)


def test_slugs_are_the_ids_of_localities() -> None:
    assert slug("Bà Rịa - Vũng Tàu") == "ba-ria-vung-tau"
    assert slug("Đắk Lắk") == "dak-lak"


def test_only_the_city_named_after_a_person_writes_its_rank_large() -> None:
    assert full_name("thành phố", "Hồ Chí Minh") == "Thành phố Hồ Chí Minh"
    assert full_name("thành phố", "Huế") == "thành phố Huế"


ADDRESSES = [
    (f"https://www.youtube.com/channel/{CHANNEL}", "youtube", CHANNEL, None),
    (f"m.youtube.com/channel/{CHANNEL}/videos?view=0#top", "youtube", CHANNEL, None),
    (CHANNEL, "youtube", CHANNEL, None),
    ("http://youtube.com/@ThongTinChinhPhu/", "youtube", None, "@ThongTinChinhPhu"),
    ("youtube.com/user/vietnam", "youtube", None, "vietnam"),
    ("https://www.youtube.com/c/vietnam/featured", "youtube", None, "vietnam"),
    ("https://www.youtube.com/vietnamtourismboard/", "youtube", None, "vietnamtourismboard"),
    (
        "https://m.facebook.com/thongtinchinhphu?ref=bm&mibextid=x",
        "facebook",
        None,
        "thongtinchinhphu",
    ),
    ("https://vi-vn.facebook.com/trang.tin/posts/12", "facebook", None, "trang.tin"),
    ("fb.com/trangtincamau", "facebook", None, "trangtincamau"),
    ("https://www.facebook.com/pages/So-Du-lich/123456789012", "facebook", "123456789012", None),
    ("facebook.com/So-Du-lich-Hue-123456789012/", "facebook", "123456789012", None),
    ("https://www.facebook.com/p/So-Du-lich-100064012345678/", "facebook", "100064012345678", None),
    ("https://twitter.com/VNGov?s=20", "x", None, "VNGov"),
    ("https://mobile.twitter.com/@VNGov/status/1", "x", None, "VNGov"),
    ("x.com/VNGov", "x", None, "VNGov"),
    ("https://bsky.app/profile/mofa.gov.vn", "bluesky", None, "mofa.gov.vn"),
    ("https://Name.bsky.social", "bluesky", None, "name.bsky.social"),
    ("at://did:plc:z72i7hdynmk6r22z27h6tvur", "bluesky", "did:plc:z72i7hdynmk6r22z27h6tvur", None),
    ("https://social.gov.vn/@bo_ngoai_giao", "mastodon", None, "bo_ngoai_giao@social.gov.vn"),
    ("https://mastodon.social/@bo@social.gov.vn", "mastodon", None, "bo@social.gov.vn"),
    ("https://social.gov.vn/users/bo", "mastodon", None, "bo@social.gov.vn"),
    ("@bo@Social.gov.vn", "mastodon", None, "bo@social.gov.vn"),
    ("https://t.me/s/thongtinchinhphu", "telegram", None, "thongtinchinhphu"),
    ("https://thongtin.t.me", "telegram", None, "thongtin"),
    ("telegram.me/thongtin/12?single", "telegram", None, "thongtin"),
    ("https://zalo.me/1234567890123456789", "zalo", "1234567890123456789", None),
    ("zalo.me/quangninh", "zalo", None, "quangninh"),
    ("https://www.tiktok.com/@baophutho.vn?_t=8k&_r=1", "tiktok", None, "baophutho.vn"),
    ("m.tiktok.com/@BaoPhuTho.vn/video/7", "tiktok", None, "baophutho.vn"),
    ("https://vn.linkedin.com/company/Vietnam-Tourism/", "linkedin", None, "vietnam-tourism"),
    ("https://www.linkedin.com/company/1234567", "linkedin", "1234567", None),
    ("https://instagram.com/VietnamTourismBoard/?hl=vi", "instagram", None, "vietnamtourismboard"),
    ("https://www.threads.net/@vietnam", "threads", None, "vietnam"),
    (
        "https://vn.pinterest.com/vietnamtourismboard/_saved",
        "pinterest",
        None,
        "vietnamtourismboard",
    ),
    ("https://www.pinterest.co.uk/vietnam", "pinterest", None, "vietnam"),
]


@pytest.mark.parametrize(("typed", "platform", "native_id", "handle"), ADDRESSES)
def test_every_form_of_an_address_becomes_platform_and_id_or_handle(
    typed: str, platform: str, native_id: str | None, handle: str | None
) -> None:
    found = parse_address(typed)
    assert (found.platform, found.native_id, found.handle) == (platform, native_id, handle)


@pytest.mark.parametrize("typed", [row[0] for row in ADDRESSES])
def test_a_clean_address_is_read_as_itself(typed: str) -> None:
    found = parse_address(typed, office=True)
    assert parse_address(found.url, found.platform, office=True) == found


@pytest.mark.parametrize(
    ("platform", "typed", "handle"),
    [
        ("youtube", "vietnam", "@vietnam"),
        ("x", "@VNGov", "VNGov"),
        ("bluesky", "@mofa.gov.vn", "mofa.gov.vn"),
        ("mastodon", "bo@social.gov.vn", "bo@social.gov.vn"),
        ("facebook", "trang.tin", "trang.tin"),
        ("linkedin", "vietnam-tourism", "vietnam-tourism"),
        ("telegram", "@thongtin", "thongtin"),
    ],
)
def test_a_bare_handle_is_read_for_the_platform_beside_it(
    platform: str, typed: str, handle: str
) -> None:
    assert parse_address(typed, platform).handle == handle


@pytest.mark.parametrize(
    ("typed", "platform", "reason"),
    [
        ("https://www.facebook.com/profile.php?id=100064012345678", None, "personal"),
        ("https://www.facebook.com/people/Nguyen-Van-A/100064012345678/", None, "personal"),
        ("https://www.facebook.com/100064012345678", None, "personal"),
        ("https://www.linkedin.com/in/nguyen-van-a", None, "personal"),
        ("https://zalo.me/0912345678", None, "telephone"),
        ("https://www.facebook.com/thongtinchinhphu", "youtube", "this one is of Facebook"),
        ("@a@b.vn", "x", "this one is of Mastodon"),
        ("https://youtu.be/dQw4w9WgXcQ", None, "short link"),
        ("https://vm.tiktok.com/ZM8/", None, "short link"),
        ("https://www.youtube.com/watch?v=dQw4w9WgXcQ", None, "is none"),
        ("https://www.facebook.com/groups/123", None, "is none"),
        ("https://t.me/+AbCdEf", None, "is none"),
        ("https://www.youtube.com/channel/UCshort", None, "channel id"),
        ("https://www.facebook.com", None, "not of Facebook itself"),
        ("https://www.t.me/", None, "not of Telegram itself"),
        ("https://vietnam.vn", None, "the address of an account on"),
        ("https://medium.com/@a", None, "Mastodon server"),
        ("vietnam", None, "the platform beside the handle"),
        ("", "youtube", "an address, a handle or an id"),
        ("https://[::1/@x", None, "an address that can be opened"),
        ("trang tin", "facebook", "a name that Facebook allows"),
    ],
)
def test_what_is_no_account_of_an_organisation_is_refused_with_the_reason(
    typed: str, platform: str | None, reason: str
) -> None:
    with pytest.raises(AddressError, match=reason):
        parse_address(typed, platform)


def test_evidence_of_an_office_lets_a_numbered_facebook_page_in() -> None:
    found = parse_address("https://facebook.com/profile.php?id=100064012345678", office=True)
    assert (found.native_id, found.kind) == ("100064012345678", "id")


def test_facebook_handles_differ_neither_by_case_nor_by_dots() -> None:
    assert handle_key("facebook", "Trang.Tin") == handle_key("facebook", "trangtin")
    assert handle_key("youtube", "@Tin") == handle_key("youtube", "tin")
    assert handle_key("bluesky", "a.b.vn") != handle_key("bluesky", "ab.vn")


NAMES = st.text(alphabet="abcdefghijklmnopqrstuvwxyz0123456789", min_size=4, max_size=14).map(
    lambda text: f"v{text}"
)
BASES = {
    "facebook": ("facebook.com/", ("www.", "m.", "web.", "")),
    "x": ("twitter.com/", ("www.", "mobile.", "")),
    "instagram": ("instagram.com/", ("www.", "")),
    "tiktok": ("tiktok.com/@", ("www.", "m.", "")),
    "telegram": ("t.me/", ("",)),
    "youtube": ("youtube.com/@", ("www.", "m.", "")),
}


@given(st.sampled_from(sorted(BASES)), NAMES, st.data())
@few
def test_scheme_mobile_host_slash_and_tracking_never_change_the_account(
    platform: str, name: str, data: st.DataObject
) -> None:
    base, hosts = BASES[platform]
    scheme = data.draw(st.sampled_from(["https://", "http://", "//", "HTTPS://", ""]))
    tail = data.draw(st.sampled_from(["", "/", "?utm_source=a&fbclid=b", "/#x", "/?ref=1"]))
    typed = f"{scheme}{data.draw(st.sampled_from(hosts))}{base}{name}{tail}"
    found = parse_address(typed, platform)
    assert handle_key(platform, found.handle or "") == handle_key(platform, name)
    assert parse_address(found.url) == found


@given(st.text(max_size=60), st.sampled_from([None, "youtube", "facebook", "mastodon", "zalo"]))
@few
def test_any_text_is_an_address_or_refused(text: str, platform: str | None) -> None:
    try:
        found = parse_address(text, platform)
    except AddressError:
        return
    assert found.native_id or found.handle
