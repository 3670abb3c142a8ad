"""The form that makes an account."""

from __future__ import annotations

from allauth.account.forms import SignupForm
from allauth.account.utils import setup_user_email
from django import forms
from django.http import HttpRequest

from accounts.actions.people import sign_up
from accounts.models import User


class SignUpForm(SignupForm):
    """E-mail, password, and the name that team mates see."""

    name = forms.CharField(max_length=150, required=False, label="Your name")
    field_order = ["name", "email", "password1"]

    def save(self, request: HttpRequest) -> User:
        """Make the account and its first team."""
        given = self.cleaned_data
        user = sign_up(email=given["email"], password=given["password1"], name=given["name"])
        setup_user_email(request, user, [])
        return user
