"""Accounts at Google: OAuth 2.0 for web server applications, with PKCE and access while nobody is there."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from livinglytics.lib.answers import Answer
from livinglytics.lib.errors import BadCredentials, ProductError
from sources.connectors._auth import (
    App,
    AppRefused,
    Provider,
    StartAgain,
    Token,
    access_of,
    address,
    code_of,
    ends,
    post_form,
    providers,
    refusal_of,
)
from sources.connectors._base import Http
from sources.connectors._values import thing, words

ACCOUNTS: Final = "https://accounts.google.com"
TOKENS: Final = "https://oauth2.googleapis.com"
#: added to what a connector asks for, so that a person sees which account is connected
IDENTITY: Final = ("openid", "email")
_HOUR: Final = timedelta(hours=1)
_EARLY: Final = timedelta(minutes=5)
#: Google forgets a refresh token that nobody used for six months
_UNUSED: Final = timedelta(days=30)
_APP_CODES: Final = {"invalid_client", "unauthorized_client", "deleted_client", "disabled_client", "org_internal"}


@providers.add
class Google(Provider):
    """Google accounts. Access tokens live for an hour, refresh tokens until somebody takes the access back."""

    key = "google"
    label = "Google"
    note = "While the operator's app at Google is in testing, Google ends a sign-in after 7 days."

    def authorize_url(self, app: App, *, state: str, challenge: str, scopes: Sequence[str]) -> str:
        return address(
            f"{app.base_url(ACCOUNTS)}/o/oauth2/v2/auth",
            {
                "client_id": app.client_id,
                "redirect_uri": app.redirect_uri,
                "response_type": "code",
                "scope": " ".join(dict.fromkeys([*IDENTITY, *scopes])),
                "state": state,
                "code_challenge": challenge,
                "code_challenge_method": "S256",
                "access_type": "offline",
                "include_granted_scopes": "true",
                "prompt": "consent",
            },
        )

    def exchange(self, http: Http, app: App, *, code: str, verifier: str, now: datetime) -> Token:
        params = {"grant_type": "authorization_code", "code": code, "code_verifier": verifier}
        body = self._ask(http, app, {**params, "redirect_uri": app.redirect_uri}, _exchange_refusal)
        refresh = body.get("refresh_token")
        if not isinstance(refresh, str) or not refresh:
            raise BadCredentials(
                "Google gave no lasting access. Remove this app at https://myaccount.google.com/connections, then "
                "connect again."
            )
        return Token(
            access=access_of(body, self.label),
            refresh=refresh,
            expires_at=ends(body, now, _HOUR),
            obtained_at=now,
            scopes=_scopes(body),
            identity=_identity(body.get("id_token"), app.client_id),
        )

    def refresh(self, http: Http, app: App, token: Token, now: datetime) -> Token:
        params = {"grant_type": "refresh_token", "refresh_token": token.refresh}
        body = self._ask(http, app, params, _refresh_refusal)
        rotated = body.get("refresh_token")
        return Token(
            access=access_of(body, self.label),
            refresh=rotated if isinstance(rotated, str) and rotated else token.refresh,
            expires_at=ends(body, now, _HOUR),
            obtained_at=now,
            scopes=_scopes(body) or token.scopes,
            identity=token.identity,
        )

    def due(self, token: Token, now: datetime) -> bool:
        return not token.usable(now + _EARLY)

    def upkeep(self, token: Token) -> datetime | None:
        return token.obtained_at + _UNUSED if token.obtained_at else None

    def revoke(self, http: Http, app: App, token: Token) -> None:
        post_form(http, f"{app.base_url(TOKENS)}/revoke", {"token": token.refresh or token.access}, classify=None)

    def _ask(
        self, http: Http, app: App, params: dict[str, str], classify: Callable[[Answer], ProductError | None]
    ) -> dict[str, Any]:
        app_params = {"client_id": app.client_id, "client_secret": app.client_secret}
        return post_form(http, f"{app.base_url(TOKENS)}/token", {**params, **app_params}, classify=classify)


def _exchange_refusal(answer: Answer) -> ProductError | None:
    return StartAgain() if code_of(refusal_of(answer).get("error")) == "invalid_grant" else _app_refusal(answer)


def _refresh_refusal(answer: Answer) -> ProductError | None:
    if code_of(refusal_of(answer).get("error")) != "invalid_grant":
        return _app_refusal(answer)
    return BadCredentials(
        "Google no longer accepts this sign-in: the access was taken back, the password changed, or it got too old. "
        "Sign in again with “Connect again”."
    )


def _app_refusal(answer: Answer) -> ProductError | None:
    """A refusal of this installation itself; None leaves limits and failures to the usual rules."""
    code = code_of(refusal_of(answer).get("error"))
    if code in _APP_CODES:
        return AppRefused(
            f"Google does not accept this installation ({code}). The operator has to correct GOOGLE_CLIENT_ID and "
            "GOOGLE_CLIENT_SECRET."
        )
    if code == "redirect_uri_mismatch":
        return AppRefused("Google does not know this site's return address. The operator has to add it to the app.")
    return None


def _scopes(body: dict[str, Any]) -> tuple[str, ...]:
    granted = body.get("scope")
    return tuple(granted.split()) if isinstance(granted, str) else ()


def _identity(id_token: Any, client_id: str) -> str:
    """The e-mail address in the ID token. It came straight from Google over TLS, so its signature is not asked."""
    parts = id_token.split(".") if isinstance(id_token, str) else []
    if len(parts) != 3:
        return ""
    try:
        claims = thing(json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))))
    except (ValueError, RecursionError):
        return ""
    return words(claims.get("email"))[:200] if claims.get("aud") == client_id else ""
