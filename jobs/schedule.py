"""When the night runs, for machines without a timer of their own. One scheduler a data folder;
missed nights show.

APScheduler 3 with its memory store: the job is rebuilt from the settings at every start, nothing is
pickled.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import date, datetime, time, timedelta

from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MISSED, JobExecutionEvent
from apscheduler.schedulers.blocking import BlockingScheduler
from apscheduler.triggers.cron import CronTrigger

from jobs.folder import Busy, only_one
from jobs.nightly import run_night
from jobs.opening import Opened, wall_clock
from tracker.periods import LATEST_AFTER, LOCAL, night_to_catch_up

log = logging.getLogger("tracker.schedule")

GRACE_SECONDS = int(LATEST_AFTER.total_seconds())
TRY_AGAIN = timedelta(minutes=5)
NIGHT = "night"


def build_scheduler(
    run_night: Callable[[], datetime | None], at: time, clock: Callable[[], datetime]
) -> BlockingScheduler:
    """Make a scheduler that runs the night at `at` (local time), once however late, never twice at
    a time.

    `run_night` gives the UTC instant from which a platform that stopped it answers again; the night
    is run once more then. Where another command is at work it is tried again 5 minutes later.
    """
    scheduler = BlockingScheduler(timezone=LOCAL)

    def run() -> None:
        try:
            again_at = run_night()
        except Busy as error:
            log.warning("%s; trying again in 5 minutes", error)
            again_at = clock() + TRY_AGAIN
        if again_at is not None:
            add_once(scheduler, run, "again", again_at)

    scheduler.add_job(
        run,
        CronTrigger(hour=at.hour, minute=at.minute, timezone=LOCAL),
        id=NIGHT,
        coalesce=True,
        misfire_grace_time=GRACE_SECONDS,
        max_instances=1,
    )
    scheduler.add_listener(_tell, EVENT_JOB_MISSED | EVENT_JOB_ERROR)
    return scheduler


def add_once(
    scheduler: BlockingScheduler, run: Callable[[], None], name: str, moment: datetime
) -> None:
    """Let a job run once at an instant, however late; one of the same name is replaced."""
    scheduler.add_job(
        run,
        "date",
        run_date=moment,
        id=name,
        replace_existing=True,
        misfire_grace_time=GRACE_SECONDS,
    )


def add_catch_up(
    scheduler: BlockingScheduler, opened: Opened, now: datetime, at: time
) -> date | None:
    """Start the last night at once if it is unread and was due at most 20 hours ago; give its
    day.
    """
    whole = {
        row.day for row in opened.store.nights() if row.finished_at is not None and not row.missing
    }
    late = night_to_catch_up(now, at, whole)
    if late is not None:
        add_once(scheduler, scheduler.get_job(NIGHT).func, "catch-up", now)
    return late


def _tell(event: JobExecutionEvent) -> None:
    what = "failed" if event.exception else "was missed"
    log.error("the night scheduled at %s %s: %s", event.scheduled_run_time, what, event.exception)


def run_schedule(opened: Opened, say: Callable[[str], None]) -> None:
    """Run every night until stopped: catch up the last one if it is missing, then wait for the
    next.

    Raises Busy if another scheduler of this data folder runs. Nights that never ran are entered
    when the next one starts.
    """
    at = opened.settings.night_at

    def night() -> datetime | None:
        with only_one(opened.store_folder, "nightly"):
            done = run_night(opened, say)
        for line in done.lines():
            say(line)
        return done.again_at

    with only_one(opened.folder, "schedule", "schedule"):
        scheduler = build_scheduler(night, at, wall_clock)
        late = add_catch_up(scheduler, opened, wall_clock(), at)
        if late is not None:
            say(f"the night of {late} is not read yet; it starts now")
        say(f"every night at {at:%H:%M} (UTC+7); stop with Ctrl+C")
        scheduler.start()
