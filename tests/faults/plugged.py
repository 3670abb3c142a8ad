"""The product's processes with one more connector: one that tells its token in every way a careless one can."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from livinglytics.asgi import application  # sets Django up
from livinglytics.celery import app
from livinglytics.lib.errors import BadCredentials
from sources.connectors import connectors
from sources.connectors._base import Batch, Checked, Connector, Context, Progress, Raw, Rejected, State, Stream, option
from sources.records import Record

__all__ = ["app", "application"]


@dataclass(frozen=True)
class LeakyConfig:
    way: str = option("Way")
    place: str = option("Place")
    token: str = option("Token", kind="secret")


class Leaky(Connector):
    """``way``: how the token gets out."""

    key, label = "leaky", "Leaky"
    config = LeakyConfig
    every = None
    streams = (Stream("rows", "Rows"),)

    def check(self, ctx: Context, config: Any) -> Checked:
        answer = ctx.http.get_json(f"{config.place}/check", params={"key": config.token})
        return Checked(config.way != "refused", f"The service said {answer}", identity="Leaky")

    def read(self, ctx: Context, config: Any, stream: str, state: State) -> Iterator[Batch]:
        if config.way == "refused":
            raise BadCredentials(f"{config.token} is not a key", details={"token": [f"bad {config.token}"]})
        if config.way == "crash":
            raise RuntimeError(f"no way to use {config.token}")
        if config.way == "http":
            ctx.http.get_json(f"{config.place}/fail", params={"key": config.token}, headers={"X-Key": config.token})
        yield Batch(
            (Raw("a", {"id": "a"}),),
            progress=Progress(1, 2, "rows", message=f"reading with {config.token}"),
            rejected=(Rejected("b", f"{config.token} is in the way", {"id": "b"}),),
            warnings=(f"{config.token} ends soon",),
        )

    def map(self, stream: str, raw: Any, config: Any) -> list[Record]:
        raise ValueError(f"can't map with {config.token}")


connectors.add(Leaky)
