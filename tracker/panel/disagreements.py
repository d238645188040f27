"""Where two lanes of one account tell different numbers of the same day."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from tracker.panel.exports import connected, observations
from tracker.panel.panel import LANE_ORDER
from tracker.periods import day_number
from tracker.store import Store


@dataclass(frozen=True)
class Disagreement:
    """Two lanes tell different numbers of the same account on the same day."""

    account_id: str
    platform: str
    metric: str
    day: date
    first: str
    first_value: int
    second: str
    second_value: int

    @property
    def sentence(self) -> str:
        """Say it to a person."""
        return (
            f"{self.account_id}: {self.metric} of {self.day} differ: {self.first} "
            f"{self.first_value:,}, {self.second} {self.second_value:,}"
        )


def differ(first: int, first_step: int, second: int, second_step: int) -> bool:
    """Say whether two numbers of one count cannot both be true: neither lies within the step of the
    other."""
    return first + first_step <= second or second + second_step <= first


def disagreements(source: str | Store, since: date, until: date) -> list[Disagreement]:
    """List where two lanes of one account differ by more than their steps, on days [since, until).

    Numbers that were declared as `about`, `at_least` or `at_most` say no more than that and are
    left out. Ordered by account, metric, day.
    """
    values: dict[tuple[str, str, str, date], dict[str, tuple[int, int]]] = defaultdict(dict)
    with connected(source) as connection:
        twice = [
            row[0]
            for row in connection.exec_driver_sql(
                "SELECT account_id FROM account_snapshot"
                f" WHERE day >= {day_number(since)} AND day < {day_number(until)}"
                " GROUP BY account_id HAVING count(DISTINCT lane) > 1"
            )
        ]
    if not twice:
        return []
    for frame in observations(source, since=since, until=until, accounts=twice):
        rows = frame[(frame["entity"] == "account") & frame["value"].notna()]
        rows = rows[rows["qualifier"] == "exact"]
        for row in rows.itertuples():
            key = (
                str(row.account),
                str(row.platform),
                str(row.metric),
                date.fromisoformat(str(row.day)),
            )
            values[key][str(row.lane)] = (int(str(row.value)), int(str(row.step)))
    found = []
    for (account, platform, metric, day), lanes in sorted(values.items()):
        held = [lane for lane in LANE_ORDER if lane in lanes]
        for place, one in enumerate(held):
            for other in held[place + 1 :]:
                (first, first_step), (second, second_step) = lanes[one], lanes[other]
                if differ(first, first_step, second, second_step):
                    found.append(
                        Disagreement(account, platform, metric, day, one, first, other, second)
                    )
    return found
