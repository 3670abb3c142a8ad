"""Column types of the data plane."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper


class NumberField(models.FloatField):
    """A number that PostgreSQL keeps exactly (numeric) and SQLite as a double.

    Sums on PostgreSQL are therefore exact to the cent; answers are rounded to twelve
    significant digits on both, which is where doubles begin to differ.
    """

    def db_type(self, connection: BaseDatabaseWrapper) -> str | None:
        return "numeric" if connection.vendor == "postgresql" else super().db_type(connection)

    def get_internal_type(self) -> str:
        return "FloatField"

    def deconstruct(self) -> Any:
        name, _, args, kwargs = super().deconstruct()
        return name, "metrics.models.fields.NumberField", args, kwargs
