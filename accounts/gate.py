"""Who may open a socket, and into which team."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Final, cast
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from django.conf import settings
from django.contrib import auth
from django.http import HttpRequest
from django.http.cookie import parse_cookie
from django.http.request import validate_host

from accounts.identity import Identity, find_membership, identify_token
from accounts.models import Membership, User
from livinglytics.lib import clock
from livinglytics.lib.errors import ProductError

BEARER: Final = "bearer."
PROTOCOL: Final = "livinglytics"
#: what a team's token must carry to hear a topic; every role may hear all of them
PERMISSIONS: Final = {
    "jobs": "sources.read",
    "tasks": "insights.read",
    "metrics": "metrics.read",
    "sessions": "metrics.read",
    "insights": "insights.read",
    "alerts": "insights.read",
}
Answerer = Callable[[UUID, dict[str, Any]], dict[str, Any]]
_TOKEN_NAMES: Final = {"token", "access_token", "api_key", "authorization", "jwt"}

#: message type → what a token's scopes must carry, and what answers it. Each app adds its own in ``ready()``
_answers: dict[str, tuple[str, Answerer]] = {}
#: topic → does this object belong to this team? Each app adds its own in ``ready()``
_owners: dict[str, Callable[[UUID, str], bool]] = {}


@dataclass(frozen=True, slots=True)
class Pass:
    """One person, or one team key, inside one team. Checked again while the socket is open."""

    team_id: UUID
    user_id: UUID | None
    scopes: frozenset[str] | None = None
    token: str = ""
    session_key: str = ""
    session_hash: str = ""

    def may_hear(self, topic: str) -> bool:
        """Whether a token's scopes cover the topic; a topic that is in no table is closed."""
        return topic in PERMISSIONS and (self.scopes is None or PERMISSIONS[topic] in self.scopes)


def owner_of(topic: str, check: Callable[[UUID, str], bool]) -> None:
    """``check(team_id, object_id)`` says whether a narrowed topic such as ``jobs:ID`` is the team's own."""
    _owners[topic] = check


def owns(team_id: UUID, topic: str, object_id: str) -> bool:
    """True when the object is the team's; an unknown kind of object is nobody's."""
    check = _owners.get(topic)
    return check is not None and check(team_id, object_id)


def answers(kind: str, permission: str, answer: Answerer) -> None:
    """``answer(team_id, message)`` is said back to messages of this type; it may raise a ProductError."""
    _answers[kind] = (permission, answer)


def questions() -> frozenset[str]:
    """The message types that some app answers."""
    return frozenset(_answers)


def answer(passed: Pass, message: dict[str, Any], kind: str) -> dict[str, Any]:
    """The answer to a question, or an error message in its place. ``id`` comes back as it was sent."""
    permission, answerer = _answers[kind]
    back = {"id": message["id"]} if "id" in message else {}
    if passed.scopes is not None and permission not in passed.scopes:
        text = f"This API token lacks the scope {permission}."
        return {"type": "error", "code": "forbidden", "message": text, **back}
    try:
        return {"type": "answer", **back, "data": answerer(passed.team_id, message)}
    except ProductError as error:
        return {"type": "error", "code": error.code, "message": error.message, "details": error.details, **back}


def origin_allowed(headers: dict[bytes, bytes]) -> bool:
    """Browsers always send an Origin: it must be a host of ours. Programs send none, and no cookie by accident."""
    origin = headers.get(b"origin", b"").decode("latin-1")
    if not origin:
        return True
    if origin in settings.CORS_ALLOWED_ORIGINS or origin in settings.CSRF_TRUSTED_ORIGINS:
        return True
    host = urlsplit(origin).hostname or ""
    return validate_host(f"[{host}]" if ":" in host else host, settings.ALLOWED_HOSTS)


def token_in_address(query: bytes) -> bool:
    """Addresses end up in logs and histories, so a token there is refused and should be replaced."""
    return bool(_TOKEN_NAMES & {name.lower() for name in parse_qs(query.decode("latin-1"), keep_blank_values=True)})


def offered(subprotocols: Iterable[str]) -> tuple[str, str | None]:
    """The token of a ``bearer.<token>`` subprotocol, and the subprotocol to answer with."""
    known = list(subprotocols)
    bearer = next((name for name in known if name.startswith(BEARER)), None)
    answer = PROTOCOL if PROTOCOL in known else bearer
    return (bearer or "").removeprefix(BEARER), answer


def by_token(raw: str, team: str = "") -> Pass | None:
    """The pass of an access token or API token, or None. ``team`` is a slug; a team's own token ignores it."""
    identity = identify(raw)
    if identity is None:
        return None
    user_id = identity.user.pk if identity.user else None
    if identity.team is not None:
        return Pass(identity.team.pk, user_id, scopes=identity.scopes, token=raw)
    membership = find_membership(identity.user, team or None) if identity.user else None
    return Pass(membership.team_id, user_id, token=raw) if membership else None


def by_session(headers: dict[bytes, bytes], team: str = "") -> Pass | None:
    """The pass of a signed-in browser, or None."""
    key = parse_cookie(headers.get(b"cookie", b"").decode("latin-1")).get(settings.SESSION_COOKIE_NAME)
    if not key:
        return None
    user = auth.get_user(cast(HttpRequest, SimpleNamespace(session=_session(key))))
    if not isinstance(user, User) or not user.is_active:
        return None
    membership = find_membership(user, team or None)
    if membership is None:
        return None
    return Pass(membership.team_id, user.pk, session_key=key, session_hash=user.get_session_auth_hash())


def identify(raw: str) -> Identity | None:
    """Whom a bearer token stands for, or None."""
    return identify_token(raw)


def ended(passes: set[Pass]) -> set[Pass]:
    """The passes that are no longer good: left the team, disabled, signed out, new password, spent token."""
    people = {one.user_id for one in passes if one.user_id}
    users = User.objects.filter(is_active=True).in_bulk(people)
    members = set(
        Membership.objects.filter(user__in=users, team__in={one.team_id for one in passes}).values_list(
            "user_id", "team_id"
        )
    )
    good_tokens = {raw for raw in {one.token for one in passes if one.token} if identify(raw) is not None}
    good_sessions = _living({one.session_key for one in passes if one.session_key})

    def good(one: Pass) -> bool:
        if one.user_id and (one.user_id, one.team_id) not in members:
            return False
        if one.token:
            return one.token in good_tokens
        user = users.get(one.user_id) if one.user_id else None
        return (
            user is not None and one.session_key in good_sessions and user.get_session_auth_hash() == one.session_hash
        )

    return {one for one in passes if not good(one)}


def _session(key: str) -> Any:
    return importlib.import_module(settings.SESSION_ENGINE).SessionStore(key)


def _living(keys: set[str]) -> set[str]:
    store = _session("")
    if not hasattr(store, "model"):
        return {key for key in keys if store.exists(key)}
    rows = store.model.objects.filter(session_key__in=keys, expire_date__gt=clock.now())
    return set(rows.values_list("session_key", flat=True))
