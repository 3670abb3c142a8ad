"""How signing in by page is bent to this product."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter, get_adapter
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from accounts import audit
from accounts.actions.people import end_sign_ins
from accounts.models import User
from livinglytics.lib.errors import RateLimited, Terminal


class WrongCredentials(Terminal):
    """Address and password do not fit; which of them is wrong is not said."""

    code = "INVALID_CREDENTIALS"
    status = 401
    message = "The e-mail address or the password is not right."


class Adapter(DefaultAccountAdapter):
    """Sign-up can be closed, and failed tries count per address of the network too."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return bool(settings.SIGN_UP_OPEN)

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        # By e-mail alone, anybody could lock an owner out; by network address too, only themselves.
        by_mail: str = super()._get_login_attempts_cache_key(request, **credentials)
        return f"{by_mail}:{self.get_client_ip(request)}"

    def login(self, request: HttpRequest, user: User) -> None:
        """Sign in by page, and remember that it happened."""
        super().login(request, user)
        audit.record("user.signed_in", team=user.current_team, by=user, on=user, details={"by": "page"})

    def set_password(self, user: User, password: str) -> None:
        """A password set by mail ends every sign-in through the API."""
        super().set_password(user, password)
        end_sign_ins(user=user, because="password reset")


def check_credentials(request: HttpRequest, *, email: str, password: str) -> User:
    """The person with this address and password. Raises WrongCredentials, or RateLimited after too many tries.

    An unknown address, a wrong password and a disabled account get the same answer in the same time.
    """
    try:
        user = get_adapter(request).authenticate(request, email=email.strip().lower(), password=password)
    except ValidationError as error:
        raise RateLimited("Too many failed tries. Wait a few minutes.", retry_after=60.0, scope="sign-in") from error
    if not isinstance(user, User) or not user.is_active:
        raise WrongCredentials
    return user
