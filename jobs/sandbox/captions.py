"""Short captions of posts in Vietnamese and English: something to read for language detection."""

from __future__ import annotations

from jobs.sandbox.country import SyntheticAccount

LANGUAGES = ("vi", "en")

_VIETNAMESE = (
    "{place} đón hàng nghìn du khách trong những ngày lễ hội mùa này",
    "Khám phá vẻ đẹp thiên nhiên và con người {place} qua từng góc phố",
    "Hội nghị xúc tiến đầu tư vào {place} thu hút nhiều doanh nghiệp lớn",
    "Món ngon truyền thống của {place} được bạn bè quốc tế yêu thích",
    "Lễ hội văn hóa các dân tộc tại {place} khai mạc vào tối nay",
    "Sản phẩm làng nghề {place} tìm đường ra thị trường nước ngoài",
    "Một ngày ở {place}: biển xanh, nắng vàng và những nụ cười",
    "Thanh niên {place} chung tay bảo vệ môi trường và di sản quê hương",
    "{place} công bố chương trình du lịch mới dành cho gia đình",
    "Nhiều công trình giao thông quan trọng của {place} hoàn thành đúng hẹn",
)
_ENGLISH = (
    "Discover the quiet beaches and friendly people of {place} this summer",
    "{place} welcomes investors from all over the world to its new industrial park",
    "A traditional dish from {place} that every visitor should try at least once",
    "Our heritage festival in {place} opens tonight with music and dance",
    "Ten reasons why travellers keep coming back to {place} every year",
    "How the craft villages of {place} keep their skills alive for the young",
    "Watch the sunrise over the mountains of {place} with our local guides",
    "{place} opens a new direct flight route for international visitors",
)


def caption(account: SyntheticAccount, number: int, language: str) -> str:
    """Give the caption of an account's post: the same post always has the same one."""
    choices = _VIETNAMESE if language == "vi" else _ENGLISH
    sentence = choices[(number * 7 + account.number) % len(choices)]
    if account.place is None:
        return sentence.format(place="Việt Nam" if language == "vi" else "Vietnam")
    name = account.place.name if language == "vi" else account.place.plain_name
    return sentence.format(place=name)
