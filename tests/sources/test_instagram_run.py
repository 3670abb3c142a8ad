"""Instagram the whole way: an account signed in at Facebook, checked, run, stored and counted."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from accounts.models import Team, User
from livinglytics.lib import clock
from livinglytics.lib.errors import Invalid
from metrics.actions.sink import MetricsSink
from metrics.models import Document
from sources import vault
from sources.actions.backfill import start_backfill
from sources.actions.connect import connect_source
from sources.actions.replay import replay
from sources.actions.run import run_job as run_one
from sources.actions.sync import cancel_job, queue_sync
from sources.connectors.instagram import SCOPES
from sources.models import Job, JobStatus, Quarantined, Source, SourceState
from tests.fakes import instagram_refusals as refused
from tests.fakes.instagram import TOKEN, UNTIL, InstagramFake, page
from tests.fakes.instagram_refusals import IG
from tests.fakes.oauth import OauthFake
from tests.sources.accounted import address_in, leave, nowhere, provided, stored_text, through
from tests.sources.instagram_reading import comments, posts
from tests.sources.whole_way import ran, sums, texts

pytestmark = pytest.mark.django_db
NOW = datetime.fromtimestamp(UNTIL + 3_600, UTC)


@pytest.fixture
def meta(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[OauthFake]:
    with provided(monkeypatch, settings) as running:
        running.now = lambda: clock.now().timestamp()
        yield running


@pytest.fixture
def fake(meta: OauthFake, monkeypatch: pytest.MonkeyPatch) -> Iterator[InstagramFake]:
    with InstagramFake(posts=12, comments=3) as running, time_machine.travel(NOW, tick=False):
        monkeypatch.setenv("INSTAGRAM_BASE_URL", running.url)
        running.admits = meta.admits
        running.now = lambda: clock.now().timestamp()
        yield running


@pytest.fixture
def browser(member: User, signed_in: Callable[[User], Client]) -> Client:
    return signed_in(member)


def connect(browser: Client, team: Team, **config: Any) -> Source:
    made = connect_source(team=team, by=None, kind="instagram", config=config).source
    browser.get(through(leave(browser, made)))
    made.refresh_from_db()
    return made


@pytest.fixture
def source(browser: Client, fake: InstagramFake, team: Team) -> Source:
    return connect(browser, team)


def again(source: Source) -> Job:
    return ran(queue_sync(source=source, by=None))


def written(fake: InstagramFake) -> dict[str, str]:
    return posts(fake) | comments(fake)


def test_an_account_is_read_with_the_sign_in_of_who_manages_it(
    browser: Client, fake: InstagramFake, meta: OauthFake, team: Team
) -> None:
    form = browser.get("/sources/add/instagram/").content.decode()
    assert "Save and continue to Facebook" in form
    assert "60 days" in form
    given = {"profile": "", "posts": "50", "since": "", "step": "account:account"}
    answer = browser.post("/sources/add/instagram/", given, follow=True)
    source = Source.objects.get()
    assert not vault.secrets_of(source)
    browser.get(through(address_in(answer)))
    source.refresh_from_db()
    assert (source.state, source.name) == (SourceState.ACTIVE, "@harbor.cafe")
    (grant,) = {id(one): one for one, _ in meta.access.values()}.values()
    assert grant.scopes == SCOPES
    job = ran(Job.objects.get())
    assert job.status == JobStatus.SUCCEEDED, job.error_message
    assert texts() == written(fake)
    nowhere(meta, form, answer.content.decode())


def test_everything_lands_once_and_again_changes_nothing(source: Source, fake: InstagramFake, meta: OauthFake) -> None:
    fake.publish(None, at=UNTIL, kind="STORY", numbers={"views": 40})
    job = ran(Job.objects.get())
    assert job.status == JobStatus.SUCCEEDED, job.error_message
    once = sums(source)
    days = [date(2026, 11, 17) - timedelta(days=back) for back in range(30)]
    assert once["instagram.views"] == sum(fake.number("views", day) for day in days)
    assert once["instagram.new_followers"] == sum(fake.number("follower_count", day) for day in days)
    assert (once["instagram.followers"], once["instagram.media"]) == (1_204, 12)
    assert once["instagram.post_likes"] == sum((one.numbers or {}).get("likes", 0) for one in fake.posts.values())
    assert (once["instagram.story_count"], once["instagram.story_views"]) == (1, 40)
    assert once["comments.count"] == len(written(fake))
    assert job.quota["remaining"] == 80
    second = again(source)
    assert second.status == JobStatus.SUCCEEDED
    assert (second.counts["inserted"], second.counts["updated"], second.counts["deleted"]) == (0, 0, 0)
    assert ran(replay(source=source, by=None)).status == JobStatus.SUCCEEDED
    assert (sums(source), texts()) == (once, written(fake))
    nowhere(meta)


def test_a_day_that_instagram_corrects_is_corrected(source: Source, fake: InstagramFake) -> None:
    ran(Job.objects.get())
    before, day = sums(source)["instagram.views"], date(2026, 11, 16)
    fake.more[day, "views"] = fake.number("views", day) + 1_000
    assert again(source).status == JobStatus.SUCCEEDED
    assert sums(source)["instagram.views"] == before + 1_000


def test_what_is_deleted_at_instagram_loses_its_text_and_its_count(source: Source, fake: InstagramFake) -> None:
    ran(Job.objects.get())
    gone, post = next(one.id for one in fake.comments.values() if not one.parent), list(fake.posts)[2]
    fake.drop(gone)
    fake.drop(post)
    assert again(source).status == JobStatus.SUCCEEDED
    assert texts() == written(fake)
    assert set(Document.objects.filter(external_id__in=[gone, post]).values_list("text", flat=True)) == {""}
    assert sums(source)["comments.count"] == len(written(fake))


def test_older_days_can_be_filled_in_and_move_nothing_else(source: Source, fake: InstagramFake) -> None:
    ran(Job.objects.get())
    before = sums(source)
    job = ran(start_backfill(source=source, by=None, first=date(2026, 10, 1), last=date(2026, 10, 18)))
    assert job.status == JobStatus.SUCCEEDED, job.error_message
    older = [date(2026, 10, 1) + timedelta(days=number) for number in range(18)]
    after = sums(source)
    assert after["instagram.views"] == before["instagram.views"] + sum(fake.number("views", day) for day in older)
    assert after["instagram.new_followers"] == before["instagram.new_followers"]
    assert after["instagram.followers"] == before["instagram.followers"]


@pytest.mark.parametrize("turn", [20, 100, 108, 130])
def test_a_token_that_ends_in_mid_run_is_renewed_and_the_run_goes_on(
    source: Source, fake: InstagramFake, meta: OauthFake, turn: int
) -> None:
    usual, start, renewed = fake.answer, fake.requests, meta.renewals

    def ends(request: Any) -> Any:
        if fake.requests == start + turn:
            shut.update(meta.access)
        return usual(request)

    shut: set[str] = set()
    fake.admits = lambda token: meta.admits(token) and token not in shut
    fake.answer = ends  # type: ignore[method-assign]
    job = ran(Job.objects.get())
    assert job.status == JobStatus.SUCCEEDED, job.error_message
    assert (len(shut), meta.renewals) == (2, renewed + 1)
    assert texts() == written(fake)


def test_access_that_was_taken_back_needs_attention_until_somebody_signs_in_again(
    browser: Client, source: Source, fake: InstagramFake, meta: OauthFake
) -> None:
    ran(Job.objects.get())
    meta.take_back()
    assert again(source).status == JobStatus.FAILED
    source.refresh_from_db()
    assert source.state == SourceState.ATTENTION
    assert "Connect again" in source.state_reason
    assert texts() == written(fake)
    browser.get(through(leave(browser, source)))
    source.refresh_from_db()
    assert source.state == SourceState.ACTIVE
    assert ran(Job.objects.latest("created_at")).status == JobStatus.SUCCEEDED
    nowhere(meta)


def test_a_box_that_was_unticked_is_named(browser: Client, fake: InstagramFake, meta: OauthFake, team: Team) -> None:
    meta.untick = {"instagram_manage_insights"}
    made = connect_source(team=team, by=None, kind="instagram", config={}).source
    answer = browser.get(through(leave(browser, made)), follow=True)
    assert "instagram_manage_insights is missing" in answer.content.decode()


def test_several_accounts_are_named_where_one_has_to_be_chosen(
    browser: Client, fake: InstagramFake, team: Team
) -> None:
    fake.pages.append(page("4", "Harbor Roastery", "17841400000000002", "harbor.roastery"))
    source = connect(browser, team)
    assert source.state == SourceState.ATTENTION
    assert "@harbor.cafe, @harbor.roastery" in source.state_reason


@pytest.mark.parametrize("turn", [4, 50, 98, 112])
def test_a_limit_pauses_the_run_and_it_goes_on_to_the_same_numbers(
    source: Source, fake: InstagramFake, turn: int
) -> None:
    fake.refuse(*[None] * turn, refused.CASE_LIMIT)
    job = ran(Job.objects.get())
    assert job.status == JobStatus.PAUSED
    assert job.run_after is not None
    assert job.run_after >= NOW + timedelta(minutes=7)
    with time_machine.travel(job.run_after, tick=False):
        job = ran(job)
        assert job.status == JobStatus.SUCCEEDED, job.error_message
    assert texts() == written(fake)
    days = [date(2026, 11, 17) - timedelta(days=back) for back in range(30)]
    assert sums(source)["instagram.views"] == sum(fake.number("views", day) for day in days)
    likes = sum((one.numbers or {}).get("likes", 0) for one in fake.posts.values())
    assert sums(source)["instagram.post_likes"] == likes


def test_a_run_that_is_cancelled_keeps_its_pages_and_the_next_one_goes_on(source: Source, fake: InstagramFake) -> None:
    job = Job.objects.get()
    asked: list[bool] = []

    def cancel_during_the_tenth_page() -> bool:
        asked.append(True)
        if len(asked) == 10:
            cancel_job(job=job, by=None)
        return False

    run_one(job.pk, sink=MetricsSink(), worker="w", stop=cancel_during_the_tenth_page)
    job.refresh_from_db()
    assert job.status == JobStatus.CANCELLED
    assert sums(source)["instagram.views"] > 0
    assert again(source).status == JobStatus.SUCCEEDED
    assert texts() == written(fake)


def test_a_right_that_was_withdrawn_leaves_the_run_partly_done(source: Source, fake: InstagramFake) -> None:
    ran(Job.objects.get())
    usual = fake._of_post

    def shut(request: Any, post: Any, edge: str) -> Any:
        if edge == "comments":
            raise refused.NO_RIGHT
        return usual(request, post, edge)

    fake._of_post = shut  # type: ignore[method-assign]
    job = again(source)
    assert job.status == JobStatus.PARTIAL
    assert job.error_details["streams"] == ["comments"]
    assert texts() == written(fake)


def test_a_small_account_has_no_follows_rather_than_none(browser: Client, fake: InstagramFake, team: Team) -> None:
    fake.followers = 60
    source = connect(browser, team)
    assert ran(Job.objects.get()).status == JobStatus.SUCCEEDED
    found = sums(source)
    assert not {"instagram.follows", "instagram.unfollows", "instagram.new_followers"} & set(found)
    assert found["instagram.followers"] == 60


def test_a_bad_row_is_put_aside_until_it_reads_well(source: Source, fake: InstagramFake) -> None:
    usual = fake._post
    fake._post = lambda one: {**usual(one), "timestamp": "soon"} if one.id == min(fake.posts) else usual(one)  # type: ignore[method-assign]
    assert ran(Job.objects.get()).status == JobStatus.SUCCEEDED
    assert Quarantined.objects.filter(source_id=source.pk, stream="posts").count() == 1
    fake._post = usual  # type: ignore[method-assign]
    assert again(source).status == JobStatus.SUCCEEDED
    assert not Quarantined.objects.filter(source_id=source.pk).exists()
    assert texts() == written(fake)


# -- with a token ------------------------------------------------------------------------


def test_a_token_reads_the_same_and_stands_in_no_row_and_no_log(
    fake: InstagramFake, team: Team, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    fake.admits = lambda token: token == TOKEN
    made = connect_source(team=team, by=None, kind="instagram", config={"token": TOKEN, "profile": IG})
    assert made.job is not None
    assert ran(made.job).status == JobStatus.SUCCEEDED
    assert texts() == written(fake)
    fake.refuse(None, refused.Refused(4_711, f"The token {TOKEN} is odd."))
    assert "odd" in again(made.source).error_message
    assert TOKEN not in stored_text()
    assert TOKEN not in caplog.text


def test_a_wrong_token_is_refused_before_anything_is_saved(fake: InstagramFake, team: Team) -> None:
    fake.admits = lambda token: False
    with pytest.raises(Invalid) as caught:
        connect_source(team=team, by=None, kind="instagram", config={"token": TOKEN})
    assert list(caught.value.details) == ["token"]
    assert not Source.objects.exists()
