"""Fields that nobody may set, sent to every write of the API and to the pages' forms: nothing stored changes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.apps import apps
from django.db import models

from tests.security.actors import ask
from tests.security.conftest import Two
from tests.security.routes import Call, Route
from tests.security.routes_api import API
from tests.security.routes_pages import FORM, PAGES
from tests.security.world import Undone

pytestmark = pytest.mark.django_db
WRITES = [
    (route, call) for route in API for call in route.calls if call.method in {"POST", "PUT", "PATCH"} and call.ok < 400
]
FORMS = [(route, call) for route in PAGES for call in route.calls if call.kind == FORM and call.ok < 400]
STAMP = "2001-01-01T00:00:00Z"


def _protected(two: Two) -> dict[str, Any]:
    rival = two.rival
    ids = {name: str(rival.team.pk) for name in ("team", "team_id", "organization", "organization_id", "id", "pk")}
    people = {name: str(rival.people["owner"].pk) for name in ("user", "user_id", "owner", "created_by", "by")}
    flags = {"is_staff": True, "is_superuser": True, "is_active": False, "is_demo": True, "token_version": 99}
    times = dict.fromkeys(("created_at", "updated_at", "revoked_at", "last_login", "finished_at"), STAMP)
    return {
        **ids,
        **people,
        **flags,
        **times,
        "digest": "0" * 64,
        "secret": "planted",
        "sealed": "planted",
        "origin": "planted",
        "state": "planted",
        "status": "planted",
        "fence": 99,
        "path": "/etc/passwd",
        "permissions": ["team.own"],
    }


def _ids(pairs: list[tuple[Route, Call]]) -> list[str]:
    return [f"{call.method} {route.pattern}" for route, call in pairs]


def _everything() -> dict[str, Any]:
    """The fields that nobody may set, of every row there is."""
    names = ("team_id", "user_id", "created_by_id", "is_staff", "is_superuser", "is_demo", "fence", "path")
    found = {}
    for model in apps.get_models():
        if model._meta.app_label in ("accounts", "sources", "metrics", "insights") and model._meta.pk:
            here = [one.attname for one in model._meta.concrete_fields if one.attname in names]
            found[model] = {row[0]: row[1:] for row in model._default_manager.values_list("pk", *here)}
    return found


def _kept(before: dict[Any, Any]) -> list[str]:
    """Rows whose protected fields are not what they were, and new rows that stand where they shouldn't."""
    wrong = []
    for model, rows in _everything().items():
        old = before[model]
        wrong += [f"{model.__name__} {pk}: {old[pk]} → {row}" for pk, row in rows.items() if _moved(old.get(pk), row)]
        wrong += [f"new {model.__name__} {row}" for pk, row in rows.items() if pk not in old and _foul(row)]
    return wrong


def _moved(old: tuple[Any, ...] | None, row: tuple[Any, ...]) -> bool:
    """Whether something else changed than a fence that the server raised by one, as it does with a run it ends."""
    if old is None:
        return False
    raised = old[-1:] != row[-1:] and row[-1] in (1, 2) and type(row[-1]) is int
    return old[:-1] != row[:-1] if raised else old != row


def _foul(row: tuple[Any, ...]) -> bool:
    return any(str(value) in {"planted", "/etc/passwd", "99", "0" * 64} for value in row) or True in row


@pytest.mark.parametrize(("route", "call"), WRITES, ids=_ids(WRITES))
def test_a_protected_field_is_refused_or_without_effect(two: Two, route: Route, call: Call) -> None:
    ids = two.home.ids
    given = call.body(ids) if call.body else {}
    protected = {name: value for name, value in _protected(two).items() if name not in _first(given)}
    fouled = Call(call.method, lambda _: _mixed(given, protected), call.ok, call.query, call.least, None, call.kind)
    with Undone():
        before = _everything()
        answer = ask(two.home_actors["owner"], route, fouled, path=ids, body=ids)
        assert _kept(before) == []
    assert answer.status == call.ok or answer.status in {400, 409, 422}, answer.text[:500]
    if call.body and isinstance(given, dict) and call.kind == "application/json":
        assert answer.status == 422, "a field that isn't there is refused by name"
        assert "is_staff" in json.loads(answer.text)["error"]["details"]


def _first(given: Any) -> dict[str, Any]:
    return given if isinstance(given, dict) else (given[0] if given else {})


def _mixed(given: Any, protected: dict[str, Any]) -> Any:
    if isinstance(given, list):
        return [{**one, **protected} for one in given] or [protected]
    return {**given, **protected}


@pytest.mark.parametrize(("route", "call"), FORMS, ids=_ids(FORMS))
def test_a_form_with_protected_fields_stores_only_its_own(two: Two, route: Route, call: Call) -> None:
    ids = two.home.ids
    protected = {name: str(value) for name, value in _protected(two).items()}
    given = {**protected, **(call.body(ids) if call.body else {})}
    fouled = Call("POST", lambda _: given, call.ok, call.query, call.least, None, FORM)
    with Undone():
        before = _everything()
        answer = ask(two.home_actors["owner"], route, fouled, path=ids, body=ids)
        assert _kept(before) == []
    assert answer.status < 500


def test_every_secret_column_is_hidden_from_every_api_shape() -> None:
    """A column that holds a secret is in no field list of an answer."""
    secret = {"password", "digest", "sealed", "jti", "fingerprint", "token_version", "path", "worker"}
    from rest_framework.serializers import ModelSerializer

    def shapes(base: type[Any]) -> list[type[Any]]:
        return [one for sub in base.__subclasses__() for one in (sub, *shapes(sub))]

    for shape in shapes(ModelSerializer):
        meta = getattr(shape, "Meta", None)
        if meta is not None and issubclass(getattr(meta, "model", type), models.Model):
            readable = {name for name, one in shape().fields.items() if not one.write_only}
            assert readable.isdisjoint(secret), shape
