"""Pages of this app."""

from allauth.account import views as entrance
from django.urls import URLPattern, URLResolver, path, re_path

from accounts.pages import audit_log, demo, profile, switching, team, tokens

#: only the pages of the library that this product has a use and a template for
_ENTRANCE: list[URLPattern | URLResolver] = [
    path("accounts/login/", entrance.login, name="account_login"),
    path("accounts/logout/", entrance.logout, name="account_logout"),
    path("accounts/signup/", entrance.signup, name="account_signup"),
    path("accounts/inactive/", entrance.account_inactive, name="account_inactive"),
    path("accounts/password/reset/", entrance.password_reset, name="account_reset_password"),
    path("accounts/password/reset/done/", entrance.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^accounts/password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        entrance.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "accounts/password/reset/key/done/",
        entrance.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    path("demo/", demo.demo_login, name="demo-login"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    *_ENTRANCE,
    path("settings/team/", team.team_settings, name="team-settings"),
    path("settings/team/members/", team.member_add, name="member-add"),
    path("settings/team/members/<uuid:user_id>/role/", team.member_role, name="member-role"),
    path("settings/team/members/<uuid:user_id>/remove/", team.member_remove, name="member-remove"),
    path("settings/tokens/", tokens.token_list, name="token-list"),
    path("settings/tokens/<uuid:pk>/rotate/", tokens.token_rotate, name="token-rotate"),
    path("settings/tokens/<uuid:pk>/revoke/", tokens.token_revoke, name="token-revoke"),
    path("settings/audit/", audit_log.audit_log, name="audit-log"),
    path("settings/profile/", profile.profile, name="profile"),
    path("settings/profile/password/", profile.password, name="profile-password"),
    path("settings/profile/sign-out-everywhere/", profile.sign_out_everywhere, name="sign-out-everywhere"),
    path("settings/profile/sign-ins/<uuid:pk>/end/", profile.sign_in_end, name="sign-in-end"),
    path("settings/profile/delete/", profile.delete, name="account-delete"),
    path("settings/theme/", profile.theme, name="theme"),
    path("teams/new/", switching.team_new, name="team-new"),
    path("teams/<slug:slug>/switch/", switching.team_switch, name="team-switch"),
]
