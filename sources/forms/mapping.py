"""The form that says what each column of an uploaded table means."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from django import forms
from django.forms import BoundField

from sources.forms import columns as parts
from sources.models import Source
from sources.tabular import Column, Plan, Reading, Shape

_GUESS = [("", "Guess"), ("yes", "Names of the columns"), ("no", "Data")]
_DELIMITERS = [("", "Guess"), (",", "Comma"), (";", "Semicolon"), ("tab", "Tab"), ("|", "Bar")]
_ENCODINGS = [("", "Guess"), ("utf-8", "UTF-8"), ("cp1252", "Windows (Western)"), ("iso-8859-1", "ISO 8859-1"),
              ("iso-8859-2", "ISO 8859-2"), ("cp1251", "Windows (Cyrillic)"), ("shift_jis", "Shift JIS"),
              ("gb18030", "GB 18030"), ("utf-16", "UTF-16")]  # fmt: skip
_HEADER = {"yes": True, "no": False}


def reading_from(data: Mapping[str, Any]) -> Reading:
    """How a person wants the file to be read, from a posted form."""
    delimiter = str(data.get("delimiter", ""))
    return Reading(
        header=_HEADER.get(str(data.get("header", ""))),
        delimiter="\t" if delimiter == "tab" else delimiter[:1],
        encoding=str(data.get("encoding", "")) if data.get("encoding") in dict(_ENCODINGS) else "",
        sheet=str(data.get("sheet", ""))[:200],
    )


def signature_of(shape: Shape) -> str:
    """Tells whether posted roles still belong to the columns of the file."""
    return hashlib.sha256(json.dumps(shape.names).encode()).hexdigest()[:16]


class MappingForm(forms.Form):
    """A role for every column, and what holds for the whole file.

    Which fields a column has depends on its role, so changing a role asks for the form again; all
    fields have a default, so nothing breaks when that step is left out. ``settled``: a person chose
    among the readings of ambiguous columns before.
    """

    columns = forms.CharField(widget=forms.HiddenInput, required=False)
    zero_days = forms.BooleanField(
        required=False,
        label="Days without rows are zeros",
        help_text="Otherwise they count as missing. Missing is not zero.",
    )
    partial = forms.BooleanField(
        required=False,
        label="Store the good rows even if some are bad",
        help_text="Otherwise one bad row stops the import and nothing is stored.",
    )
    target = forms.ChoiceField(required=False, label="Add to")
    name = forms.CharField(max_length=100, required=False, label="Name of the new source")
    header = forms.ChoiceField(choices=_GUESS, required=False, label="The first row holds")
    delimiter = forms.ChoiceField(choices=_DELIMITERS, required=False, label="Columns end with a")
    encoding = forms.ChoiceField(choices=_ENCODINGS, required=False, label="Encoding")
    sheet = forms.ChoiceField(required=False, label="Sheet")

    def __init__(
        self,
        shape: Shape,
        data: Mapping[str, Any] | None = None,
        *,
        plan: Plan | None = None,
        settled: bool = False,
        zone: str = "UTC",
        targets: Sequence[Source] = (),
        **more: Any,
    ) -> None:
        self._posted = dict(data.items()) if data is not None else {}
        super().__init__(self._posted if data is not None else None, **more)
        self.shape, self.zone, self.settled, self.first = shape, zone, settled, plan
        sources = [(str(one.pk), one.name) for one in targets]
        self.fields["target"].choices = [("", "A new source"), *sources]  # type: ignore[attr-defined]
        self.fields["sheet"].choices = [("", "Guess"), *((one, one) for one in shape.sheets)]  # type: ignore[attr-defined]
        self._leave_out(sources)
        self.fields["columns"].initial = signature_of(shape)
        self.fields["zero_days"].initial = bool(plan and plan.zero_days)
        for index, column in enumerate(shape.columns):
            role = parts.planned_role(plan, column)
            self.fields[f"role_{index}"] = parts.role_field(column, role)
            chosen = str(self.data.get(f"role_{index}", role)) if self.is_bound else role
            self._add(index, self._details(column, chosen, plan))

    def _add(self, index: int, details: dict[str, forms.Field]) -> None:
        """Fields of a role that was just chosen were not posted yet: they take their default."""
        for name, field in details.items():
            self.fields[f"{name}_{index}"] = field
            if self.is_bound and not isinstance(field.widget, forms.RadioSelect):
                self._posted.setdefault(f"{name}_{index}", field.initial)

    def _leave_out(self, sources: list[tuple[str, str]]) -> None:
        absent = {
            "target": not sources,
            "sheet": len(self.shape.sheets) < 2,
            "delimiter": self.shape.format != "csv",
            "encoding": self.shape.format in ("parquet", "xlsx"),
            "header": self.shape.format not in ("csv", "xlsx"),
        }
        for name, out in absent.items():
            if out:
                del self.fields[name]

    def _details(self, column: Column, role: str, plan: Plan | None) -> dict[str, forms.Field]:
        match role:
            case "date":
                return parts.date_fields(column, plan, zone=self.zone, settled=self.settled)
            case "metric":
                return parts.metric_fields(column, plan, settled=self.settled)
            case "dimension":
                return {"key": parts.key_field(column, plan)}
            case "rating":
                return parts.rating_fields(column, plan)
        return {}

    def rows(self) -> list[dict[str, Any]]:
        """Each column with its role and its other fields."""
        found = []
        for index, column in enumerate(self.shape.columns):
            names = [f"{name}_{index}" for name in parts.DETAILS if f"{name}_{index}" in self.fields]
            asked = [name for name in names if isinstance(self.fields[name].widget, forms.RadioSelect)]
            more = [name for name in names if name.partition("_")[0] in parts.RARE and name not in asked]
            shown = [name for name in names if name not in (*asked, *more)]
            found.append(
                {
                    "column": column,
                    "role": self[f"role_{index}"],
                    "asked": [self[name] for name in asked],
                    "fields": [self[name] for name in shown],
                    "more": [self[name] for name in more],
                    "open": any(self.is_bound and self[name].errors for name in more),
                }
            )
        return found

    def reading_fields(self) -> list[BoundField]:
        """How the file is read."""
        return [self[name] for name in ("header", "delimiter", "encoding", "sheet") if name in self.fields]

    def clean(self) -> dict[str, Any]:
        """Exactly one date, and something to store."""
        given = super().clean() or self.cleaned_data
        roles = [given.get(f"role_{index}") for index in range(len(self.shape.columns))]
        if roles.count("date") != 1:
            more = roles.count("date") > 1
            text = "Only one column can be the date." if more else "Choose the column that holds the date."
            self.add_error(None, text)
        for role, label in parts.REVIEW_ROLES.items():
            if roles.count(role) > 1:
                self.add_error(None, f"Only one column can be the {label.lower()}.")
        if "metric" not in roles and "text" not in roles:
            self.add_error(None, "Choose at least one column of numbers, or the column with the review text.")
        if "metric" in roles and "text" in roles:
            self.add_error(None, "A file holds numbers or reviews. Ignore the columns of the other.")
        return given

    def open_questions(self) -> list[str]:
        """Fields with two readings that nobody has chosen between."""
        return [
            name
            for name, field in self.fields.items()
            if isinstance(field.widget, forms.RadioSelect) and not self.cleaned_data.get(name)
        ]

    def plan(self) -> dict[str, Any]:
        """The answer as a plan."""
        given = [
            (column, str(self.cleaned_data[f"role_{index}"]), self._given(index))
            for index, column in enumerate(self.shape.columns)
        ]
        return parts.written_plan(
            given, zero_days=self.cleaned_data["zero_days"], reading=asdict(reading_from(self.data))
        )

    def _given(self, index: int) -> dict[str, Any]:
        """The details of one column; what was left empty takes its default."""
        found = {}
        for name in parts.DETAILS:
            field = self.fields.get(f"{name}_{index}")
            if field is not None:
                value = self.cleaned_data.get(f"{name}_{index}")
                found[name] = value if value not in (None, "") else parts.default_of(field)
        return found
