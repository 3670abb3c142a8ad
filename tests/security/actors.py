"""Who asks, and how a registered call becomes a request."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.http import HttpResponseBase
from django.test import Client

from accounts.models import User
from tests.security.routes import Call, Ids, Route, filled
from tests.security.world import World

API_ROOTS = ("api/", "v1/dashboard/", "auth/", "users")
RANKS = {"": 0, "viewer": 1, "member": 2, "admin": 3, "owner": 4}


@dataclass
class Actor:
    """Somebody with a bearer token for the API and a session cookie for pages."""

    name: str
    role: str = ""
    bearer: str = ""
    session: str = ""
    staff: bool = False
    person: bool = True

    def client(self, pattern: str, team: str = "") -> Client:
        headers = {"X-Team": team} if team else {}
        if pattern.startswith(API_ROOTS):
            if self.bearer:
                headers["Authorization"] = f"Bearer {self.bearer}"
            return Client(raise_request_exception=False, headers=headers)
        client = Client(raise_request_exception=False, headers=headers)
        if self.session:
            client.cookies[settings.SESSION_COOKIE_NAME] = self.session
        return client


def session_of(user: User) -> str:
    client = Client()
    client.force_login(user)
    return str(client.cookies[settings.SESSION_COOKIE_NAME].value)


def actors_of(world: World) -> dict[str, Actor]:
    """Anonymous, one per role of this team, and the team's API token with every scope."""
    found = {"anonymous": Actor("anonymous", person=False)}
    for role, user in world.people.items():
        found[role] = Actor(role, role, world.tokens[role].access_token, session_of(user))
    found["token"] = Actor("token", "owner", world.api_token, person=False)
    return found


@dataclass
class Answered:
    """What came back, read to the end."""

    status: int
    text: str
    location: str = ""
    sent: set[str] = field(default_factory=set)

    @property
    def to_sign_in(self) -> bool:
        return self.status == 302 and any(
            one in self.location for one in ("/accounts/login/?next", "/admin/login/?next")
        )


def ask(actor: Actor, route: Route, call: Call, *, path: Ids, body: Ids, team: str = "", more: str = "") -> Answered:
    """Send the call: ids of ``path`` into the address, those of ``body`` into query and body."""
    named = {part: path[key] for part, key in route.path.items()}
    address = _address(route.pattern, named)
    query = "&".join(part for part in (call.query.format(**body), more) if part)
    if query:
        address = f"{address}?{query}"
    given = call.body(body) if call.body else None
    client = actor.client(route.pattern, team)
    answer = client.generic(call.method, address, *_content(client, call, given))
    sent = {str(one) for one in named.values()} | _texts(given) | {query, team}
    return Answered(answer.status_code, content(answer), answer.headers.get("Location", ""), sent)


def _address(pattern: str, named: Mapping[str, Any]) -> str:
    if pattern.startswith("^"):
        return f"/accounts/password/reset/key/{named['uidb36']}-{named['key']}/"
    return filled(pattern, named)


def _content(client: Client, call: Call, given: Any) -> tuple[bytes, str]:
    if call.kind == "application/json":
        return (b"" if given is None else json.dumps(given, default=str).encode()), call.kind
    if call.kind.startswith("multipart"):
        from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

        return encode_multipart(BOUNDARY, given), MULTIPART_CONTENT
    from urllib.parse import urlencode

    return urlencode(given or {}, doseq=True).encode(), call.kind


def content(answer: HttpResponseBase) -> str:
    raw = b"".join(answer) if answer.streaming else answer.content  # type: ignore[attr-defined]
    return raw.decode("utf-8", "replace")


def _texts(value: Any) -> set[str]:
    if isinstance(value, dict):
        return {one for inner in value.values() for one in _texts(inner)}
    if isinstance(value, list):
        return {one for inner in value for one in _texts(inner)}
    return {str(value)}


def leaks(answer: Answered, victim: World) -> list[str]:
    """What of the other team stands in a 2xx answer and was not in the request."""
    if not 200 <= answer.status < 300:
        return []
    asked = " ".join(answer.sent)
    words = [one for one in (victim.word, f"secret-{victim.word}") if one in answer.text]
    return words + [one for one in victim.names() if len(one) > 3 and one in answer.text and one not in asked]
