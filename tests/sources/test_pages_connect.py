"""Choosing a kind of source and connecting it: checked first, previewed, and no secret ever shown again."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, cast

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from accounts.models import Team, User
from livinglytics.lib.errors import ServiceDown
from sources import vault
from sources.connectors import connectors
from sources.connectors._base import Checked
from sources.models import Job, RawRecord, Schedule, Source
from tests.sources.scripted import Script, make_source, scripted

pytestmark = pytest.mark.django_db
SECRET = "sesame-sesame-3f9a"
URL = "/sources/add/scripted/"
BODY = {"source_name": "Mine", "place": "Berlin", "token": SECRET, "number": "3", "since": "", "rhythm": ""}


@pytest.fixture(autouse=True)
def script() -> Iterator[Script]:
    with scripted() as one:
        yield one


@pytest.fixture
def browser(member: User, signed_in: Callable[[User], Client]) -> Client:
    return signed_in(member)


def text(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status, answer.content[:2000]
    return str(answer.content.decode())


def every(distance: timedelta) -> None:
    cast(Any, connectors.get("scripted")).every = distance


def test_the_catalog_begins_with_files_and_push_and_labels_the_demo(browser: Client, settings: Any) -> None:
    settings.DEMO_ENABLED = True
    shown = text(browser.get("/sources/add/"))
    places = [shown.index(f"/sources/add/{kind}/") for kind in ("upload", "push", "steam", "demo")]
    assert places == sorted(places)
    assert "made-up numbers" in shown


def test_the_catalog_is_searched_by_what_sources_bring(browser: Client) -> None:
    shown = text(browser.get("/sources/add/?q=STEAM"))
    assert "/sources/add/steam/" in shown
    assert "/sources/add/push/" not in shown
    assert "Nothing matches" in text(browser.get("/sources/add/?q=<script>"))


def test_an_unknown_kind_is_not_found(browser: Client) -> None:
    assert browser.get("/sources/add/nonsense/").status_code == 404


def test_the_form_is_made_from_what_the_connector_declares(browser: Client) -> None:
    shown = text(browser.get(URL))
    for part in (
        'name="place"',
        'type="password" name="token"',
        'type="number" name="number"',
        'type="date" name="since"',
    ):
        assert part in shown, part
    assert "Check and preview" in shown


def test_a_check_shows_rows_and_stores_nothing(browser: Client) -> None:
    shown = text(browser.post(URL, BODY | {"step": "check"}))
    assert "Scripted place" in shown
    assert "Nothing is stored yet" in shown
    assert len(re.findall(r"<td[^>]*>\s*visits\s*</td>", shown)) == 3
    assert 'value="connect"' in shown
    assert not Source.objects.exists()
    assert not RawRecord.objects.exists()


def test_a_checked_secret_is_kept_sealed_and_needs_no_second_typing(browser: Client, script: Script) -> None:
    shown = text(browser.post(URL, BODY | {"step": "check"}))
    assert SECRET not in shown
    assert "kept from the check" in shown
    assert not any(SECRET in str(one.get_decoded()) for one in Session.objects.all())
    answer = browser.post(URL, BODY | {"token": "", "step": "connect"})
    source = Source.objects.get()
    assert answer["Location"] == f"/sources/{source.pk}/"
    assert vault.secrets_of(source) == {"token": SECRET}
    assert script.tokens[-1] == SECRET
    assert Job.objects.get().trigger == "connect"
    assert not any("connect:" in key for one in Session.objects.all() for key in one.get_decoded())


def test_a_refused_check_marks_the_setting_at_fault(browser: Client, script: Script) -> None:
    script.check = lambda config: Checked(False, "No such place.", field="place")
    shown = text(browser.post(URL, BODY | {"step": "check"}), 422)
    assert shown.index('name="place"') < shown.index("No such place.") < shown.index('name="token"')
    assert SECRET not in shown
    script.check = lambda config: Checked(False, "The service is closed.")
    assert "The service is closed." in text(browser.post(URL, BODY | {"step": "check"}), 422)
    assert "The service is closed." in text(browser.post(URL, BODY | {"step": "connect"}), 422)
    assert not Source.objects.exists()


def test_a_service_that_fails_at_the_preview_is_told(browser: Client, script: Script) -> None:
    script.faults["days", 0] = [ServiceDown(f"Down, said {SECRET}")]
    shown = text(browser.post(URL, BODY | {"step": "check"}))
    assert "Down, said •••" in shown
    assert 'value="connect"' in shown


def test_wrong_values_come_back_with_their_reason(browser: Client, script: Script) -> None:
    shown = text(browser.post(URL, BODY | {"number": "99", "step": "connect"}), 422)
    assert "less than or equal to 9" in shown
    assert SECRET not in shown
    assert script.checks == 0


@pytest.mark.parametrize(("rhythm", "ending"), [("hourly", "* * * *"), ("daily", "6 * * *"), ("weekly", "6 * * 1")])
def test_a_rhythm_is_chosen_while_connecting(browser: Client, rhythm: str, ending: str) -> None:
    every(timedelta(days=1))
    browser.post(URL, BODY | {"rhythm": rhythm, "step": "connect"})
    assert Schedule.objects.get().expression.partition(" ")[2] == ending


def test_only_when_asked_means_no_schedule(browser: Client) -> None:
    every(timedelta(days=1))
    browser.post(URL, BODY | {"rhythm": "manual", "step": "connect"})
    assert Source.objects.exists()
    assert not Schedule.objects.exists()


def test_two_sources_of_a_kind_are_fine(browser: Client, team: Team) -> None:
    make_source(team)
    browser.post(URL, BODY | {"step": "connect"})
    assert Source.objects.for_team(team).count() == 2
