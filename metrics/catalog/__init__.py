"""Metric definitions. A team's whole catalog is put together in ``metrics.catalog.team``."""

from metrics.catalog._base import Definition, definitions

__all__ = ["Definition", "definitions"]
