"""The register: typed rows, row-level problems, questions about days, files and data folders."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tracker.errors import ConfigError, InputError, Problem, StoreError
from tracker.registry import (
    MARKER,
    ROW_TYPES,
    Account,
    AccountPeriod,
    Agency,
    Locality,
    LocalityName,
    Programme,
    Register,
    Row,
    Target,
    cell_text,
    check_account_periods,
    check_accounts,
    check_agencies,
    check_corrections,
    check_definition_breaks,
    check_elements,
    check_events,
    check_locality_names,
    check_outcomes,
    check_period,
    check_programme_elements,
    check_programmes,
    check_register,
    check_targets,
    init_folder,
    is_synthetic,
    read_register,
    write_register_rows,
)
from tracker.sheets import SheetRow

MERGER = date(2025, 7, 1)
END = date(2025, 6, 30)
CHANNEL = "UC6RQkH9_rDlBri3pio_QgHA"


def a_register(**more: list[Row]) -> Register:
    """Two old provinces that went into one, Huế with two names, a ministry that was merged."""
    rows: dict[str, list[Row]] = {
        "localities": [
            Locality("quang-ninh", "22", pilot_2022=True),
            Locality("can-tho", "92", None, END, "can-tho-2025", pilot_2022=True),
            Locality("hau-giang", "93", None, END, "can-tho-2025"),
            Locality("can-tho-2025", "92", MERGER),
            Locality("hue", "46", pilot_2022=True),
        ],
        "locality_names": [
            LocalityName("quang-ninh", "Quảng Ninh", kind="tỉnh"),
            LocalityName("can-tho", "Cần Thơ", kind="thành phố", valid_to=END),
            LocalityName("hau-giang", "Hậu Giang", kind="tỉnh", valid_to=END),
            LocalityName("can-tho-2025", "Cần Thơ", kind="thành phố", valid_from=MERGER),
            LocalityName("hue", "Thừa Thiên Huế", kind="tỉnh", valid_to=date(2024, 12, 31)),
            LocalityName("hue", "Huế", kind="thành phố", valid_from=date(2025, 1, 1)),
        ],
        "agencies": [
            _committee("quang-ninh", "tỉnh Quảng Ninh"),
            _committee("can-tho", "thành phố Cần Thơ", END, "ubnd-can-tho-2025"),
            _committee("hau-giang", "tỉnh Hậu Giang", END, "ubnd-can-tho-2025"),
            _committee("can-tho-2025", "thành phố Cần Thơ"),
            _committee("hue", "thành phố Huế"),
            Agency("bo-y-te", "Bộ Y tế", "ministry"),
        ],
        **more,
    }
    known = Register()
    for kind, held in rows.items():
        known = known.with_rows(kind, held)
    return known


def _committee(
    place: str, name: str, end: date | None = None, successor: str | None = None
) -> Agency:
    return Agency(
        f"ubnd-{place}",
        f"Ủy ban nhân dân {name}",
        "provincial_committee",
        locality_id=place,
        successor_id=successor,
        valid_to=end,
    )


def with_an_account(handle: str = "trangtin", native_id: str | None = None) -> Register:
    return a_register(
        accounts=[Account("bo-y-te-facebook", "facebook", native_id)],
        account_periods=[
            AccountPeriod(
                "bo-y-te-facebook",
                "bo-y-te",
                handle,
                f"https://www.facebook.com/{handle}",
                date(2020, 1, 1),
            )
        ],
    )


def rows(*given: dict[str, str]) -> list[SheetRow]:
    """Make sheet rows from row 2 on, every row with all columns."""
    names = {name for cells in given for name in cells}
    return [
        SheetRow(number, {name: cells.get(name, "") for name in names}, "sheet.csv")
        for number, cells in enumerate(given, start=2)
    ]


def account_row(**cells: str) -> dict[str, str]:
    given = {"agency_id": "bo-y-te", "platform": "facebook", "url": "https://fb.com/trangtin"}
    return given | cells


def problem_in(
    check: Callable[..., tuple[list[Any], list[Problem]]], known: Register, *given: dict[str, str]
) -> tuple[int | None, str | None, str]:
    """Give row, column and text of the one problem a sheet must have."""
    _, problems = check(rows(*given), known)
    assert len(problems) == 1, [str(problem) for problem in problems]
    return problems[0].row, problems[0].column, problems[0].expected


# questions about days


def test_the_maps_hold_the_localities_of_their_days() -> None:
    known = a_register()
    assert [one.id for one in known.localities_of_map("63")] == [
        "can-tho",
        "hau-giang",
        "hue",
        "quang-ninh",
    ]
    assert [one.id for one in known.localities_of_map("34")] == [
        "can-tho-2025",
        "hue",
        "quang-ninh",
    ]
    assert [one.id for one in known.localities_of_map("pilot")] == ["can-tho", "hue", "quang-ninh"]
    with pytest.raises(ConfigError, match="63, 34, pilot"):
        known.localities_of_map("64")


def test_a_locality_has_the_name_and_rank_of_the_day() -> None:
    known = a_register()
    assert known.locality_full_name("hue", date(2024, 12, 31)) == "tỉnh Thừa Thiên Huế"
    assert known.locality_full_name("hue", date(2025, 1, 1)) == "thành phố Huế"
    assert known.locality_name("can-tho-2025", date(2020, 1, 1)) == "Cần Thơ"
    assert known.locality_name("unknown", MERGER) == "unknown"


def test_a_committee_is_named_after_its_locality_of_the_day() -> None:
    known = a_register()
    assert known.agency_name("ubnd-hue", date(2024, 1, 1)) == "Ủy ban nhân dân tỉnh Thừa Thiên Huế"
    assert known.agency_name("ubnd-hue", MERGER) == "Ủy ban nhân dân thành phố Huế"
    assert known.agency_name("bo-y-te", MERGER) == "Bộ Y tế"


def test_successor_and_predecessors_are_each_other_s_answer() -> None:
    known = a_register()
    successor = known.successor("hau-giang")
    assert successor is not None
    assert successor.id == "can-tho-2025"
    assert [one.id for one in known.predecessors("can-tho-2025")] == ["can-tho", "hau-giang"]
    assert known.successor("hue") is None


def test_the_successor_owns_the_accounts_of_an_ended_agency() -> None:
    known = a_register(
        accounts=[Account("cantho-ubnd-youtube", "youtube", CHANNEL)],
        account_periods=[AccountPeriod("cantho-ubnd-youtube", "ubnd-can-tho")],
    )
    owners = [known.owner_of("cantho-ubnd-youtube", day) for day in (END, MERGER)]
    assert [owner.id for owner in owners if owner] == ["ubnd-can-tho", "ubnd-can-tho-2025"]


def test_successors_in_a_circle_have_no_owner() -> None:
    one = Agency("a", "A", "press", successor_id="b", valid_to=END)
    known = a_register(agencies=[one, replace(one, id="b", successor_id="a")])
    assert known.agency_on("a", MERGER) is None


def test_accounts_on_a_day_are_active_and_not_voided() -> None:
    known = a_register(
        accounts=[
            Account("a", "x"),
            Account("b", "x", active_to=END),
            Account("c", "x", active_from=MERGER),
            Account("d", "x", voided="trang giả"),
        ]
    )
    assert [one.id for one in known.accounts_on(END)] == ["a", "b"]
    assert [one.id for one in known.accounts_on(MERGER)] == ["a", "c"]


def test_a_day_decides_between_two_localities_of_one_name() -> None:
    known = a_register()
    assert known.find_locality("TP. Cần Thơ", date(2023, 1, 1)).ids == ("can-tho",)
    assert known.find_locality("Cần Thơ", MERGER).ids == ("can-tho-2025",)
    assert len(known.find_locality("Cần Thơ").ids) == 2
    assert known.find_locality("Thừa Thiên-Huế").ids == ("hue",)


@pytest.mark.parametrize("typed", ["ubnd-hue", "UBND TP. Huế", "uy ban nhan dan thanh pho Hue"])
def test_an_agency_is_found_by_id_or_name(typed: str) -> None:
    assert a_register().find_agency(typed).ids == ("ubnd-hue",)


# accounts


def test_an_account_sheet_becomes_account_and_period() -> None:
    entries, problems = check_accounts(
        rows(
            account_row(
                agency_id="UBND tỉnh Quảng Ninh",
                platform="Facebook",
                url="http://m.facebook.com/QuangNinh/?ref=bm",
                languages="VI, en",
                funding_source="Ngân sách nhà nước",
                valid_from="01/02/2020",
            )
        ),
        a_register(),
    )
    assert problems == []
    assert entries[0].account == Account(
        "quangninh-ubnd-facebook", "facebook", languages="vi en", funding_source="state_budget"
    )
    assert entries[0].period == AccountPeriod(
        "quangninh-ubnd-facebook",
        "ubnd-quang-ninh",
        "QuangNinh",
        "https://www.facebook.com/QuangNinh",
        date(2020, 2, 1),
    )


def test_two_accounts_without_id_on_one_platform_get_two_ids() -> None:
    sheet = rows(account_row(), account_row(url="https://fb.com/trangkhac"))
    entries, problems = check_accounts(sheet, a_register())
    assert problems == []
    assert [one.account.id for one in entries] == ["bo-y-te-facebook", "bo-y-te-facebook-2"]


def test_importing_an_account_again_keeps_its_id_and_its_period() -> None:
    known = with_an_account()
    entries, problems = check_accounts(rows(account_row(url="fb.com/Trang.Tin?x=1")), known)
    assert problems == []
    assert entries[0].account == known.accounts["bo-y-te-facebook"]
    assert entries[0].period == known.account_periods[0]


def test_a_new_owner_ends_the_former_one_on_the_day_before() -> None:
    row = account_row(id="bo-y-te-facebook", agency_id="ubnd-hue", valid_from="2023-05-01")
    entries, problems = check_accounts(rows(row), with_an_account())
    assert problems == []
    assert entries[0].closed is not None
    assert entries[0].closed.valid_to == date(2023, 4, 30)
    assert entries[0].period is not None
    assert entries[0].period.agency_id == "ubnd-hue"


@pytest.mark.parametrize(
    ("cells", "column", "expected"),
    [
        ({"platform": "facebok"}, "platform", "did you mean facebook"),
        ({"platform": ""}, "platform", "one of youtube"),
        ({"platform": "youtube"}, "url", "this one is of Facebook"),
        ({"url": "https://facebook.com/profile.php?id=100064012345678"}, "url", "personal profile"),
        ({"url": ""}, "url", "an address, a handle or a native_id"),
        ({"agency_id": "bo-y-the"}, "agency_id", "did you mean bo-y-te"),
        ({"basis": "key_30d"}, "basis", "one of public_content, owner_consent, declared"),
        ({"funding_source": "tư nhân"}, "funding_source", "state_budget, socialised, both"),
        ({"languages": "tiếng Việt"}, "languages", "ISO 639"),
        ({"handle": "khac"}, "handle", "trangtin"),
        ({"native_id": "abc"}, "native_id", "the number of a page"),
        ({"id": "Bộ Y tế"}, "id", "an id of small letters"),
        ({"verified_on": "31/02/2024"}, "verified_on", "in the calendar"),
        ({"active_from": "2024-02-01", "active_to": "2024-01-01"}, "active_to", "not before"),
        ({"valid_from": "2024-02-01", "valid_to": "2024-01-01"}, "valid_to", "not before"),
    ],
)
def test_a_wrong_cell_of_an_account_is_named_with_what_was_expected(
    cells: dict[str, str], column: str, expected: str
) -> None:
    row, found, text = problem_in(check_accounts, a_register(), account_row(**cells))
    assert (row, found) == (2, column)
    assert expected in text


def test_the_same_address_in_two_forms_is_one_account_twice() -> None:
    second = account_row(url="https://vi-vn.facebook.com/TrangTin/?fbclid=1", id="khac")
    assert problem_in(check_accounts, a_register(), account_row(), second) == (
        3,
        "url",
        "an account once only; bo-y-te-facebook is the same one",
    )


def test_an_account_the_register_holds_cannot_come_under_another_id() -> None:
    row, column, text = problem_in(check_accounts, with_an_account(), account_row(id="khac"))
    assert (row, column) == (2, "url")
    assert "bo-y-te-facebook" in text


def test_the_same_permanent_id_is_the_same_account() -> None:
    known = with_an_account(native_id="123456789")
    given = account_row(url="https://www.facebook.com/tenmoi", native_id="123456789", id="khac")
    assert problem_in(check_accounts, known, given)[1] == "native_id"


def test_the_same_id_in_two_rows_is_refused() -> None:
    second = account_row(id="a", url="https://fb.com/trangkhac")
    row, column, text = problem_in(check_accounts, a_register(), account_row(id="a"), second)
    assert (row, column) == (3, "id")
    assert "row 2" in text


def test_another_address_without_a_day_is_asked_for_its_day() -> None:
    given = account_row(id="bo-y-te-facebook", url="https://fb.com/tenmoi")
    row, column, text = problem_in(check_accounts, with_an_account(), given)
    assert (row, column) == (2, "valid_from")
    assert "2020-01-01 to now" in text


def test_ids_of_mastodon_hold_on_one_server_only() -> None:
    sheet = rows(
        account_row(platform="mastodon", url="https://a.gov.vn/@bo", native_id="1", id="a"),
        account_row(platform="mastodon", url="https://b.gov.vn/@bo", native_id="1", id="b"),
    )
    assert check_accounts(sheet, a_register())[1] == []
    bare = account_row(platform="mastodon", url="", native_id="1")
    assert problem_in(check_accounts, a_register(), bare)[1] == "native_id"


def test_a_name_without_server_goes_with_a_mastodon_address() -> None:
    row = account_row(platform="mastodon", url="https://a.gov.vn/@bo", handle="bo")
    entries, problems = check_accounts(rows(row), a_register())
    assert problems == []
    assert entries[0].period is not None
    assert entries[0].period.handle == "bo@a.gov.vn"


def test_overlapping_periods_of_one_account_are_refused() -> None:
    known = a_register(accounts=[Account("a", "x")])
    first = {"account_id": "a", "agency_id": "bo-y-te", "handle": "a1", "valid_to": "2024-01-31"}
    second = {"account_id": "a", "agency_id": "bo-y-te", "handle": "a2", "valid_from": "2024-01-31"}
    row, column, text = problem_in(check_account_periods, known, first, second)
    assert (row, column) == (3, "valid_from")
    assert "always to 2024-01-31" in text
    after = second | {"valid_from": "2024-02-01"}
    assert check_account_periods(rows(first, after), known)[1] == []


def test_a_period_of_an_unknown_account_is_refused() -> None:
    given = {"account_id": "nobody", "agency_id": "bo-y-te", "handle": "a"}
    assert problem_in(check_account_periods, a_register(), given)[1] == "account_id"


# other kinds


def test_agencies_take_names_of_localities_and_vietnamese_kinds() -> None:
    given = {"id": "so-dl", "name_vi": "Sở Du lịch", "kind": "Sở, cục, vụ", "locality_id": "TP Huế"}
    agencies, problems = check_agencies(rows(given), a_register())
    assert problems == []
    assert (agencies[0].kind, agencies[0].locality_id) == ("department", "hue")


@pytest.mark.parametrize(
    ("cells", "column", "expected"),
    [
        ({"locality_id": "Quảng Nính"}, "locality_id", None),
        ({"locality_id": "Quảng Mình"}, "locality_id", "did you mean Quảng Ninh"),
        ({"locality_id": "Cần Thơ"}, "locality_id", "can-tho, can-tho-2025"),
        ({"kind": "ministri"}, "kind", "did you mean ministry"),
        ({"parent_id": "bo-y-t"}, "parent_id", "did you mean bo-y-te"),
        ({"successor_id": "moi"}, "successor_id", "another agency"),
        ({"name_vi": ""}, "name_vi", "must be filled"),
    ],
)
def test_a_wrong_cell_of_an_agency_is_named(
    cells: dict[str, str], column: str, expected: str | None
) -> None:
    given = {"id": "moi", "name_vi": "Đơn vị mới", "kind": "press"} | cells
    if expected is None:
        assert check_agencies(rows(given), a_register())[1] == []
        return
    row, found, text = problem_in(check_agencies, a_register(), given)
    assert (row, found) == (2, column)
    assert expected in text


def test_a_new_kind_of_agency_is_taken_because_kinds_are_data() -> None:
    given = {"id": "a", "name_vi": "A", "kind": "think tank"}
    assert check_agencies(rows(given), a_register())[0][0].kind == "think_tank"


def test_agencies_of_one_sheet_may_refer_to_each_other() -> None:
    sheet = rows(
        {"id": "con", "name_vi": "Con", "kind": "department", "parent_id": "me"},
        {"id": "me", "name_vi": "Mẹ", "kind": "ministry", "parent_id": ""},
    )
    assert check_agencies(sheet, a_register())[1] == []


def test_two_names_of_a_locality_on_one_day_are_refused() -> None:
    sheet = (
        {"locality_id": "hue", "name_vi": "Thừa Thiên Huế", "valid_to": "2025-01-01"},
        {"locality_id": "hue", "name_vi": "Huế", "valid_from": "2025-01-01"},
    )
    assert problem_in(check_locality_names, a_register(), *sheet)[:2] == (3, "valid_from")


def a_programme(**cells: str) -> dict[str, str]:
    given = {"id": "kh", "title": "Kế hoạch", "status": "Đã xây dựng", "start": "21/02/2022"}
    return given | {"locality_id": "quang-ninh"} | cells


def test_the_boxes_of_letter_3836_are_understood_as_statuses() -> None:
    found, problems = check_programmes(rows(a_programme()), a_register())
    assert problems == []
    assert (found[0].status, found[0].start) == ("built", date(2022, 2, 21))


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"status": "xong"}, "status"),
        ({"start": ""}, "start"),
        ({"start": "2022-03-01", "end": "2022-02-01"}, "end"),
        ({"locality_id": ""}, "locality_id"),
        ({"agency_id": "bo-y-te"}, "locality_id"),
    ],
)
def test_a_programme_needs_status_start_and_one_owner(cells: dict[str, str], column: str) -> None:
    assert problem_in(check_programmes, a_register(), a_programme(**cells))[:2] == (2, column)


def test_a_programme_that_is_not_built_needs_no_start() -> None:
    given = a_programme(status="Chưa xây dựng", start="")
    assert check_programmes(rows(given), a_register())[1] == []


def test_elements_have_a_known_status_and_programmes_known_elements() -> None:
    given = {"id": "A1", "name_vi": "Yếu tố A1", "status": "oficial"}
    assert "official" in problem_in(check_elements, a_register(), given)[2]
    known = a_register(programmes=[Programme("kh", "Kế hoạch", "built", "hue")])
    link = {"programme_id": "kh", "element_id": "A9"}
    assert problem_in(check_programme_elements, known, link)[:2] == (2, "element_id")


def test_an_event_without_id_gets_one_from_what_it_is() -> None:
    given = {"day": "20/04/2023", "locality_id": "Quảng Ninh", "kind": "Chiến dịch", "account": ""}
    found, problems = check_events(rows(given), a_register())
    assert problems == []
    assert (found[0].id, found[0].kind) == ("2023-04-20-quang-ninh-campaign", "campaign")
    lost = given | {"locality_id": ""}
    assert problem_in(check_events, a_register(), lost)[:2] == (2, "locality_id")
    strange = given | {"account": "nobody"}
    assert problem_in(check_events, a_register(), strange)[:2] == (2, "account")


def test_a_break_names_a_metric_the_platform_publishes() -> None:
    given = {"platform": "youtube", "entity": "post", "metric": "saves", "day": "2025-01-01"}
    assert "likes" in problem_in(check_definition_breaks, a_register(), given)[2]


def test_targets_and_corrections_are_typed() -> None:
    target = {"indicator": "followers", "unit": "hue", "period": "2026", "value": "12,5"}
    assert check_targets(rows(target), a_register())[0][0].value == 12.5
    given = {
        "account": "bo-y-te-facebook",
        "day_from": "01/09/2024",
        "day_to": "2024-09-02",
        "lane": "public",
        "metric": "followers",
        "value": "1.234",
        "reason": "đọc nhầm trang",
    }
    found, problems = check_corrections(rows(given), with_an_account())
    assert problems == []
    assert (found[0].value, found[0].account_id) == (1234, "bo-y-te-facebook")
    assert problem_in(check_corrections, with_an_account(), given | {"reason": ""})[1] == "reason"


def test_an_outcome_is_placed_on_the_map_it_names() -> None:
    given = {
        "indicator": "visitors_total",
        "definition": "Khách du lịch",
        "unit": "lượt",
        "locality_id": "Cần Thơ",
        "boundary": "34",
        "period": "2025-01..2025-10",
        "publisher": "Sở Du lịch",
        "value": "9.985.000",
        "qualifier": "hơn",
        "status": "ước tính",
    }
    found, problems = check_outcomes(rows(given), a_register())
    assert problems == []
    assert (found[0].locality_id, found[0].value) == ("can-tho-2025", 9985000)
    assert (found[0].qualifier, found[0].status) == ("at_least", "estimate")
    country = given | {"locality_id": "viet-nam", "boundary": "country"}
    assert check_outcomes(rows(country), a_register())[0][0].locality_id == "viet-nam"


@pytest.mark.parametrize("text", ["2024-13", "24", "2024-05..2024-01", "2024-02-30", "quý 1/2024"])
def test_a_period_in_another_form_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"a year|months in"):
        check_period(text)


# files


def test_written_rows_are_read_back_sorted_and_equal(tmp_path: Path) -> None:
    known = with_an_account(native_id="123456789")
    (tmp_path / "register").mkdir()
    for kind in ROW_TYPES:
        write_register_rows(tmp_path, kind, reversed(known.rows(kind)))
    again = read_register(tmp_path)
    for kind in ROW_TYPES:
        assert sorted(again.rows(kind), key=repr) == sorted(known.rows(kind), key=repr)
    before = (tmp_path / "register" / "agencies.csv").read_bytes()
    write_register_rows(tmp_path, "agencies", again.rows("agencies"))
    assert (tmp_path / "register" / "agencies.csv").read_bytes() == before
    assert not list((tmp_path / "register").glob(".*"))


def test_a_register_with_problems_is_refused_with_all_of_them(tmp_path: Path) -> None:
    init_folder(tmp_path / "data")
    register = tmp_path / "data" / "register"
    text = "id,platform\nA b,facebook\nc,facebok\n"
    (register / "accounts.csv").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as refusal:
        read_register(tmp_path / "data")
    assert [(one.file, one.row) for one in refusal.value.problems] == [
        ("accounts.csv", 2),
        ("accounts.csv", 3),
    ]


def test_an_account_that_nobody_owns_is_a_problem() -> None:
    known = a_register(accounts=[Account("a", "x")])
    assert [problem.value for problem in check_register(known)] == ["a"]
    assert check_register(with_an_account()) == []


def test_a_failed_write_leaves_the_old_file_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_register_rows(tmp_path, "targets", [Target("followers", "hue", "2026", 1.0)])
    before = (tmp_path / "targets.csv").read_bytes()

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(StoreError, match="No space left"):
        write_register_rows(tmp_path, "targets", [])
    assert (tmp_path / "targets.csv").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["targets.csv"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "true"),
        (date(2024, 9, 2), "2024-09-02"),
        (12.0, "12"),
        (12.5, "12.5"),
        (1.028, "1.0280"),
        (0.00001, "0.00001"),
        (1e16, "10000000000000000"),
    ],
)
def test_a_cell_is_written_so_that_it_is_read_the_same(value: object, text: str) -> None:
    assert cell_text(value) == text


def test_a_new_data_folder_holds_the_reference_data_and_no_accounts(tmp_path: Path) -> None:
    init_folder(tmp_path / "số liệu")
    known = read_register(tmp_path / "số liệu")
    assert (len(known.localities), len(known.accounts)) == (86, 0)
    assert (tmp_path / "số liệu" / "register" / "tet.csv").is_file()
    assert is_synthetic(tmp_path / "số liệu") is False


def test_making_a_data_folder_again_keeps_what_it_holds(tmp_path: Path) -> None:
    init_folder(tmp_path, synthetic=True)
    write_register_rows(tmp_path, "agencies", [Agency("a", "A", "press")])
    init_folder(tmp_path, synthetic=True)
    assert list(read_register(tmp_path).agencies) == ["a"]
    with pytest.raises(ConfigError, match="simulated numbers already"):
        init_folder(tmp_path)


def test_a_folder_with_other_things_in_it_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thư.txt").write_text("x", encoding="utf-8")
    with pytest.raises(ConfigError, match="not empty and not a data folder"):
        init_folder(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thư.txt"]
    with pytest.raises(ConfigError, match="is a file"):
        init_folder(tmp_path / "thư.txt")


def test_a_folder_of_another_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="not a data folder"):
        is_synthetic(tmp_path)
    (tmp_path / MARKER).write_text("format = 2\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="format 2"):
        is_synthetic(tmp_path)
