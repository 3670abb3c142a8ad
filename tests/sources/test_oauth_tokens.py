"""Fresh tokens: one worker renews, what it got is stored before it is used, and the others take that."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection, connections

from accounts.models import AuditEvent, OutboxEvent
from livinglytics.lib import clock
from livinglytics.lib.errors import BadCredentials, ServiceDown, Transient
from livinglytics.pipeline import accounts as accounts_task
from sources import vault
from sources.actions.checking import check_source
from sources.actions.credentials import keep_account
from sources.actions.disconnect import disconnect
from sources.actions.rotate import rotate_keys
from sources.actions.tokens import LEASE, Keeper
from sources.actions.update import update_source
from sources.actions.upkeep import FORGOTTEN, keep_up
from sources.connectors._auth import Token, providers
from sources.models import Credential, Job, JobStatus, Source, SourceState
from tests.cast import make_team
from tests.fakes._server import down
from tests.fakes.oauth import OauthFake
from tests.sources.accounted import (
    EitherConfig,
    MetaConfig,
    Play,
    accounted,
    bought,
    nowhere,
    provided,
    signed_in,
    stored_text,
)
from tests.sources.scripted import Crash, make_job, run

pytestmark = pytest.mark.django_db


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[OauthFake]:
    with provided(monkeypatch, settings) as running:
        yield running


@pytest.fixture
def play(fake: OauthFake) -> Iterator[Play]:
    with accounted() as one:
        one.admits = fake.admits
        yield one


def token_of(source: Source, name: str = "account") -> Token:
    token = Token.from_text(vault.secrets_of(source)[name])
    assert token is not None
    return token


def keeper(source: Source, provider: str = "google", **how: Any) -> Keeper:
    return Keeper(source.pk, "account", provider, **{"pause": lambda seconds: None, "patience": 2.0, **how})


def age(source: Source, fake: OauthFake) -> None:
    """The access token has ended, by our clock and by the provider's."""
    fake.end_access()
    old = token_of(source)
    ended = Token(old.access, old.refresh, clock.now() - timedelta(minutes=1), old.obtained_at, old.scopes, "ada")
    row = Credential.objects.get(source=source)
    row.sealed = vault.seal({**vault.open_sealed(row.sealed), "account": ended.to_text()})
    row.save()


def test_a_good_token_is_used_without_asking_the_provider(fake: OauthFake, play: Play) -> None:
    source = signed_in(make_team(), fake)
    fake.reset_counts()
    assert run(make_job(source)) == JobStatus.SUCCEEDED
    assert set(play.tokens) == {token_of(source).access}
    assert fake.requests == 0


def test_a_token_about_to_end_is_renewed_first_and_once_a_run(fake: OauthFake, play: Play) -> None:
    source = signed_in(make_team(), fake)
    age(source, fake)
    assert run(make_job(source)) == JobStatus.SUCCEEDED
    assert fake.renewals == 1
    assert set(play.tokens) == {token_of(source).access}


def test_a_token_refused_in_mid_run_is_renewed_and_the_run_goes_on(fake: OauthFake, play: Play) -> None:
    source = signed_in(make_team(), fake)
    fake.rotate = True
    before = token_of(source)
    play.before_page = lambda page: fake.end_access() if page == 1 else None
    assert run(make_job(source)) == JobStatus.SUCCEEDED
    after = token_of(source)
    assert play.tokens == [before.access, before.access, after.access, after.access]
    assert after.refresh != before.refresh
    assert Credential.objects.get(source=source).refreshing_until is None


def test_a_token_that_was_renewed_meanwhile_is_taken_without_asking(fake: OauthFake, play: Play) -> None:
    source = signed_in(make_team(), fake)
    old = token_of(source).access
    keep_account(source, "account", providers.get("google"), bought(fake, "google"))
    fake.reset_counts()
    assert keeper(source)(refused=old) == token_of(source).access != old
    assert fake.requests == 0


def test_the_rotated_token_is_stored_before_it_is_used(fake: OauthFake, play: Play) -> None:
    source = signed_in(make_team(), fake)
    fake.rotate = True
    age(source, fake)
    spent = token_of(source).refresh

    def dies(token: str) -> bool:
        raise Crash

    play.admits = dies
    with pytest.raises(Crash):
        run(make_job(source))
    kept = token_of(source)
    assert kept.refresh != spent
    assert play.tokens == [kept.access]
    assert keeper(source)(refused=kept.access) == token_of(source).access
    assert fake.renewals == 2


def test_a_refusal_makes_the_source_need_attention_and_the_message_holds_no_token(
    fake: OauthFake, play: Play, caplog: pytest.LogCaptureFixture
) -> None:
    source = signed_in(make_team(), fake)
    age(source, fake)
    fake.take_back()
    job = make_job(source)
    assert run(job) == JobStatus.FAILED
    source.refresh_from_db()
    assert source.state == SourceState.ATTENTION
    assert "Connect again" in source.state_reason
    assert job.error_code == "source.bad_credentials"
    assert job.error_details == {"account": [job.error_message]}
    nowhere(fake, caplog.text)


def test_a_token_that_came_up_during_the_run_is_redacted_too(
    fake: OauthFake, play: Play, caplog: pytest.LogCaptureFixture
) -> None:
    source = signed_in(make_team(), fake)
    age(source, fake)
    play.admits = lambda token: False
    job = make_job(source)
    assert run(job) == JobStatus.FAILED
    assert job.error_message == "The service refused •••."
    nowhere(fake, caplog.text)
    play.check = lambda config: fault()

    def fault() -> Any:
        raise RuntimeError(f"with {token_of(source).access}")

    play.admits = lambda token: True
    play.before_page = lambda page: fault()
    assert run(make_job(source)) == JobStatus.FAILED
    nowhere(fake, caplog.text)


def test_a_provider_that_is_down_is_no_refusal_and_a_token_that_still_works_is_used(
    fake: OauthFake, play: Play
) -> None:
    source = signed_in(make_team(), fake)
    old = token_of(source)
    fake.script(down())
    with time_machine.travel(clock.now() + timedelta(minutes=57), tick=False):
        assert keeper(source)() == old.access
    fake.script(down())
    with time_machine.travel(clock.now() + timedelta(minutes=61), tick=False), pytest.raises(ServiceDown):
        keeper(source)()
    assert token_of(source) == old
    assert Credential.objects.get(source=source).refreshing_until is None


def test_who_waits_for_another_worker_gives_up_in_time_and_a_dead_holder_s_lease_ends(
    fake: OauthFake, play: Play
) -> None:
    source = signed_in(make_team(), fake)
    age(source, fake)
    pauses: list[float] = []
    Credential.objects.update(refreshing_until=clock.now() + LEASE)
    with pytest.raises(Transient):
        keeper(source, pause=pauses.append)()
    assert 0 < sum(pauses) <= 2.0
    assert fake.renewals == 0
    with time_machine.travel(clock.now() + LEASE + timedelta(seconds=1), tick=False):
        assert keeper(source)() == token_of(source).access
    assert fake.renewals == 1


def test_who_waits_takes_what_the_holder_stored(fake: OauthFake, play: Play) -> None:
    source = signed_in(make_team(), fake)
    age(source, fake)
    Credential.objects.update(refreshing_until=clock.now() + LEASE)
    fresh = bought(fake, "google")
    stored = keeper(source, pause=lambda seconds: keep_account(source, "account", providers.get("google"), fresh))()
    assert stored == fresh.access
    assert fake.renewals == 0


def test_a_worker_that_lost_its_lease_does_not_overwrite_a_newer_token(fake: OauthFake, play: Play) -> None:
    source = signed_in(make_team(), fake)
    age(source, fake)
    newer = bought(fake, "google")

    def meanwhile() -> None:
        fake.between = lambda: None
        Keeper._store(keeper(source), token_of(source), newer)

    in_this_thread(keeper_ask := keeper(source), meanwhile)
    assert keeper_ask() == newer.access
    assert token_of(source) == newer


def in_this_thread(one: Keeper, meanwhile: Callable[[], None]) -> None:
    """Let something happen between the provider's answer and its being stored."""
    ask = one._ask

    def asked(held: Token, refused: str) -> Token:
        found = ask(held, refused)
        meanwhile()
        return found

    one._ask = asked  # type: ignore[method-assign]


def test_a_refusal_that_another_worker_caused_by_rotating_is_none(
    fake: OauthFake, play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = signed_in(make_team(), fake)
    age(source, fake)
    fresh = bought(fake, "google")
    one = keeper(source)

    def refused(*args: Any) -> Token:
        keep_account(source, "account", providers.get("google"), fresh)
        raise BadCredentials("spent")

    monkeypatch.setattr(type(providers.get("google")), "refresh", refused)
    assert one() == fresh.access


def test_an_account_that_was_disconnected_meanwhile_is_told(fake: OauthFake, play: Play) -> None:
    source = signed_in(make_team(), fake)
    one = keeper(source)
    Credential.objects.all().delete()
    with pytest.raises(BadCredentials, match="No account"):
        one()


def test_settings_saved_while_the_token_rotates_do_not_bring_the_spent_one_back(fake: OauthFake, play: Play) -> None:
    source = signed_in(make_team(), fake)
    fake.rotate = True
    age(source, fake)
    spent = token_of(source)
    update_source(source=source, by=None, config={"place": "there"})
    kept = token_of(source)
    assert kept.refresh not in ("", spent.refresh)
    assert play.configs[-1].account == "connected"
    source.refresh_from_db()
    assert source.config == {"place": "there"}
    rotate_keys()
    assert token_of(source) == kept


def test_an_operator_who_took_the_app_away_is_named(fake: OauthFake, play: Play, settings: Any) -> None:
    source = signed_in(make_team(), fake)
    settings.OAUTH_APPS = {}
    assert check_source(source).ok
    age(source, fake)
    found = check_source(source)
    assert not found.ok
    assert "GOOGLE_CLIENT_ID" in found.message


@pytest.mark.parametrize("provider", ["google", "meta"])
@pytest.mark.django_db(transaction=True)
def test_workers_that_renew_at_once_make_one_renewal(fake: OauthFake, provider: str) -> None:
    with accounted(MetaConfig if provider == "meta" else EitherConfig):
        source = signed_in(make_team(), fake)
        refused = token_of(source).access
        fake.rotate = True
        fake.between = lambda: time.sleep(0.3)
        start, got = threading.Barrier(4), []

        def work() -> None:
            try:
                start.wait(5)
                got.append(keeper(source, provider, pause=lambda seconds: time.sleep(0.05), patience=60)(refused))
            finally:
                connections.close_all()

        threads = [threading.Thread(target=work) for _ in range(4)]
        for one in threads:
            one.start()
        for one in threads:
            one.join(30)
        assert fake.renewals == 1
        assert got == [token_of(source).access] * 4
        assert refused not in got


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_the_provider_is_asked(
    fake: OauthFake, play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = signed_in(make_team(), fake)
    seen: list[bool] = []
    google = providers.get("google")
    ask = type(google).refresh

    def asked(*args: Any) -> Token:
        seen.append(connection.in_atomic_block)
        return ask(*args)

    monkeypatch.setattr(type(google), "refresh", asked)
    age(source, fake)
    assert run(make_job(source)) == JobStatus.SUCCEEDED
    assert seen == [False]


# -- accounts that nobody uses --------------------------------------------------------------------


def test_facebook_s_tokens_are_renewed_at_half_of_their_life_also_while_the_source_rests(fake: OauthFake) -> None:
    with accounted(MetaConfig):
        source = signed_in(make_team(), fake)
        Source.objects.filter(pk=source.pk).update(state=SourceState.PAUSED)
        old = token_of(source)
        assert accounts_task() == 0
        with time_machine.travel(clock.now() + timedelta(days=31), tick=False):
            assert accounts_task() == 1
            assert accounts_task() == 0
        fresh = token_of(source)
        assert fresh.access != old.access
        assert fresh.expires_at is not None
        assert old.expires_at is not None
        assert fresh.expires_at > old.expires_at + timedelta(days=30)
        assert fake.renewals == 1


def test_a_source_paused_for_good_is_left_alone(fake: OauthFake) -> None:
    with accounted(MetaConfig):
        source = signed_in(make_team(), fake)
        later = clock.now() + FORGOTTEN + timedelta(days=2)
        Source.objects.filter(pk=source.pk).update(state=SourceState.PAUSED)
        assert keep_up(later) == 0
        assert fake.renewals == 0


def test_google_s_refresh_tokens_are_used_once_a_month_so_that_google_keeps_them(fake: OauthFake, play: Play) -> None:
    source = signed_in(make_team(), fake)
    assert keep_up(clock.now() + timedelta(days=29)) == 0
    with time_machine.travel(clock.now() + timedelta(days=31), tick=False):
        assert keep_up(clock.now()) == 1
    assert fake.renewals == 1
    assert token_of(source).identity == "ada@example.com"


def test_a_refused_renewal_needs_attention_and_is_not_tried_again(fake: OauthFake) -> None:
    with accounted(MetaConfig):
        source = signed_in(make_team(), fake)
        fake.take_back()
        with time_machine.travel(clock.now() + timedelta(days=31), tick=False):
            assert keep_up(clock.now()) == 0
            source.refresh_from_db()
            assert source.state == SourceState.ATTENTION
            assert "Connect again" in source.state_reason
            fake.reset_counts()
            keep_up(clock.now() + timedelta(days=2))
        assert fake.requests == 0


def test_a_provider_that_is_down_is_asked_again_an_hour_later(
    fake: OauthFake, caplog: pytest.LogCaptureFixture
) -> None:
    with accounted(MetaConfig):
        source = signed_in(make_team(), fake)
        fake.script(down())
        moment = clock.now() + timedelta(days=31)
        with time_machine.travel(moment, tick=False):
            assert keep_up(clock.now()) == 0
            assert keep_up(clock.now()) == 0
        source.refresh_from_db()
        assert source.state == SourceState.ACTIVE
        with time_machine.travel(moment + timedelta(hours=1), tick=False):
            assert keep_up(clock.now()) == 1
        nowhere(fake, caplog.text)


# -- the end --------------------------------------------------------------------------------------


def test_a_disconnected_account_is_given_back_unless_another_source_reads_with_it(fake: OauthFake, play: Play) -> None:
    first, second = signed_in(make_team(), fake), signed_in(make_team(), fake)
    token = token_of(second)
    disconnect(source=first, by=None)
    assert fake.hits["/revoke"] == 0
    disconnect(source=second, by=None)
    assert fake.hits["/revoke"] == 1
    assert not fake.admits(token.access)
    assert Job.objects.filter(kind="remove").count() == 2


def test_disconnecting_works_while_the_provider_does_not(fake: OauthFake, play: Play) -> None:
    source = signed_in(make_team(), fake)
    fake.script(down())
    disconnect(source=source, by=None)
    assert not Credential.objects.exists()


def test_no_secret_stands_anywhere_in_plain_text(fake: OauthFake, play: Play, caplog: pytest.LogCaptureFixture) -> None:
    source = signed_in(make_team(), fake)
    age(source, fake)
    run(make_job(source))
    assert AuditEvent.objects.exists()
    assert OutboxEvent.objects.exists()
    assert "ada@example.com" in stored_text()
    nowhere(fake, caplog.text, Credential.objects.get().sealed)
