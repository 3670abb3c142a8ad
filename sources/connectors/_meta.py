"""Accounts at Meta: Facebook Login, and long-lived tokens that have to be renewed before they end.

Meta gives no refresh token: the token itself is exchanged for a fresh one, as long as it is good. What its refusals and
usage headers mean is the same for everything that is read through the Graph API.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from livinglytics.lib.answers import Answer
from livinglytics.lib.errors import BadCredentials, ProductError, RateLimited, ServiceDown
from sources.connectors._auth import (
    App,
    AppRefused,
    Provider,
    StartAgain,
    Token,
    access_of,
    address,
    ends,
    post_form,
    providers,
    refusal_of,
)
from sources.connectors._base import Http
from sources.connectors._values import number, thing, whole, words

DIALOG: Final = "https://www.facebook.com"
GRAPH: Final = "https://graph.facebook.com"
API: Final = "v26.0"
#: a long-lived token; an answer that names no end is taken to mean this too
_LONG: Final = timedelta(days=60)
#: the token is no longer good
RECONNECT: Final = frozenset({102, 190})
#: limits of an app, a user, a page and a business use case; they come with HTTP 400 or 403
LIMITS: Final = frozenset({4, 17, 32, 613, *range(80_000, 80_015)})
_BAD_APP: Final = {101}


@dataclass(frozen=True, slots=True)
class Usage:
    """What Meta's headers tell. ``percent`` is how much of what may be asked is used, by the count that is nearest to
    its limit; ``wait`` are the seconds until a closed door opens again, 0 for an open one.
    """

    percent: int = 0
    wait: float = 0.0


def usage_of(answer: Answer) -> Usage:
    """From ``X-App-Usage`` and ``X-Business-Use-Case-Usage`` (times in minutes); what can't be read is left out."""
    cases = _header(answer, "x-business-use-case-usage").values()
    lists = [one for one in cases if isinstance(one, list)]
    rows = [_header(answer, "x-app-usage"), *(thing(row) for rows in lists for row in rows)]
    waits = [whole(row.get("estimated_time_to_regain_access")) or 0 for row in rows]
    return Usage(max(_percents(rows), default=0), max(waits) * 60.0)


def _percents(rows: Sequence[Mapping[str, Any]]) -> Iterator[int]:
    for row in rows:
        for name in ("call_count", "total_time", "total_cputime"):
            if (count := number(row.get(name), 0, 10_000)) is not None:
                yield int(count)


def _header(answer: Answer, name: str) -> dict[str, Any]:
    try:
        return thing(json.loads(answer.headers.get(name, "")))
    except (ValueError, RecursionError):
        return {}


def error_in(answer: Answer) -> dict[str, Any]:
    """The Graph API's ``error`` object of a refusal, empty for anything else."""
    return thing(refusal_of(answer).get("error"))


@providers.add
class Meta(Provider):
    """Facebook accounts, which also open Instagram. A token lives for about 60 days and is renewed at half of that."""

    key = "meta"
    label = "Facebook"
    note = "Facebook ends a sign-in that is not renewed for 60 days; it is renewed here by itself."

    def authorize_url(self, app: App, *, state: str, challenge: str, scopes: Sequence[str]) -> str:
        """The challenge is not sent: PKCE at Facebook belongs to its OpenID Connect, which is still being tried out."""
        return address(
            f"{app.base_url(DIALOG)}/{API}/dialog/oauth",
            {
                "client_id": app.client_id,
                "redirect_uri": app.redirect_uri,
                "response_type": "code",
                "scope": ",".join(scopes),
                "state": state,
                # without it, what somebody once declined is never asked for again
                "auth_type": "rerequest",
            },
        )

    def exchange(self, http: Http, app: App, *, code: str, verifier: str, now: datetime) -> Token:
        first = self._ask(http, app, {"redirect_uri": app.redirect_uri, "code": code})
        long = self._lengthened(http, app, access_of(first, self.label))
        access = access_of(long, self.label)
        return Token(
            access=access,
            expires_at=ends(long, now, _LONG),
            obtained_at=now,
            scopes=self._granted(http, app, access),
            identity=self._name(http, app, access),
        )

    def refresh(self, http: Http, app: App, token: Token, now: datetime) -> Token:
        if not token.usable(now):
            raise BadCredentials(_ENDED)
        body = self._lengthened(http, app, token.access)
        return Token(
            access=access_of(body, self.label),
            expires_at=ends(body, now, _LONG),
            obtained_at=now,
            scopes=token.scopes,
            identity=token.identity,
        )

    def due(self, token: Token, now: datetime) -> bool:
        half = self.upkeep(token)
        return half is not None and now >= half

    def upkeep(self, token: Token) -> datetime | None:
        if token.expires_at is None or token.obtained_at is None:
            return token.expires_at
        return token.obtained_at + (token.expires_at - token.obtained_at) / 2

    def revoke(self, http: Http, app: App, token: Token) -> None:
        url = f"{app.base_url(GRAPH)}/{API}/me/permissions"
        post_form(http, url, {"method": "delete", "access_token": token.access}, classify=None)

    def _lengthened(self, http: Http, app: App, access: str) -> dict[str, Any]:
        return self._ask(http, app, {"grant_type": "fb_exchange_token", "fb_exchange_token": access})

    def _ask(self, http: Http, app: App, params: Mapping[str, str]) -> dict[str, Any]:
        given = {"client_id": app.client_id, "client_secret": app.client_secret, **params}
        url = f"{app.base_url(GRAPH)}/{API}/oauth/access_token"
        return thing(http.get(url, params=given, classify=_refusal).json())

    def _granted(self, http: Http, app: App, access: str) -> tuple[str, ...]:
        rows = self._read(http, app, "me/permissions", access).get("data")
        found = [thing(one) for one in rows] if isinstance(rows, list) else []
        return tuple(words(one.get("permission")) for one in found if one.get("status") == "granted")

    def _name(self, http: Http, app: App, access: str) -> str:
        return words(self._read(http, app, "me?fields=id,name", access).get("name"))[:200]

    def _read(self, http: Http, app: App, what: str, access: str) -> dict[str, Any]:
        headers = {"authorization": f"Bearer {access}", "accept": "application/json"}
        return thing(http.get(f"{app.base_url(GRAPH)}/{API}/{what}", headers=headers, classify=_refusal).json())


_ENDED: Final = "Facebook no longer accepts this sign-in. Sign in again with “Connect again”."


def _refusal(answer: Answer) -> ProductError | None:
    """A refusal by its code, whatever its status; None leaves it to the usual rules."""
    error = error_in(answer)
    code, said = whole(error.get("code")), str(error.get("message") or "").lower()
    if code is None:
        return None
    if code in RECONNECT:
        return BadCredentials(_ENDED)
    if code in LIMITS:
        return RateLimited("Facebook asks us to slow down.", retry_after=answer.retry_after, scope=answer.host)
    if code in _BAD_APP or "client secret" in said:
        return AppRefused(
            "Facebook does not accept this installation. The operator has to correct META_CLIENT_ID and "
            "META_CLIENT_SECRET."
        )
    if error.get("is_transient") is True or code in (1, 2):
        return ServiceDown("Facebook does not work right now.", retry_after=answer.retry_after)
    if code == 100 and "code" in said:
        return StartAgain()
    return None
