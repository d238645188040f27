"""Reading values out of a platform's JSON: unknown stays unknown, a changed shape is loud."""

from datetime import UTC, datetime

import pytest

from tracker.errors import PayloadChanged
from tracker.payload import (
    count,
    instant,
    items,
    optional,
    optional_text,
    pick,
    required_count,
    text,
)

BODY = {
    "items": [{"id": "UC1", "statistics": {"viewCount": "12300", "likes": 7, "hidden": None}}],
    "title": "",
}
STATISTICS = "items[0].statistics"


def test_a_path_leads_through_objects_and_lists() -> None:
    assert pick(BODY, "items[0].id") == "UC1"
    assert pick(BODY, "") == BODY
    assert optional(BODY, "items[1].id") is None


@pytest.mark.parametrize("path", ["kind", "items[1].id", f"{STATISTICS}.hidden"])
def test_a_promised_value_that_is_missing_or_null_is_named(path: str) -> None:
    with pytest.raises(PayloadChanged, match="the reply") as caught:
        pick(BODY, path)
    assert caught.value.path == path


def test_a_key_below_null_is_absent() -> None:
    assert optional(BODY, f"{STATISTICS}.hidden.deeper") is None


@pytest.mark.parametrize("path", ["items.id", "items[0].id.deeper", "title[0]"])
def test_another_shape_than_promised_is_never_absent(path: str) -> None:
    with pytest.raises(PayloadChanged, match="expected"):
        optional(BODY, path)


def test_a_count_is_a_number_or_decimal_text_and_unknown_when_absent_or_null() -> None:
    assert count(BODY, f"{STATISTICS}.viewCount") == 12300
    assert count(BODY, f"{STATISTICS}.likes") == 7
    assert count(BODY, f"{STATISTICS}.hidden") is None
    assert count(BODY, f"{STATISTICS}.commentCount") is None
    assert count({"n": 0}, "n") == 0
    assert count({"n": 2**63 - 1}, "n") == 2**63 - 1


@pytest.mark.parametrize(
    "value", [-1, 1.0, 1.5, True, "12K", "", "-3", " 7", "١٢", "1e3", 2**63, [1], {"n": 1}]
)
def test_what_is_no_count_is_refused_with_its_path(value: object) -> None:
    with pytest.raises(PayloadChanged, match="at n expected a count") as caught:
        count({"n": value}, "n")
    assert caught.value.path == "n"


def test_a_required_count_may_not_be_absent() -> None:
    assert required_count({"n": "5"}, "n") == 5
    with pytest.raises(PayloadChanged, match="lacks n"):
        required_count({}, "n")


def test_a_text_is_promised_or_optional() -> None:
    assert text(BODY, "items[0].id") == "UC1"
    assert optional_text(BODY, "title") == ""
    assert optional_text(BODY, "subtitle") is None
    with pytest.raises(PayloadChanged, match="expected a text"):
        text(BODY, "title")
    with pytest.raises(PayloadChanged, match="expected a text, came a list of 1"):
        optional_text(BODY, "items")


def test_a_promised_list_may_be_empty_but_not_absent() -> None:
    assert items({"feed": []}, "feed") == []
    with pytest.raises(PayloadChanged, match="lacks feed"):
        items({}, "feed")
    with pytest.raises(PayloadChanged, match="expected a list, came an object of 0 keys"):
        items({"feed": {}}, "feed")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2024-09-02T01:00:00Z", datetime(2024, 9, 2, 1, tzinfo=UTC)),
        ("2024-09-02T01:00:00.123Z", datetime(2024, 9, 2, 1, 0, 0, 123000, tzinfo=UTC)),
        ("2024-09-02T08:00:00.123456789+07:00", datetime(2024, 9, 2, 1, 0, 0, 123456, tzinfo=UTC)),
    ],
)
def test_an_instant_becomes_utc(written: str, expected: datetime) -> None:
    assert instant(written) == expected
    assert instant(written).utcoffset() == expected.utcoffset()


@pytest.mark.parametrize("written", ["2024-09-02T01:00:00", "2024-09-02", "yesterday", None, 17])
def test_a_time_without_a_zone_is_refused(written: object) -> None:
    with pytest.raises(PayloadChanged, match="published expected a time"):
        instant(written, "published")
