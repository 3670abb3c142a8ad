"""Feeds the whole way: connected, run, stored and counted by the real runner and the real sink."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine

from livinglytics.lib.errors import Invalid
from metrics.models import Document
from sources.actions.sync import queue_sync
from sources.actions.trial import try_settings
from sources.configuration import connector
from sources.models import JobStatus, SourceState
from tests.cast import make_team
from tests.fakes._server import limited
from tests.fakes.feed import FeedFake
from tests.sources.feed_reading import NOW
from tests.sources.whole_way import connected, ran, sums, texts

pytestmark = pytest.mark.django_db


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[FeedFake]:
    monkeypatch.setattr("sources.connectors.feed.service.PACE", 0.0)
    with FeedFake(entries=12, size=5) as running, time_machine.travel("2026-11-19T15:30:00Z"):
        settings.ALLOWED_PRIVATE_HOSTS = frozenset({running.host})
        running.publish("/news", kind="rss", title="News", entries=running.posts.entries[:0])
        for number in range(3):
            running.feeds["/news"].add(f"n{number}", NOW.replace(day=18), title=f"News {number}")
        yield running


def both(fake: FeedFake) -> list[str]:
    return [fake.address(), fake.address("/news")]


def test_entries_land_once_and_again_changes_nothing(fake: FeedFake) -> None:
    source, job = connected("feed", addresses=both(fake))
    assert ran(job).status == JobStatus.SUCCEEDED, job.error_message
    assert set(Document.objects.values_list("kind", "platform")) == {("post", "feed")}
    once, stored = sums(source), texts()
    assert once == {"comments.count": 15}
    assert len(stored) == 15
    again = ran(queue_sync(source=source, by=None))
    assert again.status == JobStatus.SUCCEEDED
    assert (again.counts["inserted"], again.counts["updated"], again.counts["deleted"]) == (0, 0, 0)
    assert (sums(source), texts()) == (once, stored)


def test_an_edited_entry_is_updated_and_one_that_left_the_feed_still_counts(fake: FeedFake) -> None:
    source, job = connected("feed", addresses=[fake.address()])
    ran(job)
    newest = fake.posts.entries[0]
    newest.html, newest.updated, fake.posts.shows = "<p>Corrected.</p>", NOW.replace(hour=14), 2
    again = ran(queue_sync(source=source, by=None))
    assert (again.counts["inserted"], again.counts["updated"]) == (0, 1)
    assert "Corrected." in texts().values()
    assert sums(source) == {"comments.count": 12}


def test_one_feed_that_fails_leaves_the_run_partly_done_and_the_source_at_work(fake: FeedFake) -> None:
    source, job = connected("feed", addresses=[fake.address("/news"), fake.address()])
    fake.feeds["/news"].status = 410
    for _ in range(4):
        assert ran(job).status == JobStatus.PARTIAL
        assert job.error_message.startswith(f"Feed 1 ({fake.host}/news)")
        assert len(job.error_details["streams"]) == 1
        job = queue_sync(source=source, by=None)
    source.refresh_from_db()
    assert source.state == SourceState.ACTIVE
    assert len(texts()) == 12


def test_a_limit_of_one_feed_is_waited_for_after_the_others_were_read(fake: FeedFake) -> None:
    _, job = connected("feed", addresses=[fake.address("/news"), fake.address()])
    fake.script(limited("900"))
    assert ran(job).status == JobStatus.QUEUED
    assert len(texts()) == 12
    with time_machine.travel("2026-11-19T16:30:00Z"):
        assert ran(job).status == JobStatus.SUCCEEDED, job.error_message
    assert len(texts()) == 15


def test_a_limit_of_the_only_feed_pauses_the_run(fake: FeedFake) -> None:
    _, job = connected("feed", addresses=[fake.address()])
    fake.script(limited("900"))
    assert ran(job).status == JobStatus.PAUSED


def test_names_are_stored_on_request_only(fake: FeedFake) -> None:
    _, job = connected("feed", addresses=[fake.address()], authors=True)
    ran(job)
    assert set(Document.objects.values_list("author", flat=True)) == {"Ada Lovelace"}


def test_a_private_address_that_nobody_allowed_is_refused_at_the_field(fake: FeedFake, settings: Any) -> None:
    settings.ALLOWED_PRIVATE_HOSTS = frozenset()
    with pytest.raises(Invalid) as caught:
        connected("feed", addresses=[fake.address()])
    assert list(caught.value.details) == ["addresses"]
    assert fake.requests == 0


def test_the_first_rows_are_shown_before_anything_is_kept(fake: FeedFake) -> None:
    trial = try_settings(team=make_team(), connector=connector("feed"), given={"addresses": both(fake)})
    assert trial.checked.ok
    assert len(trial.records) == 5
    assert trial.stream == f"Entries of {fake.host}/posts"
    assert Document.objects.count() == 0
