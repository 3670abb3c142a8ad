"""The first pages of two sources of a new team, written at the same moment."""

from __future__ import annotations

import threading
import time
from datetime import UTC, date, datetime
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction

from accounts.models import Team
from metrics import versions
from metrics.actions import load
from metrics.models import CustomMetric, DataVersion, Observation, Rollup
from sources.landing import Landing
from sources.models import RawRecord
from sources.records import MetricPoint
from tests.cast import make_team

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time"),
]
POINTS = [MetricPoint("shop.orders", date(2026, 1, 1), 3.0), MetricPoint("shop.visits", date(2026, 1, 1), 5.0)]


def land(team: Team, source: UUID) -> None:
    now = datetime(2026, 1, 2, tzinfo=UTC)
    raw = RawRecord.objects.create(
        team_id=team.pk, source_id=source, stream="metrics", external_id="one", job_id=uuid4(), payload={}, digest="",
        first_seen=now, last_seen=now,
    )  # fmt: skip
    landing = Landing(
        team_id=team.pk, source_id=source, job_id=raw.job_id, kind="push", stream="metrics", zone="UTC",
        records=list(POINTS), raw_ids=[raw.pk] * len(POINTS),
    )  # fmt: skip
    load.land(landing)


class Other(threading.Thread):
    """The other worker, with a connection of its own; ``trouble`` is what went wrong there."""

    def __init__(self, team: Team) -> None:
        super().__init__(daemon=True)
        self.team, self.trouble = team, ""

    def run(self) -> None:
        try:
            with transaction.atomic():
                land(self.team, uuid4())
        except Exception as error:
            self.trouble = repr(error)
        finally:
            connection.close()


def wait_until_it_waits(seconds: float = 10) -> None:
    """Until some connection of this database waits for a lock of another."""
    question = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    deadline = time.monotonic() + seconds
    with connection.cursor() as cursor:
        while time.monotonic() < deadline:
            cursor.execute(question)
            if cursor.fetchone()[0]:
                return
            time.sleep(0.02)
            cursor.execute("SELECT pg_stat_clear_snapshot()")
    raise AssertionError("the two pages did not meet")


@pytest.mark.parametrize("known", [False, True], ids=["new metrics", "known metrics"])
def test_two_first_pages_of_a_team_at_once_are_both_stored_and_each_counted_once(known: bool) -> None:
    team = make_team()
    if known:
        CustomMetric.objects.bulk_create(
            CustomMetric(team_id=team.pk, key=one.metric, label=one.metric, kind="sum") for one in POINTS
        )
    DataVersion.objects.filter(team_id=team.pk).delete()
    other = Other(team)
    with transaction.atomic():
        land(team, uuid4())
        other.start()
        wait_until_it_waits()
    other.join(30)
    assert other.trouble == ""
    assert CustomMetric.objects.filter(team_id=team.pk).count() == len(POINTS)
    assert sorted(Observation.objects.values_list("value", flat=True)) == [3.0, 3.0, 5.0, 5.0]
    assert sorted(Rollup.objects.values_list("total", flat=True)) == [3.0, 3.0, 5.0, 5.0]
    assert DataVersion.objects.filter(team_id=team.pk).count() == 1
    assert versions.current(team.pk)[0] >= 2, "each page outdates what was answered before it"
