"""The tables and views as code states them: every one named, clustered where counts lie, and
readable.
"""

import pytest

from tracker.models import REVISIONS, Row, views

CLUSTERED = {
    "account_snapshot",
    "post_snapshot",
    "detail",
    "daily",
    "quota",
    "locality_name",
    "account_period",
    "programme_element",
    "definition_break",
    "target",
    "outcome",
    "answer",
    "edition",
}


def test_the_tables_of_the_design_are_all_there() -> None:
    assert set(Row.metadata.tables) == CLUSTERED | {
        "locality",
        "agency",
        "account",
        "programme",
        "element",
        "event",
        "correction",
        "change",
        "attempt",
        "post",
        "night",
        "meta",
    }


def test_tables_of_counts_lie_in_the_order_of_their_key() -> None:
    clustered = {
        name
        for name, table in Row.metadata.tables.items()
        if table.dialect_options["sqlite"]["with_rowid"] is False
    }
    assert clustered == CLUSTERED


def test_every_constraint_has_a_name_so_that_a_migration_can_find_it() -> None:
    for table in Row.metadata.tables.values():
        assert all(constraint.name for constraint in table.constraints), table.name


def test_counts_hold_sixty_four_bits() -> None:
    for name in ("account_snapshot", "post_snapshot"):
        table = Row.metadata.tables[name]
        counts = [column for column in table.columns if column.nullable]
        assert {type(column.type).__name__ for column in counts} == {"BigInteger"}


def test_the_key_of_a_snapshot_is_subject_day_and_lane() -> None:
    keys = {
        name: [column.name for column in Row.metadata.tables[name].primary_key.columns]
        for name in ("account_snapshot", "post_snapshot", "detail")
    }
    assert keys == {
        "account_snapshot": ["account_id", "day", "lane"],
        "post_snapshot": ["post_id", "day", "lane"],
        "detail": ["subject", "subject_id", "day", "lane", "metric"],
    }


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_views_have_the_same_names_on_both_databases(dialect: str) -> None:
    assert set(views.view_definitions(dialect)) == {
        "v_account",
        "v_attempt",
        "v_account_reading",
        "v_post",
        "v_post_reading",
        "v_detail",
        "v_daily",
        "v_night",
        "v_change",
    }


def test_revisions_are_in_order_and_never_repeat() -> None:
    assert list(REVISIONS) == sorted(set(REVISIONS))
