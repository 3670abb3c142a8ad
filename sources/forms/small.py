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


class ReplayForm(forms.Form):
    """From which day on stored rows are mapped again."""

    since = forms.DateField(
        required=False,
        label="From day",
        help_text="Leave empty for everything that is stored.",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
