"""The rows of a tap, page by page, with its STATE: never ahead of the rows that came before it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from livinglytics.lib.errors import BadAnswer
from sources.connectors._base import Batch, Context, Progress, Raw, Rejected, State
from sources.connectors._values import instant
from sources.connectors.singer.catalog import Catalog, discovered
from sources.connectors.singer.job import Job
from sources.connectors.singer.messages import Place, Record, Schema, identity, message
from sources.connectors.singer.process import Tap

#: rows of one page
PAGE = 500
#: seconds that a tap has to describe what it offers
DISCOVERY = 120.0
#: seconds after which a tap without any STATE is given up: a run makes room for others after a quarter of an hour
FIRST_STATE = 840.0
_LARGEST_STATE: Final = 250_000
_VERSION: Final = 1
_AHEAD: Final = 86_400.0
ROTATED = (
    "The tap changed its own config, most likely for a new token. That is not kept: if the next run is refused, "
    "enter the config again, or use credentials that stay the same."
)


class Reading:
    """One reading of all streams that are taken row by row. ``state`` is {} or what an earlier reading left."""

    def __init__(self, ctx: Context, job: Job, state: State) -> None:
        self._ctx = ctx
        self._job = job
        self._scope = job.scope()
        fits = state.get("v") == _VERSION and state.get("scope") == self._scope
        self._begin: dict[str, Any] | None = state.get("state") if fits else None
        self._keys: dict[str, tuple[str, ...]] = {}
        self._raws: list[Raw] = []
        self._rejected: list[Rejected] = []
        self._warnings: list[str] = []
        self._done = 0
        self._resumable = False

    def batches(self) -> Iterator[Batch]:
        """Pages; ends early, without the rows at hand, once somebody cancels. Raises BadAnswer when the tap fails."""
        with self._job.place(self._ctx) as place:
            catalog = discovered(place, self._ctx.cancelled, within=DISCOVERY)
            if catalog is None:
                return
            self._job.insist_on(catalog)
            chosen = self._job.rows_of(catalog)
            if not chosen:
                return
            arguments = ["--catalog", str(place.keep("catalog.json", catalog.selecting(chosen)))]
            # the old option of taps that know no --catalog is not served: they answer no --discover either
            if self._begin is not None:
                arguments += ["--state", str(place.keep("state.json", self._begin))]
            with Tap(place, arguments, self._ctx.cancelled) as tap:
                yield from self._pages(tap, catalog, chosen, place.mask)
                if tap.stopped:
                    return
            if place.rewritten():
                self._warnings.append(ROTATED)
            if self._raws or self._rejected or self._warnings:
                yield self._page(tap, None)

    def _pages(self, tap: Tap, catalog: Catalog, chosen: tuple[str, ...], mask: Any) -> Iterator[Batch]:
        began, foreign = self._ctx.now(), False
        for line in tap.lines():
            if not self._resumable and (self._ctx.now() - began).total_seconds() > FIRST_STATE:
                raise BadAnswer(
                    f"The tap sent no STATE within {FIRST_STATE / 60:.0f} minutes, so a longer reading could never be "
                    "resumed. Choose fewer streams, a later start_date, or a tap that sends STATE more often."
                )
            text = line.decode("utf-8", "replace")
            found = message(mask(text)) if text else None
            if isinstance(found, Place):
                yield self._page(tap, self._state(found, text, mask))
            elif isinstance(found, Rejected):
                self._rejected.append(found)
            elif isinstance(found, Schema):
                self._keys[found.stream] = found.keys
            elif isinstance(found, Record) and catalog.name_of(found.stream) in chosen:
                self._take(catalog.name_of(found.stream), found)
            elif isinstance(found, Record) and not foreign:
                foreign = True
                self._warnings.append(
                    f"The tap also sent rows of {found.stream}, which is not chosen. They are left out."
                )
            if len(self._raws) + len(self._rejected) >= PAGE:
                yield self._page(tap, None)

    def _take(self, stream: str, found: Record) -> None:
        payload = {"stream": stream, "record": dict(found.row)}
        if found.stream not in self._keys:
            self._rejected.append(Rejected(f"{stream}:?", "This row came before the SCHEMA of its stream.", payload))
            return
        keys = self._keys[found.stream]
        name = identity(found.row, keys)
        if not name:
            reason = f"This row has no value for its key ({', '.join(keys)})."
            self._rejected.append(Rejected(f"{stream}:?{identity(found.row, ())}", reason, payload))
            return
        self._raws.append(Raw(f"{stream}:{name}", payload))

    def _page(self, tap: Tap, state: State | None) -> Batch:
        self._done += len(self._raws)
        batch = Batch(
            raws=tuple(self._raws),
            state=state,
            progress=Progress(self._done, message=tap.log.told),
            rejected=tuple(self._rejected),
            warnings=tuple(self._warnings),
        )
        self._raws, self._rejected, self._warnings = [], [], []
        return batch

    def _state(self, found: Place, text: str, mask: Any) -> State:
        if mask(text) != text:
            raise BadAnswer(
                "The tap puts a value of its config into its STATE. That is not stored; this tap can't be used."
            )
        if len(text) > _LARGEST_STATE:
            raise BadAnswer(f"The tap's STATE is larger than {_LARGEST_STATE:,} bytes. Choose fewer streams.")
        self._resumable = True
        late = next((one for one in _times(found.value) if self._ahead(one)), "")
        if late:
            self._warnings.append(f"The tap's STATE lies in the future ({late}). It may miss rows until then.")
        return {"v": _VERSION, "scope": self._scope, "state": json.loads(json.dumps(found.value))}

    def _ahead(self, text: str) -> bool:
        found = instant(text)
        return found is not None and (found - self._ctx.now()).total_seconds() > _AHEAD


def _times(value: Any) -> Iterator[str]:
    """Every text in a STATE: it may have any shape."""
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            left.extend(one.values())
        elif isinstance(one, list):
            left.extend(one)
