"""Signing in and out, and one's own account."""

from __future__ import annotations

from dataclasses import asdict

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework.parsers import FormParser
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.actions import people, sessions
from accounts.adapter import check_credentials
from accounts.addresses import client_address
from accounts.api import serializers as shapes
from accounts.api.base import OpenView, PersonView, ProductView
from accounts.authentication import Identity
from accounts.models import User
from accounts.rendering import StrictJSONParser
from livinglytics.lib.errors import Forbidden


def _begin(request: Request, email: str, password: str) -> Response:
    user = check_credentials(request._request, email=email, password=password)
    pair = sessions.start_session(
        user=user,
        user_agent=request.headers.get("User-Agent", ""),
        address=client_address(request._request),
    )
    return Response(asdict(pair))


def _sign_up(view: ProductView) -> User:
    if not settings.SIGN_UP_OPEN:
        raise Forbidden("Sign-up is closed here. Ask an administrator for an account.")
    given = view.parse(shapes.SignUpIn).validated_data
    return people.sign_up(email=given["email"], password=given["password"], name=given["name"])


class RegisterView(OpenView):
    """Make an account with a team of its own."""

    @extend_schema(request=shapes.SignUpIn, responses={201: shapes.UserOut})
    def post(self, request: Request) -> Response:
        """Sign up. 409 EMAIL_EXISTS when the address has an account."""
        return Response(shapes.UserOut(_sign_up(self)).data, status=201)


class LoginView(OpenView):
    """Sign in for an access and a refresh token."""

    @extend_schema(request=shapes.LoginIn, responses=shapes.TokenPairOut)
    def post(self, request: Request) -> Response:
        """Sign in with e-mail and password. The access token lives minutes, the refresh token works once."""
        given = self.parse(shapes.LoginIn).validated_data
        return _begin(request, given["email"], given["password"])


class TokenView(OpenView):
    """The same under the name that OAuth clients know; also takes a form."""

    parser_classes = [StrictJSONParser, FormParser]

    @extend_schema(request=shapes.TokenIn, responses=shapes.TokenPairOut)
    def post(self, request: Request) -> Response:
        """Sign in with username (or email) and password."""
        given = self.parse(shapes.TokenIn).validated_data
        return _begin(request, given.get("email") or given["username"], given["password"])


class RefreshView(OpenView):
    """The next pair of tokens."""

    @extend_schema(request=shapes.RefreshIn, responses=shapes.TokenPairOut)
    def post(self, request: Request) -> Response:
        """Spend a refresh token. Using one twice ends the whole sign-in."""
        given = self.parse(shapes.RefreshIn).validated_data
        if raw := given.get("refresh_token"):
            return Response(asdict(sessions.refresh(raw=raw)))
        return _begin(request, given.get("email") or given.get("username", ""), given["password"])


class LogoutView(ProductView):
    """The end of a sign-in."""

    permission_classes = [AllowAny]
    throttle_class_name = "auth"

    @extend_schema(request=shapes.LogoutIn, responses={204: None})
    def post(self, request: Request) -> Response:
        """End the sign-in of the access token or of the given refresh token: both kinds stop working."""
        raw = self.parse(shapes.LogoutIn).validated_data.get("refresh_token")
        identity = request.auth
        if isinstance(identity, Identity) and identity.family and identity.user:
            sessions.end_session(family_id=identity.family, user=identity.user)
        elif raw and (family := sessions.family_of(raw)):
            sessions.end_session(family_id=family.pk, user=family.user)
        else:
            raise sessions.InvalidRefresh("Send an access token or a refresh token of the sign-in to end.")
        return Response(status=204)


class MeView(PersonView):
    """One's own account."""

    @extend_schema(responses=shapes.UserOut)
    def get(self, request: Request) -> Response:
        """Who am I?"""
        return Response(shapes.UserOut(self.person).data)

    @extend_schema(request=shapes.ProfileIn, responses=shapes.UserOut)
    def put(self, request: Request) -> Response:
        """Change the profile."""
        return self._change(partial=False)

    @extend_schema(request=shapes.ProfileIn, responses=shapes.UserOut)
    def patch(self, request: Request) -> Response:
        """Change a part of the profile."""
        return self._change(partial=True)

    @extend_schema(responses={204: None})
    def delete(self, request: Request) -> Response:
        """Delete the account, and the teams that nobody else is in."""
        people.delete_account(user=self.person)
        return Response(status=204)

    def _change(self, *, partial: bool) -> Response:
        given = self.parse(shapes.ProfileIn, partial=partial).validated_data
        user = people.change_profile(user=self.person, name=given["name"]) if given else self.person
        return Response(shapes.UserOut(user).data)


class MyPasswordView(PersonView):
    """One's own password."""

    throttle_class_name = "auth"

    @extend_schema(request=shapes.PasswordIn, responses={204: None})
    def put(self, request: Request) -> Response:
        """Change the password. Every sign-in ends, this one too."""
        given = self.parse(shapes.PasswordIn).validated_data
        people.change_password(user=self.person, old=given["current_password"], new=given["new_password"])
        return Response(status=204)


class UsersView(OpenView):
    """Accounts, as an older system named them."""

    @extend_schema(request=shapes.SignUpIn, responses={201: shapes.UserOut})
    def post(self, request: Request) -> Response:
        """Sign up. 409 EMAIL_EXISTS when the address has an account."""
        return Response(shapes.UserOut(_sign_up(self)).data, status=201)
