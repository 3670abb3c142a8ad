"""The staff admin."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from accounts.actions.sessions import start_session
from accounts.models import ApiToken, OutboxEvent, RefreshFamily, Team, User
from tests.cast import make_token, make_user

pytestmark = pytest.mark.django_db
MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(make_user("staff@example.com", is_staff=True, is_superuser=True))
    return client


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_every_list_and_its_search_opens(staff: Client, team: Team, model: type) -> None:
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    assert staff.get(address).status_code == 200
    if admin.site._registry[model].search_fields:
        assert staff.get(address, {"q": "x"}).status_code == 200


def test_a_token_s_page_shows_nothing_that_opens_a_door(staff: Client, team: Team) -> None:
    made = make_token(team)
    text = staff.get(reverse("admin:accounts_apitoken_change", args=[made.token.pk])).content.decode()
    assert made.token.prefix in text
    assert made.token.digest not in text


@pytest.mark.parametrize("name", ["user", "team"])
def test_a_row_opens_for_staff(staff: Client, team: Team, owner: User, name: str) -> None:
    row = {"user": owner, "team": team}[name]
    assert staff.get(reverse(f"admin:accounts_{name}_change", args=[row.pk])).status_code == 200


def test_the_memory_can_t_be_changed_by_hand(staff: Client, team: Team, owner: User) -> None:
    start_session(user=owner)
    for name in ("auditevent", "refreshfamily", "outboxevent"):
        assert staff.get(reverse(f"admin:accounts_{name}_add")).status_code == 403


def test_switching_somebody_off_ends_their_sign_ins(staff: Client, owner: User) -> None:
    start_session(user=owner)
    body = {"action": "disable", "_selected_action": [str(owner.pk)]}
    staff.post(reverse("admin:accounts_user_changelist"), body)
    owner.refresh_from_db()
    assert not owner.is_active
    assert RefreshFamily.objects.get(user=owner).revoked_at is not None
    staff.post(reverse("admin:accounts_user_changelist"), body | {"action": "enable"})
    owner.refresh_from_db()
    assert owner.is_active


def test_staff_revoke_tokens_and_deliver_events_again(staff: Client, team: Team) -> None:
    made = make_token(team)
    staff.post(
        reverse("admin:accounts_apitoken_changelist"), {"action": "revoke", "_selected_action": [str(made.token.pk)]}
    )
    assert ApiToken.objects.get(pk=made.token.pk).revoked_at is not None
    event = OutboxEvent.objects.create(team=team, name="test.x", attempts=3)
    staff.post(
        reverse("admin:accounts_outboxevent_changelist"), {"action": "redeliver", "_selected_action": [str(event.pk)]}
    )
    event.refresh_from_db()
    assert event.next_try_at is not None


def test_staff_without_every_right_can_t_give_themselves_more(client: Client, owner: User) -> None:
    page = admin.site._registry[User]
    request = type("R", (), {"user": make_user(is_staff=True)})()
    assert {"is_staff", "is_superuser"} <= set(page.get_readonly_fields(request))


def test_the_admin_asks_the_same_sign_in_page(client: Client) -> None:
    answer = client.get("/admin/", follow=True)
    assert answer.redirect_chain[-1][0].startswith("/accounts/login/")
