"""When the night runs, for machines without a timer of their own. One scheduler a data folder;
missed nights show.

APScheduler 3 with its memory store: the job is rebuilt from the settings at every start, nothing is
pickled.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta

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


def build_scheduler(
    run_night: Callable[[], datetime | None], at: time, clock: Callable[[], datetime] = wall_clock
) -> BlockingScheduler:
    """Make a scheduler that runs the night at `at` (local time), once however late, never twice at
    a time.
    """
    scheduler = BlockingScheduler(timezone=LOCAL)

    def run() -> None:
        try:
            run_night()
        except Busy as error:
            log.warning("%s; trying again in 5 minutes", error)
            scheduler.add_job(
                run,
                "date",
                run_date=datetime.now(UTC) + TRY_AGAIN,
                id="again",
                replace_existing=True,
            )

    scheduler.add_job(
        run,
        CronTrigger(hour=at.hour, minute=at.minute, timezone=LOCAL),
        id="night",
        coalesce=True,
        misfire_grace_time=GRACE_SECONDS,
        max_instances=1,
    )
    scheduler.add_listener(_tell, EVENT_JOB_MISSED | EVENT_JOB_ERROR)
    return scheduler


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

    def night() -> None:
        with only_one(opened.folder, "nightly"):
            for line in run_night(opened, say).lines():
                say(line)

    with only_one(opened.folder, "schedule", "schedule"):
        scheduler = build_scheduler(night, at)
        finished = {row.day for row in opened.store.nights() if row.finished_at is not None}
        late = night_to_catch_up(wall_clock(), at, finished)
        if late is not None:
            say(f"the night of {late} has not run yet; it starts now")
            scheduler.add_job(scheduler.get_job("night").func, "date", id="catch-up")
        say(f"every night at {at:%H:%M} (UTC+7); stop with Ctrl+C")
        scheduler.start()
