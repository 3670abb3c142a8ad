"""Forms of one's own account."""

from __future__ import annotations

from django import forms


class ProfileForm(forms.Form):
    """The name that team mates see."""

    name = forms.CharField(max_length=150, required=False, label="Your name")


class PasswordForm(forms.Form):
    """The password now, and the next one."""

    current_password = forms.CharField(
        max_length=128,
        strip=False,
        label="Current password",
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    new_password = forms.CharField(
        max_length=128,
        strip=False,
        label="New password",
        help_text="At least 8 characters, and not a common one.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


class DeleteForm(forms.Form):
    """The password, before the account goes."""

    password = forms.CharField(
        max_length=128,
        strip=False,
        label="Your password",
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class ThemeForm(forms.Form):
    """How the pages look."""

    theme = forms.ChoiceField(
        choices=[("system", "As the system"), ("light", "Light"), ("dark", "Dark")],
        label="Theme",
        widget=forms.RadioSelect,
    )
