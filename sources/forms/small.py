"""Forms of one field."""

from __future__ import annotations

from django import forms


class FileForm(forms.Form):
    """A table to upload."""

    file = forms.FileField(
        label="File",
        error_messages={"required": "Choose a file.", "empty": "The file is empty. Export it again."},
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.json,.ndjson,.jsonl,.parquet,.xlsx,.gz"}),
    )


class BackfillForm(forms.Form):
    """Which days of the past are read."""

    first = forms.DateField(
        label="From day",
        error_messages={"required": "Enter the first day."},
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    last = forms.DateField(
        required=False, label="To day", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


class ReplayForm(forms.Form):
    """From which day on stored rows are mapped again."""

    since = forms.DateField(
        required=False,
        label="From day",
        help_text="Leave empty for everything that is stored.",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
