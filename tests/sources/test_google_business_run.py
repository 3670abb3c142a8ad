"""Google Business Profile the whole way: an account signed in, checked, run, stored and counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from django.test import Client

from accounts.models import Team, User
from livinglytics.lib import clock
from sources.actions.connect import connect_source
from sources.actions.sync import queue_sync
from sources.connectors.google_business import SCOPE
from sources.models import Job, JobStatus, Source, SourceState
from tests.fakes.google_business import REVIEWS, GoogleBusinessFake, quota
from tests.fakes.oauth import OauthFake
from tests.sources.accounted import leave, nowhere, provided, through
from tests.sources.google_business_reading import shown
from tests.sources.whole_way import ran, sums, texts

pytestmark = pytest.mark.django_db


@pytest.fixture
def google(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[OauthFake]:
    with provided(monkeypatch, settings) as running:
        running.now = lambda: clock.now().timestamp()
        yield running


@pytest.fixture
def fake(google: OauthFake, monkeypatch: pytest.MonkeyPatch) -> Iterator[GoogleBusinessFake]:
    with GoogleBusinessFake(reviews=70) as running, time_machine.travel("2026-11-19T15:30:00Z", tick=False):
        monkeypatch.setenv("GOOGLE_BUSINESS_BASE_URL", running.url)
        monkeypatch.setattr("sources.connectors.google_business.service.PACE", 0.0)
        running.admits = google.admits
        yield running


@pytest.fixture
def browser(member: User, signed_in: Callable[[User], Client]) -> Client:
    return signed_in(member)


@pytest.fixture
def source(browser: Client, fake: GoogleBusinessFake, team: Team) -> Source:
    made = connect_source(team=team, by=None, kind="google_business", config={}).source
    browser.get(through(leave(browser, made)))
    made.refresh_from_db()
    return made


def test_reviews_and_totals_land_once_and_again_changes_nothing(
    source: Source, fake: GoogleBusinessFake, google: OauthFake
) -> None:
    assert (source.state, source.name) == (SourceState.ACTIVE, "Café Harbor")
    grant = next(iter(google.refreshes.values()))
    assert [one for one in grant.scopes if "auth/" in one] == [SCOPE]
    job = ran(Job.objects.get())
    assert job.status == JobStatus.SUCCEEDED, job.error_message
    assert texts() == shown(fake)
    once = sums(source)
    assert (once["google_business.total_reviews"], once["google_business.rating"]) == (70, 3.0)
    again = ran(queue_sync(source=source, by=None))
    assert again.status == JobStatus.SUCCEEDED
    assert (again.counts["inserted"], again.counts["updated"], again.counts["deleted"]) == (0, 0, 0)
    assert sums(source) == once
    nowhere(google)


def test_a_token_that_ends_in_mid_run_is_renewed_and_the_run_goes_on(
    source: Source, fake: GoogleBusinessFake, google: OauthFake
) -> None:
    usual = fake.answer

    def ends(request: Any) -> Any:
        if fake.hits[REVIEWS] == 3 and google.renewals == 0:
            google.end_access()
        return usual(request)

    fake.answer = ends  # type: ignore[method-assign]
    job = ran(Job.objects.get())
    assert job.status == JobStatus.SUCCEEDED, job.error_message
    assert google.renewals == 1
    assert texts() == shown(fake)


def test_access_that_was_taken_back_needs_attention_and_keeps_what_was_read(
    source: Source, fake: GoogleBusinessFake, google: OauthFake
) -> None:
    ran(Job.objects.get())
    google.take_back()
    assert ran(queue_sync(source=source, by=None)).status == JobStatus.FAILED
    source.refresh_from_db()
    assert source.state == SourceState.ATTENTION
    assert "Connect again" in source.state_reason
    assert texts() == shown(fake)
    nowhere(google)


def test_a_project_that_google_has_not_admitted_says_who_has_to_act(
    browser: Client, fake: GoogleBusinessFake, team: Team
) -> None:
    fake.refusals.append(("/v1/accounts", quota("0")))
    made = connect_source(team=team, by=None, kind="google_business", config={}).source
    browser.get(through(leave(browser, made)))
    made.refresh_from_db()
    assert made.state == SourceState.ATTENTION
    assert "has not admitted" in made.state_reason


def test_a_list_in_a_circle_is_partly_done_and_whole_the_next_time(source: Source, fake: GoogleBusinessFake) -> None:
    fake.stuck = 1
    job = ran(Job.objects.get())
    assert job.status == JobStatus.PARTIAL
    assert job.error_details["streams"] == ["reviews"]
    fake.stuck = 0
    assert ran(queue_sync(source=source, by=None)).status == JobStatus.SUCCEEDED
    assert texts() == shown(fake)
