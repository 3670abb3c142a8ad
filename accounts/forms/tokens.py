"""The form that makes an API token."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django import forms

from accounts.permissions import PERMISSIONS, TOKEN_SCOPES
from livinglytics.lib import clock

_LIVES: Final = [("30", "30 days"), ("90", "90 days"), ("365", "One year"), ("", "Never")]


class TokenForm(forms.Form):
    """Name, scopes and end of a new token."""

    name = forms.CharField(max_length=100, label="Name", help_text="What will use it, for example “Nightly import”.")
    scopes = forms.MultipleChoiceField(
        choices=[(name, PERMISSIONS[name]) for name in TOKEN_SCOPES],
        widget=forms.CheckboxSelectMultiple,
        label="It may",
    )
    days = forms.ChoiceField(choices=_LIVES, required=False, initial="90", label="It expires after")

    def expires_at(self) -> datetime | None:
        """The chosen end, or None for never."""
        days = self.cleaned_data.get("days")
        return clock.now() + timedelta(days=int(days)) if days else None
