"""Imports and foreign keys point down."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from django.apps import apps
from django.db import models

from accounts.models import Membership, TeamOwned
from tests.house.tree import ROOT

FLOORS = {name: number for number, name in enumerate(["accounts", "sources", "metrics", "insights"], start=1)}
OURS = [model for model in apps.get_models() if model._meta.app_label in FLOORS]
#: rows of a team that are not TeamOwned, with the reason
OTHERWISE = {
    "accounts.AuditEvent": "some deeds belong to no team",
}


def name(model: type[models.Model]) -> str:
    return model._meta.label


@pytest.mark.slow
def test_the_contracts_in_pyproject_hold() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:]


@pytest.mark.parametrize("model", OURS, ids=name)
def test_foreign_keys_point_down(model: type[models.Model]) -> None:
    floor = FLOORS[model._meta.app_label]
    for field in model._meta.get_fields():
        if field.is_relation and not field.auto_created and isinstance(field.related_model, type):
            there = FLOORS.get(field.related_model._meta.app_label, 0)
            assert there <= floor, f"{name(model)}.{field.name} points up to {name(field.related_model)}"


@pytest.mark.parametrize("model", [one for one in OURS if issubclass(one, TeamOwned)], ids=name)
def test_what_a_team_owns_has_its_team_and_the_one_way_to_look_it_up(model: type[models.Model]) -> None:
    field = model._meta.get_field("team")
    assert isinstance(field, models.ForeignKey)
    assert not field.null
    assert hasattr(model._default_manager, "for_team")


@pytest.mark.parametrize("model", OURS, ids=name)
def test_what_has_a_team_is_owned_by_it(model: type[models.Model]) -> None:
    points_to_team = any(field.name == "team" and field.is_relation for field in model._meta.fields)
    if points_to_team and name(model) not in OTHERWISE:
        assert issubclass(model, TeamOwned), f"{name(model)} should inherit TeamOwned"


def test_the_walk_meets_the_models() -> None:
    assert Membership in OURS
    assert len(OURS) > 10
