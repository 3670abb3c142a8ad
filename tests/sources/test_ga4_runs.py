"""Google Analytics through the whole product: connect, sync, correct, pause, replay."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from accounts.models import User
from livinglytics.pipeline import run_job as run_task
from metrics.models import Observation, Series
from sources.actions.connect import Connected, connect_source
from sources.actions.replay import replay
from sources.actions.sync import queue_sync
from sources.actions.trial import try_settings
from sources.configuration import connector
from sources.models import Job, JobStatus, Quarantined, RawRecord, Source, SourceState, StreamState
from sources.records import MetricPoint
from tests.cast import make_team
from tests.fakes._server import limited
from tests.fakes.ga4 import Ga4Fake

pytestmark = pytest.mark.django_db


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[Ga4Fake]:
    with Ga4Fake(days=6, size=15) as running:
        monkeypatch.setenv("GA4_BASE_URL", running.url)
        with time_machine.travel(datetime.fromtimestamp(running.now, UTC), tick=False):
            yield running


def settings_of(fake: Ga4Fake) -> dict[str, Any]:
    since = (fake.today() - timedelta(days=6)).isoformat()
    return {"property": f"properties/{fake.number}", "key": fake.key_file(), "currency": "EUR", "since": since}


def connect(fake: Ga4Fake) -> Connected:
    return connect_source(team=make_team(time_zone="America/New_York"), by=None, kind="ga4", config=settings_of(fake))


def sync(source: Source) -> Job:
    job = queue_sync(source=source, by=None)
    run_task(str(job.pk))
    job.refresh_from_db()
    return job


def numbers(source: Source) -> dict[tuple[str, str, date], float]:
    """Metric, dimensions and day -> value, as stored."""
    known = {one.pk: one for one in Series.objects.filter(source_id=source.pk)}
    rows = Observation.objects.filter(series_id__in=known)
    return {
        (
            known[row.series_id].metric,
            json.dumps(known[row.series_id].dimensions, ensure_ascii=False),
            _day(row.at),
        ): row.value
        for row in rows
    }


def _day(number: int) -> date:
    return date(1970, 1, 1) + timedelta(days=number)


def test_a_property_is_connected_and_its_days_land_where_google_counted_them(fake: Ga4Fake) -> None:
    made = connect(fake)
    assert made.source.name == "Harbor – website"
    assert made.job is not None
    assert run_task(str(made.job.pk)) == JobStatus.SUCCEEDED, Job.objects.get(pk=made.job.pk).error_message
    stored = numbers(made.source)
    for day, sessions in fake.history.items():
        found = {key: value for key, value in stored.items() if key[2] == day}
        assert sum(value for key, value in found.items() if key[0] == "sessions") == len(sessions)
        assert [value for key, value in found.items() if key[0] == "users"] == [len({one.user for one in sessions})]
    assert {key[0] for key in stored} >= {"sessions", "users", "conversions", "revenue_eur"}


def test_a_second_sync_and_a_replay_change_nothing(fake: Ga4Fake) -> None:
    source = connect(fake).source
    run_task(str(Job.objects.get(source=source).pk))
    once = numbers(source)
    again = sync(source)
    assert again.status == JobStatus.SUCCEEDED
    assert (again.counts["inserted"], again.counts["updated"], again.counts["deleted"]) == (0, 0, 0)
    job = replay(source=source, by=None)
    assert run_task(str(job.pk)) == JobStatus.SUCCEEDED
    assert numbers(source) == once


def test_a_corrected_day_is_replaced_and_stays_so_after_a_replay(fake: Ga4Fake) -> None:
    source = connect(fake).source
    run_task(str(Job.objects.get(source=source).pk))
    day = fake.today() - timedelta(days=2)
    channel = fake.history[day][0].channel
    fake.drop(day, lambda one: one.channel == channel)
    fake.add(day, user=77, channel="Display", revenue=9.5)
    assert sync(source).counts["deleted"] > 0
    corrected = numbers(source)
    assert not [key for key in corrected if key[2] == day and f'"{channel}"' in key[1]]
    assert [value for key, value in corrected.items() if "Display" in key[1] and key[0] == "revenue_eur"] == [9.5]
    assert run_task(str(replay(source=source, by=None).pk)) == JobStatus.SUCCEEDED
    assert numbers(source) == corrected


def test_a_limit_pauses_the_run_and_it_goes_on_to_the_same_numbers(fake: Ga4Fake) -> None:
    source = connect(fake).source
    job = Job.objects.get(source=source)
    fake.script(*[None] * 9, limited("1800"))
    assert run_task(str(job.pk)) == JobStatus.PAUSED
    assert StreamState.objects.get(source=source).state["next"]
    with time_machine.travel(datetime.fromtimestamp(fake.now + 1900, UTC), tick=False):
        fake.now += 1900
        assert run_task(str(job.pk)) == JobStatus.SUCCEEDED
    sessions = sum(value for key, value in numbers(source).items() if key[0] == "sessions")
    assert sessions == sum(map(len, fake.history.values()))


def test_a_key_that_was_deleted_asks_for_attention_and_tells_no_secret(fake: Ga4Fake) -> None:
    source = connect(fake).source
    run_task(str(Job.objects.get(source=source).pk))
    fake.revoke()
    fake.account = "nobody@living-lytics-tests.iam.gserviceaccount.com"
    job = sync(source)
    source.refresh_from_db()
    assert (job.status, source.state) == (JobStatus.FAILED, SourceState.ATTENTION)
    assert "service account" in source.state_reason
    secret = json.loads(fake.key_file())["private_key"].split("\n")[2]
    kept = [*RawRecord.objects.values(), *Job.objects.values(), *StreamState.objects.values(), *Source.objects.values()]
    assert [one for one in kept if secret in str(one) or "ya29." in str(one)] == []


def test_a_bad_row_is_quarantined_until_the_day_reads_well(fake: Ga4Fake) -> None:
    def spoiled(report: dict[str, Any]) -> dict[str, Any]:
        if report.get("rows") and "dimensionHeaders" in report:
            report["rows"][0]["metricValues"][0] = {"value": "many"}
        return report

    source = connect(fake).source
    fake.alter = spoiled
    run_task(str(Job.objects.get(source=source).pk))
    assert Quarantined.objects.filter(source_id=source.pk).count() == 6
    fake.alter = lambda report: report
    source.config = {**source.config, "lookback": 6}
    source.save()
    assert sync(source).status == JobStatus.SUCCEEDED
    assert not Quarantined.objects.filter(source_id=source.pk).exists()


def test_before_anything_is_kept_the_first_rows_are_shown(fake: Ga4Fake) -> None:
    given = {**settings_of(fake), "since": ""}
    trial = try_settings(team=make_team(), connector=connector("ga4"), given=given)
    assert trial.checked.ok
    assert trial.problem == ""
    assert {one.metric for one in trial.records if isinstance(one, MetricPoint)} >= {"sessions", "page_views"}
    assert not Source.objects.exists()


def test_the_form_takes_the_whole_key_file_as_a_browser_sends_it_and_never_shows_it(
    fake: Ga4Fake, member: User, signed_in: Callable[[User], Client]
) -> None:
    given = {
        "property": fake.number,
        "key": fake.key_file().replace("\n", ""),
        "metrics": "sessions\r\ntotalUsers",
        "split": "deviceCategory",
        "also": "none",
        "currency": "USD",
        "lookback": "3",
        "since": "",
        "source_name": "",
        "rhythm": "",
        "step": "check",
    }
    shown = signed_in(member).post("/sources/add/ga4/", given).content.decode()
    assert "Harbor – website" in shown
    assert "device desktop" in shown
    assert "PRIVATE KEY" not in shown
