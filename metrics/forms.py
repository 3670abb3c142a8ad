"""What a person fills in on the pages of numbers."""

from __future__ import annotations

from django import forms


class NoteForm(forms.Form):
    """What happened on a day."""

    day = forms.DateField(label="Day", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    title = forms.CharField(label="What happened", max_length=120)
