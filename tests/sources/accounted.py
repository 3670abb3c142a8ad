"""A kind of source that reads with an account, registered by tests only, and the way through its provider."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from html import unescape
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, build_opener

import pytest
from django.apps import apps
from django.test import Client

from accounts.models import Team
from livinglytics.lib.errors import BadCredentials
from sources.actions.connect import connect_source
from sources.actions.credentials import keep_account
from sources.connectors import connectors
from sources.connectors._auth import Token, providers
from sources.connectors._base import Batch, Checked, Connector, Context, Raw, State, Stream, option
from sources.models import Credential, Source
from sources.records import MetricPoint, Record
from tests.fakes.oauth import CLIENT_ID, CLIENT_SECRET, OauthFake

READ, WRITE = "https://www.googleapis.com/auth/things.readonly", "https://www.googleapis.com/auth/more.readonly"
CALLBACK = "http://testserver/sources/oauth/callback/"


@dataclass(frozen=True)
class GoogleConfig:
    account: str = option("Google account", kind="account", provider="google", scopes=(READ, WRITE))
    place: str = option("Place", default="here")


@dataclass(frozen=True)
class MetaConfig:
    account: str = option("Facebook account", kind="account", provider="meta", scopes=("instagram_basic",))


@dataclass(frozen=True)
class EitherConfig:
    place: str = option("Place", default="here")
    key: str = option("Key", default="", kind="secret")
    account: str = option(
        "Google account", default="", kind="account", provider="google", scopes=(READ,), instead_of="key"
    )


@dataclass
class Play:
    """What the service does. ``admits``: whether it takes a token; ``tokens``: those it was shown."""

    admits: Callable[[str], bool] = lambda token: True
    tokens: list[str] = field(default_factory=list)
    configs: list[Any] = field(default_factory=list)
    before_page: Callable[[int], Any] = lambda page: None
    check: Callable[[Any], Checked] = lambda config: Checked(True, "Fine.", identity="Ada's things")


class Accounted(Connector):
    key = "accounted"
    label = "Accounted"
    config = GoogleConfig
    every = None
    streams = (Stream("days", "Days"),)

    def __init__(self) -> None:
        self.play = Play()

    def _asked(self, ctx: Context) -> None:
        token = ctx.token()
        self.play.tokens.append(token)
        if not self.play.admits(token):
            token = ctx.token(refused=token)
            self.play.tokens.append(token)
        if not self.play.admits(token):
            raise BadCredentials(f"The service refused {token}.")

    def check(self, ctx: Context, config: Any) -> Checked:
        self.play.configs.append(config)
        if config.account:
            self._asked(ctx)
        return self.play.check(config)

    def read(self, ctx: Context, config: Any, stream: str, state: State) -> Iterator[Batch]:
        for page in range(3):
            self.play.before_page(page)
            self._asked(ctx)
            yield Batch((Raw(f"r{page}", {"day": f"2026-01-0{page + 1}"}),), {"next": page})

    def map(self, stream: str, raw: Any, config: Any) -> list[Record]:
        return [MetricPoint("visits", date.fromisoformat(raw["day"]), 1.0)]


@contextmanager
def accounted(config: type = GoogleConfig) -> Iterator[Play]:
    """Register the kind for one test."""
    one = Accounted()
    one.config = config  # type: ignore[misc]
    connectors._entries["accounted"] = one
    try:
        yield one.play
    finally:
        del connectors._entries["accounted"]


@contextmanager
def provided(monkeypatch: Any, settings: Any) -> Iterator[OauthFake]:
    """Both providers as one fake, and an operator who registered at both."""
    with OauthFake() as fake:
        for name in ("GOOGLE", "META"):
            monkeypatch.setenv(f"{name}_ACCOUNTS_BASE_URL", fake.url)
        settings.OAUTH_APPS = dict.fromkeys(("google", "meta"), (CLIENT_ID, CLIENT_SECRET))
        settings.PUBLIC_URL = ""
        yield fake


class _Stay(HTTPRedirectHandler):
    def redirect_request(self, *args: Any) -> None:
        return None


def through(url: str) -> str:
    """What the provider leads back to: a path with a query on this site."""
    with pytest.raises(HTTPError) as answer:
        build_opener(_Stay).open(url, timeout=5)
    assert answer.value.code == 302
    back = answer.value.headers["Location"]
    assert back.startswith(CALLBACK)
    parts = urlsplit(back)
    return f"{parts.path}?{parts.query}"


def leave(browser: Client, source: Source) -> str:
    """Press the button on the source's page; the address of the provider."""
    answer = browser.post(f"/sources/{source.pk}/account/")
    assert answer.status_code == 200, answer.content
    return address_in(answer)


def address_in(answer: Any) -> str:
    found = re.search(r'id="leave" href="([^"]+)"', answer.content.decode())
    assert found, answer.content
    return unescape(found[1])


def waiting(team: Team, kind: str = "accounted", **config: Any) -> Source:
    """A source that was saved and waits for its account."""
    return connect_source(team=team, by=None, kind=kind, config=config).source


def signed_in(team: Team, fake: OauthFake, *, name: str = "account", **config: Any) -> Source:
    """A source whose account was connected a moment ago, without the pages."""
    source = waiting(team, **config)
    how = connectors.get(source.kind).config.__dataclass_fields__[name].metadata["option"]
    provider = providers.get(how.provider)
    keep_account(source, name, provider, bought(fake, how.provider, how.scopes))
    Source.objects.filter(pk=source.pk).update(state="active", state_reason="")
    source.refresh_from_db()
    return source


def bought(fake: OauthFake, provider: str, scopes: Any = ("one",)) -> Token:
    """A token as the provider hands it out."""
    from tests.fakes.oauth import Grant

    grant = Grant(fake.who, tuple(scopes), challenge="x")
    if provider == "meta":
        body = json.loads(fake._meta_answer(grant, 5_183_944).body)
    else:
        body = json.loads(fake._google_answer(grant, new=True).body)
    now = datetime.fromtimestamp(fake.now(), UTC)
    ends = datetime.fromtimestamp(fake.now() + body["expires_in"], UTC)
    return Token(body["access_token"], body.get("refresh_token", ""), ends, now, tuple(scopes), fake.who)


def stored_text() -> str:
    """All that stands in the database but the sealed texts."""
    found = []
    for model in apps.get_models():
        for row in model._default_manager.values():
            if model is Credential:
                row.pop("sealed")
            found.append(str(row))
    return "\n".join(found)


def nowhere(fake: OauthFake, *texts: str) -> None:
    """No token, code or secret stands in the database or in these texts."""
    whole = "\n".join([stored_text(), *texts])
    for secret in fake.secrets():
        assert secret not in whole
