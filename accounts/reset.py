"""A forgotten password, through the API: a mail, and the key from it."""

from __future__ import annotations

from allauth.account.forms import ResetPasswordForm, UserTokenForm
from allauth.account.internal.flows.password_reset import reset_password as set_by_key
from django.http import HttpRequest

from accounts.actions.people import check_password_strength
from accounts.models import User
from livinglytics.lib.errors import Invalid


def ask_for_reset(request: HttpRequest, *, email: str) -> None:
    """Send the mail. Whether the address has an account can't be seen from outside."""
    form = ResetPasswordForm({"email": email})
    if form.is_valid():
        form.save(request)


def reset_password(*, token: str, password: str) -> User:
    """Set the password with the key from the mail, which works once. Every sign-in ends. Raises Invalid."""
    uid, _, key = token.partition("-")
    form = UserTokenForm({"uidb36": uid, "key": key})
    user = form.reset_user if form.is_valid() else None
    if not isinstance(user, User) or not user.is_active:
        raise Invalid(details={"token": ["This key was used already, or it is too old. Ask for a new mail."]})
    check_password_strength(password, user)
    set_by_key(user, password)
    return user
