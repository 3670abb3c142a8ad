"""The page of all runs: what went on, what goes on, and what went wrong, over all sources."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Team, User
from sources.models import Job, JobStatus
from tests.sources.scripted import Script, make_job, make_source, run, scripted

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def script() -> Iterator[Script]:
    with scripted() as one:
        yield one


@pytest.fixture
def browser(viewer: User, signed_in: Callable[[User], Client]) -> Client:
    return signed_in(viewer)


def shown(browser: Client, query: str = "") -> str:
    answer = browser.get(f"/sources/jobs/{query}")
    assert answer.status_code == 200
    return str(answer.content.decode())


def failed(team: Team, name: str) -> Job:
    job = make_job(make_source(team, name=name))
    Job.objects.filter(pk=job.pk).update(status=JobStatus.FAILED, error_code="x", error_message=f"{name} is gone.")
    return job


def test_every_run_of_the_team_stands_there_and_those_that_go_on_follow_their_progress(
    browser: Client, team: Team
) -> None:
    done = make_job(make_source(team, name="Shop"))
    run(done)
    waiting = make_job(make_source(team, name="Blog"))
    page = shown(browser)
    assert "Shop" in page
    assert "Blog" in page
    assert f'data-live-job="{waiting.pk}"' in page
    assert f'data-live-job="{done.pk}"' not in page


def test_what_goes_on_and_what_went_wrong_can_be_shown_alone(browser: Client, team: Team) -> None:
    make_job(make_source(team, name="Blog"))
    failed(team, "Forum")
    going, wrong = shown(browser, "?show=open"), shown(browser, "?show=failed")
    assert "Blog" in going
    assert "Forum" not in going
    assert "Forum is gone." in wrong
    assert "Blog" not in wrong


def test_runs_of_another_team_are_not_there(browser: Client, cast: object) -> None:
    make_job(make_source(cast.other_team, name="Theirs"))  # type: ignore[attr-defined]
    assert "Theirs" not in shown(browser)
    assert "Nothing here" in shown(browser, "?show=nonsense")


def test_fifty_runs_cost_as_many_statements_as_one(browser: Client, team: Team) -> None:
    failed(team, "First")
    with CaptureQueriesContext(connection) as one:
        shown(browser)
    for number in range(60):
        failed(team, f"More {number}")
    with CaptureQueriesContext(connection) as many:
        page = shown(browser)
    assert len(many) <= len(one)
    assert "1–50 of 61" in page
    assert "?page=2" in page
