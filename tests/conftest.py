"""The cast that every test can use, and surroundings that belong to the tests alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.db import connections
from django.test import Client, override_settings

from accounts import identity
from accounts.counting import counter
from accounts.models import Membership, Role, Team, User
from metrics.selectors import tiles

PASSWORD = "correct horse battery staple"


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Bytes are named by their length: packed ones hold the time and would differ between test processes."""
    return f"{argname}-of-{len(val)}-bytes" if isinstance(val, bytes) else None


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    tmp_path_factory: pytest.TempPathFactory, django_db_modify_db_settings_parallel_suffix: None
) -> None:
    """SQLite tests run on a file of their own: threads and server processes can open it too."""
    for alias in connections:
        if connections[alias].vendor == "sqlite":
            name = str(tmp_path_factory.getbasetemp() / f"{alias}.sqlite3")
            connections[alias].settings_dict["TEST"]["NAME"] = name


@pytest.fixture(scope="session", autouse=True)
def _surroundings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Cheap password hashing, files in a temporary folder, no mail that leaves."""
    folder = tmp_path_factory.mktemp("files")
    with override_settings(
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        MEDIA_ROOT=folder,
        EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend",
    ):
        yield folder


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Iterator[None]:
    """No cache and no verdict outlives its test. With REDIS_URL, that Redis is emptied."""
    cache.clear()
    counter().forget()
    tiles.forget()
    identity._clear()
    yield
    if django_settings.REDIS_URL:
        cache.clear()


def make_user(email: str, **fields: Any) -> User:
    """A person who can sign in with PASSWORD."""
    return User.objects.create_user(email, PASSWORD, name=email.partition("@")[0].title(), **fields)


def join(team: Team, user: User, role: str) -> User:
    """Make the person a member whose current team this is."""
    Membership.objects.create(team=team, user=user, role=role)
    user.current_team = team
    user.save(update_fields=["current_team"])
    return user


@dataclass(frozen=True)
class Cast:
    """Harbor with its four roles, and a stranger who owns another team."""

    team: Team
    owner: User
    admin: User
    member: User
    viewer: User
    other_team: Team
    stranger: User

    def with_role(self, role: str) -> User:
        """The person of Harbor with this role."""
        found: User = getattr(self, role)
        return found


@pytest.fixture
def cast(db: None) -> Cast:
    harbor = Team.objects.create(slug="harbor", name="Harbor", time_zone="Europe/Berlin")
    elsewhere = Team.objects.create(slug="elsewhere", name="Elsewhere")
    people = {role: join(harbor, make_user(f"{role}@harbor.example"), role) for role in Role.values}
    stranger = join(elsewhere, make_user("stranger@elsewhere.example"), Role.OWNER)
    return Cast(team=harbor, other_team=elsewhere, stranger=stranger, **people)


@pytest.fixture
def team(cast: Cast) -> Team:
    return cast.team


@pytest.fixture
def owner(cast: Cast) -> User:
    return cast.owner


@pytest.fixture
def admin(cast: Cast) -> User:
    return cast.admin


@pytest.fixture
def member(cast: Cast) -> User:
    return cast.member


@pytest.fixture
def viewer(cast: Cast) -> User:
    return cast.viewer


@pytest.fixture
def stranger(cast: Cast) -> User:
    return cast.stranger


@pytest.fixture
def other_team(cast: Cast) -> Team:
    return cast.other_team


@pytest.fixture
def signed_in() -> Callable[[User], Client]:
    """A browser in which this person is signed in."""

    def sign_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return sign_in
