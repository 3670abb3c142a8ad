"""How Google and Facebook are spoken to, against both of them on one fake, with the real HTTP client."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlsplit
from urllib.request import build_opener

import pytest

from livinglytics.lib.errors import BadAnswer, BadCredentials, ProductError, RateLimited, ServiceDown
from livinglytics.lib.http import Client, Limits
from livinglytics.lib.secrets import Redactor
from sources import vault
from sources.connectors._auth import App, AppRefused, Provider, StartAgain, Token, missing_scopes, providers
from sources.connectors._google import Google
from sources.connectors._meta import Meta
from tests.fakes._server import HTML, MALFORMED, RESET, TRUNCATED, Fault, down, json_answer, limited
from tests.fakes.oauth import CLIENT_ID, CLIENT_SECRET, SIXTY_DAYS, OauthFake
from tests.sources.accounted import _Stay

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
VERIFIER = "v" * 64
BACK = "https://lytics.example.org/sources/oauth/callback/"
both = pytest.mark.parametrize("provider", [Google(), Meta()], ids=lambda one: one.key)


@pytest.fixture
def fake() -> Iterator[OauthFake]:
    with OauthFake() as running:
        running.now = NOW.timestamp
        yield running


def app_of(fake: OauthFake, **changed: str) -> App:
    given = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "redirect_uri": BACK, **changed}
    return App(**given, base_url=lambda default: fake.url)


def client(fake: OauthFake) -> Client:
    limits = Limits(connect=5, read=5, total=20, tries=1)
    return Client(limits=limits, allow_private=frozenset({fake.host}), redact=Redactor([CLIENT_SECRET]))


def code_of(fake: OauthFake, provider: Provider, app: App, scopes: tuple[str, ...] = ("a", "b")) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
    url = provider.authorize_url(app, state="st/ate", challenge=digest, scopes=scopes)
    with pytest.raises(HTTPError) as back:
        build_opener(_Stay).open(url, timeout=5)
    query = parse_qs(urlsplit(back.value.headers["Location"]).query)
    assert query["state"] == ["st/ate"]
    return query["code"][0]


def token_of(fake: OauthFake, provider: Provider, **app: str) -> Token:
    mine = app_of(fake, **app)
    code = code_of(fake, provider, app_of(fake))
    return provider.exchange(client(fake), mine, code=code, verifier=VERIFIER, now=NOW)


def test_both_are_known_by_their_keys() -> None:
    assert providers.keys() == ["google", "meta"]


def test_without_a_fake_the_browser_is_sent_to_the_real_places() -> None:
    app = App("id", "secret", BACK)
    google = providers.get("google").authorize_url(app, state="s", challenge="c", scopes=("x y",))
    meta = providers.get("meta").authorize_url(app, state="s", challenge="c", scopes=("p", "q"))
    assert google.startswith("https://accounts.google.com/o/oauth2/v2/auth?")
    asked = {name: values[0] for name, values in parse_qs(urlsplit(google).query).items()}
    assert asked["access_type"] == "offline"
    assert asked["prompt"] == "consent"
    assert (asked["code_challenge"], asked["code_challenge_method"]) == ("c", "S256")
    assert asked["redirect_uri"] == BACK
    assert meta.startswith("https://www.facebook.com/v26.0/dialog/oauth?")
    assert parse_qs(urlsplit(meta).query)["scope"] == ["p,q"]
    assert "secret" not in google + meta


@both
def test_a_code_becomes_a_token_once(fake: OauthFake, provider: Provider) -> None:
    app, code = app_of(fake), code_of(fake, provider, app_of(fake))
    token = provider.exchange(client(fake), app, code=code, verifier=VERIFIER, now=NOW)
    assert fake.admits(token.access)
    assert token.identity == "ada@example.com"
    assert missing_scopes(("a", "b"), token) == []
    with pytest.raises(StartAgain):
        provider.exchange(client(fake), app, code=code, verifier=VERIFIER, now=NOW)


@both
def test_what_was_not_ticked_is_missing(fake: OauthFake, provider: Provider) -> None:
    fake.untick = {"b"}
    assert missing_scopes(("a", "b"), token_of(fake, provider)) == ["b"]


def test_google_takes_no_code_without_its_verifier(fake: OauthFake) -> None:
    app, code = app_of(fake), code_of(fake, Google(), app_of(fake))
    with pytest.raises(StartAgain):
        Google().exchange(client(fake), app, code=code, verifier="w" * 64, now=NOW)


def test_google_without_lasting_access_is_refused_with_what_to_do(fake: OauthFake) -> None:
    fake.lasting = False
    with pytest.raises(BadCredentials, match="myaccount"):
        token_of(fake, Google())


def test_google_s_refresh_token_stays_where_no_new_one_comes_and_goes_where_one_does(fake: OauthFake) -> None:
    token = token_of(fake, Google())
    again = Google().refresh(client(fake), app_of(fake), token, NOW)
    assert again.refresh == token.refresh
    assert again.access != token.access
    assert (again.identity, again.scopes) == (token.identity, token.scopes)
    fake.rotate = True
    rotated = Google().refresh(client(fake), app_of(fake), again, NOW)
    assert rotated.refresh != token.refresh
    with pytest.raises(BadCredentials, match="Connect again"):
        Google().refresh(client(fake), app_of(fake), again, NOW)


def test_google_is_due_five_minutes_before_the_end() -> None:
    token = Token("a", "r", NOW + timedelta(hours=1), NOW)
    assert not Google().due(token, NOW + timedelta(minutes=54))
    assert Google().due(token, NOW + timedelta(minutes=56))
    assert token.usable(NOW + timedelta(minutes=56))


def test_facebook_s_token_lives_for_sixty_days_and_is_due_after_half_of_them(fake: OauthFake) -> None:
    token = token_of(fake, Meta())
    assert token.expires_at == NOW + timedelta(seconds=SIXTY_DAYS)
    assert not Meta().due(token, NOW + timedelta(days=29))
    assert Meta().due(token, NOW + timedelta(days=31))
    assert Meta().upkeep(token) == NOW + timedelta(seconds=SIXTY_DAYS / 2)
    again = Meta().refresh(client(fake), app_of(fake), token, NOW)
    assert again.access != token.access
    assert again.identity == token.identity


def test_facebook_is_not_asked_with_a_token_that_ended(fake: OauthFake) -> None:
    token = token_of(fake, Meta())
    fake.reset_counts()
    with pytest.raises(BadCredentials, match="Connect again"):
        Meta().refresh(client(fake), app_of(fake), token, NOW + timedelta(days=61))
    assert fake.requests == 0


@both
def test_access_that_was_taken_back_asks_to_sign_in_again(fake: OauthFake, provider: Provider) -> None:
    token = token_of(fake, provider)
    fake.take_back()
    with pytest.raises(BadCredentials, match="Connect again"):
        provider.refresh(client(fake), app_of(fake), token, NOW)


@both
@pytest.mark.parametrize("wrong", [{"client_id": "nobody"}, {"client_secret": "guessed-secret"}], ids=str)
def test_an_app_that_is_refused_is_the_operator_s_matter(
    fake: OauthFake, provider: Provider, wrong: dict[str, str]
) -> None:
    with pytest.raises(AppRefused, match="operator"):
        token_of(fake, provider, **wrong)


@both
@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (down(503), ServiceDown),
        (limited("7"), RateLimited),
        (RESET, ServiceDown),
        (TRUNCATED, ProductError),
        (MALFORMED, BadAnswer),
        (HTML, BadAnswer),
    ],
    ids=str,
)
def test_a_provider_that_fails_is_told_as_what_it_is(
    fake: OauthFake, provider: Provider, fault: Fault, error: type[ProductError]
) -> None:
    token = token_of(fake, provider)
    fake.script(fault)
    with pytest.raises(error) as caught:
        provider.refresh(client(fake), app_of(fake), token, NOW)
    assert not isinstance(caught.value, BadCredentials)
    assert token.access not in caught.value.message
    assert CLIENT_SECRET not in caught.value.message


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"code": 4, "message": "Application request limit reached"}, RateLimited),
        ({"code": 2, "message": "Service temporarily unavailable"}, ServiceDown),
        ({"code": 368, "message": "Blocked", "is_transient": True}, ServiceDown),
        ({"code": 102, "message": "Session expired"}, BadCredentials),
        ({"code": "x"}, ProductError),
        ([], ProductError),
    ],
    ids=str,
)
def test_facebook_s_errors_go_by_their_code_and_not_by_their_status(
    fake: OauthFake, body: Any, error: type[ProductError], monkeypatch: pytest.MonkeyPatch
) -> None:
    token = token_of(fake, Meta())
    monkeypatch.setattr(fake, "answer", lambda request: json_answer({"error": body}, 400))
    with pytest.raises(error):
        Meta().refresh(client(fake), app_of(fake), token, NOW)


@both
@pytest.mark.parametrize("body", [{}, {"access_token": 7}, {"access_token": ""}, [], "text", None], ids=str)
def test_an_answer_without_a_token_is_a_bad_answer(
    fake: OauthFake, provider: Provider, body: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = token_of(fake, provider)
    monkeypatch.setattr(fake, "answer", lambda request: json_answer(body))
    with pytest.raises(BadAnswer):
        provider.refresh(client(fake), app_of(fake), token, NOW)


@both
def test_access_can_be_given_back(fake: OauthFake, provider: Provider) -> None:
    token = token_of(fake, provider)
    provider.revoke(client(fake), app_of(fake), token)
    assert not fake.admits(token.access)


@pytest.mark.parametrize("id_token", [None, "", "a.b", "a.b.c", f"a.{'x' * 9}.c", "a.eyJhdWQiOiJvdGhlciJ9.c"], ids=str)
def test_an_unreadable_id_token_only_leaves_the_name_out(
    fake: OauthFake, id_token: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = {"access_token": "at", "refresh_token": "rt", "scope": "a", "id_token": id_token, "expires_in": "soon"}
    monkeypatch.setattr(fake, "answer", lambda request: json_answer(good))
    token = Google().exchange(client(fake), app_of(fake), code="c", verifier=VERIFIER, now=NOW)
    assert token.identity == ""
    assert token.expires_at == NOW + timedelta(hours=1)


def test_a_token_comes_back_from_its_text_and_shows_in_none() -> None:
    token = Token("access-abc", "refresh-def", NOW, NOW - timedelta(hours=1), ("a",), "ada@example.com")
    assert Token.from_text(token.to_text()) == token
    assert "abc" not in repr(token)
    assert "def" not in repr(token)
    assert "secret" not in repr(App("id", "a-secret"))
    for other in ("", "{", "{}", "plain", '{"v": 1}', '{"v": 9, "access": "x"}', "[" * 90_000):
        assert Token.from_text(other) is None


def test_the_redactor_knows_both_tokens_of_an_account_and_those_that_come_up_later() -> None:
    token = Token("access-abc", "refresh-def")
    redact = vault.redactor({"account": token.to_text(), "key": "other-secret"})
    assert redact("access-abc refresh-def other-secret") == "••• ••• •••"
    assert redact("later-token") == "later-token"
    redact.add(["later-token", ""])
    assert redact("later-token access-abc") == "••• •••"
    hint = vault.hints({"account": token.to_text()}, NOW)["account"]
    assert "abc" not in str(hint)
    assert vault.in_words(hint) == "An account, signed in on 2026-03-01"
