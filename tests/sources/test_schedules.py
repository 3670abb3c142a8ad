"""Schedules: each due moment once, in the team's own time, also when the clocks change."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from livinglytics.lib.errors import Invalid, NotFound
from sources.actions.due import take_due
from sources.actions.schedule import Wanted, next_due, remove_schedule, set_schedule
from sources.actions.update import pause_source, resume_source
from sources.models import Job, JobStatus, Schedule, ScheduleSlot, Source, SourceState
from sources.selectors.schedules import schedule_of
from tests.cast import make_team
from tests.sources.scripted import make_source, run, scripted

pytestmark = pytest.mark.django_db
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture(autouse=True)
def script() -> Iterator[None]:
    with scripted():
        yield


def at(text: str) -> datetime:
    """A wall-clock time in Berlin as UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)


def scheduled(expression: str, due: datetime, *, catch_up: str = "once", zone: str = "Europe/Berlin") -> Source:
    source = make_source(make_team(time_zone=zone))
    Schedule.objects.create(team=source.team, source=source, expression=expression, catch_up=catch_up, next_due_at=due)
    return source


def fires(source: Source, start: datetime, end: datetime, *, step: timedelta) -> list[datetime]:
    """Tick from start to end; each job ends at once. The due moments that fired, in UTC."""
    now = start
    while now < end:
        take_due(now)
        Job.objects.filter(source=source).update(status=JobStatus.SUCCEEDED)
        now += step
    slots = ScheduleSlot.objects.filter(schedule__source=source, outcome="queued").order_by("due_at")
    return list(slots.values_list("due_at", flat=True))


@pytest.mark.parametrize(
    ("expression", "first", "hours"),
    [
        ("30 2 * * *", "2026-03-28T00:00", 72),  # the gap: 02:30 does not exist on 29 March
        ("30 2 * * *", "2026-10-24T00:00", 72),  # the fold: 02:30 comes twice on 25 October
        ("0 12 * * *", "2026-03-28T00:00", 72),
        ("0 12 * * *", "2026-10-24T00:00", 72),
        ("15 0 * * *", "2026-10-24T00:00", 72),
    ],
)
def test_a_daily_schedule_fires_once_a_day_when_the_clocks_change(expression: str, first: str, hours: int) -> None:
    start = at(first)
    due = next_due(expression, start, "Europe/Berlin")
    assert due is not None
    source = scheduled(expression, due)
    end = start + timedelta(hours=hours)
    fired = fires(source, start, end, step=timedelta(minutes=15))
    days = [one.astimezone(BERLIN).date() for one in fired]
    assert len(days) == len(set(days)) == 3


def test_in_the_gap_it_fires_right_after_it() -> None:
    due = next_due("30 2 * * *", at("2026-03-29T00:00"), "Europe/Berlin")
    assert due == datetime(2026, 3, 29, 1, 0, tzinfo=UTC), "03:00 summer time"


def test_in_the_fold_it_fires_at_the_first_of_the_two() -> None:
    first = next_due("30 2 * * *", at("2026-10-25T00:00"), "Europe/Berlin")
    assert first == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert next_due("30 2 * * *", first, "Europe/Berlin") == datetime(2026, 10, 26, 1, 30, tzinfo=UTC)


def test_an_hourly_schedule_fires_every_elapsed_hour_of_the_year_of_2026() -> None:
    now, seen = datetime(2025, 12, 31, 23, 0, tzinfo=UTC), 0
    while now < datetime(2026, 12, 31, 22, 30, tzinfo=UTC):
        found = next_due("0 * * * *", now, "Europe/Berlin")
        assert found is not None
        assert found - now == timedelta(hours=1)
        now, seen = found, seen + 1
    assert seen == 365 * 24


def test_after_a_pause_of_everything_a_missed_run_is_made_up_for_once() -> None:
    source = scheduled("0 * * * *", at("2026-05-01T08:00"))
    fired = fires(source, at("2026-05-01T11:20"), at("2026-05-01T12:05"), step=timedelta(minutes=1))
    assert fired == [at("2026-05-01T08:00"), at("2026-05-01T12:00")]


def test_with_skip_a_missed_run_is_left_out_and_noted() -> None:
    source = scheduled("0 * * * *", at("2026-05-01T08:00"), catch_up="skip")
    fired = fires(source, at("2026-05-01T11:20"), at("2026-05-01T12:05"), step=timedelta(minutes=1))
    assert fired == [at("2026-05-01T12:00")]
    assert ScheduleSlot.objects.get(due_at=at("2026-05-01T08:00")).outcome == "missed"


def test_a_run_that_is_still_open_is_not_doubled() -> None:
    source = scheduled("0 * * * *", at("2026-05-01T08:00"))
    assert take_due(at("2026-05-01T08:00")) == 1
    assert take_due(at("2026-05-01T09:00")) == 0
    assert ScheduleSlot.objects.get(due_at=at("2026-05-01T09:00")).outcome == "overlap"
    assert Job.objects.filter(source=source).count() == 1


def test_a_source_that_rests_or_asks_for_attention_is_passed_over() -> None:
    for state in (SourceState.PAUSED, SourceState.ATTENTION):
        source = scheduled("0 * * * *", at("2026-05-01T08:00"))
        Source.objects.filter(pk=source.pk).update(state=state)
        assert take_due(at("2026-05-01T08:00")) == 0
        assert ScheduleSlot.objects.get(schedule__source=source).outcome == state


def test_resuming_goes_on_with_the_next_moment_not_with_old_ones() -> None:
    source = scheduled("0 * * * *", at("2026-05-01T08:00"))
    pause_source(source=source, by=None)
    resume_source(source=source, by=None)
    schedule = Schedule.objects.get(source=source)
    assert schedule.next_due_at is not None
    assert schedule.next_due_at > datetime.now(UTC)


@pytest.mark.django_db(transaction=True)
def test_two_schedulers_at_once_fire_every_moment_exactly_once() -> None:
    due = at("2026-03-29T03:30")
    sources = [scheduled("30 * * * *", due) for _ in range(12)]
    start = threading.Barrier(2)
    counts: list[int] = []

    def tick() -> None:
        start.wait()
        counts.append(take_due(due + timedelta(seconds=5)))
        connection.close()

    threads = [threading.Thread(target=tick) for _ in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sum(counts) == 12
    assert ScheduleSlot.objects.count() == 12
    assert {Job.objects.filter(source=one).count() for one in sources} == {1}


def test_a_schedule_says_what_it_means() -> None:
    source = make_source(make_team(time_zone="Europe/Berlin"))
    set_schedule(source=source, by=None, wanted=Wanted("0 6 * * *"))
    view = schedule_of(source)
    assert view.words == "At 06:00 every day"
    assert view.next_due_local is not None
    assert view.next_due_local.hour == 6


@pytest.mark.parametrize(
    "expression", ["", "every day", "* * * *", "0 25 * * *", "0 0 31 2 *", "* * * * * *", "@daily"]
)
def test_an_expression_that_cannot_be_is_refused(expression: str) -> None:
    source = make_source(make_team())
    with pytest.raises(Invalid) as refused:
        set_schedule(source=source, by=None, wanted=Wanted(expression))
    assert "expression" in refused.value.details


def test_a_schedule_that_is_off_is_never_due() -> None:
    source = make_source(make_team())
    set_schedule(source=source, by=None, wanted=Wanted("* * * * *", enabled=False))
    assert take_due(datetime(2030, 1, 1, tzinfo=UTC)) == 0
    remove_schedule(source=source, by=None)
    with pytest.raises(NotFound):
        schedule_of(source)


def test_a_thousand_due_schedules_cost_a_bounded_number_of_queries_each(django_assert_max_num_queries) -> None:
    source = scheduled("0 * * * *", at("2026-05-01T08:00"))
    with django_assert_max_num_queries(18):
        take_due(at("2026-05-01T08:00"))
    assert run(Job.objects.get(source=source)) == JobStatus.SUCCEEDED
