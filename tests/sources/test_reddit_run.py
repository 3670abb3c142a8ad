"""Reddit the whole way: connected, run, stored and counted by the real runner and the real sink."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.apps import apps

from livinglytics.lib.errors import Invalid
from metrics.models import Document
from sources.actions.connect import connect_source
from sources.actions.replay import replay
from sources.actions.sync import queue_sync
from sources.models import Credential, Job, JobStatus, Source, SourceState
from tests.cast import make_team
from tests.fakes.reddit import CLIENT, SECRET, USER, RedditFake, Refused
from tests.sources.reddit_reading import NOW, comments, posts
from tests.sources.whole_way import connected, ran, sums, texts

pytestmark = pytest.mark.django_db
CONFIG: dict[str, Any] = {
    "client_id": CLIENT,
    "client_secret": SECRET,
    "username": USER,
    "targets": ["r/django", "https://redd.it/1p0002"],
}


@pytest.fixture(autouse=True)
def _evening() -> Iterator[None]:
    with time_machine.travel("2026-11-20T23:30:00Z", tick=False):
        yield


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[RedditFake]:
    with RedditFake(posts=8, comments=6, until=NOW - 3_600) as running:
        monkeypatch.setenv("REDDIT_BASE_URL", running.url)
        yield running


def truth(fake: RedditFake) -> dict[str, str]:
    return {**posts(fake), **comments(fake)}


def test_everything_lands_once_and_again_changes_nothing(fake: RedditFake) -> None:
    source, job = connected("reddit", **CONFIG)
    assert ran(job).status == JobStatus.SUCCEEDED, job.error_message
    once = sums(source)
    assert texts() == truth(fake)
    assert once == {
        "comments.count": len(truth(fake)),
        "reddit.members": 4_200,
        "reddit.score": 1,
        "reddit.comments": 6,
    }
    again = ran(queue_sync(source=source, by=None))
    assert again.status == JobStatus.SUCCEEDED
    assert (again.counts["inserted"], again.counts["updated"], again.counts["deleted"]) == (0, 0, 0)
    assert ran(replay(source=source, by=None)).status == JobStatus.SUCCEEDED
    assert (sums(source), texts()) == (once, truth(fake))


def test_posts_and_comments_of_one_moment_are_counted_together(fake: RedditFake) -> None:
    at = NOW - 7_200
    for number in range(3):
        fake.say(fake.submit(f"At once {number}", at=at + number), "First!", at=at + 60 + number)
    source, job = connected("reddit", **CONFIG)
    ran(job)
    assert sums(source)["comments.count"] == len(truth(fake)) == Document.objects.count()


def test_what_is_deleted_at_reddit_loses_its_text_and_its_count(fake: RedditFake) -> None:
    source, job = connected("reddit", **CONFIG, authors=True)
    ran(job)
    leaf = next(one for one in fake.comments.values() if not fake.below(one.post, one.id))
    fake.drop("1p0001", "removed")
    fake.drop(leaf.id)
    assert ran(queue_sync(source=source, by=None)).status == JobStatus.SUCCEEDED
    assert texts() == truth(fake)
    for name in ("t3_1p0001", leaf.name):
        one = Document.objects.get(external_id=name)
        assert (one.title, one.text, one.author, one.extra) == ("", "", "", {})
    assert sums(source)["comments.count"] == len(truth(fake))


def test_an_edited_comment_is_replaced(fake: RedditFake) -> None:
    source, job = connected("reddit", **CONFIG)
    ran(job)
    fake.edit("kc0001", "On second thought.", at=NOW)
    again = ran(queue_sync(source=source, by=None))
    assert (again.counts["inserted"], again.counts["updated"]) == (0, 1)
    assert texts()["t1_kc0001"] == "On second thought."


def test_a_private_community_makes_the_run_partial_and_never_stops_the_others(fake: RedditFake) -> None:
    fake.found("shy")
    fake.submit("Shy", community="shy", at=NOW - 9_000)
    source, job = connected("reddit", **{**CONFIG, "targets": ["r/shy", "r/django"]})
    ran(job)
    known = texts()
    fake.states["shy"] = "private"
    for number in range(4):
        fresh = fake.submit(f"Fresh {number}", at=NOW - 30 + number)
        job = ran(queue_sync(source=source, by=None))
        assert (job.status, job.error_details["streams"]) == (JobStatus.PARTIAL, ["posts", "comments"])
        assert "r/shy: It is private." in job.error_message
        assert any("r/shy" in text for text in job.warnings)
        assert f"t3_{fresh}" in texts()
    source.refresh_from_db()
    assert source.state == SourceState.ACTIVE
    assert set(known) <= set(texts())


def test_a_used_up_limit_pauses_the_run_and_it_goes_on_where_it_was(fake: RedditFake) -> None:
    job = connected("reddit", **CONFIG)[1]
    fake.left, fake.reset = 12, 300
    ran(job)
    assert job.status == JobStatus.PAUSED
    assert job.run_after is not None
    assert job.quota["remaining"] <= 7
    assert 0 < len(texts()) < len(truth(fake))
    fake.next_window()
    with time_machine.travel(job.run_after, tick=False):
        assert ran(job).status == JobStatus.SUCCEEDED
    assert texts() == truth(fake)


def test_a_wrong_secret_is_refused_before_anything_is_saved(fake: RedditFake) -> None:
    with pytest.raises(Invalid) as caught:
        connect_source(team=make_team(), by=None, kind="reddit", config={**CONFIG, "client_secret": "x" * 20})
    assert list(caught.value.details) == ["client_secret"]
    assert not Source.objects.exists()


def test_neither_secret_nor_token_is_in_any_row_or_log(fake: RedditFake, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    source, job = connected("reddit", **CONFIG)
    ran(job)
    fake.refuse(None, Refused(418))
    ran(queue_sync(source=source, by=None))
    assert Job.objects.filter(error_message__contains="418").exists()
    kept = [one for model in apps.get_models() if model is not Credential for one in model._default_manager.values()]
    for secret in (CLIENT, SECRET, "tok-"):
        assert secret not in repr(kept)
        assert secret not in caplog.text
