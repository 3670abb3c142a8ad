"""What is done before the single process serves its first page. The roof's app adds its parts in ``ready()``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Login:
    """How to sign in to the demo team, printed at every start."""

    email: str
    password: str


_at_start: list[Callable[[], object]] = []
_demo: list[Callable[[], Login | None]] = []


def at_start(step: Callable[[], object]) -> Callable[[], object]:
    """Run ``step`` at every start, after the migrations: for example to take up jobs that a dead process held."""
    if step not in _at_start:
        _at_start.append(step)
    return step


def offers_demo(make: Callable[[], Login | None]) -> Callable[[], Login | None]:
    """``make`` creates the demo team and its user unless they are there, quickly (data may come by a job),
    and answers how to sign in, or None when the demo has been removed."""
    _demo[:] = [make]
    return make


def first_run(*, demo: bool) -> Login | None:
    """Do the steps; with ``demo`` also offer the demo team."""
    for step in _at_start:
        step()
    return _demo[0]() if demo and _demo else None
