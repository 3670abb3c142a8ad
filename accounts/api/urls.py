"""API of this app, under /api/v1/."""

from django.urls import URLPattern, URLResolver, path

from accounts.api import audit_events, auth, passwords, sessions, teams, tokens

urlpatterns: list[URLPattern | URLResolver] = [
    path("auth/register", auth.RegisterView.as_view()),
    path("auth/login", auth.LoginView.as_view()),
    path("auth/token", auth.TokenView.as_view()),
    path("auth/refresh", auth.RefreshView.as_view()),
    path("auth/logout", auth.LogoutView.as_view()),
    path("auth/me", auth.MeView.as_view()),
    path("auth/me/password", auth.MyPasswordView.as_view()),
    path("auth/forgot-password", passwords.ForgotPasswordView.as_view()),
    path("auth/reset-password", passwords.ResetPasswordView.as_view()),
    path("auth/sessions", sessions.SessionsView.as_view()),
    path("auth/sessions/<uuid:pk>", sessions.SessionView.as_view()),
    path("users", auth.UsersView.as_view()),
    path("users/me", auth.MeView.as_view()),
    path("roles", teams.RolesView.as_view()),
    path("teams", teams.TeamsView.as_view()),
    path("teams/<slug:slug>", teams.TeamView.as_view()),
    path("teams/<slug:slug>/members", teams.MembersView.as_view()),
    path("teams/<slug:slug>/members/<uuid:user_id>", teams.MemberView.as_view()),
    path("api-tokens", tokens.ApiTokensView.as_view()),
    path("api-tokens/<uuid:pk>", tokens.ApiTokenView.as_view()),
    path("api-tokens/<uuid:pk>/rotate", tokens.RotateApiTokenView.as_view()),
    path("audit-events", audit_events.AuditEventsView.as_view()),
]
