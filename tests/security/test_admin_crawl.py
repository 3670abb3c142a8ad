"""The admin is for staff alone, and shows secrets to nobody."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.urls import reverse

from tests.security.actors import ask, leaks
from tests.security.conftest import Two
from tests.security.routes import Call, Route
from tests.security.routes_pages import ADMIN_MODELS
from tests.security.world import Undone, snapshot

pytestmark = pytest.mark.django_db
FIXED = ("admin/", "admin/search/?s=planted", "admin/password_change/", "admin/autocomplete/", "admin/jsi18n/")
PARTS = ("history", "delete", "change")


def _addresses(two: Two, label: str) -> list[str]:
    model = apps.get_model(*label.split("_"))
    rows = model._default_manager.all()
    if any(one.attname == "team_id" for one in model._meta.concrete_fields):
        rows = rows.filter(team_id=two.rival.team.pk)
    found = [reverse(f"admin:{label}_{part}") for part in ("changelist", "add")]
    if (row := rows.first()) is not None:
        found += [reverse(f"admin:{label}_{part}", args=[row.pk]) for part in PARTS]
    return [one.lstrip("/") for one in found]


@pytest.mark.parametrize("label", sorted(ADMIN_MODELS))
def test_whoever_is_not_staff_gets_nothing_from_the_admin(two: Two, label: str) -> None:
    before = snapshot(two.rival.team)
    for name in ("anonymous", "owner", "token", "staff"):
        for address in _addresses(two, label):
            for method in ("GET", "POST"):
                with Undone():
                    answer = ask(two.home_actors[name], Route(address, ()), Call(method), path={}, body={})
                    assert snapshot(two.rival.team) == before
                assert answer.status == 403 if name == "staff" else answer.to_sign_in, (name, address, answer.status)


@pytest.mark.parametrize("label", sorted(ADMIN_MODELS))
def test_a_superuser_reads_every_page_of_the_admin_and_no_secret(two: Two, label: str) -> None:
    for address in _addresses(two, label):
        with Undone():
            answer = ask(two.home_actors["root"], Route(address, ()), Call("GET"), path={}, body={})
        assert answer.status in {200, 302, 403}, (address, answer.text[:500])
        secrets = [f"secret-{two.rival.word}", two.rival.api_token, two.rival.ids["own_refresh"]]
        secrets += [user.password for user in two.rival.people.values()]
        assert [one for one in secrets if one in answer.text] == [], address


@pytest.mark.parametrize("address", FIXED)
def test_the_admin_s_own_pages_show_members_of_teams_nothing(two: Two, address: str) -> None:
    for name in ("anonymous", "owner", "staff"):
        with Undone():
            answer = ask(two.home_actors[name], Route(address, ()), Call("GET"), path={}, body={})
        assert answer.status < 500
        assert leaks(answer, two.rival) == []
