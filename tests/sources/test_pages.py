"""The pages of sources without JavaScript: who sees what, and what each button does."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Team, User
from livinglytics.lib import clock
from livinglytics.lib.errors import BadCredentials
from sources.actions.connect import connect_source, create_source
from sources.actions.run import run_job
from sources.actions.schedule import Wanted, set_schedule
from sources.connectors import connectors
from sources.connectors._base import Checked
from sources.models import Job, JobKind, JobStatus, Quarantined, RawRecord, Schedule, Source, SourceState
from tests.sources.scripted import Memory, Script, make_job, make_source, run, scripted

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
SECRET = "sesame-sesame-3f9a"


@pytest.fixture(autouse=True)
def script() -> Iterator[Script]:
    with scripted() as one:
        yield one


@pytest.fixture
def browser(member: User, signed_in: SignIn) -> Client:
    return signed_in(member)


def text(answer: Any) -> str:
    assert answer.status_code == 200, answer.content[:2000]
    return str(answer.content.decode())


def queries(browser: Client, url: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as seen:
        assert browser.get(url).status_code == 200
    return len(seen)


def pages_of(source: Source, job: Job) -> list[str]:
    own = [
        f"/sources/{source.pk}/{name}"
        for name in ("", "quarantine/", "disconnect/", "settings/", "schedule/", "received/")
    ]
    return [*own, f"/sources/jobs/{job.pk}/part/"]


def posts_of(source: Source, job: Job) -> list[str]:
    own = [f"/sources/{source.pk}/{name}/" for name in ("sync", "pause", "resume", "replay", "disconnect")]
    return [*own, f"/sources/jobs/{job.pk}/cancel/", f"/sources/jobs/{job.pk}/retry/"]


# --- who sees what


def test_a_team_without_sources_is_taught_the_next_step(browser: Client) -> None:
    shown = text(browser.get("/sources/"))
    assert "No sources yet" in shown
    assert 'href="/sources/add/"' in shown


def test_a_viewer_sees_sources_but_no_buttons(viewer: User, team: Team, signed_in: SignIn) -> None:
    source = make_source(team)
    job = make_job(source)
    browser = signed_in(viewer)
    assert "Connect a source" not in text(browser.get("/sources/"))
    shown = text(browser.get(f"/sources/{source.pk}/"))
    for word in ("Sync now", "Pause", "Disconnect", "Replay", "Cancel"):
        assert word not in shown
    assert "Cancel" not in text(browser.get(f"/sources/jobs/{job.pk}/part/"))
    for url in posts_of(source, job):
        assert browser.post(url).status_code == 403, url
    for url in ("/sources/add/", "/sources/add/scripted/", f"/sources/{source.pk}/settings/"):
        assert browser.get(url).status_code == 403, url
    assert Job.objects.count() == 1


@pytest.mark.parametrize("role", ["owner", "admin", "member"])
def test_everybody_who_may_write_finds_the_buttons(role: str, cast: Any, signed_in: SignIn) -> None:
    source = make_source(cast.team)
    browser = signed_in(cast.with_role(role))
    shown = text(browser.get(f"/sources/{source.pk}/"))
    assert all(word in shown for word in ("Sync now", "Pause", "Edit settings", "Disconnect"))


def test_another_team_s_source_is_not_found(stranger: User, team: Team, signed_in: SignIn) -> None:
    source = make_source(team)
    job = make_job(source)
    browser = signed_in(stranger)
    for url in pages_of(source, job):
        assert browser.get(url).status_code == 404, url
    for url in posts_of(source, job):
        assert browser.post(url).status_code == 404, url
    assert source.name not in text(browser.get("/sources/"))
    job.refresh_from_db()
    assert job.status == JobStatus.QUEUED


def test_pages_are_for_those_who_are_signed_in(team: Team, client: Client) -> None:
    source = make_source(team)
    for url in ("/sources/", "/sources/add/", "/sources/add/upload/", *pages_of(source, make_job(source))):
        assert client.get(url)["Location"].startswith("/accounts/login/"), url


def test_a_form_without_its_token_is_refused(member: User, team: Team) -> None:
    source = make_source(team)
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(member)
    assert strict.post(f"/sources/{source.pk}/sync/").status_code == 403
    assert not Job.objects.exists()


# --- the list and the page


def test_the_list_tells_state_freshness_and_open_run(browser: Client, team: Team) -> None:
    fresh, busy = make_source(team, name="Fresh"), make_source(team, name="Busy")
    run(make_job(fresh))
    job = make_job(busy)
    shown = text(browser.get("/sources/"))
    assert "Up to date" in shown
    assert "Synced just now" in shown
    assert f'data-live-job="{job.pk}"' in shown
    assert f"/sources/jobs/{job.pk}/part/?as=line" in shown


def test_the_list_asks_the_same_number_of_questions_for_any_number_of_sources(browser: Client, team: Team) -> None:
    make_job(make_source(team))
    browser.get("/sources/")
    few = queries(browser, "/sources/")
    for number in range(6):
        run(make_job(make_source(team, name=f"More {number}")))
    assert queries(browser, "/sources/") == few
    assert few <= 12


def test_the_page_of_a_source_has_a_bounded_number_of_questions(browser: Client, team: Team) -> None:
    source = make_source(team, token=SECRET)
    for _ in range(12):
        run(make_job(source))
    assert queries(browser, f"/sources/{source.pk}/") <= 22
    assert "1–10 of 12" in text(browser.get(f"/sources/{source.pk}/"))
    assert "11–12 of 12" in text(browser.get(f"/sources/{source.pk}/?page=2"))


def test_no_secret_is_ever_in_a_page(browser: Client, team: Team) -> None:
    source = make_source(team, token=SECRET, place="Berlin")
    job = make_job(source)
    for url in pages_of(source, job):
        answer = browser.get(url)
        assert SECRET not in answer.content.decode(), url
    shown = text(browser.get(f"/sources/{source.pk}/"))
    assert "ends …3f9a" in shown
    assert "Berlin" in shown


def test_a_running_job_is_live_and_without_javascript_the_page_comes_again(browser: Client, team: Team) -> None:
    source = make_source(team)
    job = make_job(source)
    shown = text(browser.get(f"/sources/{source.pk}/"))
    assert f'data-live-url="/sources/jobs/{job.pk}/part/"' in shown
    assert re.search(r'<noscript>\s*<meta http-equiv="refresh" content="3">\s*</noscript>', shown)
    run(job)
    assert "http-equiv" not in text(browser.get(f"/sources/{source.pk}/"))


def test_the_part_of_a_job_tells_how_far_it_is_and_then_its_result(browser: Client, team: Team) -> None:
    job = make_job(make_source(team))
    Job.objects.filter(pk=job.pk).update(
        status=JobStatus.RUNNING, done=1200, total=5000, unit="rows", phase="reading", quota={"left": 40}
    )
    shown = text(browser.get(f"/sources/jobs/{job.pk}/part/"))
    assert shown.lstrip().startswith("<section")
    assert "1\u00a0200 of 5\u00a0000 rows" in shown
    assert "left 40" in shown
    assert f"/sources/jobs/{job.pk}/cancel/" in shown
    Job.objects.filter(pk=job.pk).update(status=JobStatus.QUEUED)
    run(job)
    ended = text(browser.get(f"/sources/jobs/{job.pk}/part/"))
    assert "data-live-job" not in ended
    assert "12 new" in ended
    assert "See the numbers" in ended


def test_a_failed_run_says_what_to_do_and_can_be_started_again(browser: Client, team: Team, script: Script) -> None:
    script.faults["days", 0] = [BadCredentials("The service refused the token.")]
    source = make_source(team)
    job = make_job(source)
    assert run(job) == JobStatus.FAILED
    shown = text(browser.get(f"/sources/{source.pk}/"))
    assert "The service refused the token." in shown
    assert "Enter new credentials" in shown
    assert "Needs attention" in shown
    assert browser.post(f"/sources/jobs/{job.pk}/retry/")["Location"] == f"/sources/{source.pk}/"
    assert Job.objects.get(trigger="retry").status == JobStatus.QUEUED
    again = browser.post(f"/sources/jobs/{job.pk}/retry/", follow=True)
    assert "A run is open" in text(again)


def test_a_refused_source_is_checked_before_it_works_again(browser: Client, team: Team, script: Script) -> None:
    script.faults["days", 0] = [BadCredentials("The service refused the token.")]
    source = make_source(team)
    set_schedule(source=source, by=None, wanted=Wanted("0 6 * * *"))
    run(make_job(source))
    shown = text(browser.get(f"/sources/{source.pk}/"))
    assert "Check and resume" in shown
    assert "Not before you resume it" in shown
    script.check = lambda config: Checked(False, "Still refused.", field="token")
    assert "Still refused." in text(browser.post(f"/sources/{source.pk}/resume/", follow=True))
    source.refresh_from_db()
    assert source.state == SourceState.ATTENTION
    script.check = lambda config: Checked(True, "Fine.")
    assert "works again" in text(browser.post(f"/sources/{source.pk}/resume/", follow=True))


def test_refused_rows_are_listed_with_their_reason(browser: Client, team: Team, script: Script) -> None:
    script.pages["days"][0][1].pop("day")
    source = make_source(team)
    run(make_job(source))
    shown = text(browser.get(f"/sources/{source.pk}/"))
    assert "Refused rows" in shown
    assert "The field &#x27;day&#x27; is missing." in shown
    row = Quarantined.objects.get()
    Quarantined.objects.bulk_create(
        [
            Quarantined(team_id=team.pk, source_id=source.pk, job_id=row.job_id, stream="days", reason="why")
            for _ in range(60)
        ]
    )
    assert "1–50 of 61" in text(browser.get(f"/sources/{source.pk}/quarantine/"))


# --- the buttons


def test_sync_now_twice_makes_one_run(browser: Client, team: Team) -> None:
    source = make_source(team)
    for _ in range(2):
        assert browser.post(f"/sources/{source.pk}/sync/")["Location"] == f"/sources/{source.pk}/"
    assert Job.objects.get().kind == JobKind.SYNC


def test_a_source_rests_and_works_again(browser: Client, team: Team) -> None:
    source = make_source(team)
    assert "rests" in text(browser.post(f"/sources/{source.pk}/pause/", follow=True))
    source.refresh_from_db()
    assert source.state == SourceState.PAUSED
    assert "Resume it first" in text(browser.post(f"/sources/{source.pk}/sync/", follow=True))
    assert "works again" in text(browser.post(f"/sources/{source.pk}/resume/", follow=True))
    source.refresh_from_db()
    assert source.state == SourceState.ACTIVE


def test_a_run_is_cancelled(browser: Client, team: Team) -> None:
    job = make_job(make_source(team))
    browser.post(f"/sources/jobs/{job.pk}/cancel/")
    job.refresh_from_db()
    assert job.status == JobStatus.CANCELLED
    assert "ended already" in text(browser.post(f"/sources/jobs/{job.pk}/cancel/", follow=True))


def test_stored_rows_are_mapped_again_from_a_day_on(browser: Client, team: Team) -> None:
    source = make_source(team)
    browser.post(f"/sources/{source.pk}/replay/", {"since": "2026-03-01"})
    job = Job.objects.get()
    assert (job.kind, job.options["since"]) == (JobKind.REPLAY, "2026-03-01")
    assert "Enter a day" in text(browser.post(f"/sources/{source.pk}/replay/", {"since": "soon"}, follow=True))


def test_disconnecting_says_what_goes_before_it_goes(browser: Client, team: Team) -> None:
    source = make_source(team, token=SECRET)
    run(make_job(source))
    asked = text(browser.get(f"/sources/{source.pk}/disconnect/"))
    assert "stored credentials" in asked
    assert "pause the source instead" in asked
    assert Source.objects.exists(), "asking deletes nothing"
    browser.post(f"/sources/{source.pk}/disconnect/")
    job = Job.objects.get(kind=JobKind.REMOVE)
    part = f"/sources/jobs/{job.pk}/part/"
    assert f"{part}?as=line&amp;removing=1" in text(browser.get("/sources/"))
    assert "Disconnect" not in text(browser.get(f"/sources/{source.pk}/"))
    run_removal(job)
    assert browser.get(part).status_code == 404
    assert "are removed" in text(browser.get(f"{part}?removing=1"))


def run_removal(job: Job) -> None:
    assert run_job(job.pk, sink=Memory(), worker="w1") == JobStatus.SUCCEEDED
    assert not Source.objects.exists()


# --- settings and schedule


def test_settings_change_and_blank_secrets_stay(browser: Client, team: Team, script: Script) -> None:
    source = make_source(team, token=SECRET)
    url = f"/sources/{source.pk}/settings/"
    assert 'type="password"' in text(browser.get(url))
    body = {"source_name": "Port", "place": "Hamburg", "token": "", "number": "4", "since": ""}
    assert browser.post(url, body)["Location"] == f"/sources/{source.pk}/"
    source.refresh_from_db()
    assert (source.name, source.config) == ("Port", {"place": "Hamburg", "number": 4})
    assert script.tokens[-1] == SECRET
    wrong = browser.post(url, body | {"number": "99", "token": "another-secret-1234"})
    assert wrong.status_code == 422
    assert "another-secret-1234" not in wrong.content.decode()
    assert "less than or equal to 9" in wrong.content.decode()


def test_a_schedule_is_written_in_words_and_shows_its_next_three_times(browser: Client, team: Team) -> None:
    source = make_source(team)
    url = f"/sources/{source.pk}/schedule/"
    assert "only when somebody asks" in text(browser.get(url))
    body = {"mode": "weekly", "weekday": "1", "weekly_at": "07:30", "catch_up": "once"}
    shown = text(browser.post(url, body | {"step": "show"}))
    assert len(re.findall(r"Mon \d+ \w+ \d{4}, 07:30", shown)) == 3
    assert not Schedule.objects.exists(), "looking saves nothing"
    assert browser.post(url, body | {"step": "save"}).status_code == 302
    assert Schedule.objects.get().expression == "30 7 * * 1"
    assert 'value="07:30"' in text(browser.get(url))
    browser.post(url, {"mode": "manual", "catch_up": "once"})
    assert not Schedule.objects.exists()


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"mode": "cron", "expression": "every day"}, "Write five fields"),
        ({"mode": "daily"}, "Enter this"),
        ({"mode": "nonsense"}, "Select a valid choice"),
    ],
)
def test_a_schedule_that_can_t_be_says_why(browser: Client, team: Team, body: dict[str, str], says: str) -> None:
    answer = browser.post(f"/sources/{make_source(team).pk}/schedule/", body | {"catch_up": "once"})
    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert not Schedule.objects.exists()


def test_times_are_in_the_team_s_zone(browser: Client, team: Team) -> None:
    source = make_source(team)
    set_schedule(source=source, by=None, wanted=Wanted("0 6 * * *"))
    assert ", 06:00" in text(browser.get(f"/sources/{source.pk}/"))
    assert "Times in Europe/Berlin" in text(browser.get(f"/sources/{source.pk}/schedule/"))


# --- push and demo


def test_a_push_source_shows_its_address_and_waits_for_the_first_batch(
    browser: Client, team: Team, owner: User, signed_in: SignIn
) -> None:
    answer = browser.post("/sources/add/push/", {"source_name": "Till", "step": "connect"})
    source = Source.objects.get(kind="push")
    assert answer["Location"] == f"/sources/{source.pk}/"
    shown = text(browser.get(f"/sources/{source.pk}/"))
    assert "http://testserver/api/v1/ingest/metrics?source=till" in shown
    assert "Bearer $TOKEN" in shown
    assert "Ask an owner or admin" in shown
    assert 'href="/settings/tokens/"' in text(signed_in(owner).get(f"/sources/{source.pk}/"))
    part = f"/sources/{source.pk}/received/"
    assert 'hx-trigger="every 3s"' in text(browser.get(part))
    now = clock.now()
    RawRecord.objects.create(
        team_id=team.pk, source_id=source.pk, stream="metrics", external_id="1", job_id=source.pk, payload={},
        digest="x", first_seen=now, last_seen=now - timedelta(0),
    )  # fmt: skip
    assert "Data has arrived" in text(browser.get(part))


def test_the_default_push_source_needs_no_name_in_its_address(browser: Client, team: Team) -> None:
    source = create_source(team=team, connector=connectors.get("push"), name="Push", by=None)
    assert "/api/v1/ingest/metrics&#x27;" in text(browser.get(f"/sources/{source.pk}/"))


def test_demo_data_comes_and_goes_with_one_click(browser: Client, settings: Any) -> None:
    settings.DEMO_ENABLED = True
    answer = browser.post("/sources/add/demo/")
    source = Source.objects.get()
    assert answer["Location"] == f"/sources/{source.pk}/"
    assert source.is_demo
    assert Job.objects.get().trigger == "connect"
    shown = text(browser.get(f"/sources/{source.pk}/"))
    assert "Demo data" in shown
    assert f'action="/sources/{source.pk}/disconnect/"' in shown
    browser.post("/sources/add/demo/")
    assert Source.objects.count() == 1, "a second click finds the first"
    browser.post(f"/sources/{source.pk}/disconnect/")
    assert Job.objects.filter(kind=JobKind.REMOVE).exists()


def test_without_the_demo_there_is_none_in_the_catalog(browser: Client, settings: Any) -> None:
    settings.DEMO_ENABLED = False
    assert "Demo data" not in text(browser.get("/sources/add/"))
    assert browser.post("/sources/add/demo/").status_code == 404
    assert not Source.objects.exists()


def test_the_whole_demo_can_be_connected_by_the_action_too(team: Team, browser: Client) -> None:
    found = connect_source(team=team, by=None, kind="demo", is_demo=True)
    before = text(browser.get(f"/sources/{found.source.pk}/"))
    assert 'href="/metrics/sessions/"' not in before, "there is no such page before the first numbers"
    Source.objects.update(last_success_at=clock.now())
    shown = text(browser.get(f"/sources/{found.source.pk}/"))
    assert 'href="/metrics/sessions/"' in shown
    assert "Business, web and social" in shown
