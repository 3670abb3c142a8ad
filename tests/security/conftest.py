"""Two teams, planted once per file; every request's traces are taken back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction
from django.test import override_settings

from accounts.actions.sessions import start_session
from tests.cast import make_member, make_user
from tests.live.conftest import _one_stage, stage  # noqa: F401
from tests.security.actors import Actor, actors_of, session_of
from tests.security.town import Web, start_web, stop_web
from tests.security.world import World, build_world
from tests.sources.scripted import scripted

NO_LIMITS = dict.fromkeys(settings.RATE_LIMITS, "1000000/minute")


@dataclass
class Two:
    """``home`` asks, ``rival`` must stay hidden and whole."""

    home: World
    rival: World
    home_actors: dict[str, Actor]
    rival_actors: dict[str, Actor]

    @property
    def all_asking(self) -> list[Actor]:
        return list(self.home_actors.values())


@pytest.fixture(scope="module")
def two(django_db_setup: None, django_db_blocker: Any) -> Iterator[Two]:
    """Both teams, and staff that belongs to ``home``."""
    calm = override_settings(RATE_LIMITS=NO_LIMITS, DEMO_ENABLED=False)
    with django_db_blocker.unblock(), calm, scripted(), transaction.atomic():
        make_user("free@nowhere.example")
        home, rival = build_world("Home", "homely-11aa"), build_world("Rival", "planted-9f3a")
        asking = actors_of(home)
        for name, is_root in (("staff", False), ("root", True)):
            user = make_user(f"{name}@staff.example", is_staff=True, is_superuser=is_root)
            make_member(home.team, "member", user=user)
            asking[name] = Actor(name, "member", start_session(user=user).access_token, session_of(user), staff=True)
        yield Two(home, rival, asking, actors_of(rival))
        transaction.set_rollback(True)


@pytest.fixture(scope="session")
def _both_webs(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Web, Web]]:
    folder = tmp_path_factory.mktemp("webs")
    webs = start_web(folder), start_web(folder)
    yield webs
    for one in webs:
        stop_web(one)


@pytest.fixture
def webs(_both_webs: tuple[Web, Web], transactional_db: None) -> tuple[Web, Web]:
    """Two web processes on the tests' database."""
    return _both_webs


@pytest.fixture
def web(webs: tuple[Web, Web]) -> Web:
    """One of them."""
    return webs[0]
