"""The shipped reference data: maps, agencies, elements, Tết, outcomes and the example register."""

import csv
import re
import unicodedata
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from tracker.reference import shipped
from tracker.registry import Agency, Register, check_outcomes, check_register, shipped_register
from tracker.sheets import read_sheet
from tracker.text import parse_address

LAST_OF_63 = date(2025, 6, 30)
FIRST_OF_34 = date(2025, 7, 1)
FILES = sorted([*shipped("reference").glob("*.csv"), *shipped("registry").glob("*.csv")])


@pytest.fixture(scope="module")
def known() -> Register:
    return shipped_register()


def dicts(name: str) -> list[dict[str, str]]:
    with shipped("reference", name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_shipped_register_reads_without_a_problem(known: Register) -> None:
    assert check_register(known) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_shipped_files_are_composed_unicode_without_blanks_or_contacts(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text == unicodedata.normalize("NFC", text)
    assert not re.search(r"[\w.]+@[\w-]+\.(vn|com|org)|\b0\d{9}\b|[\u00a0\u200b\ufeff]", text)
    with path.open(encoding="utf-8", newline="") as file:
        assert all(cell == cell.strip() for row in csv.reader(file) for cell in row)


def test_the_maps_have_63_34_and_8_localities(known: Register) -> None:
    assert [len(known.localities_of_map(name)) for name in ("63", "34", "pilot")] == [63, 34, 8]
    assert len(known.localities_on(LAST_OF_63)) == 63
    assert len(known.localities_on(FIRST_OF_34)) == 34


def test_eleven_localities_are_the_same_in_both_maps(known: Register) -> None:
    both = {one.id for one in known.localities_of_map("63")} & {
        one.id for one in known.localities_of_map("34")
    }
    expected = "cao-bang dien-bien ha-noi ha-tinh hue lai-chau lang-son nghe-an quang-ninh son-la"
    assert sorted(both) == [*expected.split(), "thanh-hoa"]


def test_every_ended_locality_has_a_successor_that_begins_the_day_after(known: Register) -> None:
    ended = [one for one in known.localities.values() if one.valid_to]
    assert len(ended) == 52
    for one in ended:
        successor = known.successor(one.id)
        assert successor is not None
        assert (one.valid_to, successor.valid_from) == (LAST_OF_63, FIRST_OF_34)


def test_codes_are_unique_on_a_day_and_seven_changed_meaning(known: Register) -> None:
    old = {one.gso_code: one for one in known.localities_of_map("63")}
    new = {one.gso_code: one for one in known.localities_of_map("34")}
    assert (len(old), len(new)) == (63, 34)
    changed = [
        code
        for code, one in new.items()
        if known.locality_name(one.id, FIRST_OF_34) != known.locality_name(old[code].id, LAST_OF_63)
    ]
    assert sorted(filter(None, changed)) == ["15", "24", "44", "52", "80", "82", "91"]


def test_a_new_locality_has_the_code_of_one_that_went_into_it(known: Register) -> None:
    for one in known.localities_of_map("34"):
        before = known.predecessors(one.id) or [one]
        assert one.gso_code in {former.gso_code for former in before}


def test_the_eight_pilots_have_seven_successors(known: Register) -> None:
    pilots = known.localities_of_map("pilot")
    expected = "ba-ria-vung-tau can-tho da-nang hai-phong ha-noi ho-chi-minh hue quang-ninh"
    assert sorted(one.id for one in pilots) == sorted(expected.split())
    assert len({one.successor_id or one.id for one in pilots}) == 7


def test_hue_and_dong_nai_changed_rank_and_kept_their_locality(known: Register) -> None:
    names = [
        known.locality_full_name(place, day)
        for place, day in (
            ("hue", date(2024, 12, 31)),
            ("hue", date(2025, 1, 1)),
            ("dong-nai", LAST_OF_63),
            ("dong-nai-2025", date(2026, 4, 29)),
            ("dong-nai-2025", date(2026, 4, 30)),
        )
    ]
    assert names == [
        "tỉnh Thừa Thiên Huế",
        "thành phố Huế",
        "tỉnh Đồng Nai",
        "tỉnh Đồng Nai",
        "thành phố Đồng Nai",
    ]


def test_every_locality_has_a_name_on_every_day_of_its_life(known: Register) -> None:
    for one in known.localities.values():
        spans = [name for name in known.locality_names if name.locality_id == one.id]
        spans.sort(key=lambda name: name.valid_from or date.min)
        assert (spans[0].valid_from, spans[-1].valid_to) == (one.valid_from, one.valid_to)
        for earlier, later in pairwise(spans):
            assert earlier.valid_to
            assert later.valid_from == earlier.valid_to + timedelta(days=1)


def test_every_locality_has_a_committee_that_lives_and_ends_with_it(known: Register) -> None:
    for one in known.localities.values():
        committee = known.agencies[f"ubnd-{one.id}"]
        assert (committee.valid_from, committee.valid_to) == (one.valid_from, one.valid_to)
        assert committee.successor_id == (one.successor_id and f"ubnd-{one.successor_id}")
        day = one.valid_to or date(2026, 11, 22)
        assert known.agency_name(committee.id, day) == committee.name_vi


def ministries(known: Register, day: date) -> list[Agency]:
    kinds = ("ministry", "ministerial_level")
    return [
        one
        for one in known.agencies.values()
        if one.kind in kinds
        and (one.valid_from or date.min) <= day
        and (one.valid_to is None or day <= one.valid_to)
    ]


def test_the_government_has_22_bodies_before_and_17_after_march_2025(known: Register) -> None:
    """18 ministries and 4 of their rank (08/2021/QH15); 14 and 3 (176/2025/QH15)."""
    before, after = (ministries(known, day) for day in (date(2025, 2, 28), date(2025, 3, 1)))
    assert sorted(one.kind for one in before).count("ministry") == 18
    assert len(before) == 22
    assert sorted(one.kind for one in after).count("ministry") == 14
    assert len(after) == 17
    for one in {row.id: row for row in before}.keys() - {row.id for row in after}:
        successor = known.agency_on(one, date(2025, 3, 1))
        assert successor in after


def test_every_row_of_the_government_and_of_the_maps_names_its_source(known: Register) -> None:
    assert [row for row in known.agencies.values() if not row.source] == []
    assert [row for row in known.localities.values() if not row.source] == []
    assert [row for row in known.locality_names if not row.source] == []


def test_no_candidate_element_carries_a_name_that_could_be_taken_for_official(
    known: Register,
) -> None:
    elements = list(known.elements.values())
    assert sum(one.level == "group" for one in elements) == 6
    assert sum(one.level == "element" for one in elements) == 22
    assert not [one for one in elements if one.status == "official"]
    for one in elements:
        assert (one.status == "candidate") == ("chưa có tên gọi" in one.name_vi)
    assert [one.id for one in elements if one.status == "sourced"] == ["A", "B", "C", "D", "E"]


def test_tet_falls_on_the_days_the_methods_name() -> None:
    days = [date.fromisoformat(row["day"]) for row in dicts("tet.csv")]
    assert [day.year for day in days] == list(range(2010, 2036))
    assert [row["year"] for row in dicts("tet.csv")] == [str(day.year) for day in days]
    named = ["2021-02-12", "2022-02-01", "2023-01-22", "2024-02-10", "2025-01-29", "2026-02-17"]
    assert {date.fromisoformat(day) for day in named} <= set(days)


def test_tet_is_a_new_moon_between_21_january_and_20_february() -> None:
    """Mean new moons come every 29.530589 days; the true one strays by less than a day."""
    new_moon = date(2024, 2, 9).toordinal() + 0.958 + 7 / 24  # 2024-02-09 22:59 UTC, in UTC+7
    for row in dicts("tet.csv"):
        day = date.fromisoformat(row["day"])
        assert (1, 20) < (day.month, day.day) < (2, 21)
        months = (day.toordinal() + 0.5 - new_moon) / 29.530589
        assert abs(months - round(months)) * 29.53 < 1.2


def test_outcomes_are_vintages_with_source_and_without_false_precision(known: Register) -> None:
    rows, problems = check_outcomes(read_sheet(shipped("reference", "outcomes.csv")).rows, known)
    assert problems == []
    assert len(rows) == len({row.key for row in rows}) == 160
    assert all(row.source and row.status and row.value is not None for row in rows)
    merged = [row for row in rows if row.boundary == "34"]
    assert {row.locality_id for row in merged} == {"can-tho-2025"}
    conflict = [
        row.value
        for row in rows
        if (row.indicator, row.locality_id, row.period) == ("tourism_revenue", "da-nang", "2024")
    ]
    assert sorted(value for value in conflict if value) == [31000, 53000]


def test_example_accounts_are_organisations_with_clean_addresses_and_a_source(
    known: Register,
) -> None:
    assert len(known.accounts) == 9
    for account in known.accounts.values():
        assert account.source
        for period in known.periods_of(account.id):
            address = parse_address(period.url or "", account.platform)
            assert address.url == period.url
            assert period.handle in (None, address.handle)
            assert known.owner_of(account.id, period.valid_from or date.min)


def test_the_committee_after_the_merger_answers_for_the_accounts_of_ca_mau(known: Register) -> None:
    owners = [known.owner_of("camau-ubnd-youtube", day) for day in (LAST_OF_63, FIRST_OF_34)]
    assert [owner.id for owner in owners if owner] == ["ubnd-ca-mau", "ubnd-ca-mau-2025"]


def test_kinds_of_agencies_are_unique_and_cover_the_shipped_ones(known: Register) -> None:
    kinds = [row["kind"] for row in dicts("agency_kinds.csv")]
    assert len(kinds) == len(set(kinds))
    assert {one.kind for one in known.agencies.values()} <= set(kinds)
