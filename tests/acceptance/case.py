"""A kind of source in the kit: the service that is played, the settings that connect to it, what is secret."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sources.models import Job, Source
from tests.acceptance import cases
from tests.sources.whole_way import connected


@dataclass(frozen=True)
class Stage:
    """What a case may change for the time of one test."""

    patch: pytest.MonkeyPatch
    settings: Any
    folder: Path


@dataclass(frozen=True)
class Service:
    """The service as it plays. ``config``: settings that connect; ``secrets``: what may be seen nowhere.

    ``fake`` takes scripted faults; None where nothing is asked over HTTP. ``connect`` is for kinds that are not
    connected by their settings alone.
    """

    config: dict[str, Any]
    secrets: tuple[str, ...] = ()
    fake: Any = None
    connect: Callable[[], tuple[Source, Job]] | None = None


@dataclass(frozen=True)
class Case:
    """``kind``: the connector's key; ``at``: the moment at which the tests stand; ``play``: starts the service.

    ``least``: how many rows a whole reading must store, so that an empty one is not taken for a good one.
    """

    kind: str
    play: Callable[[Stage], AbstractContextManager[Service]]
    at: str = "2026-11-20T15:30:00Z"
    least: int = 1
    name: str = ""

    @property
    def id(self) -> str:
        return self.name or self.kind

    def connect(self, service: Service) -> tuple[Source, Job]:
        """A source of a new team, with its first run queued."""
        return service.connect() if service.connect else connected(self.kind, **service.config)


def all_cases() -> Iterator[Case]:
    """Every ``Case`` that a file of the folder ``cases`` holds, by the names of the files."""
    for module in sorted(one.name for one in pkgutil.iter_modules(cases.__path__)):
        found = importlib.import_module(f"{cases.__name__}.{module}")
        yield from (value for value in vars(found).values() if isinstance(value, Case))
