"""Google's and Meta's sign-in on one server: ``python -m tests.fakes.oauth --port 9040``.

The authorize pages ask nobody and redirect at once. Codes work once, PKCE is verified, refresh tokens can rotate,
everything ends. Answers and refusals are spelled as the two spell them: RFC 6749 with Google's words, and the
Graph API's error object, whose status tells little.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode

from tests.fakes._server import Answer, FakeServer, Request, arguments, json_answer, serve

CLIENT_ID, CLIENT_SECRET = "1234567890-living.apps.example", "GOCSPX-operators-own-secret-77"
HOUR, SIXTY_DAYS = 3599, 5_183_944


@dataclass
class Grant:
    """What one account allowed. ``identity``: Google's e-mail address or the name at Facebook."""

    identity: str
    scopes: tuple[str, ...]
    redirect_uri: str = ""
    challenge: str = ""
    alive: bool = True
    spent: bool = False


class RefusedError(Exception):
    """An answer that is no token."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


class OauthFake(FakeServer):
    """``who`` signs in; ``untick`` are scopes that they don't allow; ``error`` comes back instead of a code.

    ``rotate``: each refresh spends its refresh token. ``between`` is called before each answer to a refresh.
    ``now`` is seconds since 1970 by the providers' clock.
    """

    def __init__(self, port: int = 0) -> None:
        self.now: Callable[[], float] = time.time
        self.who = "ada@example.com"
        self.untick: set[str] = set()
        self.error = ""
        self.rotate = False
        self.lasting = True
        self.lifetime = HOUR
        self.between: Callable[[], object] = lambda: None
        self.codes: dict[str, Grant] = {}
        self.access: dict[str, tuple[Grant, float]] = {}
        self.refreshes: dict[str, Grant] = {}
        self.renewals = 0
        super().__init__(port)

    # -- for tests ------------------------------------------------------------------------

    def secrets(self) -> set[str]:
        """Everything that must stand nowhere."""
        return {*self.codes, *self.access, *self.refreshes, CLIENT_SECRET}

    def admits(self, access: str) -> bool:
        """Whether this access token is good now."""
        grant, until = self.access.get(access, (None, 0.0))
        return grant is not None and grant.alive and self.now() < until

    def end_access(self) -> None:
        """Every access token given out so far is refused from now on."""
        self.access = {name: (grant, 0.0) for name, (grant, _) in self.access.items()}

    def take_back(self) -> None:
        """The owner of every account took the access back."""
        for grant in [*self.refreshes.values(), *(one for one, _ in self.access.values())]:
            grant.alive = False

    # -- answers ----------------------------------------------------------------------------

    def answer(self, request: Request) -> Answer:
        routes = {
            "/o/oauth2/v2/auth": lambda: self._authorize(request, " "),
            "/v26.0/dialog/oauth": lambda: self._authorize(request, ","),
            "/token": lambda: self._google_token(_form(request)),
            "/revoke": lambda: self._google_revoke(_form(request)),
            "/v26.0/oauth/access_token": lambda: self._meta_token(request.query),
            "/v26.0/me": lambda: json_answer({"id": "10101", "name": self._bearer(request).identity}),
            "/v26.0/me/permissions": lambda: self._permissions(request),
        }
        try:
            found = routes.get(request.path)
            return found() if found else json_answer({"error": "not found"}, 404)
        except RefusedError as refused:
            return refused.answer

    def _authorize(self, request: Request, between: str) -> Answer:
        asked = request.query
        if asked.get("client_id") != CLIENT_ID or asked.get("response_type") != "code":
            return Answer(b"<h1>Error 401: invalid_client</h1>", 401, kind="text/html")
        if self.error:
            back = {"error": self.error, "state": asked["state"]}
        else:
            scopes = tuple(one for one in asked.get("scope", "").split(between) if one not in self.untick)
            code = f"4/0A{secrets.token_urlsafe(24)}"
            self.codes[code] = Grant(self.who, scopes, asked["redirect_uri"], asked.get("code_challenge", ""))
            back = {"state": asked["state"], "code": code}
        return Answer(b"", 302, {"Location": f"{asked['redirect_uri']}?{urlencode(back)}"})

    # -- Google -----------------------------------------------------------------------------

    def _google_token(self, form: Mapping[str, str]) -> Answer:
        if form.get("client_id") != CLIENT_ID or form.get("client_secret") != CLIENT_SECRET:
            return json_answer({"error": "invalid_client", "error_description": "Unauthorized"}, 401)
        if form.get("grant_type") == "authorization_code":
            grant = self._code(form, lambda: _google("Malformed auth code."))
            if not _fits(form.get("code_verifier", ""), grant.challenge):
                raise RefusedError(_google("Invalid code verifier."))
            return self._google_answer(grant, new=self.lasting)
        return self._google_refresh(form.get("refresh_token", ""))

    def _google_refresh(self, refresh: str) -> Answer:
        self.between()
        with self._lock:
            grant = self.refreshes.get(refresh)
            if grant is None or not grant.alive:
                return _google("Token has been expired or revoked.")
            if self.rotate:
                del self.refreshes[refresh]
            self.renewals += 1
        return self._google_answer(grant, new=self.rotate)

    def _google_answer(self, grant: Grant, *, new: bool) -> Answer:
        body: dict[str, Any] = {"access_token": f"ya29.a0{secrets.token_urlsafe(24)}", "expires_in": self.lifetime}
        self.access[body["access_token"]] = (grant, self.now() + self.lifetime)
        if new:
            body["refresh_token"] = f"1//0e{secrets.token_urlsafe(24)}"
            self.refreshes[body["refresh_token"]] = grant
        body |= {"scope": " ".join(grant.scopes), "token_type": "Bearer"}
        if "openid" in grant.scopes:
            claims = {"iss": "https://accounts.google.com", "aud": CLIENT_ID, "sub": "1", "email": grant.identity}
            body["id_token"] = ".".join(_packed(one) for one in ({"alg": "RS256"}, claims, {"signed": "by Google"}))
        return json_answer(body)

    def _google_revoke(self, form: Mapping[str, str]) -> Answer:
        token = form.get("token", "")
        grant = self.refreshes.get(token) or self.access.get(token, (None, 0.0))[0]
        if grant is None:
            return json_answer({"error": "invalid_token"}, 400)
        grant.alive = False
        return json_answer({})

    # -- Meta -------------------------------------------------------------------------------

    def _meta_token(self, query: Mapping[str, str]) -> Answer:
        if query.get("client_id") != CLIENT_ID:
            return _meta(101, "Error validating application. Cannot get application info due to a system error.")
        if query.get("client_secret") != CLIENT_SECRET:
            return _meta(1, "Error validating client secret.")
        if query.get("grant_type") != "fb_exchange_token":
            used = "This authorization code has been used."
            return self._meta_answer(self._code(query, lambda: _meta(100, used, 36009)), 3600)
        self.between()
        old = query.get("fb_exchange_token", "")
        if not self.admits(old):
            return _meta(190, "Error validating access token: Session has expired.", 463)
        self.renewals += 1
        return self._meta_answer(self.access[old][0], SIXTY_DAYS)

    def _meta_answer(self, grant: Grant, seconds: int) -> Answer:
        token = f"EAA{secrets.token_hex(24)}"
        self.access[token] = (grant, self.now() + seconds)
        return json_answer({"access_token": token, "token_type": "bearer", "expires_in": seconds})

    def _permissions(self, request: Request) -> Answer:
        if request.method == "POST":
            token = _form(request)["access_token"]
            self.access[token][0].alive = False
            return json_answer({"success": True})
        granted = [{"permission": one, "status": "granted"} for one in self._bearer(request).scopes]
        return json_answer({"data": [*granted, *({"permission": one, "status": "declined"} for one in self.untick)]})

    def _bearer(self, request: Request) -> Grant:
        given = {name.lower(): value for name, value in request.headers.items()}.get("authorization", "")
        token = given.removeprefix("Bearer ")
        if not self.admits(token):
            raise RefusedError(_meta(190, "Invalid OAuth access token - Cannot parse access token"))
        return self.access[token][0]

    def _code(self, given: Mapping[str, str], refused: Callable[[], Answer]) -> Grant:
        """The grant of a code, which is spent by it. It stays known, so that tests can look for it."""
        grant = self.codes.get(given.get("code", ""))
        if grant is None or not grant.alive or grant.spent:
            raise RefusedError(refused())
        if given.get("redirect_uri") != grant.redirect_uri:
            raise RefusedError(json_answer({"error": "redirect_uri_mismatch"}, 400))
        grant.spent = True
        return grant


def _form(request: Request) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(request.body.decode()).items()}


def _fits(verifier: str, challenge: str) -> bool:
    digest = hashlib.sha256(verifier.encode()).digest()
    return bool(challenge) and base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == challenge


def _packed(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def _google(words: str) -> Answer:
    return json_answer({"error": "invalid_grant", "error_description": words}, 400)


def _meta(code: int, words: str, subcode: int = 0) -> Answer:
    error = {"message": words, "type": "OAuthException", "code": code, "fbtrace_id": "AbC"}
    return json_answer({"error": error | ({"error_subcode": subcode} if subcode else {})}, 400)


def main() -> None:
    parser = arguments("Google's and Meta's sign-in without anybody to ask.")
    chosen = parser.parse_args()
    print(f"client id {CLIENT_ID}, client secret {CLIENT_SECRET}")
    serve(OauthFake(port=chosen.port))


if __name__ == "__main__":
    main()
