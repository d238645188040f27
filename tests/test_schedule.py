"""The scheduler as it is built: once a night, however late, never twice at a time. Nothing is
waited for.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MISSED, JobExecutionEvent
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.blocking import BlockingScheduler
from sandbox_folder import fresh_folder, open_folder, quiet

from jobs.folder import Busy, only_one
from jobs.opening import Opened
from jobs.schedule import add_catch_up, build_scheduler, run_schedule
from tracker.periods import scheduled_at

AT = time(1, 0)
DAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
TWENTY_HOURS = 20 * 3600


def build(run: Callable[[], datetime | None] = lambda: None, at: time = AT) -> BlockingScheduler:
    return build_scheduler(run, at, lambda: NOW)


def fire(scheduler: BlockingScheduler, name: str = "night") -> None:
    """Call a job's function as the scheduler would."""
    scheduler.get_job(name).func()


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    made = open_folder(fresh_folder(tmp_path / "data"))
    yield made
    made.store.close()


def test_the_night_runs_at_the_local_time_that_was_set() -> None:
    trigger = build(at=time(2, 30)).get_job("night").trigger
    first = trigger.get_next_fire_time(None, datetime(2026, 11, 20, 0, 0, tzinfo=UTC))
    assert first.astimezone(UTC) == datetime(2026, 11, 20, 19, 30, tzinfo=UTC)
    assert trigger.get_next_fire_time(first, first) == first + timedelta(days=1)


def test_a_late_night_runs_once_within_20_hours_and_never_beside_itself() -> None:
    job = build().get_job("night")
    assert job.coalesce is True
    assert job.misfire_grace_time == TWENTY_HOURS
    assert job.max_instances == 1


def test_the_jobs_are_kept_in_memory_only() -> None:
    scheduler = build()
    scheduler.start_paused = True
    assert scheduler._jobstores == {}  # the default one is made at the start
    assert isinstance(scheduler._create_default_jobstore(), MemoryJobStore)


def test_a_busy_folder_is_tried_again_five_minutes_later(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def busy() -> None:
        raise Busy("`tracker collect` (process 1) is working on it")

    scheduler = build(busy)
    fire(scheduler)
    again = scheduler.get_job("again")
    assert again.trigger.run_date.astimezone(UTC) == NOW + timedelta(minutes=5)
    assert again.misfire_grace_time == TWENTY_HOURS
    assert "trying again in 5 minutes" in caplog.text


def test_what_a_quota_left_is_read_after_the_reset() -> None:
    reset = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
    scheduler = build(lambda: reset)
    fire(scheduler)
    assert scheduler.get_job("again").trigger.run_date == reset


def test_a_complete_night_needs_no_second_run() -> None:
    scheduler = build()
    fire(scheduler)
    assert [job.id for job in scheduler.get_jobs()] == ["night"]


@pytest.mark.parametrize(
    ("kind", "error", "told"),
    [
        (EVENT_JOB_MISSED, None, "was missed"),
        (EVENT_JOB_ERROR, RuntimeError("the disk is full"), "failed: the disk is full"),
    ],
)
def test_a_missed_and_a_failed_night_are_logged(
    caplog: pytest.LogCaptureFixture, kind: int, error: Exception | None, told: str
) -> None:
    with caplog.at_level(logging.ERROR):
        build()._dispatch_event(JobExecutionEvent(kind, "night", "default", NOW, exception=error))
    assert told in caplog.text
    assert "2026-11-20" in caplog.text


def test_an_unread_last_night_is_caught_up_at_once(opened: Opened) -> None:
    scheduler = build()
    now = scheduled_at(DAY) + timedelta(hours=3)
    assert add_catch_up(scheduler, opened, now, AT) == DAY
    job = scheduler.get_job("catch-up")
    assert job.trigger.run_date == now
    assert job.misfire_grace_time == TWENTY_HOURS
    assert job.func is scheduler.get_job("night").func


def test_a_night_that_was_read_to_the_end_is_not_caught_up(opened: Opened) -> None:
    now = scheduled_at(DAY) + timedelta(hours=3)
    opened.store.begin_night(DAY, now, 24)
    assert add_catch_up(build(), opened, now, AT) == DAY
    opened.store.finish_night(DAY, now, 20, 4)
    assert add_catch_up(build(), opened, now, AT) == DAY
    opened.store.finish_night(DAY, now, 24, 0)
    assert add_catch_up(build(), opened, now, AT) is None


def test_a_night_more_than_20_hours_ago_is_not_caught_up(opened: Opened) -> None:
    now = scheduled_at(DAY) + timedelta(hours=20, minutes=1)
    scheduler = build()
    assert add_catch_up(scheduler, opened, now, AT) is None
    assert scheduler.get_job("catch-up") is None


def test_a_second_scheduler_of_the_folder_is_refused(opened: Opened) -> None:
    with (
        only_one(opened.folder, "schedule", "schedule"),
        pytest.raises(Busy, match="`tracker schedule` was not started"),
    ):
        run_schedule(opened, quiet)


def test_the_night_of_the_scheduler_is_the_whole_night(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`start` is replaced, so that the job can be fired here instead of waited for."""
    started: list[BlockingScheduler] = []
    monkeypatch.setattr(BlockingScheduler, "start", lambda scheduler: started.append(scheduler))
    said: list[str] = []
    run_schedule(opened, said.append)
    [scheduler] = started
    fire(scheduler)
    assert opened.store.nights()[-1].read == 24
    assert list((opened.folder / "backups").iterdir())
    assert any("stop with Ctrl+C" in line for line in said)


def test_a_command_at_work_keeps_the_scheduled_night_out(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Any] = []
    monkeypatch.setattr(BlockingScheduler, "start", lambda scheduler: started.append(scheduler))
    run_schedule(opened, quiet)
    with only_one(opened.folder, "import history"):
        fire(started[0])
    assert started[0].get_job("again") is not None
    assert opened.store.nights() == []
