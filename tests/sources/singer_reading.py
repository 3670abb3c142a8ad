"""What the tests of the connector for Singer taps share: a world on disk, and a tap that tells it."""

from __future__ import annotations

import json
import shlex
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sources.connectors._base import Batch, Context
from sources.connectors.singer import SingerConfig, SingerConnector
from tests.sources.reading import NOW, Reader

SINGER = SingerConnector()
TOKEN = "s3cret-Tok3n-of-the-tap"
TAP = Path(__file__).parents[1] / "fakes" / "singer_tap.py"


@dataclass
class World:
    """The file that the tap reads, and a program to start the tap with."""

    folder: Path
    streams: dict[str, Any] = field(default_factory=dict)
    every: int = 3
    faults: dict[str, Any] = field(default_factory=dict)

    @property
    def program(self) -> str:
        path = self.folder / "tap"
        if not path.exists():
            path.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -I -S {shlex.quote(str(TAP))} "$@"\n')
            path.chmod(0o755)
        return str(path)

    def stream(self, name: str, rows: list[dict[str, Any]], keys: tuple[str, ...] = ("id",)) -> None:
        self.streams[name] = {"keys": keys, "rows": rows}

    def save(self) -> None:
        told = {"streams": self.streams, "every": self.every, "faults": self.faults, "spy": str(self.folder / "spy")}
        (self.folder / "world").write_text(json.dumps(told))

    def settings(self, **more: Any) -> dict[str, Any]:
        self.save()
        config = {"world": str(self.folder / "world"), "api_token": TOKEN, "start_date": "2026-01-01"}
        return {"tap": "fake", "config": json.dumps(config), **more}

    def spied(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "spy").read_text())
        return found


@dataclass
class TapReader(Reader):
    """The runner in miniature, with programs. ``cancelled_when``: asked between waits."""

    programs: dict[str, str] = field(default_factory=dict)
    cancelled_when: Any = bool

    def context(self) -> Context:
        return Context(
            http=None,  # type: ignore[arg-type]
            now=lambda: self.now,
            pause=self.pauses.append,
            cancelled=lambda: bool(self.cancelled_when()),
            files=None,
            base_url=None,
            zone=self.zone,
            programs=self.programs,
        )

    def warnings(self) -> list[str]:
        return [text for batch in self.batches for text in batch.warnings]

    def reasons(self) -> list[str]:
        return [one.reason for batch in self.batches for one in batch.rejected]

    def points(self, batches: list[Batch]) -> dict[tuple[str, str, str], float]:
        """(metric, day, dimensions) -> value of all totals in these pages."""
        found = {}
        for batch in batches:
            for raw in batch.raws:
                for one in SINGER.map("totals", raw.payload, self.config):
                    found[one.metric, str(one.at), ",".join(one.dimensions.values())] = one.value  # type: ignore[union-attr]
        return found


def reading(world: World, **more: Any) -> TapReader:
    given = world.settings(**more)
    config = SingerConfig(**{**given, "mapping": json.dumps(given.get("mapping", {}))})
    return TapReader(SINGER, None, config, now=NOW, zone="Europe/Berlin", programs={"fake": world.program})  # type: ignore[arg-type]


def again(reader: TapReader, world: World, **more: Any) -> TapReader:
    """The same reader after the world changed."""
    world.save()
    return replace(reader, **more)


def orders(count: int, *, total: float = 10.0) -> list[dict[str, Any]]:
    """Orders of two a day in November, from two countries in turn."""
    return [
        {
            "id": n,
            "n": n,
            "created_at": f"2026-11-{1 + n // 2:02}T10:00:00Z",
            "total": total,
            "country": ("DE", "FR")[n % 2],
        }
        for n in range(count)
    ]


def reviews(count: int) -> list[dict[str, Any]]:
    return [
        {
            "id": f"r{n}",
            "n": n,
            "created": f"2026-11-{1 + n:02}T10:00:00+00:00",
            "title": f"Title {n}",
            "body": f"Grüße {n} 🎉",
            "stars": 1 + n % 5,
        }
        for n in range(count)
    ]


ORDERS = {"kind": "metric", "metric": "orders.revenue", "at": "created_at", "value": "total", "dimensions": ["country"]}
REVIEWS = {"kind": "document", "id": "id", "text": "body", "title": "title", "created_at": "created", "rating": "stars",
           "rating_scale": "1-5"}  # fmt: skip
