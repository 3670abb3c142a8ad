"""The data plane: a few fixed SQL texts over the narrow tables, on PostgreSQL and SQLite alike."""

from metrics.store.base import Store, for_team

__all__ = ["Store", "for_team"]
