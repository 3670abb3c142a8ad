"""The floor in the admin. What changes something goes through the same actions as pages and API."""

from sources.admin import floor, projects

__all__ = ["floor", "projects"]
