"""The pages of presets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import Team, User
from sources.actions.presets import create_preset
from sources.models import Preset
from sources.projects.rules import usual

pytestmark = pytest.mark.django_db
Sign = Callable[[User], Client]


def entered(**more: Any) -> dict[str, Any]:
    """What the form sends when nothing but the name was touched."""
    flat = {name: value for section in usual().values() for name, value in section.items() if value is not False}
    return {"name": "Weekly", **flat, **more}


def text(answer: Any) -> str:
    return str(answer.content.decode())


@pytest.fixture
def preset(team: Team) -> Preset:
    return create_preset(team=team, by=None, name="Ours", description="For launches.", config={"llm": {"model": "m"}})


def test_the_five_of_the_product_are_shown_in_words(signed_in: Sign, member: User) -> None:
    browser = signed_in(member)
    page = text(browser.get("/settings/presets/"))
    assert all(name in page for name in ("Starter", "Standard"))
    one = text(browser.get("/settings/presets/standard/"))
    assert "Most reviews of a target in one scrape" in one
    assert "Copy it to change it" in one


def test_a_preset_of_the_product_cannot_be_changed_but_copied(signed_in: Sign, member: User) -> None:
    browser = signed_in(member)
    assert browser.post("/settings/presets/standard/", entered()).status_code == 422
    answer = browser.post("/settings/presets/standard/duplicate/", follow=True)
    assert "Standard copy is yours to change." in text(answer)
    assert Preset.objects.get().config["analysis"]["emotions"] is True


def test_a_new_preset_keeps_all_that_was_entered(signed_in: Sign, member: User, team: Team) -> None:
    sent = entered(
        enabled="on", frequency="weekly", days=["0", "3"], time="07:30", max_reviews_per_target="250",
        sentiment_classes="3", emotions="on", emotion_model="plutchik", platforms=["steam"],
    )  # fmt: skip
    answer = signed_in(member).post("/settings/presets/add/", sent, follow=True)
    assert "Weekly is kept." in text(answer)
    config = Preset.objects.for_team(team).get().config
    assert config["schedule"]["days"] == [0, 3]
    assert config["schedule"]["time"] == "07:30"
    assert config["limits"]["max_reviews_per_target"] == 250
    assert config["analysis"]["sentiment_classes"] == 3
    assert config["analysis"]["emotion_model"] == "plutchik"
    assert config["analysis"]["summarize"] is False
    assert config["scrapers"]["platforms"] == ["steam"]


def test_what_is_saved_without_a_change_stays_the_same(signed_in: Sign, member: User, preset: Preset) -> None:
    before = preset.config
    page = signed_in(member).get(f"/settings/presets/{preset.pk}/")
    form = page.context["form"]
    sent = {name: value for name, value in form.initial.items() if value is not False}
    signed_in(member).post(f"/settings/presets/{preset.pk}/", sent)
    preset.refresh_from_db()
    assert preset.config == before


def test_a_number_out_of_bounds_is_told_at_its_field_and_nothing_is_kept(signed_in: Sign, member: User) -> None:
    answer = signed_in(member).post("/settings/presets/add/", entered(max_reviews_per_target="5000"))
    assert answer.status_code == 422
    assert "Enter a number from 10 to 1000." in text(answer)
    assert answer.context["form"].errors.keys() == {"max_reviews_per_target"}
    assert not Preset.objects.exists()


def test_a_name_that_is_taken_is_told_on_the_form(signed_in: Sign, member: User, preset: Preset) -> None:
    answer = signed_in(member).post("/settings/presets/add/", entered(name="Ours"))
    assert answer.status_code == 422
    assert "Choose another name." in text(answer)


def test_an_own_preset_is_deleted(signed_in: Sign, member: User, preset: Preset) -> None:
    answer = signed_in(member).post(f"/settings/presets/{preset.pk}/delete/", follow=True)
    assert "Ours is deleted." in text(answer)
    assert not Preset.objects.exists()


def test_a_viewer_looks_at_presets_and_changes_none(signed_in: Sign, viewer: User, preset: Preset) -> None:
    browser = signed_in(viewer)
    assert "Ours" in text(browser.get("/settings/presets/"))
    page = text(browser.get(f"/settings/presets/{preset.pk}/"))
    assert "Copy it to change it" not in page
    for address in ("add/", f"{preset.pk}/", f"{preset.pk}/delete/", f"{preset.pk}/duplicate/"):
        assert browser.post(f"/settings/presets/{address}", entered()).status_code == 403
    assert Preset.objects.count() == 1


def test_a_preset_of_another_team_is_not_there(signed_in: Sign, stranger: User, preset: Preset) -> None:
    browser = signed_in(stranger)
    assert browser.get(f"/settings/presets/{preset.pk}/").status_code == 404
    assert browser.post(f"/settings/presets/{preset.pk}/delete/").status_code == 404
