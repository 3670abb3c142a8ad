"""Connecting an account by the pages and by the API: once, in time, by the same person in the same browser."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jsonschema
import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.test import Client

from accounts.models import AuditEvent, OutboxEvent, Team, User
from livinglytics.lib import clock
from livinglytics.lib.errors import Conflict, Invalid
from sources import configuration, vault
from sources.actions.connect import connect_source
from sources.actions.disconnect import disconnect
from sources.actions.prune import prune
from sources.actions.sign_in import begin
from sources.actions.update import resume_source, update_source
from sources.connectors import connectors
from sources.connectors._auth import Token
from sources.connectors._base import Checked
from sources.models import Credential, Job, JobStatus, PendingSignIn, Source, SourceState, StreamState
from sources.selectors.health import source_health
from tests.cast import api_client_for, make_member, make_team, make_token, make_user
from tests.cast import bearer as with_token
from tests.fakes._server import down
from tests.fakes.oauth import OauthFake
from tests.sources.accounted import (
    CALLBACK,
    READ,
    EitherConfig,
    MetaConfig,
    Play,
    accounted,
    address_in,
    leave,
    nowhere,
    provided,
    signed_in,
    through,
    waiting,
)
from tests.sources.scripted import make_job, make_source, run, scripted

pytestmark = pytest.mark.django_db
ADD = "/sources/add/accounted/"


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[OauthFake]:
    with provided(monkeypatch, settings) as running:
        yield running


@pytest.fixture
def play(fake: OauthFake) -> Iterator[Play]:
    with accounted() as one:
        one.admits = fake.admits
        yield one


@pytest.fixture
def browser(member: User, signed_in: Callable[[User], Client]) -> Client:
    return signed_in(member)


def text(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status, answer.content[:2000]
    return str(answer.content.decode())


def told(browser: Client, url: str) -> str:
    """The page that one ends on."""
    return text(browser.get(url, follow=True))


def held(source: Source) -> dict[str, str]:
    return vault.secrets_of(source)


# -- the whole way --------------------------------------------------------------------------------


def test_a_source_is_saved_and_its_account_connected_without_javascript(
    browser: Client, fake: OauthFake, play: Play, team: Team, caplog: pytest.LogCaptureFixture
) -> None:
    shown = text(browser.get(ADD))
    assert "Save and continue to Google" in shown
    assert "things.readonly, more.readonly" in shown
    assert 'name="account"' not in shown
    assert "Check and preview" not in shown
    sent_on = browser.post(ADD, {"place": "Berlin", "step": "account:account"}, follow=True)
    source = Source.objects.get()
    assert sent_on.redirect_chain == [(f"/sources/{source.pk}/account/", 307)]
    assert (source.state, source.state_reason) == (SourceState.ATTENTION, "Connect your Google account.")
    assert not Job.objects.exists()
    assert not play.configs
    url = address_in(sent_on)
    assert f'content="0; url={url.replace("&", "&amp;")}"' in text(sent_on)
    assert "form-action 'self';" in sent_on["Content-Security-Policy"]
    back = through(url)
    done = browser.get(back)
    assert done["Location"] == f"/sources/{source.pk}/"
    source.refresh_from_db()
    assert (source.state, source.state_reason, source.identity) == (SourceState.ACTIVE, "", "Ada's things")
    assert source.name == "Ada's things"
    job = Job.objects.get()
    assert job.trigger == "connect"
    page = told(browser, f"/sources/{source.pk}/")
    assert "ada@example.com is connected. The numbers are on their way." in page
    assert "allowed: things.readonly, more.readonly" in page
    assert "Connect again" in page
    assert run(job) == JobStatus.SUCCEEDED
    assert play.configs[-1].account == "connected"
    event = AuditEvent.objects.get(verb="source.account_connected")
    assert event.user_id is not None
    assert OutboxEvent.objects.filter(name="source.account_connected").count() == 1
    sessions = "".join(str(one.get_decoded()) for one in Session.objects.all())
    nowhere(fake, caplog.text, page, sessions, Credential.objects.get().sealed)


def test_what_travels_is_a_random_state_and_a_challenge_and_what_stays_is_sealed(
    browser: Client, fake: OauthFake, play: Play, team: Team
) -> None:
    source = waiting(team)
    asked = parse_qs(urlsplit(leave(browser, source)).query)
    assert asked["redirect_uri"] == [CALLBACK]
    row = PendingSignIn.objects.get()
    verifier = vault.open_sealed(row.sealed)["verifier"]
    kept = str(PendingSignIn.objects.values().get())
    assert asked["state"][0] not in kept
    assert verifier not in kept
    assert verifier not in str(asked)
    assert len(asked["state"][0]) >= 43


def test_the_callback_s_address_is_the_operator_s_where_there_is_one(
    browser: Client, fake: OauthFake, play: Play, team: Team, settings: Any
) -> None:
    settings.PUBLIC_URL = "https://lytics.example.org/"
    asked = parse_qs(urlsplit(leave(browser, waiting(team))).query)
    assert asked["redirect_uri"] == ["https://lytics.example.org/sources/oauth/callback/"]


def test_facebook_is_connected_the_same_way(browser: Client, fake: OauthFake, team: Team) -> None:
    with accounted(MetaConfig) as play:
        play.admits = fake.admits
        source = waiting(team)
        assert "is connected" in told(browser, through(leave(browser, source)))
        token = Token.from_text(held(source)["account"])
        assert token is not None
        assert token.expires_at is not None
        assert token.expires_at > clock.now() + timedelta(days=59)
        nowhere(fake)


# -- what is refused --------------------------------------------------------------------------------


def test_a_state_works_once(browser: Client, fake: OauthFake, play: Play, team: Team) -> None:
    source = waiting(team)
    back = through(leave(browser, source))
    browser.get(back)
    before = held(source)
    assert "finished already" in text(browser.get(back), 400)
    assert held(source) == before
    assert Job.objects.count() == 1


@pytest.mark.parametrize("query", ["", "?state=", "?state=guess&code=x", "?code=x", "?state=guess&error=access_denied"])
def test_nobody_who_was_not_sent_away_comes_back(browser: Client, fake: OauthFake, query: str) -> None:
    assert "Nothing was connected" in text(browser.get(f"/sources/oauth/callback/{query}"), 400)
    assert fake.requests == 0


def test_a_state_ends_after_ten_minutes(browser: Client, fake: OauthFake, play: Play, team: Team) -> None:
    source = waiting(team)
    back = through(leave(browser, source))
    with time_machine.travel(clock.now() + timedelta(minutes=10, seconds=1), tick=False):
        assert "longer than ten minutes" in told(browser, back)
    assert not held(source)
    leave(browser, source)
    with time_machine.travel(clock.now() + timedelta(minutes=11), tick=False):
        assert prune(clock.now())["sign_ins"] == 1


def test_another_person_can_t_finish_what_somebody_began(
    browser: Client, fake: OauthFake, play: Play, team: Team, owner: User, signed_in: Callable[[User], Client]
) -> None:
    source = waiting(team)
    back = through(leave(browser, source))
    assert "Somebody else began" in text(signed_in(owner).get(back), 400)
    assert not held(source)
    assert "finished already" in text(browser.get(back), 400)


def test_another_browser_of_the_same_person_can_t_either(
    browser: Client, fake: OauthFake, play: Play, team: Team, member: User, signed_in: Callable[[User], Client]
) -> None:
    source = waiting(team)
    back = through(leave(browser, source))
    assert "another browser" in told(signed_in(member), back)
    assert not held(source)


def test_a_sign_in_of_another_team_is_not_finished_in_this_one(
    browser: Client, fake: OauthFake, play: Play, team: Team, member: User
) -> None:
    source = waiting(team)
    back = through(leave(browser, source))
    make_member(make_team(), "owner", user=member)
    assert "another team" in text(browser.get(back), 400)
    assert not held(source)


def test_a_viewer_can_neither_begin_nor_finish(
    fake: OauthFake, play: Play, team: Team, viewer: User, member: User, signed_in: Callable[[User], Client]
) -> None:
    source = waiting(team)
    looking = signed_in(viewer)
    assert looking.post(f"/sources/{source.pk}/account/").status_code == 403
    assert looking.get("/sources/oauth/callback/?state=x&code=y").status_code == 403
    assert "/account/" not in text(looking.get(f"/sources/{source.pk}/"))
    back = through(leave(signed_in(member), source))
    team.memberships.filter(user=member).update(role="viewer")
    demoted = signed_in(member)
    assert demoted.get(back).status_code in (302, 403)
    assert not held(source)


def test_a_stranger_does_not_reach_the_source(
    fake: OauthFake, play: Play, team: Team, stranger: User, signed_in: Callable[[User], Client]
) -> None:
    source = waiting(team)
    assert signed_in(stranger).post(f"/sources/{source.pk}/account/").status_code == 404
    assert api_client_for(stranger).post(f"/api/v1/sources/{source.pk}/oauth/start", {}).status_code == 404
    assert not PendingSignIn.objects.exists()


def test_nobody_is_led_to_another_site(browser: Client, fake: OauthFake, play: Play, team: Team) -> None:
    source = waiting(team)
    back = through(leave(browser, source))
    more = "&next=https://evil.example&redirect_uri=https://evil.example&return_to=//evil.example"
    answer = browser.get(back + more)
    assert answer["Location"] == f"/sources/{source.pk}/"


def test_saying_no_changes_nothing_and_is_told(browser: Client, fake: OauthFake, play: Play, team: Team) -> None:
    source = waiting(team)
    fake.error = "access_denied"
    assert "Google was not allowed. Nothing has changed" in told(browser, through(leave(browser, source)))
    fake.error = "<script>alert(1)</script>"
    assert "Google answered with an error." in told(browser, through(leave(browser, source)))
    fake.error = "server_error"
    assert "Google answered with server_error." in told(browser, through(leave(browser, source)))
    source.refresh_from_db()
    assert source.state_reason == "Connect your Google account."
    assert not held(source)


def test_a_box_that_was_unticked_is_named_and_nothing_is_kept(
    browser: Client, fake: OauthFake, play: Play, team: Team
) -> None:
    source = waiting(team)
    fake.untick = {READ}
    shown = told(browser, through(leave(browser, source)))
    assert "things.readonly is missing" in shown
    assert "more.readonly is missing" not in shown
    assert not held(source)


def test_a_provider_that_fails_at_the_exchange_is_told(
    browser: Client, fake: OauthFake, play: Play, team: Team
) -> None:
    source = waiting(team)
    back = through(leave(browser, source))
    fake.script(down())
    assert "does not work right now" in told(browser, back)
    assert not held(source)


def test_an_account_that_may_not_read_stays_and_the_source_says_what_is_missing(
    browser: Client, fake: OauthFake, play: Play, team: Team
) -> None:
    source = waiting(team)
    play.check = lambda config: Checked(False, "This account sees no such place.", field="place")
    shown = told(browser, through(leave(browser, source)))
    assert "something is missing" in shown
    source.refresh_from_db()
    assert (source.state, source.state_reason) == (SourceState.ATTENTION, "This account sees no such place.")
    assert held(source)
    assert not Job.objects.exists()
    play.check = lambda config: Checked(True, "Fine.")
    update_source(source=source, by=None, config={"place": "elsewhere"})
    source.refresh_from_db()
    assert source.state == SourceState.ACTIVE
    assert held(source)


def test_a_source_that_goes_away_is_not_signed_in_for(browser: Client, fake: OauthFake, play: Play, team: Team) -> None:
    source = waiting(team)
    back = through(leave(browser, source))
    disconnect(source=source, by=None)
    assert "disconnected meanwhile" in text(browser.get(back), 400)
    assert not Credential.objects.exists()
    assert "being removed" in text(browser.post(f"/sources/{source.pk}/account/", follow=True))


# -- connecting again -------------------------------------------------------------------------------


def test_connecting_again_replaces_the_account_and_reads_another_one_from_its_start(
    browser: Client, fake: OauthFake, play: Play, team: Team
) -> None:
    source = waiting(team)
    browser.get(through(leave(browser, source)))
    job = Job.objects.get()
    run(job)
    first = held(source)
    assert StreamState.objects.filter(source=source).exists()
    Source.objects.update(state=SourceState.ATTENTION, state_reason="Refused.", failures_in_a_row=3)
    fake.who = "grace@example.com"
    play.check = lambda config: Checked(True, "Fine.", identity="Grace's things")
    assert "Connect again" in told(browser, f"/sources/{source.pk}/settings/")
    assert "grace@example.com is connected" in told(browser, through(leave(browser, source)))
    source.refresh_from_db()
    assert (source.state, source.failures_in_a_row, source.name) == (SourceState.ACTIVE, 0, "Ada's things")
    assert held(source) != first
    assert not StreamState.objects.filter(source=source).exists()
    assert "grace@example.com, signed in on" in source_health(team, source.pk).secrets["account"]


def test_a_paused_source_goes_on_resting(browser: Client, fake: OauthFake, play: Play, team: Team) -> None:
    source = signed_in(team, fake)
    Source.objects.update(state=SourceState.PAUSED)
    browser.get(through(leave(browser, source)))
    source.refresh_from_db()
    assert source.state == SourceState.PAUSED
    assert not Job.objects.exists()


def test_a_source_without_its_account_is_not_resumed(fake: OauthFake, play: Play, team: Team) -> None:
    source = waiting(team)
    with pytest.raises(Invalid) as refused:
        resume_source(source=source, by=None)
    assert list(refused.value.details) == ["account"]
    update_source(source=source, by=None, name="Other", config={"place": "there"})
    source.refresh_from_db()
    assert (source.state, source.name) == (SourceState.ATTENTION, "Other")
    assert run(make_job(source)) == JobStatus.FAILED


# -- an account instead of a key --------------------------------------------------------------------


@pytest.fixture
def either(fake: OauthFake) -> Iterator[Play]:
    with accounted(EitherConfig) as one:
        one.admits = fake.admits
        yield one


def test_a_key_or_an_account_and_the_later_of_the_two(
    browser: Client, fake: OauthFake, either: Play, team: Team
) -> None:
    shown = text(browser.get(ADD))
    assert "Check and preview" in shown
    assert "No key is needed then." in shown
    source = connect_source(team=team, by=None, kind="accounted", config={"key": "a-typed-key"}).source
    assert source.state == SourceState.ACTIVE
    browser.get(through(leave(browser, source)))
    assert list(held(source)) == ["account"]
    assert (either.configs[-1].key, either.configs[-1].account) == ("", "connected")
    update_source(source=source, by=None, config={"key": "another-key"})
    assert held(source) == {"key": "another-key"}
    assert (either.configs[-1].key, either.configs[-1].account) == ("another-key", "")
    assert Credential.objects.get().refresh_at is None
    changed = AuditEvent.objects.filter(verb="source.changed").latest("created_at").details["changed"]
    assert changed == ["account", "key"]


def test_who_goes_on_to_sign_in_leaves_the_key_they_typed(
    browser: Client, fake: OauthFake, either: Play, team: Team
) -> None:
    body = {"key": "a-typed-key", "place": "x", "step": "account:account"}
    answer = browser.post(ADD, body, follow=True)
    assert address_in(answer).startswith(fake.url)
    assert held(Source.objects.get()) == {}


# -- without an operator's app ----------------------------------------------------------------------


def test_without_the_operator_s_app_everything_says_so_and_nothing_breaks(
    browser: Client, fake: OauthFake, play: Play, team: Team, settings: Any
) -> None:
    settings.OAUTH_APPS = {"google": ("only-an-id", "")}
    shown = text(browser.get(ADD))
    assert "GOOGLE_CLIENT_SECRET" in shown
    assert "Save and continue" not in shown
    text(browser.post(ADD, {"place": "x", "step": "save"}, follow=True))
    source = Source.objects.get()
    assert source.state == SourceState.ATTENTION
    for page in (f"/sources/{source.pk}/", f"/sources/{source.pk}/settings/", "/sources/"):
        text(browser.get(page))
    assert "not set up" in text(browser.post(f"/sources/{source.pk}/account/", follow=True))


def test_a_kind_without_accounts_has_nothing_to_sign_in_to(member: User, team: Team) -> None:
    with scripted(), pytest.raises(Conflict, match="needs no account"):
        begin(source=make_source(team), by=member, site="http://testserver/")


def test_one_person_can_t_pile_up_sign_ins(fake: OauthFake, play: Play, member: User, team: Team) -> None:
    source = waiting(team)
    for _ in range(25):
        begin(source=source, by=member, site="http://testserver/", browser="mark")
    assert PendingSignIn.objects.count() == 20


# -- the API ----------------------------------------------------------------------------------------


def test_the_api_saves_starts_and_shows_without_ever_taking_or_telling_a_token(
    browser: Client, fake: OauthFake, play: Play, member: User, team: Team
) -> None:
    api = api_client_for(member)
    schema = api.get("/api/v1/connectors/accounted").json()["config"]
    jsonschema.Draft202012Validator.check_schema(schema)
    shown = schema["properties"]["account"]
    assert shown["readOnly"] is True
    assert shown["x-oauth"]["provider"] == "google"
    assert READ in shown["x-oauth"]["scopes"]
    assert "account" not in schema["required"]
    given = {"kind": "accounted", "config": {"account": "ya29.smuggled"}}
    refused = api.post("/api/v1/sources", given)
    assert refused.status_code == 422
    assert "account" in refused.json()["error"]["details"]
    made = api.post("/api/v1/sources", {"kind": "accounted"}).json()
    assert (made["awaits"], made["job"], made["source"]["state"]) == ("account", None, "attention")
    pk = made["source"]["id"]
    assert api.patch(f"/api/v1/sources/{pk}", {"config": {"account": "x"}}).status_code == 422
    started = api.post(f"/api/v1/sources/{pk}/oauth/start", {})
    assert started.status_code == 200, started.content
    back = through(started.json()["authorize_url"])
    # a program began it: the browser asks first, and nothing is spent by looking
    assert "Connect this account?" in text(browser.get(back))
    assert text(browser.get(back)).count("Ada") == 0
    query = {name: values[0] for name, values in parse_qs(urlsplit(back).query).items()}
    done = browser.post("/sources/oauth/callback/", query)
    assert done["Location"] == f"/sources/{pk}/"
    answer = api.get(f"/api/v1/sources/{pk}")
    account = answer.json()["accounts"][0]
    assert account["provider"] == "google"
    assert account["connected"].startswith("ada@example.com, signed in on")
    listed = json.dumps([api.get("/api/v1/sources").json(), api.get("/api/v1/jobs").json(), answer.json()])
    nowhere(fake, listed, json.dumps(api.post(f"/api/v1/sources/{pk}/check").json()))


def test_a_confirmation_needs_its_own_form(fake: OauthFake, play: Play, member: User, team: Team) -> None:
    source = waiting(team)
    url = begin(source=source, by=member, site="http://testserver/")
    query = {name: values[0] for name, values in parse_qs(urlsplit(through(url)).query).items()}
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(member)
    assert careful.post("/sources/oauth/callback/", query).status_code == 403
    assert not held(source)


def test_a_team_s_token_can_t_sign_in_for_anybody(fake: OauthFake, play: Play, team: Team) -> None:
    source = waiting(team)
    api = with_token(make_token(team, "sources.write", "sources.read").secret)
    assert api.post(f"/api/v1/sources/{source.pk}/oauth/start", {}).status_code == 403
    assert not PendingSignIn.objects.exists()


def test_the_api_refuses_viewers_and_unknown_accounts(
    fake: OauthFake, play: Play, team: Team, viewer: User, member: User
) -> None:
    source = waiting(team)
    where = f"/api/v1/sources/{source.pk}/oauth/start"
    assert api_client_for(viewer).post(where, {}).status_code == 403
    assert api_client_for(member).post(where, {"account": "place"}).status_code == 409
    assert api_client_for(member).post(where, {"next": "https://evil.example"}).status_code == 422


def test_an_account_never_comes_from_outside_and_stays_through_other_changes(fake: OauthFake, play: Play) -> None:
    connector = connectors.get("accounted")
    cleaned = configuration.clean(connector, {"place": "x", "account": ""}, kept={"account": "kept"})
    assert cleaned.secrets == {}
    with pytest.raises(Invalid):
        configuration.clean(connector, {"account": "given"})
    source = signed_in(make_team(make_user()), fake)
    before = held(source)
    update_source(source=source, by=None, name="New", config={"place": "there"}, check=False)
    assert held(source) == before


def test_the_admin_shows_whose_account_it_is_and_no_token(fake: OauthFake, play: Play, team: Team) -> None:
    signed_in(team, fake)
    staff = Client()
    staff.force_login(User.objects.create_superuser("root@example.com", "pw"))
    shown = text(staff.get("/admin/sources/credential/"))
    assert "ada@example.com" in shown
    row = text(staff.get(f"/admin/sources/credential/{Credential.objects.get().pk}/change/"))
    begin(source=Source.objects.get(), by=make_member(team), site="http://testserver/")
    pending = PendingSignIn.objects.get()
    listed = text(staff.get("/admin/sources/pendingsignin/"))
    one = text(staff.get(f"/admin/sources/pendingsignin/{pending.pk}/change/"))
    assert pending.digest not in listed + one
    assert pending.sealed not in listed + one
    nowhere(fake, shown, row)
