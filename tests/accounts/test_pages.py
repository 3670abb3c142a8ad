"""The pages of getting in and of the settings, without JavaScript."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.core import mail
from django.test import Client

from accounts.actions.demo import DEMO_ADDRESS, offer_demo
from accounts.models import ApiToken, AuditEvent, Membership, RefreshFamily, Team, User
from tests.cast import PASSWORD, bearer, make_team, make_user
from tests.conftest import PASSWORD as FIXTURE_PASSWORD

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]


def test_signing_up_leads_into_a_team_of_one_s_own(client: Client) -> None:
    answer = client.post(
        "/accounts/signup/", {"email": "new@example.com", "password1": PASSWORD, "name": "Nia"}, follow=False
    )
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert User.objects.get(email="new@example.com").memberships.get().role == "owner"
    assert client.get("/settings/team/").status_code == 200


def test_a_closed_sign_up_says_so(client: Client, settings) -> None:
    settings.SIGN_UP_OPEN = False
    assert "Sign-up is closed" in client.get("/accounts/signup/").content.decode()
    client.post("/accounts/signup/", {"email": "new@example.com", "password1": PASSWORD})
    assert not User.objects.filter(email="new@example.com").exists()


def test_signing_in_and_out_by_page(client: Client) -> None:
    user = make_user()
    make_team(user)
    client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    assert client.get("/settings/profile/").status_code == 200
    assert AuditEvent.objects.filter(verb="user.signed_in", user=user).exists()
    client.post("/accounts/logout/")
    assert client.get("/settings/profile/")["Location"].startswith("/accounts/login/")


def test_a_link_to_elsewhere_is_not_followed_after_signing_in(client: Client) -> None:
    user = make_user()
    body = {"login": user.email, "password": PASSWORD, "next": "https://evil.example/"}
    assert client.post("/accounts/login/", body)["Location"] == "/"


def test_the_demo_is_one_click_away_where_it_is_offered(client: Client, settings, tmp_path) -> None:
    settings.DEMO_ENABLED, settings.DATA_DIR = True, tmp_path
    assert "Open the demo" in client.get("/accounts/login/").content.decode()
    assert client.post("/demo/")["Location"] == "/"
    assert client.get("/api/v1/auth/me").json()["email"] == DEMO_ADDRESS
    settings.DEMO_ENABLED = False
    assert Client().post("/demo/").status_code == 404
    assert "Open the demo" not in Client().get("/accounts/login/").content.decode()


def test_the_demo_login_is_kept_in_a_file_for_its_owner_only(settings, tmp_path) -> None:
    settings.DATA_DIR = tmp_path
    first, second = offer_demo(), offer_demo()
    assert first == second
    assert first.team.is_demo
    assert (tmp_path / "demo-login.txt").stat().st_mode & 0o777 == 0o600
    assert User.objects.get(email=first.email).check_password(first.password)


def test_a_visitor_can_t_take_the_demo_away_from_the_others(client: Client, settings, tmp_path) -> None:
    settings.DEMO_ENABLED, settings.DATA_DIR = True, tmp_path
    client.post("/demo/")
    password = offer_demo().password
    assert "stays as it is" in client.post("/settings/profile/delete/", {"password": password}).content.decode()
    body = {"current_password": password, "new_password": "another good one 7"}
    assert client.post("/settings/profile/password/", body).status_code == 422
    assert User.objects.get(email=DEMO_ADDRESS).check_password(password)


def test_a_forgotten_password_is_reset_by_mail_and_ends_every_sign_in(client: Client) -> None:
    user = make_user()
    family = RefreshFamily.objects.create(user=user)
    client.post("/accounts/password/reset/", {"email": user.email})
    link = re.search(r"https?://[^/]+(/\S+)", mail.outbox[0].body).group(1)
    page = client.get(link, follow=True)
    client.post(page.redirect_chain[-1][0], {"password1": "another good one 7", "password2": "another good one 7"})
    user.refresh_from_db()
    assert user.check_password("another good one 7")
    family.refresh_from_db()
    assert family.revoked_at is not None


def test_a_reset_for_an_unknown_address_looks_the_same(client: Client) -> None:
    known = client.post("/accounts/password/reset/", {"email": make_user().email})
    unknown = client.post("/accounts/password/reset/", {"email": "nobody@example.com"})
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])


@pytest.mark.parametrize("page", ["/settings/team/", "/settings/tokens/", "/settings/audit/", "/settings/profile/"])
def test_settings_are_for_those_who_are_signed_in(client: Client, page: str) -> None:
    assert client.get(page)["Location"].startswith("/accounts/login/")


def test_a_viewer_sees_the_team_but_no_forms_for_it(viewer: User, signed_in: SignIn) -> None:
    browser = signed_in(viewer)
    text = browser.get("/settings/team/").content.decode()
    assert "owner@harbor.example" in text
    assert "Add somebody" not in text
    assert browser.get("/settings/tokens/").status_code == 403
    assert browser.post("/settings/team/", {"name": "Mine"}).status_code == 403


def test_an_owner_changes_the_team(owner: User, team: Team, signed_in: SignIn) -> None:
    body = {"name": "Port", "time_zone": "America/New_York", "week_start": "6", "currency": "EUR"}
    assert signed_in(owner).post("/settings/team/", body).status_code == 302
    team.refresh_from_db()
    assert (team.name, team.time_zone, team.week_start, team.currency) == ("Port", "America/New_York", 6, "EUR")


def test_a_wrong_value_comes_back_with_its_reason(owner: User, signed_in: SignIn) -> None:
    body = {"name": "", "time_zone": "Mars/Base", "week_start": "6", "currency": "EUR"}
    answer = signed_in(owner).post("/settings/team/", body)
    assert answer.status_code == 422
    assert "This field is required" in answer.content.decode()


def test_members_are_added_promoted_and_removed_by_page(owner: User, team: Team, signed_in: SignIn) -> None:
    browser, friend = signed_in(owner), make_user("friend@example.com")
    browser.post("/settings/team/members/", {"email": friend.email, "role": "viewer"})
    browser.post(f"/settings/team/members/{friend.pk}/role/", {"role": "admin"})
    assert Membership.objects.get(team=team, user=friend).role == "admin"
    browser.post(f"/settings/team/members/{friend.pk}/remove/")
    assert not Membership.objects.filter(team=team, user=friend).exists()
    unknown = browser.post("/settings/team/members/", {"email": "nobody@example.com", "role": "viewer"})
    assert "Ask them to sign up first" in unknown.content.decode()


def test_the_last_owner_is_told_why_not(owner: User, signed_in: SignIn) -> None:
    browser = signed_in(owner)
    answer = browser.post(f"/settings/team/members/{owner.pk}/role/", {"role": "viewer"}, follow=True)
    assert "A team needs an owner" in answer.content.decode()


def test_somebody_of_another_team_is_not_found(owner: User, stranger: User, signed_in: SignIn) -> None:
    answer = signed_in(owner).post(f"/settings/team/members/{stranger.pk}/role/", {"role": "viewer"})
    assert answer.status_code == 404


def test_a_new_token_is_shown_once(owner: User, team: Team, signed_in: SignIn) -> None:
    browser = signed_in(owner)
    body = {"name": "Nightly", "scopes": ["team.read"], "days": "30"}
    answer = browser.post("/settings/tokens/", body)
    secret = re.search(r"ll_[\w-]{30,}", answer.content.decode()).group(0)
    assert bearer(secret).get(f"/api/v1/teams/{team.slug}").status_code == 200
    assert secret not in browser.get("/settings/tokens/").content.decode()
    token = ApiToken.objects.get()
    rotated = browser.post(f"/settings/tokens/{token.pk}/rotate/").content.decode()
    assert re.search(r"ll_[\w-]{30,}", rotated).group(0) != secret
    browser.post(f"/settings/tokens/{token.pk}/revoke/")
    token.refresh_from_db()
    assert token.revoked_at is not None


def test_a_password_change_keeps_this_browser_and_ends_the_others(owner: User, signed_in: SignIn) -> None:
    here, there = signed_in(owner), signed_in(owner)
    body = {"current_password": FIXTURE_PASSWORD, "new_password": "another good one 7"}
    assert here.post("/settings/profile/password/", body).status_code == 302
    assert here.get("/settings/profile/").status_code == 200
    assert there.get("/settings/profile/").status_code == 302


def test_signing_out_everywhere_keeps_this_browser(owner: User, signed_in: SignIn) -> None:
    here, there = signed_in(owner), signed_in(owner)
    here.post("/settings/profile/sign-out-everywhere/")
    assert here.get("/settings/profile/").status_code == 200
    assert there.get("/settings/profile/").status_code == 302


def test_deleting_the_account_asks_for_the_password(viewer: User, signed_in: SignIn) -> None:
    browser = signed_in(viewer)
    assert browser.post("/settings/profile/delete/", {"password": "wrong"}).status_code == 422
    assert browser.post("/settings/profile/delete/", {"password": FIXTURE_PASSWORD}).status_code == 302
    assert not User.objects.filter(pk=viewer.pk).exists()


def test_the_theme_is_kept_without_javascript(client: Client) -> None:
    client.post("/settings/theme/", {"theme": "dark"})
    assert 'data-theme="dark"' in client.get("/accounts/login/").content.decode()
    client.cookies["theme"] = '"><script>'
    assert 'data-theme="system"' in client.get("/accounts/login/").content.decode()


def test_people_move_between_their_teams_only(owner: User, other_team: Team, signed_in: SignIn) -> None:
    second = make_team(owner)
    browser = signed_in(owner)
    browser.get("/teams/harbor/switch/")
    owner.refresh_from_db()
    assert owner.current_team.slug == "harbor"
    browser.get(f"/teams/{second.slug}/switch/", headers={"Sec-Fetch-Site": "cross-site"})
    owner.refresh_from_db()
    assert owner.current_team.slug == "harbor"
    assert browser.post(f"/teams/{other_team.slug}/switch/").status_code == 404


def test_somebody_in_no_team_is_led_to_making_one(signed_in: SignIn) -> None:
    user = make_user()
    browser = signed_in(user)
    assert browser.get("/settings/team/")["Location"] == "/teams/new/"
    browser.post("/teams/new/", {"name": "Fresh", "time_zone": "Europe/Berlin"})
    assert user.memberships.get().team.time_zone == "Europe/Berlin"


def test_the_audit_log_tells_deeds_in_words(owner: User, signed_in: SignIn) -> None:
    browser = signed_in(owner)
    browser.post("/settings/profile/", {"name": "Ada"})
    assert "Ada changed their profile" in browser.get("/settings/audit/").content.decode()


def test_a_request_that_never_asks_for_the_team_reads_nothing_for_it(client: Client, django_assert_num_queries) -> None:
    with django_assert_num_queries(0):
        client.get("/accounts/login/")
