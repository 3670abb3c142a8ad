"""Google Analytics read with a signed-in Google account instead of a service account's key."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from accounts.models import Team, User
from livinglytics.lib.errors import BadCredentials, Invalid
from livinglytics.lib.http import Client as Http
from livinglytics.lib.http import Limits
from sources import vault
from sources.actions.connect import connect_source
from sources.actions.sync import queue_sync
from sources.actions.update import resume_source
from sources.connectors._base import Context
from sources.connectors.ga4 import Ga4, Ga4Config
from sources.connectors.ga4.access import SCOPE
from sources.models import Job, JobStatus, Source, SourceState
from tests.fakes.ga4 import Ga4Fake
from tests.fakes.oauth import OauthFake
from tests.sources.accounted import address_in, leave, nowhere, provided, through
from tests.sources.whole_way import ran, sums

GA4 = Ga4()
DAY = "2026-11-18"


@pytest.fixture
def google(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[OauthFake]:
    with provided(monkeypatch, settings) as running:
        yield running


@pytest.fixture
def fake(google: OauthFake, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ga4Fake]:
    with Ga4Fake(days=6, size=15) as running:
        monkeypatch.setenv("GA4_BASE_URL", running.url)
        running.admits = google.admits
        google.now = lambda: running.now
        with time_machine.travel(datetime.fromtimestamp(running.now, UTC), tick=False):
            yield running


@pytest.fixture
def browser(member: User, signed_in: Callable[[User], Client]) -> Client:
    return signed_in(member)


def plain(fake: Ga4Fake) -> dict[str, Any]:
    since = (fake.today() - timedelta(days=6)).isoformat()
    return {"property": fake.number, "currency": "EUR", "since": since}


def connected(browser: Client, fake: Ga4Fake, team: Team) -> Source:
    source = connect_source(team=team, by=None, kind="ga4", config=plain(fake)).source
    browser.get(through(leave(browser, source)))
    source.refresh_from_db()
    return source


@pytest.mark.django_db
def test_a_property_is_read_with_the_account_of_who_signed_in(
    browser: Client, fake: Ga4Fake, google: OauthFake, team: Team
) -> None:
    form = browser.get("/sources/add/ga4/").content.decode()
    assert "Save and continue to Google" in form
    assert "Check and preview" in form
    assert "7 days" in form
    answer = browser.post("/sources/add/ga4/", {**plain(fake), "step": "account:account"} | CHOSEN, follow=True)
    source = Source.objects.get()
    assert not vault.secrets_of(source)
    browser.get(through(address_in(answer)))
    source.refresh_from_db()
    assert (source.state, source.name) == (SourceState.ACTIVE, "Harbor – website")
    job = ran(Job.objects.get())
    assert job.status == JobStatus.SUCCEEDED, job.error_message
    assert sums(source)["sessions"] == sum(len(day) for day in fake.history.values())
    assert fake.hits["/token"] == 0
    nowhere(google)


CHOSEN = {"split": "sessionDefaultChannelGroup", "also": "country", "lookback": "3", "metrics": "sessions\ntotalUsers"}


@pytest.mark.django_db
def test_only_reading_is_asked_for(browser: Client, fake: Ga4Fake, google: OauthFake, team: Team) -> None:
    connected(browser, fake, team)
    grant = next(iter(google.refreshes.values()))
    assert [one for one in grant.scopes if "auth/" in one] == [SCOPE]


@pytest.mark.django_db
def test_a_token_that_ends_in_mid_run_is_renewed_and_the_run_goes_on(
    browser: Client, fake: Ga4Fake, google: OauthFake, team: Team
) -> None:
    source = connected(browser, fake, team)
    google.rotate = True
    times = iter(range(5))

    def ends(report: dict[str, Any]) -> dict[str, Any]:
        if next(times, None) == 3:
            google.end_access()
        return report

    fake.alter = ends
    job = ran(Job.objects.get())
    assert job.status == JobStatus.SUCCEEDED, job.error_message
    assert google.renewals == 1
    assert sums(source)["sessions"] == sum(len(day) for day in fake.history.values())


@pytest.mark.django_db
def test_access_that_was_taken_back_needs_attention_until_somebody_signs_in_again(
    browser: Client, fake: Ga4Fake, google: OauthFake, team: Team
) -> None:
    source = connected(browser, fake, team)
    ran(Job.objects.get())
    google.take_back()
    job = ran(queue_sync(source=source, by=None))
    assert job.status == JobStatus.FAILED
    source.refresh_from_db()
    assert source.state == SourceState.ATTENTION
    assert "Connect again" in source.state_reason
    with pytest.raises(Invalid) as refused:
        resume_source(source=source, by=None)
    assert list(refused.value.details) == ["account"]
    browser.get(through(leave(browser, source)))
    source.refresh_from_db()
    assert source.state == SourceState.ACTIVE
    assert ran(Job.objects.latest("created_at")).status == JobStatus.SUCCEEDED
    nowhere(google)


@pytest.mark.django_db
def test_an_account_without_access_to_the_property_is_told_what_to_do(
    browser: Client, fake: Ga4Fake, google: OauthFake, team: Team
) -> None:
    fake.readable = False
    source = connected(browser, fake, team)
    assert source.state == SourceState.ATTENTION
    assert "the Google account that you connected as Viewer" in source.state_reason


def context(fake: Ga4Fake, give: Callable[..., str]) -> Context:
    limits = Limits(connect=5, read=5, total=20, tries=1)
    return Context(
        http=Http(limits=limits, allow_private=frozenset({fake.host})),
        now=lambda: datetime.fromtimestamp(fake.now, UTC),
        pause=lambda seconds: None,
        cancelled=lambda: False,
        files=None,
        base_url=lambda default: fake.url,
        token=give,
    )


def test_a_refused_token_is_named_once_and_a_second_refusal_is_the_end() -> None:
    asked: list[str] = []

    def give(refused: str = "") -> str:
        asked.append(refused)
        return f"token-{len(asked)}"

    with Ga4Fake(days=2) as fake, pytest.raises(BadCredentials) as caught:
        list(GA4.read(context(fake, give), Ga4Config(fake.number, account="connected"), "daily", {}))
    assert asked == ["", "token-1"]
    assert list(caught.value.details) == ["account"]


def test_exactly_one_way_in_is_needed() -> None:
    with Ga4Fake(days=2) as fake:
        around = context(fake, lambda refused="": "unused")
        for config in (Ga4Config(fake.number), Ga4Config(fake.number, fake.key_file(), "connected")):
            found = GA4.check(around, config)
            assert (found.ok, found.field) == (False, "key")
        assert fake.requests == 0
