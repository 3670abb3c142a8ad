"""The pages of keys that a team enters once, and what replacing one does."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.test import Client

from accounts.models import Team, User
from livinglytics.lib.errors import Invalid
from sources import vault
from sources.actions.keys import add_key, replace_key
from sources.models import ApiKey, Job, Source, SourceState
from tests.fakes.youtube import HANDLE, KEY, YouTubeFake

pytestmark = pytest.mark.django_db
Sign = Callable[[User], Client]
OLD = "AIzaSy-the-old-one-9999"


@pytest.fixture
def key(team: Team) -> ApiKey:
    return add_key(team=team, by=None, provider="youtube", values={"api_key": OLD}, label="ours")


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[YouTubeFake]:
    with YouTubeFake() as running:
        monkeypatch.setenv("YOUTUBE_BASE_URL", running.url)
        yield running


def source(team: Team, key: ApiKey, name: str, state: str) -> Source:
    more = {"name": name, "slug": name, "config": {"targets": [HANDLE]}, "api_key": key}
    return Source.objects.create(team=team, kind="youtube", state=state, state_reason="The key is refused.", **more)


def text(answer: object) -> str:
    return answer.content.decode()  # type: ignore[attr-defined]


def test_a_key_is_added_on_its_page_and_never_shown_again(signed_in: Sign, member: User, team: Team) -> None:
    browser = signed_in(member)
    assert "No keys yet." in text(browser.get("/settings/keys/"))
    answer = browser.post("/settings/keys/add/youtube/", {"api_key": OLD, "label": "ours"}, follow=True)
    assert ApiKey.objects.get().label == "ours"
    for page in (answer, browser.get("/settings/keys/")):
        assert OLD not in text(page)
        assert "ends …9999" in text(page)


def test_an_empty_key_is_refused_at_its_field_and_nothing_is_kept(signed_in: Sign, member: User, team: Team) -> None:
    answer = signed_in(member).post("/settings/keys/add/youtube/", {"api_key": ""})
    assert answer.status_code == 422
    assert "Enter API key." in text(answer)
    assert not ApiKey.objects.exists()


def test_a_label_that_is_taken_is_told_on_the_form(signed_in: Sign, member: User, key: ApiKey) -> None:
    answer = signed_in(member).post("/settings/keys/add/youtube/", {"api_key": "another", "label": "ours"})
    assert answer.status_code == 422
    assert "Choose another label." in text(answer)
    assert "another" not in text(answer).replace("Choose another label.", "").replace("Try another", "")


def test_a_viewer_sees_no_keys_and_changes_none(signed_in: Sign, viewer: User, key: ApiKey) -> None:
    browser = signed_in(viewer)
    assert browser.get("/settings/keys/").status_code == 403
    assert browser.post(f"/settings/keys/{key.pk}/", {"api_key": "new"}).status_code == 403
    assert browser.post(f"/settings/keys/{key.pk}/remove/").status_code == 403
    assert "Service keys" not in text(browser.get("/settings/team/"))


def test_a_key_of_another_team_is_not_there(signed_in: Sign, stranger: User, key: ApiKey) -> None:
    assert signed_in(stranger).get(f"/settings/keys/{key.pk}/").status_code == 404


def test_a_test_asks_the_service_and_says_what_it_said(
    signed_in: Sign, member: User, key: ApiKey, fake: YouTubeFake
) -> None:
    browser = signed_in(member)
    address = f"https://www.youtube.com/{HANDLE}"
    refused = browser.post(f"/settings/keys/{key.pk}/test/", {"url": address}, follow=True)
    assert "refused" in text(refused)
    browser.post(f"/settings/keys/{key.pk}/", {"api_key": KEY})
    key.refresh_from_db()
    assert (key.is_valid, key.tested_at) == (None, None)
    good = browser.post(f"/settings/keys/{key.pk}/test/", {"url": address}, follow=True)
    assert "Answered in" in text(good)
    assert "works" in text(good)
    assert KEY not in text(good)


def test_a_test_without_anything_to_ask_about_says_what_it_needs(signed_in: Sign, member: User, key: ApiKey) -> None:
    answer = signed_in(member).post(f"/settings/keys/{key.pk}/test/", {"url": ""}, follow=True)
    assert "Give an address to try the key with" in text(answer)


def test_sources_that_waited_for_a_key_are_read_again_once_it_is_replaced(team: Team, key: ApiKey) -> None:
    waiting = source(team, key, "waiting", SourceState.ATTENTION)
    resting = source(team, key, "resting", SourceState.PAUSED)
    assert replace_key(key=key, by=None, values={"api_key": "AIza-the-new-one"}) == 1
    waiting.refresh_from_db()
    resting.refresh_from_db()
    assert (waiting.state, waiting.state_reason, resting.state) == (SourceState.ACTIVE, "", SourceState.PAUSED)
    assert vault.secrets_of(waiting) == {"api_key": "AIza-the-new-one"}
    assert list(Job.objects.values_list("source", flat=True)) == [waiting.pk]


def test_a_replacement_that_is_none_leaves_the_key_as_it_is(team: Team, key: ApiKey) -> None:
    with pytest.raises(Invalid) as caught:
        replace_key(key=key, by=None, values={"api_key": " "})
    assert list(caught.value.details) == ["api_key"]
    key.refresh_from_db()
    assert vault.open_sealed(key.sealed) == {"api_key": OLD}


def test_a_key_that_is_used_stays_and_one_that_is_not_goes(
    signed_in: Sign, member: User, team: Team, key: ApiKey
) -> None:
    browser, used = signed_in(member), source(team, key, "using", SourceState.ACTIVE)
    kept = browser.post(f"/settings/keys/{key.pk}/remove/", follow=True)
    assert "1 target uses this key." in text(kept)
    used.delete()
    browser.post(f"/settings/keys/{key.pk}/remove/")
    assert not ApiKey.objects.exists()


def test_put_replaces_a_key_in_place_and_answers_masked(signed_in: Sign, member: User, key: ApiKey) -> None:
    browser = signed_in(member)
    body = {"values": {"api_key": "AIza-a-third-key-7777"}}
    answer = browser.put(f"/api/v1/settings/api-keys/{key.pk}", body, content_type="application/json")
    assert answer.status_code == 200, answer.content
    assert "ends …7777" in answer.json()["masked_key"]["api_key"]
    assert "a-third" not in text(answer)
