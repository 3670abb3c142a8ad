"""A team's data beyond its rows with foreign keys: each app registers how its part is erased.

The data plane of the upper floors has no foreign keys to a team, so deleting the team's row
doesn't reach it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from uuid import UUID

Eraser = Callable[[UUID], None]
_erasers: Final[list[Eraser]] = []


def on_erase(function: Eraser) -> Eraser:
    """Register what deletes an app's part of a team. Called inside the deletion's transaction."""
    _erasers.append(function)
    return function


def erase(team_id: UUID) -> None:
    """Delete every registered part; the latest registered, on the highest floor, goes first."""
    for eraser in reversed(_erasers):
        eraser(team_id)
