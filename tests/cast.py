"""The people of the tests: made in one line each."""

from __future__ import annotations

from datetime import datetime
from itertools import count
from typing import Any

from rest_framework.test import APIClient

from accounts.actions.sessions import start_session
from accounts.actions.teams import create_team
from accounts.actions.tokens import NewToken, create_token
from accounts.models import Membership, Team, User

PASSWORD = "correct horse battery 9"
_numbers = count(1)


def make_user(email: str = "", *, name: str = "", password: str = PASSWORD, **fields: Any) -> User:
    """A person in no team. The address is made up when not given."""
    return User.objects.create_user(email or f"person{next(_numbers)}@example.com", password, name=name, **fields)


def make_team(owner: User | None = None, *, name: str = "", time_zone: str = "UTC") -> Team:
    """A team with an owner, whose current team it becomes."""
    return create_team(by=owner or make_user(), name=name or f"Team {next(_numbers)}", time_zone=time_zone)


def make_member(team: Team, role: str = "member", *, user: User | None = None, email: str = "") -> User:
    """A person with this role in the team, working in it."""
    user = user or make_user(email)
    Membership.objects.create(team=team, user=user, role=role)
    user.current_team = team
    user.save(update_fields=["current_team"])
    return user


def make_token(team: Team, *scopes: str, by: User | None = None, expires_at: datetime | None = None) -> NewToken:
    """An API token of the team: ``.secret`` and ``.token``."""
    maker = by or team.memberships.filter(role="owner").get().user
    role = Membership.objects.get(team=team, user=maker).role
    return create_token(
        team=team, by=maker, by_role=role, name="test", scopes=scopes or ["metrics.read"], expires_at=expires_at
    )


def bearer(token: str) -> APIClient:
    """A client of the API that carries this token."""
    client = APIClient(raise_request_exception=False)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


def api_client_for(user: User, team: Team | None = None) -> APIClient:
    """A client of the API signed in as this person; with a team, every request names it."""
    client = bearer(start_session(user=user).access_token)
    if team is not None:
        client.credentials(**client._credentials, HTTP_X_TEAM=team.slug)
    return client


def anonymous() -> APIClient:
    """A client of the API that nobody knows."""
    return APIClient(raise_request_exception=False)
