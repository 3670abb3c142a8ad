"""Scrapes: all targets of a project, a run of its own for each, and an end when the last one ended."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import OutboxEvent, Team
from livinglytics.lib import clock
from livinglytics.lib.errors import Conflict, Invalid
from metrics.models import Document
from sources.actions.disconnect import disconnect
from sources.actions.due import take_due
from sources.actions.scrapes import cancel_scrape, start_scrape
from sources.actions.sync import queue_sync
from sources.actions.targets import remove_target, update_target
from sources.models import (
    Job,
    JobStatus,
    Schedule,
    ScheduleSlot,
    Scrape,
    ScrapeStatus,
    StreamState,
    Target,
    TargetStatus,
)
from sources.selectors.scrapes import counted, parts_of, views_of
from tests.fakes.steam import SteamFake
from tests.sources.watching import FILM, GAME, OTHER, finish, make_project, scraped, target_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[SteamFake]:
    with SteamFake(reviews=250) as running:
        running.others = {400}
        monkeypatch.setenv("STEAM_BASE_URL", running.url)
        yield running


def texts() -> int:
    return Document.objects.filter(deleted_at=None).count()


def test_every_target_is_read_by_a_run_of_its_own(team: Team, fake: SteamFake) -> None:
    project = make_project(team, GAME, OTHER, config={"limits": {"max_reviews_per_target": 1000}})
    scrape = scraped(project)
    assert scrape.status == ScrapeStatus.COMPLETED, scrape.error_message
    assert scrape.finished_at is not None
    counts = counted([scrape.pk])[scrape.pk]
    assert (counts.total, counts.done, counts.failed, counts.percent) == (2, 2, 0, 100)
    assert counts.results >= 500
    assert counts.requests > 0
    assert texts() == 500


def test_it_is_queued_then_running_then_done(team: Team, fake: SteamFake) -> None:
    scrape, made = start_scrape(project=make_project(team, GAME), by=None)
    assert made
    assert views_of([scrape])[0].status == "queued"
    assert [one.status for one in parts_of(scrape)] == ["pending"]
    finish(scrape)
    assert [one.status for one in parts_of(scrape)] == ["completed"]


def test_asking_twice_makes_one_scrape(team: Team, fake: SteamFake) -> None:
    project = make_project(team, GAME)
    first, _ = start_scrape(project=project, by=None)
    again, made = start_scrape(project=project, by=None)
    assert (again.pk, made, Job.objects.count()) == (first.pk, False, 1)


def test_a_run_that_is_open_is_joined(team: Team, fake: SteamFake) -> None:
    project = make_project(team, GAME)
    target = target_of(project)
    assert target.source is not None
    job = queue_sync(source=target.source, by=None)
    scrape, _ = start_scrape(project=project, by=None)
    assert parts_of(scrape)[0].job == job
    assert finish(scrape).status == ScrapeStatus.COMPLETED


def test_the_limit_of_the_project_takes_the_newest_and_the_next_scrape_the_newest_again(
    team: Team, fake: SteamFake
) -> None:
    project = make_project(team, GAME, config={"limits": {"max_reviews_per_target": 120}})
    assert scraped(project).status == ScrapeStatus.COMPLETED
    assert texts() == 120
    job = Job.objects.get()
    assert "Stopped at 120 rows" in str(job.warnings)
    newest = set(Document.objects.values_list("external_id", flat=True))
    fresh = fake.add("brand new", at=fake.until + 60)
    scraped(project)
    found = set(Document.objects.values_list("external_id", flat=True))
    assert found - newest == {fresh}


def test_a_limit_of_one_scrape_goes_before_that_of_the_project(team: Team, fake: SteamFake) -> None:
    scraped(make_project(team, GAME), max_results=30)
    assert texts() == 30


def test_days_that_are_asked_for_are_read_without_moving_the_cursor(team: Team, fake: SteamFake) -> None:
    project = make_project(team, GAME, config={"limits": {"max_reviews_per_target": 1000}})
    days = sorted(datetime.fromtimestamp(one.created, UTC).date() for one in fake.everything().values())
    first, last = days[50], days[100]
    scraped(project, date_from=first, date_to=last)
    written = [one.date() for one in Document.objects.values_list("written_at", flat=True)]
    assert written
    assert all(first - timedelta(days=1) <= day <= last + timedelta(days=1) for day in written)
    target = target_of(project)
    assert not StreamState.objects.filter(source=target.source, stream="reviews").exists()
    scraped(project)
    assert texts() == 250


@pytest.mark.parametrize("options", [{"max_results": 0}, {"max_results": 1001}])
def test_odd_limits_are_refused(team: Team, options: dict[str, int]) -> None:
    with pytest.raises(Invalid):
        start_scrape(project=make_project(team, GAME), by=None, options=options)


def test_one_target_that_fails_leaves_the_scrape_partly_done_and_says_why(team: Team, fake: SteamFake) -> None:
    project = make_project(team, GAME, FILM)
    scrape = scraped(project)
    assert scrape.status == ScrapeStatus.PARTIAL
    assert "key for YouTube" in scrape.error_message
    assert texts() == 100


def test_a_target_that_was_refused_needs_attention_and_is_well_after_the_next_good_run(
    team: Team, fake: SteamFake
) -> None:
    project = make_project(team, GAME)
    fake.app = 1
    scrape = scraped(project)
    target = target_of(project)
    assert (scrape.status, target.status) == (ScrapeStatus.FAILED, TargetStatus.ERROR)
    assert target.error_message
    fake.app = 620
    scraped(project)
    target.refresh_from_db()
    assert (target.status, target.error_message) == (TargetStatus.ACTIVE, "")


def test_paused_targets_and_switched_off_platforms_are_left_out(team: Team, fake: SteamFake) -> None:
    project = make_project(team, GAME, OTHER)
    update_target(target=target_of(project, "400"), by=None, status="paused")
    assert [one.url for one in parts_of(scraped(project))] == [target_of(project, "620").url]
    update_target(target=target_of(project, "620"), by=None, status="paused")
    with pytest.raises(Conflict):
        start_scrape(project=project, by=None)


def test_cancel_stops_the_runs_that_wait(team: Team, fake: SteamFake) -> None:
    project = make_project(team, GAME, OTHER)
    scrape, _ = start_scrape(project=project, by=None)
    ended = cancel_scrape(scrape=scrape, by=None)
    assert ended.status == ScrapeStatus.CANCELLED
    assert set(Job.objects.values_list("status", flat=True)) == {JobStatus.CANCELLED}
    with pytest.raises(Conflict):
        cancel_scrape(scrape=ended, by=None)


def test_a_removed_target_or_source_does_not_keep_a_scrape_open(team: Team, fake: SteamFake) -> None:
    project = make_project(team, GAME, OTHER)
    scrape, _ = start_scrape(project=project, by=None)
    remove_target(target=target_of(project, "620"), by=None)
    source = target_of(project, "400").source
    assert source is not None
    disconnect(source=source, by=None)
    scrape.refresh_from_db()
    assert not scrape.is_open


def test_the_schedule_scrapes_the_project_once(team: Team, fake: SteamFake) -> None:
    project = make_project(team, GAME, config={"schedule": {"enabled": True, "frequency": "hourly", "time": "00:00"}})
    schedule = Schedule.objects.get(project=project)
    schedule.next_due_at = clock.now() - timedelta(minutes=1)
    schedule.save()
    assert take_due(clock.now()) == 1
    assert take_due(clock.now()) == 0
    scrape = Scrape.objects.get()
    assert (scrape.trigger, ScheduleSlot.objects.get().scrape) == ("schedule", scrape)
    assert finish(scrape).status == ScrapeStatus.COMPLETED


def test_a_scheduled_project_without_targets_misses_its_turn_and_says_so(team: Team) -> None:
    project = make_project(team, config={"schedule": {"enabled": True}})
    Schedule.objects.filter(project=project).update(next_due_at=clock.now())
    take_due(clock.now())
    assert ScheduleSlot.objects.get().outcome == "nothing to do"


def test_the_end_of_a_scrape_is_told(team: Team, fake: SteamFake) -> None:
    project = make_project(team, GAME)
    scraped(project)
    event = OutboxEvent.objects.get(name="scrape.completed")
    assert event.payload["project_id"] == str(project.pk)
    assert event.payload["stats"]["targets_completed"] == 1
    runs = OutboxEvent.objects.get(name="job.completed")
    assert runs.payload["project_id"] == str(project.pk)


def test_a_day_has_so_many_requests_and_the_run_waits_for_the_next(team: Team, fake: SteamFake) -> None:
    limits = {"max_reviews_per_target": 1000, "max_requests_per_day": 10, "rate_limit_delay": 0.1}
    project = make_project(team, GAME, config={"limits": limits})
    scrapes = [scraped(project) for _ in range(6)]
    assert scrapes[-1].is_open
    job = Job.objects.filter(status=JobStatus.PAUSED).get()
    assert "requests a day" in job.error_message
    assert fake.requests <= 10


def test_targets_of_a_project_are_counted_in_one_query(
    team: Team, fake: SteamFake, django_assert_num_queries: object
) -> None:
    project = make_project(team, GAME, OTHER)
    first, second = scraped(project), scraped(project)
    with django_assert_num_queries(1):  # type: ignore[operator]
        counted([first.pk, second.pk])
    assert Target.objects.count() == 2
