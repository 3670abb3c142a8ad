"""One file per kind of source; the folder is the list."""

from sources.connectors._base import connectors

__all__ = ["connectors"]
