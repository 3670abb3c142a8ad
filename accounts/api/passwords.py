"""A forgotten password."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import reset
from accounts.api import serializers as shapes
from accounts.api.base import OpenView

_SENT = {"message": "If the address has an account, a mail is on its way."}


class ForgotPasswordView(OpenView):
    """The mail with the key."""

    @extend_schema(request=shapes.AddressIn, responses=shapes.MessageOut)
    def post(self, request: Request) -> Response:
        """Ask for a mail with a key. The answer is the same for every address."""
        reset.ask_for_reset(request._request, email=self.parse(shapes.AddressIn).validated_data["email"])
        return Response(_SENT)


class ResetPasswordView(OpenView):
    """The key, used."""

    @extend_schema(request=shapes.ResetIn, responses={204: None})
    def post(self, request: Request) -> Response:
        """Set a new password with the key from the mail. Every sign-in ends."""
        given = self.parse(shapes.ResetIn).validated_data
        reset.reset_password(token=given["token"], password=given["password"])
        return Response(status=204)
