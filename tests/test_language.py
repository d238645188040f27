import pytest

from tracker.language import detect


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Vịnh Hạ Long đón hàng nghìn du khách quốc tế trong dịp lễ", "vi"),
        ("Ha Long Bay welcomes thousands of international visitors this week", "en"),
        ("La baie d'Along accueille des milliers de visiteurs étrangers cette semaine", "fr"),
        ("하롱베이에 오신 것을 환영합니다", "ko"),
        ("下龍灣歡迎各國旅客前來參觀", "zh"),
        ("ハロン湾へようこそ、世界遺産です", "ja"),
        ("Добро пожаловать в бухту Халонг", "ru"),
        ("ຍິນດີຕ້ອນຮັບສູ່ປະເທດຫວຽດນາມ", "lo"),
        ("សូមស្វាគមន៍មកកាន់ប្រទេសវៀតណាម", "km"),
    ],
)
def test_the_language_of_a_caption_is_found(text: str, language: str) -> None:
    assert detect(text).language == language


def test_links_and_hashtags_do_not_count_as_letters() -> None:
    assert detect("https://example.org/xin-chao #VietNam @tinh").letters == 0


def test_vietnamese_without_marks_is_left_undecided() -> None:
    assert detect("Chao mung quy khach den voi vinh Ha Long xinh dep").language is None


def test_a_short_caption_is_counted_and_not_judged() -> None:
    found = detect("Hello there")
    assert (found.language, found.letters) == (None, 10)
