"""Settings from `.env` and the environment: what is wrong is named, no secret is shown."""

from datetime import time
from pathlib import Path

import pytest

from tracker.errors import ConfigError
from tracker.secrets import redact
from tracker.settings import Secret, load_settings

KEY = "AIza-settings-test-0001"


def test_without_any_setting_the_defaults_hold(tmp_path: Path) -> None:
    settings = load_settings(tmp_path, {})
    assert settings.data == tmp_path
    assert settings.db == f"sqlite:///{tmp_path.as_posix()}/tracker.sqlite"
    assert (settings.archive_days, settings.night_at, settings.contact) == (30, time(1, 0), None)
    assert settings.coverage_alert == 0.9
    assert settings.base_url("youtube", "https://www.googleapis.com/v3") == (
        "https://www.googleapis.com/v3"
    )
    assert settings.pace("youtube", 5.0) == 5.0
    assert settings.pace("bluesky", None) is None


def test_the_environment_wins_over_the_file_and_an_argument_over_both(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(
        "# keys of this office\nTRACKER_NIGHT_AT=2:30\nTRACKER_ARCHIVE_DAYS=7\n"
        "TRACKER_DB=sqlite:///file.sqlite\nOTHER=1\n",
        encoding="utf-8",
    )
    environ = {"TRACKER_ARCHIVE_DAYS": "9", "TRACKER_DB": "sqlite:///environment.sqlite"}
    settings = load_settings(tmp_path, environ, db="sqlite:///argument.sqlite")
    assert settings.night_at == time(2, 30)
    assert settings.archive_days == 9
    assert settings.db == "sqlite:///argument.sqlite"
    assert load_settings(tmp_path, environ).db == "sqlite:///environment.sqlite"


def test_a_file_saved_by_a_windows_editor_is_read(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(
        b"\xef\xbb\xbfTRACKER_CONTACT='thong-ke@example.vn'\r\nTRACKER_YOUTUBE_API_KEY=AIza$kept$x\r\n"
    )
    settings = load_settings(tmp_path, {})
    assert settings.contact == "thong-ke@example.vn"
    assert settings.secret("YOUTUBE_API_KEY").reveal() == "AIza$kept$x"


def test_an_empty_value_counts_as_not_set(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("TRACKER_YOUTUBE_API_KEY=\n", encoding="utf-8")
    settings = load_settings(tmp_path, {"TRACKER_ARCHIVE_DAYS": " "})
    assert settings.archive_days == 30
    with pytest.raises(ConfigError, match="TRACKER_YOUTUBE_API_KEY is not set: write the line"):
        settings.secret("YOUTUBE_API_KEY")


def test_a_missing_secret_names_the_misspelt_one(tmp_path: Path) -> None:
    settings = load_settings(tmp_path, {"TRACKER_YOUTUBE_APIKEY": KEY})
    assert settings.unknown == ("TRACKER_YOUTUBE_APIKEY",)
    with pytest.raises(ConfigError, match="TRACKER_YOUTUBE_APIKEY is not known"):
        settings.secret("YOUTUBE_API_KEY")


def test_addresses_of_platforms_are_replaced_and_a_loopback_one_has_no_pace(tmp_path: Path) -> None:
    settings = load_settings(
        tmp_path,
        {
            "TRACKER_YOUTUBE_URL": "http://127.0.0.1:8080/youtube/v3/",
            "TRACKER_YOUTUBE_FEED_URL": "https://feed.example/x",
            "TRACKER_MASTODON_URL": "http://localhost:8080/mastodon/{server}/api/v1",
            "TRACKER_YOUTUBE_PACE": "3",
            "TRACKER_BLUESKY_PACE": "0.5",
            "TRACKER_SANDBOX_URL": "http://127.0.0.1:8080",
            "TRACKER_X_ENABLED": "1",
        },
    )
    assert settings.base_url("youtube", "-") == "http://127.0.0.1:8080/youtube/v3"
    assert settings.base_url("youtube", "-", host="feed") == "https://feed.example/x"
    assert settings.base_url("mastodon", "-") == "http://localhost:8080/mastodon/{server}/api/v1"
    assert settings.urls["sandbox"] == "http://127.0.0.1:8080"
    assert settings.pace("youtube", 5.0) is None
    assert settings.pace("mastodon", 1.0) is None
    assert settings.pace("bluesky", 5.0) == 0.5
    assert settings.enabled == {"x"}
    assert settings.unknown == ()


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("TRACKER_ARCHIVE_DAYS", "0", "found '0'; expected a number of days from 1 to 1096"),
        ("TRACKER_ARCHIVE_DAYS", "a month", "expected a number of days"),
        ("TRACKER_NIGHT_AT", "25:00", "expected a local time such as 01:00"),
        ("TRACKER_NIGHT_AT", "1h", "expected a local time such as 01:00"),
        ("TRACKER_COVERAGE_ALERT", "90", "expected a share from 0 to 1"),
        ("TRACKER_COVERAGE_ALERT", "nan", "expected a share from 0 to 1"),
        ("TRACKER_CONTACT", "Phòng Thống kê", "expected an e-mail or web address"),
        ("TRACKER_DB", "tracker.sqlite", "expected an SQLAlchemy address"),
        ("TRACKER_YOUTUBE_URL", "www.googleapis.com", "expected https://host/path"),
        ("TRACKER_YOUTUBE_URL", "http://www.googleapis.com/v3", "http only for loopback"),
        ("TRACKER_YOUTUBE_URL", "https://127.0.0.1:port/", "expected https://host/path"),
        ("TRACKER_YOUTUBE_PACE", "fast", "expected requests a second"),
        ("TRACKER_YOUTUBE_PACE", "0", "expected requests a second"),
        ("TRACKER_X_ENABLED", "yes", "expected 1 or 0"),
    ],
)
def test_a_value_that_cannot_be_used_is_named_with_what_was_expected(
    tmp_path: Path, name: str, value: str, expected: str
) -> None:
    with pytest.raises(ConfigError, match=expected) as caught:
        load_settings(tmp_path, {name: value})
    assert str(caught.value).startswith(f"{name} in {tmp_path / '.env'} or the environment")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [("AIza key-with-a-space", "holds a space"), ("AIza12", "has only 6 characters")],
)
def test_a_damaged_secret_is_refused_without_showing_it(
    tmp_path: Path, value: str, expected: str
) -> None:
    with pytest.raises(ConfigError, match=expected) as caught:
        load_settings(tmp_path, {"TRACKER_YOUTUBE_API_KEY": value})
    assert "AIza" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"TRACKER_NIGHT_AT=01:00\nTRACKER_YOUTUBE_API_KEY\n", "line 2: expected NAME=value"),
        (b"\nTRACKER_YOUTUBE_API_KEY='AIza-open\n", "line 2: expected NAME=value"),
        (b"\xff\xfeT\x00R\x00", "is not UTF-8 text"),
    ],
)
def test_a_malformed_file_is_named_with_its_line(
    tmp_path: Path, content: bytes, expected: str
) -> None:
    (tmp_path / ".env").write_bytes(content)
    with pytest.raises(ConfigError, match=expected) as caught:
        load_settings(tmp_path, {})
    assert "AIza" not in str(caught.value)


def test_a_folder_in_place_of_the_file_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / ".env").mkdir()
    with pytest.raises(ConfigError, match=r"\.env cannot be read"):
        load_settings(tmp_path, {})


def test_secrets_do_not_show_themselves(tmp_path: Path) -> None:
    environ = {
        "TRACKER_YOUTUBE_API_KEY": KEY,
        "TRACKER_SECRET_KEY": "fernet-settings-test",
        "TRACKER_INSTAGRAM_USER_ID": "178414000000",
        "TRACKER_DB": "postgresql+psycopg://office:pass%2Fword-1@db.example/tracker",
    }
    settings = load_settings(tmp_path, environ)
    shown = f"{settings!r} {settings} {settings.secrets} {settings.secret('YOUTUBE_API_KEY')}"
    assert KEY not in shown
    assert "pass" not in shown
    assert redact(f"{KEY} fernet-settings-test pass/word-1 pass%2Fword-1") == "*** *** *** ***"
    assert redact("account 178414000000") == "account 178414000000"
    assert settings.secret("SECRET_KEY") == Secret("fernet-settings-test")
    assert settings.secret("SECRET_KEY") != Secret("another")


def test_every_line_of_the_example_is_a_setting_that_is_known(tmp_path: Path) -> None:
    example = (Path(__file__).parent.parent / ".env.example").read_text(encoding="utf-8")
    lines = [line[1:] for line in example.splitlines() if line.startswith("#TRACKER_")]
    filled = [line + "0123456789@example.vn" if line.endswith("=") else line for line in lines]
    (tmp_path / ".env").write_text("\n".join(filled), encoding="utf-8")
    assert len(filled) > 10
    assert load_settings(tmp_path, {}).unknown == ()
