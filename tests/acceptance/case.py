"""A kind of source in the kit: the service that is played, the settings that connect to it, what is secret."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from sources.models import Job, Source
from tests.acceptance import cases
from tests.acceptance.acts import Acts
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
    connected by their settings alone. ``acts``: name of an act -> how this service plays it.
    """

    config: dict[str, Any]
    secrets: tuple[str, ...] = ()
    fake: Any = None
    connect: Callable[[], tuple[Source, Job]] | None = None
    acts: Acts = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """``kind``: the connector's key; ``at``: the moment at which the tests stand; ``play``: starts the service.

    ``least``: how many rows a whole reading must store, so that an empty one is not taken for a good one.
    ``requests``: how many a first run and a second one without news may make. ``absent``: name of an act -> why
    there is no such thing at this service. ``keeps``: why a text that is gone at the service stays here.
    ``counts``: why the numbers of a text that was withdrawn stay. ``shows``: why a reading sees a part of what there
    is, so that older texts stay beside what it finds.
    """

    kind: str
    play: Callable[[Stage], AbstractContextManager[Service]]
    at: str = "2026-11-20T15:30:00Z"
    least: int = 1
    name: str = ""
    requests: tuple[int, int] = (0, 0)
    absent: Mapping[str, str] = field(default_factory=dict)
    keeps: str = ""
    counts: str = ""
    shows: str = ""

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
