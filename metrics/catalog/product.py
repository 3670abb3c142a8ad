"""Ratios that join what several connectors bring."""

from metrics.catalog._base import Definition, definitions

definitions.add(
    Definition(
        key="conversion_rate",
        label="Conversion rate",
        kind="ratio",
        parts=("conversions", "sessions"),
        unit="percent",
        direction="up",
        theme="business",
        floor=50,
        description="Conversions per session.",
    )
)
