"""One's own account."""

from __future__ import annotations

import uuid
from typing import cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout, update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.actions import people, sessions
from accounts.forms import DeleteForm, PasswordForm, ProfileForm, ThemeForm
from accounts.identity import find_membership
from accounts.models import User
from accounts.pages.access import attempt
from accounts.pages.frame import settings_tabs
from accounts.selectors.settings import open_sign_ins

_YEAR_SECONDS = 365 * 24 * 3600


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def profile(request: HttpRequest) -> HttpResponse:
    """Name, password, theme, sign-ins, and the end of the account."""
    if request.method != "POST":
        return _shown(request)
    form = ProfileForm(request.POST)
    if form.is_valid():
        changed = attempt(form, people.change_profile, user=_me(request), **form.cleaned_data)
        if changed is not None:
            messages.success(request, "Your profile is saved.")
            return redirect("profile")
    return _shown(request, form=form)


@require_POST
@login_required
def password(request: HttpRequest) -> HttpResponse:
    """Change the password; every other sign-in ends."""
    form = PasswordForm(request.POST)
    if form.is_valid():
        given = {"old": form.cleaned_data["current_password"], "new": form.cleaned_data["new_password"]}
        changed = attempt(form, people.change_password, user=_me(request), **given)
        if changed:
            update_session_auth_hash(request, changed)
            messages.success(request, "Your password is changed. Every other sign-in has ended.")
            return redirect("profile")
    return _shown(request, password_form=form)


@require_POST
@login_required
def sign_out_everywhere(request: HttpRequest) -> HttpResponse:
    """End every sign-in but this one."""
    people.sign_out_everywhere(user=_me(request), keep_session=request.session.session_key)
    messages.success(request, "Every other sign-in has ended.")
    return redirect("profile")


@require_POST
@login_required
def sign_in_end(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """End one sign-in through the API."""
    sessions.end_session(family_id=pk, user=_me(request), because="revoked by its owner")
    messages.success(request, "That sign-in has ended.")
    return redirect("profile")


@require_POST
@login_required
def delete(request: HttpRequest) -> HttpResponse:
    """Delete the account after its password was given."""
    form, user = DeleteForm(request.POST), _me(request)
    if form.is_valid() and not user.check_password(form.cleaned_data["password"]):
        form.add_error("password", "This is not your password.")
    if form.is_valid():
        gone = attempt(form, people.delete_account, user=user)
        if gone is not None:
            logout(request)
            messages.success(request, "Your account is deleted.")
            return redirect("account_login")
    return _shown(request, delete_form=form)


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Keep the theme in a cookie of this browser."""
    form = ThemeForm(request.POST)
    response = redirect("profile")
    if form.is_valid():
        response.set_cookie(
            "theme", form.cleaned_data["theme"], max_age=_YEAR_SECONDS, samesite="Lax", secure=settings.HTTPS
        )
    return response


def _me(request: HttpRequest) -> User:
    return cast(User, request.user)


def _shown(
    request: HttpRequest,
    *,
    form: ProfileForm | None = None,
    password_form: PasswordForm | None = None,
    delete_form: DeleteForm | None = None,
) -> HttpResponse:
    user = _me(request)
    membership = find_membership(user)
    context = {
        "tabs": settings_tabs(membership.role, "profile") if membership else [],
        "form": form or ProfileForm(initial={"name": user.name}),
        "password_form": password_form or PasswordForm(),
        "delete_form": delete_form or DeleteForm(),
        "theme_form": ThemeForm(initial={"theme": request.COOKIES.get("theme", "system")}),
        "sign_ins": open_sign_ins(user),
    }
    return render(
        request, "accounts/profile.html", context, status=422 if form or password_form or delete_form else 200
    )
