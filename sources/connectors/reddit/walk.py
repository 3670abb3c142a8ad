"""One pass over everything that is watched: what posts and comments have in common."""

from __future__ import annotations

import abc
import json
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any, Final

from livinglytics.lib.errors import Terminal
from sources.connectors._base import Batch, Progress, Raw, Rejected
from sources.connectors._values import thing, whole
from sources.connectors.reddit.listing import Listing
from sources.connectors.reddit.refusals import Broken, Unreadable
from sources.connectors.reddit.service import PAGE, Service
from sources.connectors.reddit.texts import name_of, row, written_at

if TYPE_CHECKING:
    from sources.connectors._base import Context, State
    from sources.connectors.reddit.targets import Target, Wanted

#: what is younger is edited, voted on, answered and deleted most: it is read again each time
LOOKBACK: Final = 7 * 86_400
#: so many of the newest texts are asked for by name where no list shows them any longer
MOST_RECENT: Final = 1_000
MOST_TROUBLES: Final = 20
STATE_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Kept:
    """What of the settings decides which rows there are: another choice reads everything anew."""

    since: date | None
    authors: bool

    @property
    def first(self) -> int | None:
        """The first wanted second, in UTC."""
        return int(datetime.combine(self.since, time(), UTC).timestamp()) if self.since else None

    @property
    def scope(self) -> str:
        """The same as a text to compare."""
        return json.dumps([str(self.since or ""), self.authors])


class Walk(abc.ABC):
    """One pass, target after target; then those young texts that no list showed, by name.

    State: ``cursors`` when the last complete reading of each target began; ``recent`` the youngest texts and when
    they were written; and while a pass goes on: ``started`` when it began, ``done`` targets, ``place`` where it is
    in the one that is being read, ``troubles`` that are told at its end, ``rows`` for the person who waits.
    """

    unit = "texts"

    def __init__(self, ctx: Context, service: Service, state: State, kept: Kept) -> None:
        self.service, self.kept = service, kept
        self.warnings: list[str] = []
        self.now = int(ctx.now().timestamp())
        found = state if state.get("v") == STATE_VERSION and state.get("scope") == kept.scope else {}
        self.cursors = self._clamped(thing(found.get("cursors")))
        self.recent = {str(name): at for name, one in thing(found.get("recent")).items() if (at := whole(one))}
        self.started = min(whole(found.get("started")) or self.now, self.now)
        self.done = [str(one) for one in found.get("done") or ()]
        # a copy to its depth: the state that was handed over must still say where the last stored page ended
        self.place: dict[str, Any] = deepcopy(dict(thing(found.get("place"))))
        self.troubles = [str(one) for one in found.get("troubles") or ()]
        self.rows = whole(found.get("rows")) or 0
        self.seen: set[str] = set()
        self.targets: tuple[Target, ...] = ()

    def batches(self, wanted: Wanted) -> Iterator[Batch]:
        """Page after page. Raises at the end, with all others read, where something could not be read whole."""
        self.targets = wanted.targets
        left = [one for one in self.targets if one.text not in self.done]
        for target in sorted(left, key=lambda one: one.text != self.place.get("target")):
            yield from self._one(target)
        yield from self._again()
        troubles = self.troubles
        yield self._told(Batch(()), self._finished())
        if troubles:
            raise _trouble(troubles)

    @abc.abstractmethod
    def _read(self, target: Target) -> Iterator[Batch]:
        """The pages of one target, from its place on."""

    def _again(self) -> Iterator[Batch]:
        """Young texts that no list showed this time: whether they are deleted, only asking for them tells."""
        names = [name for name in self.recent if name not in self.seen]
        for start in range(0, len(names), PAGE):
            yield self._by_name(names[start : start + PAGE])[0]

    def _by_name(self, names: list[str]) -> tuple[Batch, set[str]]:
        """A hundred texts by name as a batch, and the names Reddit knows."""
        page = self.service.page("/api/info", id=",".join(names))
        found = {name: one for one in page.things if (name := name_of(one)) in names}
        return self._told(self._batch(found.values())), set(found)

    def _one(self, target: Target) -> Iterator[Batch]:
        if self.place.get("target") != target.text:
            self.place = {"target": target.text}
        try:
            yield from self._read(target)
            if not self.place.get("missed"):
                self.cursors[target.text] = self.started
        except (Unreadable, Broken) as error:
            self._trouble(target.text, error.message)
        self.done.append(target.text)
        self.place = {}

    def _listing(self, target: Target) -> Listing:
        return Listing(self.service, target.name, self.place.setdefault("list", {}))

    def _end_of(self, target: Target, listing: Listing) -> None:
        """Tell what lies behind the end of Reddit's list, which is about a thousand posts long."""
        if not listing.is_cut_off:
            return
        cursor, oldest = self.cursors.get(target.text), listing.oldest or 0
        why = f"Reddit's list ended after {listing.listed} posts, and it never has more than about a thousand."
        if cursor is None and oldest > (self.kept.first or 0):
            self.warnings.append(f"{target.text}: {why} Older ones can't be read.")
        elif cursor is not None and oldest > cursor:
            self._trouble(target.text, f"{why} More came since the last run: sync more often.")

    def _trouble(self, name: str, why: str) -> None:
        said = f"{name}: {why}"
        self.warnings.append(said)
        if said not in self.troubles and len(self.troubles) < MOST_TROUBLES:
            self.troubles.append(said)

    def _batch(self, things: Iterable[Mapping[str, Any]]) -> Batch:
        """Posts or comments as rows; what was written before the first wanted day is left out."""
        raws: list[Raw] = []
        rejected: list[Rejected] = []
        for one in things:
            made, written = row(one, authors=self.kept.authors), written_at(one)
            self.seen.add(made.external_id)
            if isinstance(made, Rejected):
                rejected.append(made)
                continue
            if made.payload.get("gone"):
                self.recent.pop(made.external_id, None)
            elif written is not None and written < (self.kept.first or 0):
                continue
            elif written is not None and written >= self.started - LOOKBACK:
                self.recent[made.external_id] = written
            raws.append(made)
        self.rows += len(raws)
        return Batch(tuple(raws), rejected=tuple(rejected))

    def _clamped(self, cursors: Mapping[str, Any]) -> dict[str, int]:
        """The cursors, none of them in the future."""
        found = {str(name): at for name, one in cursors.items() if (at := whole(one)) is not None}
        if any(at > self.now for at in found.values()):
            self.warnings.append("The time of the last reading lay in the future and was set to now.")
        return {name: min(at, self.now) for name, at in found.items()}

    def _floor(self, target: Target) -> int | None:
        """Posts older than it were read by an earlier pass, or are not wanted."""
        cursor = self.cursors.get(target.text)
        known = None if cursor is None else cursor - LOOKBACK
        return max((one for one in (self.kept.first, known) if one is not None), default=None)

    def _told(self, batch: Batch, state: State | None = None) -> Batch:
        warnings, self.warnings = tuple(dict.fromkeys(self.warnings)), []
        of = len(self.targets)
        message = f"{self.place.get('target') or 'All'}, {min(len(self.done) + 1, of)} of {of}"
        return replace(
            batch,
            state=state or self._going_on(),
            progress=Progress(self.rows, None, self.unit, message=message),
            warnings=warnings,
            quota=self.service.quota(),
        )

    def _going_on(self) -> State:
        return {
            **self._finished(),
            "recent": self._newest(0),
            "started": self.started,
            "done": list(self.done),
            "place": json.loads(json.dumps(self.place)),
            "troubles": list(self.troubles),
            "rows": self.rows,
        }

    def _finished(self) -> State:
        wanted = {one.text for one in self.targets}
        return {
            "v": STATE_VERSION,
            "scope": self.kept.scope,
            "cursors": {name: at for name, at in self.cursors.items() if name in wanted},
            "recent": self._newest(self.started - LOOKBACK),
        }

    def _newest(self, first: int) -> dict[str, int]:
        young = sorted(((at, name) for name, at in self.recent.items() if at >= first), reverse=True)
        return {name: at for at, name in young[:MOST_RECENT]}


def _trouble(troubles: list[str]) -> Terminal:
    """What a run says that read everything else."""
    more = f" And {len(troubles) - 3} more." if len(troubles) > 3 else ""
    message = f"Not everything was read. {' '.join(troubles[:3])}{more}"
    return Terminal(message, code="reddit.incomplete", details={"targets": list(troubles)})
