"""The metric catalog: no chart, alert, export or API knows a metric that isn't defined here.

A definition comes from a theme file in this folder, from the connector that brings the metric,
or from a team's own :class:`metrics.models.CustomMetric`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from livinglytics.lib.registry import Registry

KindName = Literal["sum", "ratio", "mean", "last", "distinct", "percentile"]
DirectionName = Literal["up", "down", "neutral"]


@dataclass(frozen=True, slots=True)
class Definition:
    """What one number means and how it is added up.

    ``kind``: *sum* adds over days and dimensions; *ratio* is sum of ``parts[0]`` over sum of
    ``parts[1]`` at every grain; *mean* is total over n; *last* is the latest value of each series,
    added over series, never over days; *distinct* and *percentile* are never added: they are
    answered at the grain they were counted at, or from single values.
    ``direction``: which way is good. ``settle``: how long a day may still move. ``floor``: least n
    below which a value is too small to lean on. ``grain``: finest grain the numbers carry.
    ``origin``: product, connector, upload, push or manual. ``sources``: kinds that bring it.
    """

    key: str
    label: str
    kind: KindName = "sum"
    unit: str = "count"
    direction: DirectionName = "neutral"
    parts: tuple[str, str] | None = None
    percentile: float | None = None
    description: str = ""
    theme: str = "other"
    settle: timedelta = timedelta(0)
    floor: int = 0
    decimals: int | None = None
    origin: str = "product"
    sources: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        if (self.kind == "ratio") != (self.parts is not None):
            raise ValueError(f"{self.key}: a ratio, and only a ratio, names its two parts.")
        if (self.kind == "percentile") != (self.percentile is not None):
            raise ValueError(f"{self.key}: a percentile, and only a percentile, names its rank.")

    @property
    def formula(self) -> str:
        """The formula in words, shown beside every number."""
        if self.parts:
            return f"sum of {self.parts[0]} ÷ sum of {self.parts[1]}"
        return {
            "sum": f"sum of {self.key}",
            "mean": f"total of {self.key} ÷ number of values",
            "last": f"latest value of {self.key}",
            "distinct": f"distinct count of {self.key}, as counted by the source",
            "percentile": f"p{self.percentile:g} of the single values of {self.key}" if self.percentile else "",
        }[self.kind]

    @property
    def adds_up(self) -> bool:
        """Whether values of several days make a value of the whole period."""
        return self.kind not in ("distinct", "percentile")

    def bases(self) -> tuple[str, ...]:
        """The stored metrics behind it: its parts, or itself."""
        return self.parts or (self.key,)


definitions: Registry[Definition] = Registry("metric")
