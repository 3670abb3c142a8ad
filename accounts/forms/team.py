"""Forms of the team's settings."""

from __future__ import annotations

import zoneinfo
from typing import Final

from django import forms

from accounts.models import Role

_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONEY: Final = ("USD", "EUR", "GBP", "CHF", "JPY", "CAD", "AUD", "NZD", "SEK", "NOK", "DKK", "PLN", "CZK", "INR")
_MONEY_TOO: Final = ("BRL", "MXN", "ZAR", "SGD", "HKD", "CNY", "KRW", "TRY", "ILS", "AED", "HUF", "RON", "BGN", "ARS")


def zone_choices() -> list[tuple[str, str]]:
    """Region/City names, UTC first."""
    names = sorted(name for name in zoneinfo.available_timezones() if "/" in name and not name.startswith("Etc/"))
    return [("UTC", "UTC"), *((name, name.replace("_", " ")) for name in names)]


class NewTeamForm(forms.Form):
    """A new team."""

    name = forms.CharField(max_length=100, label="Team name")
    time_zone = forms.ChoiceField(choices=zone_choices, label="Time zone", help_text="Its days begin at midnight here.")


class TeamForm(NewTeamForm):
    """What the team may change about itself."""

    week_start = forms.TypedChoiceField(
        choices=list(enumerate(_DAYS)), coerce=int, label="A week begins on", help_text="For weekly charts and totals."
    )
    currency = forms.ChoiceField(
        choices=[(code, code) for code in sorted(_MONEY + _MONEY_TOO)],
        label="Currency",
        help_text="Money in another currency is shown as it is, never added to this one.",
    )


class MemberForm(forms.Form):
    """Somebody who has an account."""

    email = forms.EmailField(label="E-mail", help_text="The person needs an account here first.")
    role = forms.ChoiceField(choices=Role.choices, initial=Role.MEMBER, label="Role")


class RoleForm(forms.Form):
    """A role."""

    role = forms.ChoiceField(choices=Role.choices)
