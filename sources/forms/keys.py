"""Forms of the keys that a team enters once for all of its targets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from sources.actions.keys import key_names
from sources.connectors._base import Connector, options
from sources.forms.settings import field_of


class KeyForm(forms.Form):
    """The values that make up a key of one provider. Nothing that is kept is ever filled in."""

    def __init__(self, connector: Connector, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data)
        declared = options(connector.config)
        self.names = key_names(connector)
        for name in self.names:
            how, default = declared[name]
            self.fields[name] = field_of(how, default, kept=False)
            self.fields[name].required = True

    def values(self) -> dict[str, str]:
        """What was entered, by name."""
        return {name: str(self.cleaned_data[name]) for name in self.names}


class NewKeyForm(KeyForm):
    """A new key, with a label that tells it from others of the provider."""

    def __init__(self, connector: Connector, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(connector, data)
        self.fields["label"] = forms.CharField(
            max_length=80, required=False, label="Label", help_text="Tells it from other keys for the same service."
        )


class TryForm(forms.Form):
    """Where to try a key."""

    url = forms.CharField(
        max_length=4_000,
        required=False,
        label="Address",
        help_text="Such as the page of a video or a company. Left blank, a target that uses the key is asked about.",
        widget=forms.TextInput(attrs={"inputmode": "url"}),
    )
