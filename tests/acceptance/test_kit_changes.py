"""Every connector finds what changed at its service between two runs and during one, and changes nothing else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from sources.actions.sync import queue_sync
from sources.models import Job, JobStatus, Source
from tests.acceptance.acts import ALL, ODD_SIGN
from tests.acceptance.case import Case, Service
from tests.acceptance.play import Tables, living, run, tables

pytestmark = pytest.mark.django_db
Travel = Callable[[timedelta], None]
HOUR = timedelta(hours=1)


def read(case: Case, service: Service) -> tuple[Source, Tables]:
    """A new source after its first run: at any moment, this is what a reading without a past brings."""
    source, job = case.connect(service)
    run(job)
    assert job.status == JobStatus.SUCCEEDED, job.error_message
    return source, tables(source)


def again(source: Source) -> Job:
    job = queue_sync(source=source, by=None)
    run(job)
    assert job.status == JobStatus.SUCCEEDED, job.error_message
    return job


def settled(source: Source) -> Tables:
    """What is stored, once one more run has shown that there is no more to change."""
    once = tables(source)
    counts = again(source).counts
    assert {counts[name] for name in ("inserted", "updated", "deleted", "rejected")} == {0}, counts
    # a day that is told anew may be stored as an empty one, which is no number
    assert {**tables(source), "rows": []} == {**once, "rows": []}
    return once


def like_a_clean_reading(found: Tables, clean: Tables, *, beside: str = "") -> None:
    """The same numbers and texts as a new source holds. ``beside``: why older ones may stay beside them."""
    assert found["bad"] == clean["bad"] == []
    if beside:
        assert {one[:3] for one in found["numbers"]} >= {one[:3] for one in clean["numbers"]}
        assert {*living(found)} >= {*living(clean)}
    else:
        assert found["numbers"] == clean["numbers"]
        assert living(found) == living(clean)


def unnamed(found: Tables) -> Tables:
    """Without dimensions: a thing that is renamed goes on under its first name in the numbers."""
    return {**found, "numbers": sorted((metric, *rest) for metric, _, *rest in found["numbers"])}


def changed_texts(before: Tables, after: Tables) -> set[str]:
    return {str(one[0]) for one in {*before["texts"]} ^ {*after["texts"]}}


def test_a_case_plays_every_act_or_says_why_there_is_none(case: Case, service: Service) -> None:

    assert set(case.absent).isdisjoint(service.acts)
    assert {*case.absent, *service.acts} == set(ALL)
    assert all(case.absent.values())


@pytest.mark.acts("nothing")
def test_a_service_that_holds_nothing_is_read_to_its_end_and_what_comes_later_arrives(
    case: Case, service: Service, travel: Travel
) -> None:
    service.acts["nothing"]()
    source, before = read(case, service)
    assert before["bad"] == []
    assert settled(source) == before
    travel(HOUR)
    service.acts["add"]()
    again(source)
    like_a_clean_reading(settled(source), read(case, service)[1], beside=case.shows)


@pytest.mark.acts("add")
def test_what_is_new_arrives_with_the_next_run(case: Case, service: Service, travel: Travel) -> None:
    source, before = read(case, service)
    travel(HOUR)
    service.acts["add"]()
    again(source)
    after = settled(source)
    assert after != before
    assert {*living(after)} >= {*living(before)}
    assert len(changed_texts(before, after)) <= 1
    like_a_clean_reading(after, read(case, service)[1], beside=case.shows)


@pytest.mark.acts("edit")
def test_an_edit_changes_what_was_edited(case: Case, service: Service, travel: Travel) -> None:
    source, before = read(case, service)
    travel(HOUR)
    service.acts["edit"]()
    again(source)
    after = settled(source)
    assert after != before
    assert len(changed_texts(before, after)) <= 1
    assert len(after["texts"]) == len(before["texts"])
    like_a_clean_reading(unnamed(after), unnamed(read(case, service)[1]), beside=case.shows)


@pytest.mark.acts("remove")
def test_what_is_gone_goes_where_the_service_tells_so_and_stays_where_it_does_not(
    case: Case, service: Service, travel: Travel
) -> None:
    source, before = read(case, service)
    travel(HOUR)
    service.acts["remove"]()
    again(source)
    after = settled(source)
    if case.keeps:
        assert {*living(after)} >= {*living(before)}
    else:
        assert after != before
    like_a_clean_reading(after, read(case, service)[1], beside=case.keeps or case.counts)


@pytest.mark.acts("restate")
def test_a_past_day_that_is_told_anew_is_replaced(case: Case, service: Service, travel: Travel) -> None:
    source, before = read(case, service)
    travel(HOUR)
    service.acts["restate"]()
    again(source)
    after = settled(source)
    assert after["numbers"] != before["numbers"]
    assert after["texts"] == before["texts"]
    like_a_clean_reading(after, read(case, service)[1], beside=case.shows)


@pytest.mark.acts("oddity")
def test_odd_signs_and_missing_values_are_read_beside_the_rest(case: Case, service: Service, travel: Travel) -> None:
    source, before = read(case, service)
    travel(HOUR)
    service.acts["oddity"]()
    again(source)
    after = settled(source)
    assert after["bad"] == []
    assert {*living(after)} >= {*living(before)}
    new: set[Any] = {*after["texts"]} - {*before["texts"]}
    assert after["numbers"] != before["numbers"] or new
    assert not new or ODD_SIGN in str(new)
    assert "\x00" not in str(after).replace("\\x00", "\x00")
    like_a_clean_reading(after, read(case, service)[1], beside=case.shows)


@pytest.mark.acts("add")
def test_what_moves_the_pages_during_a_run_costs_and_doubles_nothing(
    case: Case, service: Service, travel: Travel
) -> None:
    source, job = case.connect(service)

    def meanwhile(page: int) -> None:
        if page <= 3:
            service.acts["add"]()

    run(job, meanwhile)
    assert job.status == JobStatus.SUCCEEDED, job.error_message
    assert tables(source)["bad"] == []
    again(source)
    like_a_clean_reading(settled(source), read(case, service)[1], beside=case.shows)
