"""Sheets into the register and the store: all or nothing, twice is once, every problem named."""

import csv
import hashlib
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from tracker.errors import ConfigError, InputError, StoreError
from tracker.imports import (
    KINDS,
    Imported,
    import_file,
    parts_of,
    question_of,
    void_account,
    write_template,
)
from tracker.imports import register as register_room
from tracker.imports.kinds import EXAMPLES, LAYOUTS, NOTES
from tracker.panel import observations
from tracker.periods import day_number
from tracker.registry import init_folder, read_register
from tracker.sheets import read_sheet
from tracker.store import Store, open_store

NOW = datetime(2024, 9, 15, 3, tzinfo=UTC)
DID = "did:plc:abcdefghijklmnopqrstuvwx"
ACCOUNTS = (
    "agency_id;platform;url;native_id;handle;valid_from\n"
    f"UBND tỉnh Quảng Ninh;bluesky;https://bsky.app/profile/qn.bsky.social;{DID};;01/02/2022\n"
    "ubnd-da-nang;youtube;https://m.youtube.com/@danang/?si=x;;;\n"
    "ubnd-hue;mastodon;;;@hue@mang.example;\n"
    "ubnd-hue;facebook;https://www.facebook.com/hue.gov.vn/;;;\n"
)
BLUESKY = "quangninh-ubnd-bluesky"
YOUTUBE = "danang-ubnd-youtube"
MASTODON = "hue-ubnd-mastodon"
FACEBOOK = "hue-ubnd-facebook"


class Office:
    """A data folder with its store, as an office has it."""

    def __init__(self, folder: Path, sheets: Path) -> None:
        self.folder = folder
        self.sheets = sheets
        self.store = open_store(f"sqlite:///{folder / 'tracker.sqlite'}", create=True)

    def put(self, kind: str, content: str, **asked: Any) -> Imported:
        """Import a CSV sheet given as text."""
        path = self.sheets / f"{kind}.csv"
        path.write_text(content, encoding="utf-8")
        return self.take(kind, path, **asked)

    def take(self, kind: str, path: Path, **asked: Any) -> Imported:
        """Import a file."""
        return import_file(kind, path, self.store, self.folder, now=NOW, **asked)

    def refusal(self, kind: str, content: str | Path, **asked: Any) -> list[str]:
        """Import what must be refused without a trace; give the sentences."""
        before = self.state()
        take: Any = self.take if isinstance(content, Path) else self.put
        with pytest.raises(InputError) as caught:
            take(kind, content, **asked)
        assert self.state() == before
        return [str(problem) for problem in caught.value.problems]

    def csv_rows(self, kind: str) -> list[dict[str, str]]:
        with (self.folder / "register" / f"{kind}.csv").open(encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def select(self, query: str) -> list[tuple[Any, ...]]:
        with sqlite3.connect(self.folder / "tracker.sqlite") as connection:
            rows = connection.execute(query).fetchall()
        connection.close()
        return rows

    def state(self) -> tuple[dict[str, bytes], list[str]]:
        """Give every byte of the register and every row of the store."""
        files = {
            path.name: path.read_bytes() for path in sorted((self.folder / "register").iterdir())
        }
        connection = sqlite3.connect(self.folder / "tracker.sqlite")
        dump = list(connection.iterdump())
        connection.close()
        return files, dump


@pytest.fixture(scope="module")
def fresh_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the shipped localities, the 63 and 34 committees and four accounts."""
    root = tmp_path_factory.mktemp("office")
    init_folder(root / "data")
    made = Office(root / "data", root)
    made.put("accounts", ACCOUNTS)
    made.store.close()
    return root / "data"


@pytest.fixture
def office(fresh_folder: Path, tmp_path: Path) -> Iterator[Office]:
    shutil.copytree(fresh_folder, tmp_path / "data")
    made = Office(tmp_path / "data", tmp_path)
    yield made
    made.store.close()


# --- the register


def test_accounts_get_ids_and_end_in_the_files_and_in_the_store(office: Office) -> None:
    rows = {row["id"]: row for row in office.csv_rows("accounts")}
    assert sorted(rows) == sorted([BLUESKY, YOUTUBE, MASTODON, FACEBOOK])
    assert rows[BLUESKY]["native_id"] == DID
    periods = office.select("SELECT account_id, agency_id, handle, valid_from FROM account_period")
    assert (BLUESKY, "ubnd-quang-ninh", "qn.bsky.social", "2022-02-01") in periods
    assert (YOUTUBE, "ubnd-da-nang", "@danang", "0001-01-01") in periods
    assert (MASTODON, "ubnd-hue", "hue@mang.example", "0001-01-01") in periods


def test_importing_the_same_accounts_again_changes_nothing(office: Office) -> None:
    before = office.state()
    again = office.put("accounts", ACCOUNTS)
    assert (again.rows, again.created, again.changed, again.unchanged) == (4, 0, 0, 4)
    assert office.state() == before


def test_a_new_handle_under_the_same_permanent_id_is_a_rename(office: Office) -> None:
    done = office.put(
        "accounts",
        "agency_id,platform,native_id,handle,valid_from\n"
        f"ubnd-quang-ninh,bluesky,{DID},quangninh.gov.vn,2024-05-01\n",
    )
    assert (done.created, done.changed) == (0, 1)
    assert done.notes == (
        f"{BLUESKY} goes on as quangninh.gov.vn, formerly qn.bsky.social, from 2024-05-01",
    )
    register = read_register(office.folder)
    assert len(register.accounts) == 4
    assert [
        (period.handle, period.valid_from, period.valid_to)
        for period in register.periods_of(BLUESKY)
    ] == [
        ("qn.bsky.social", date(2022, 2, 1), date(2024, 4, 30)),
        ("quangninh.gov.vn", date(2024, 5, 1), None),
    ]
    assert office.select(
        f"SELECT handle, valid_to FROM account_period WHERE account_id = '{BLUESKY}'"
    ) == [("qn.bsky.social", "2024-04-30"), ("quangninh.gov.vn", None)]


def test_a_rename_without_its_day_is_refused(office: Office) -> None:
    (sentence,) = office.refusal(
        "accounts",
        f"agency_id,platform,native_id,handle\nubnd-quang-ninh,bluesky,{DID},quangninh.gov.vn\n",
    )
    assert "row 2, column valid_from" in sentence


def test_a_blank_cell_keeps_what_is_known_and_replace_clears_it(office: Office) -> None:
    head = "agency_id,platform,handle,managing_unit\n"
    office.put("accounts", head + "ubnd-da-nang,youtube,@danang,Trung tâm truyền thông\n")
    done = office.put("accounts", head + "ubnd-da-nang,youtube,@danang,\n")
    assert done.unchanged == 1
    query = f"SELECT managing_unit FROM account WHERE id = '{YOUTUBE}'"
    assert office.select(query) == [("Trung tâm truyền thông",)]
    office.put(
        "accounts", head + "ubnd-da-nang,youtube,@danang,\n", replace_reason="đơn vị đã giải thể"
    )
    assert office.select(query) == [(None,)]
    assert [
        row["managing_unit"] for row in office.csv_rows("accounts") if row["id"] == YOUTUBE
    ] == [""]


def test_agencies_programmes_elements_and_events_are_taken(office: Office) -> None:
    sheets = {
        "agencies": "Mã;Tên cơ quan;Loại;Địa phương\n"
        "so-du-lich-quang-ninh;Sở Du lịch;department;Quảng Ninh\n",
        "programmes": "id,title,locality_id,document,status,start\n"
        "kh-qn,Kế hoạch,Tỉnh Quảng Ninh,100/KH-UBND,Đã xây dựng,21/02/2022\n"
        "kh-hg,Dự thảo,ha-giang,,đang xây dựng,\n",
        "programme_elements": "programme_id,element_id\nkh-qn,A\n",
        "events": f"day,account,kind,note,source\n20/4/2023,{BLUESKY},chiến dịch,Tuần lễ,KH\n",
        "targets": "indicator,unit,period,value\nfollowers,quang-ninh,2024,150.000.000\n",
        "definition_breaks": "platform,entity,metric,day\nfacebook,post,views,2024-11-01\n",
    }
    for kind, content in sheets.items():
        assert office.put(kind, content).created >= 1, kind
    assert office.select("SELECT id, status, start FROM programme ORDER BY id") == [
        ("kh-hg", "in_progress", None),
        ("kh-qn", "built", "2022-02-21"),
    ]
    assert office.select("SELECT account_id, kind FROM event") == [(BLUESKY, "campaign")]
    assert office.select("SELECT value FROM target") == [(150000000.0,)]
    before = office.state()
    for kind, content in sheets.items():
        assert office.put(kind, content).unchanged >= 1, kind
    assert office.state() == before


def test_another_number_for_a_known_target_shows_both(office: Office) -> None:
    head = "indicator,unit,period,value\n"
    office.put("targets", head + "followers,quang-ninh,2024,150000\n")
    assert office.refusal("targets", head + "followers,quang-ninh,2024,160000\n") == [
        "targets.csv, row 2, column value: found '160000'; expected 150000, which is known; "
        "--replace REASON changes it"
    ]
    done = office.put(
        "targets", head + "followers,quang-ninh,2024,160000\n", replace_reason="KH điều chỉnh"
    )
    assert done.changed == 1
    assert office.csv_rows("targets")[0]["value"] == "160000"
    assert office.select("SELECT value FROM target") == [(160000.0,)]


def test_a_register_file_edited_by_hand_reaches_the_store_with_the_next_import(
    office: Office,
) -> None:
    path = office.folder / "register" / "accounts.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(",bluesky,", ",bluesky,", 1))
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(f"{DID},,", f"{DID},vi en,"), encoding="utf-8")
    office.put("history", f"account,day,metric,value\n{BLUESKY},2024-01-01,followers,5\n")
    assert office.select(f"SELECT languages FROM account WHERE id = '{BLUESKY}'") == [("vi en",)]


def test_the_log_names_office_command_and_digest_of_the_file(office: Office) -> None:
    content = f"account,day,metric,value\n{BLUESKY},2024-01-01,followers,5\n"
    office.put("history", content, office="Sở Du lịch")
    change = office.store.rows("change")[-1]
    digest = hashlib.sha256(content.encode()).hexdigest()
    assert (change["office"], change["command"], change["digest"], change["rows"]) == (
        "Sở Du lịch",
        "import history history.csv",
        digest,
        1,
    )


# --- all or nothing


def test_every_problem_is_named_and_nothing_of_a_half_valid_sheet_is_taken(office: Office) -> None:
    said = office.refusal(
        "accounts",
        "agency_id,platform,url\n"
        "ubnd-ha-noi,youtube,https://www.youtube.com/@hanoi\n"
        "ubnd-ha-noi,myspace,https://myspace.com/hanoi\n"
        "ubnd-ha-nội-2,youtube,https://www.youtube.com/@hanoi2\n"
        "ubnd-ha-noi,youtube,https://bsky.app/profile/hanoi.bsky.social\n"
        "ubnd-ha-noi,facebook,https://www.facebook.com/profile.php?id=100012345678901\n",
    )
    assert [sentence.split(":")[0] for sentence in said] == [
        "accounts.csv, row 3, column platform",
        "accounts.csv, row 4, column agency_id",
        "accounts.csv, row 5, column url",
        "accounts.csv, row 6, column url",
    ]


@pytest.mark.parametrize("kind", ["agencies", "accounts", "history", "posts", "outcomes"])
def test_what_is_no_sheet_is_refused_in_one_sentence_and_nothing_changes(
    office: Office, kind: str
) -> None:
    header = ",".join(LAYOUTS[kind].known) + "\n"
    (office.sheets / "folder").mkdir()
    for content, said in (
        ("", "the file is empty"),
        (header, "at least one row below the header"),
        ("màu,mùi\nđỏ,thơm\n", "a header with the columns"),
        (office.sheets / "folder", "this is a folder"),
        (office.sheets / "none.csv", "there is none of this name"),
    ):
        (sentence,) = office.refusal(kind, content)
        assert said in sentence


def test_a_file_that_cannot_be_written_takes_the_store_back(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two files change; the second fails: the first is put back and the store is as it was."""
    real = register_room.write_register_rows
    before = office.state()

    def fail_at_periods(folder: Path, kind: str, rows: Sequence[Any]) -> None:
        if kind == "account_periods":
            raise StoreError("the disk is full")
        real(folder, kind, rows)

    monkeypatch.setattr(register_room, "write_register_rows", fail_at_periods)
    with pytest.raises(StoreError, match="the disk is full"):
        office.put("accounts", "agency_id,platform,handle\nubnd-ha-noi,youtube,@hanoi\n")
    assert office.state() == before


def test_a_store_that_cannot_commit_takes_the_files_back(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Store.transaction
    before = office.state()

    @contextmanager
    def fail_at_the_end(store: Store, *args: Any, **named: Any) -> Iterator[Any]:
        with real(store, *args, **named) as change:
            yield change
            if str(args[0]).startswith("import"):
                raise StoreError("the store is full")

    monkeypatch.setattr(Store, "transaction", fail_at_the_end)
    with pytest.raises(StoreError, match="the store is full"):
        office.put("accounts", "agency_id,platform,handle\nubnd-ha-noi,youtube,@hanoi\n")
    assert office.state() == before


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("accounts", "agency_id,platform,handle\nubnd-ha-noi,youtube,@hanoi\n"),
        ("history", f"account,day,metric,value\n{BLUESKY},2024-01-01,followers,12.345\n"),
    ],
)
def test_a_dry_run_counts_and_changes_nothing(office: Office, kind: str, content: str) -> None:
    before = office.state()
    done = office.put(kind, content, dry_run=True)
    assert (done.rows, done.created) == (1, 1)
    assert office.state() == before
    if kind == "history":
        assert done.notes == ("counts with separators were read as 12.345 = 12345",)


def test_an_unknown_kind_and_an_empty_reason_are_refused(office: Office) -> None:
    with pytest.raises(ConfigError, match="agencies, accounts"):
        office.put("friends", "a\n")
    with pytest.raises(ConfigError, match="reason in words"):
        office.put("agencies", "a\n", replace_reason=" ")


# --- history


def test_an_account_is_found_by_id_address_handle_and_permanent_id(office: Office) -> None:
    done = office.put(
        "history",
        "\ufeffTài khoản;Ngày;Chỉ số;Giá trị;lane\n"
        f"{BLUESKY};01/01/2024;followers;1.234.567;public\n"
        f"{DID};02/01/2024;followers;5;public\n"
        "https://bsky.app/profile/qn.bsky.social;2024-01-03;following;6;public\n"
        "@hue@mang.example;2024-01-03;posts;0;public\n"
        "facebook.com/HueGovVn;2024-01-03;likes;7;\n",
    )
    assert done.created == 5
    assert office.select(
        "SELECT account_id, day, lane, followers, following, posts, likes FROM account_snapshot"
        " ORDER BY account_id, day"
    ) == [
        (FACEBOOK, day_number(date(2024, 1, 3)), 2, None, None, None, 7),
        (MASTODON, day_number(date(2024, 1, 3)), 0, None, None, 0, None),
        (BLUESKY, day_number(date(2024, 1, 1)), 0, 1234567, None, None, None),
        (BLUESKY, day_number(date(2024, 1, 2)), 0, 5, None, None, None),
        (BLUESKY, day_number(date(2024, 1, 3)), 0, None, 6, None, None),
    ]


def test_each_wrong_cell_of_a_series_is_a_problem_of_its_own(office: Office) -> None:
    said = office.refusal(
        "history",
        "account,day,metric,value,step,qualifier,lane\n"
        f"{BLUESKY},2024-01-01,followers,10,,,\n"
        "quangninh-ubnd-bluesk,2024-01-01,followers,10,,,\n"
        f'{BLUESKY},2024-09-16,views,"12,5",0,perhaps,private\n'
        f"{BLUESKY},,followers,-,,,\n",
    )
    assert said == [
        "history.csv, row 3, column account: found 'quangninh-ubnd-bluesk'; expected an account "
        "of the register, by id or address (did you mean quangninh-ubnd-bluesky?)",
        "history.csv, row 4, column day: found '2024-09-16'; expected a day not after today "
        "(2024-09-15)",
        "history.csv, row 4, column metric: found 'views'; expected a count that Bluesky publishes "
        "of accounts: followers, following, posts",
        "history.csv, row 4, column value: found '12,5'; expected a whole number of 0 or more, "
        "separators only between groups of three (12.345)",
        "history.csv, row 4, column step: found '0'; expected a rounding unit of 1 or more "
        "(100 for hundreds)",
        "history.csv, row 4, column qualifier: found 'perhaps'; expected one of exact, at_least, "
        "at_most, about",
        "history.csv, row 4, column lane: found 'private'; expected one of public, owner, declared",
        "history.csv, row 5, column day: found ''; expected a day as yyyy-mm-dd or dd/mm/yyyy "
        "(this column must be filled)",
        "history.csv, row 5, column value: found '-'; expected an empty cell where the value is "
        "unknown",
    ]


def test_an_unknown_number_stays_unknown_and_a_stated_zero_is_zero(office: Office) -> None:
    done = office.put(
        "history",
        f"account,day,metric,value\n{BLUESKY},2024-01-01,followers,\n"
        f"{BLUESKY},2024-01-02,followers,0\n",
    )
    assert (done.created, done.notes) == (1, ("1 rows without a number change nothing",))
    assert office.select("SELECT day, followers FROM account_snapshot") == [
        (day_number(date(2024, 1, 2)), 0)
    ]


def test_rounding_and_the_words_for_it_are_kept(office: Office) -> None:
    office.put(
        "history",
        "account,day,metric,value,step,qualifier\n"
        f"{FACEBOOK},2023-12-31,followers,12.000,1000,hơn\n",
    )
    assert office.select("SELECT metric, step, qualifier FROM detail") == [
        ("followers", 1000, "at_least")
    ]


def test_the_same_number_twice_in_a_sheet_is_once_and_another_is_a_problem(office: Office) -> None:
    head = "account,day,metric,value\n"
    row = f"{BLUESKY},2024-01-01,followers,10\n"
    assert office.refusal("history", head + row + row.replace("10", "11")) == [
        "history.csv, row 3, column value: found '11'; expected 10, as in row 2, which counts the "
        "same"
    ]
    done = office.put("history", head + row + row)
    assert (done.rows, done.created, done.unchanged) == (2, 1, 1)


def test_a_known_number_changes_only_by_a_correction_with_a_reason(office: Office) -> None:
    head = "account,day,metric,value,lane\n"
    office.put("history", f"{head}{BLUESKY},2024-01-01,followers,10,public\n")
    other = (
        f"{head}{BLUESKY},2024-01-02,followers,12,public\n"
        f"{BLUESKY},2024-01-01,followers,11,public\n"
    )
    assert office.refusal("history", other) == [
        "history.csv, row 3, column value: found '11'; expected 10, which is known for followers "
        f"of {BLUESKY} on 2024-01-01 (public); --replace REASON writes a correction"
    ]
    done = office.put("history", other, replace_reason="đọc nhầm", office="Sở Du lịch")
    assert (done.created, done.changed) == (1, 1)
    assert office.select("SELECT followers FROM account_snapshot ORDER BY day") == [(10,), (12,)]
    assert office.select("SELECT metric, value, reason, office FROM correction") == [
        ("followers", 11, "đọc nhầm", "Sở Du lịch")
    ]
    (row,) = office.csv_rows("corrections")
    assert (row["value"], row["day_from"], row["entered_on"]) == ("11", "2024-01-01", "2024-09-15")
    before = office.state()
    assert office.put("history", other).created == 0
    assert office.state() == before


def test_importing_a_series_twice_changes_nothing(office: Office) -> None:
    content = f"account,day,metric,value\n{BLUESKY},2024-01-01,followers,10\n"
    office.put("history", content)
    before = office.state()
    again = office.put("history", content)
    assert (again.created, again.unchanged) == (0, 1)
    assert office.state() == before


def test_a_workbook_and_a_csv_give_the_same_store(
    office: Office, fresh_folder: Path, tmp_path: Path
) -> None:
    rows = [
        ["account", "day", "metric", "value", "lane"],
        *([BLUESKY, date(2024, 1, day), "followers", 1000 + day, "public"] for day in range(1, 29)),
    ]
    book = openpyxl.Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    book.save(tmp_path / "history.xlsx")
    shutil.copytree(fresh_folder, tmp_path / "other")
    other = Office(tmp_path / "other", tmp_path)
    office.take("history", tmp_path / "history.xlsx")
    other.put("history", "".join(",".join(map(str, row)) + "\n" for row in rows))
    query = "SELECT * FROM account_snapshot"
    assert office.select(query) == other.select(query)
    other.store.close()


# --- posts

POSTS = "account,native_id,published_at,observed_at,metric,value,kind,language,lane\n"
LOOK = "2024-03-01T01:00:00Z,2024-03-08T01:00:00Z"


def test_a_count_under_two_names_is_stored_once(office: Office) -> None:
    done = office.put(
        "posts",
        f"{POSTS}{BLUESKY},at://x/1,{LOOK},likes,7,post,vi,public\n"
        f"{BLUESKY},at://x/1,{LOOK},reactions,7,post,vi,public\n"
        f"{BLUESKY},at://x/1,{LOOK},replies,2,post,vi,public\n"
        f"{BLUESKY},at://x/1,{LOOK},reposts,1,post,vi,public\n"
        f"{BLUESKY},at://x/1,{LOOK},quotes,0,post,vi,public\n",
    )
    assert (done.rows, done.created, done.unchanged) == (5, 4, 1)
    assert office.select("SELECT reactions, comments, shares, views FROM post_snapshot") == [
        (7, 2, 1, None)
    ]
    assert office.select("SELECT metric, value FROM detail") == [("quotes", 0)]
    assert office.select("SELECT kind, language, published_at FROM post") == [
        ("post", "vi", 1709254800)
    ]


def test_a_post_without_numbers_becomes_known(office: Office) -> None:
    office.put("posts", f"{POSTS}{YOUTUBE},dQw4w9WgXcQ,{LOOK},,,video,,public\n")
    assert office.select("SELECT native_id FROM post") == [("dQw4w9WgXcQ",)]
    assert office.select("SELECT * FROM post_snapshot") == []


def test_each_wrong_cell_of_a_post_is_a_problem_of_its_own(office: Office) -> None:
    said = office.refusal(
        "posts",
        f"{POSTS}{YOUTUBE},a,2024-03-01,2024-03-08T01:00:00Z,views,1,,,\n"
        f"{YOUTUBE},b,{LOOK},shares,1,,,\n"
        f"{YOUTUBE},,{LOOK},views,1,,,\n"
        f"{YOUTUBE},c,2024-03-09T01:00:00Z,2024-03-08T01:00:00Z,views,1,,,\n"
        f"{YOUTUBE},d,{LOOK},views,1,,,\n"
        f"{YOUTUBE},d,2024-03-02T01:00:00Z,2024-03-09T01:00:00Z,views,1,,,\n"
        f"{YOUTUBE},e,2024-03-02T01:00:00Z,2024-09-16T01:00:00Z,views,1,phim ảnh,,\n",
    )
    assert [sentence.split(": found")[0].removeprefix("posts.csv, ") for sentence in said] == [
        "row 2, column published_at",
        "row 3, column metric",
        "row 4, column native_id",
        "row 5, column observed_at",
        "row 7, column published_at",
        "row 8, column observed_at",
        "row 8, column kind",
    ]


def test_a_known_count_of_a_post_changes_only_by_a_correction(office: Office) -> None:
    row = f"{YOUTUBE},a,{LOOK},views,100,video,vi,public\n"
    office.put("posts", POSTS + row)
    (sentence,) = office.refusal("posts", POSTS + row.replace(",100,", ",101,"))
    assert (
        "row 2, column value: found '101'; expected 100, which is known for views of a" in sentence
    )
    office.put("posts", POSTS + row.replace(",100,", ",101,"), replace_reason="sai")
    assert office.select("SELECT post, metric, value FROM correction") == [("a", "views", 101)]


# --- observations


def exported(office: Office) -> str:
    """Give what `tracker export observations` writes."""
    return pd.concat(observations(office.store)).to_csv(index=False)


def test_what_was_exported_imports_elsewhere_as_the_same_and_here_as_nothing(
    office: Office, fresh_folder: Path, tmp_path: Path
) -> None:
    office.put(
        "history",
        "account,day,metric,value,step,qualifier,source,lane\n"
        f"{BLUESKY},2024-01-01,followers,10,,,x,public\n"
        f"{YOUTUBE},2024-01-01,followers,12300,,,x,owner\n"
        f"{FACEBOOK},2023-12-31,followers,12.000,1000,hơn,x,declared\n",
    )
    office.put(
        "posts",
        f"{POSTS}{BLUESKY},at://x/1,{LOOK},likes,7,post,vi,public\n"
        f"{BLUESKY},at://x/1,{LOOK},quotes,3,post,vi,public\n"
        f"{YOUTUBE},dQw4w9WgXcQ,{LOOK},views,100,video,vi,owner\n",
    )
    content = exported(office)
    assert len(content.splitlines()) > 7
    before = office.state()
    assert office.put("observations", content).created == 0
    assert office.state() == before
    shutil.copytree(fresh_folder, tmp_path / "other")
    other = Office(tmp_path / "other", tmp_path)
    assert other.put("observations", content).created == 6
    assert exported(other) == content
    other.store.close()


def test_a_number_read_after_midnight_stays_with_its_night(office: Office) -> None:
    head = "day,observed_at,platform,account,entity,post,metric,value,lane,source\n"
    row = f"2024-01-01,2024-01-01T18:00:00Z,bluesky,{BLUESKY},{{}},public,{{}}\n"
    content = (
        head + row.format("post,at://x/1,likes,1", "a") + row.format("post,at://x/2,likes,2", "b")
    )
    assert office.put("observations", content).created == 2
    assert office.select("SELECT DISTINCT day FROM post_snapshot") == [
        (day_number(date(2024, 1, 1)),)
    ]
    before = office.state()
    assert office.put("observations", content).unchanged == 2
    assert office.state() == before


def test_corrections_name_metrics_as_people_know_them(office: Office) -> None:
    head = "account,post,day_from,day_to,lane,metric,value,reason\n"
    row = f"{BLUESKY},at://x/1,2024-01-01,02/01/2024,public,{{}},,đếm trùng\n"
    assert office.put("corrections", head + row.format("likes")).created == 1
    assert office.select("SELECT metric, value FROM correction") == [("reactions", None)]
    (sentence,) = office.refusal("corrections", head + row.format("views"))
    assert "row 2, column metric: found 'views'; expected a count that Bluesky" in sentence


def test_each_wrong_cell_of_an_observation_is_a_problem_of_its_own(office: Office) -> None:
    head = "day,observed_at,platform,account,entity,post,metric,value,lane\n"
    said = office.refusal(
        "observations",
        f"{head}2024-01-01,2024-01-01T01:00:00Z,youtube,{BLUESKY},account,,followers,1,public\n"
        f"2024-01-01,2024-01-01T01:00:00Z,bluesky,{BLUESKY},post,,likes,1,public\n"
        f"2024-01-01,2024-01-01T01:00:00Z,bluesky,{BLUESKY},post,at://x/1,views,1,public\n"
        f"2024-01-01,,bluesky,{BLUESKY},account,,followers,1,public\n"
        f"2024-01-01,,bluesky,{BLUESKY},account,,followers,,public\n",
    )
    assert [sentence.split(":")[0].removeprefix("observations.csv, ") for sentence in said] == [
        "row 2, column account",
        "row 3, column entity",
        "row 4, column metric",
        "row 5, column observed_at",
    ]


# --- outcomes, answers

OUTCOMES = (
    "indicator,definition,unit,locality_id,boundary,period,publisher,value,qualifier,published_on\n"
)


def test_a_later_vintage_of_an_outcome_stands_beside_the_earlier(office: Office) -> None:
    row = "visitors,Tổng lượt khách,lượt,Quảng Ninh,63,2023,Cục Thống kê,15.500.000,khoảng,{}\n"
    assert office.put("outcomes", OUTCOMES + row.format("05/01/2024")).created == 1
    later = row.replace("15.500.000", "15.560.000").format("01/07/2024")
    assert office.put("outcomes", OUTCOMES + later).created == 1
    assert office.put("outcomes", OUTCOMES + later).unchanged == 1
    assert office.select("SELECT locality_id, value, qualifier FROM outcome ORDER BY value") == [
        ("quang-ninh", 15500000.0, "about"),
        ("quang-ninh", 15560000.0, "about"),
    ]


def test_another_number_for_the_same_vintage_shows_both(office: Office) -> None:
    row = "fdi,Vốn đăng ký,triệu USD,quang-ninh,63,2023,Bộ KHĐT,{},,2024-01-05\n"
    office.put("outcomes", OUTCOMES + row.format('"3.100,5"'))
    (sentence,) = office.refusal("outcomes", OUTCOMES + row.format("3200"))
    assert "row 2, column value: found '3200'; expected 3100.5" in sentence
    office.put("outcomes", OUTCOMES + row.format("3200"), replace_reason="nhập nhầm")
    assert office.select("SELECT value FROM outcome") == [(3200.0,)]


def test_answers_are_checked_against_the_letter(office: Office) -> None:
    head = "letter,agency_id,field,item,column,value,answered_on,office\n"
    done = office.put(
        "answers",
        f"{head}3836,ubnd-quang-ninh,plan_status,,,đã xây dựng,20/09/2024,Sở TTTT\n"
        f"3836,ubnd-quang-ninh,channels,{BLUESKY},reason,Bạn đọc nước ngoài,,\n",
    )
    assert done.created == 2
    assert office.select("SELECT unit_id, question, value, entered_on FROM answer") == [
        ("quang-ninh", f"channels/{BLUESKY}/reason", "Bạn đọc nước ngoài", None),
        ("quang-ninh", "plan_status", "Đã xây dựng", "2024-09-20"),
    ]
    said = office.refusal(
        "answers",
        f"{head}3837,ubnd-quang-ninh,plan_status,,,Đã xây dựng,,\n"
        "3836,ubnd-quang-nin,plan_status,,,Đã xây dựng,,\n"
        "3836,ubnd-quang-ninh,plan_statu,,,Đã xây dựng,,\n"
        "3836,ubnd-quang-ninh,plan_status,,,Sắp xây dựng,,\n",
    )
    assert [sentence.split(":")[0].removeprefix("answers.csv, ") for sentence in said] == [
        "row 2, column letter",
        "row 3, column agency_id",
        "row 4, column field",
        "row 5, column value",
    ]


@pytest.mark.parametrize(
    "parts", [("a", "", ""), ("a", "b/c", ""), ("a", "", "d"), ("a", "b", "c")]
)
def test_a_question_gives_its_parts_back(parts: tuple[str, str, str]) -> None:
    assert parts_of(question_of(*parts)) == parts


# --- templates, void


@pytest.mark.parametrize("suffix", [".xlsx", ".csv"])
def test_every_template_reads_back_as_its_header_and_example(tmp_path: Path, suffix: str) -> None:
    for kind in KINDS:
        write_template(kind, tmp_path / f"{kind}{suffix}")
        (row,) = read_sheet(tmp_path / f"{kind}{suffix}", LAYOUTS[kind]).rows
        assert {column: text for column, text in row.cells.items() if text} == EXAMPLES[kind]


@pytest.mark.parametrize("kind", ["accounts", "history", "answers"])
def test_a_template_imports_as_no_rows_because_its_example_is_left_out(
    office: Office, kind: str
) -> None:
    write_template(kind, office.sheets / "template.xlsx")
    (sentence,) = office.refusal(kind, office.sheets / "template.xlsx")
    assert "at least one row below the header" in sentence


def test_every_column_has_a_note_and_every_example_only_known_columns() -> None:
    columns = {name for layout in LAYOUTS.values() for name in layout.known}
    assert columns <= set(NOTES)
    for kind, example in EXAMPLES.items():
        assert set(example) <= set(LAYOUTS[kind].known), kind


def test_a_row_beside_the_example_is_taken(office: Office) -> None:
    path = office.sheets / "history.csv"
    write_template("history", path)
    columns = LAYOUTS["history"].known
    cells = {"account": BLUESKY, "day": "2024-01-01", "metric": "followers", "value": "3"}
    with path.open("a", encoding="utf-8") as file:
        file.write(",".join(cells.get(column, "") for column in columns) + "\n")
    done = office.take("history", path)
    assert (done.rows, done.created) == (1, 1)


def test_a_void_account_is_listed_with_its_reason_in_file_and_store(office: Office) -> None:
    void_account(office.store, office.folder, BLUESKY, "trang giả mạo", now=NOW, office="Sở")
    assert office.select(f"SELECT voided FROM account WHERE id = '{BLUESKY}'") == [
        ("trang giả mạo",)
    ]
    assert read_register(office.folder).accounts[BLUESKY].voided == "trang giả mạo"
    office.put("accounts", ACCOUNTS)
    assert read_register(office.folder).accounts[BLUESKY].voided == "trang giả mạo"


@pytest.mark.parametrize(
    ("account", "reason", "said"),
    [
        ("quangninh-ubnd-blueski", "x", f"did you mean {BLUESKY}"),
        (BLUESKY, " ", "reason in words"),
    ],
)
def test_voiding_needs_a_known_account_and_a_reason(
    office: Office, account: str, reason: str, said: str
) -> None:
    before = office.state()
    with pytest.raises(ConfigError, match=said):
        void_account(office.store, office.folder, account, reason, now=NOW)
    assert office.state() == before
