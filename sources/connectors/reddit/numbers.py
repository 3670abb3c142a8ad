"""A reading a day: score and comments of each watched post, members of each watched community."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from livinglytics.lib.buckets import local_day
from livinglytics.lib.errors import BadAnswer
from sources.connectors._base import Batch, Progress, Raw, Rejected
from sources.connectors._values import thing, whole, words
from sources.connectors.reddit.refusals import Unreadable
from sources.connectors.reddit.service import Service
from sources.connectors.reddit.targets import invalid
from sources.connectors.reddit.texts import community, name_of, shown_score
from sources.records import MetricPoint

if TYPE_CHECKING:
    from sources.connectors._base import Context
    from sources.connectors.reddit.targets import Wanted

METRICS: Final = {"score": "reddit.score", "comments": "reddit.comments", "members": "reddit.members"}


class Reading:
    """The numbers of one run: two questions, however many targets there are. It needs no state."""

    def __init__(self, ctx: Context, service: Service) -> None:
        self.ctx, self.service = ctx, service
        self.day = local_day(ctx.now(), ctx.zone).isoformat()

    def batches(self, wanted: Wanted) -> Iterator[Batch]:
        """One batch. What Reddit doesn't show is missing, with a warning; raises Unreadable where it shows nothing."""
        rows, missing = {}, []
        for name, one in {**shown_communities(self.service, wanted), **shown_posts(self.service, wanted)}.items():
            if one is None:
                missing.append(name)
            else:
                rows[name] = self._row(name, one)
        if not rows:
            raise _none(missing)
        yield Batch(
            tuple(one for one in rows.values() if isinstance(one, Raw)),
            {},
            Progress(len(rows), len(wanted.targets), "targets"),
            rejected=tuple(one for one in rows.values() if isinstance(one, Rejected)),
            warnings=(f"No numbers of {', '.join(missing)}: Reddit doesn't show them.",) if missing else (),
            quota=self.service.quota(),
        )

    def _row(self, name: str, data: Mapping[str, Any]) -> Raw | Rejected:
        key = f"{self.day}:{name}"
        if name.startswith("r/"):
            row: dict[str, Any] = {"community": name, "members": data.get("subscribers")}
        else:
            row = {"post": f"{community(data)}/{name[3:]}".lstrip("/"), "comments": data.get("num_comments")}
            row["score"] = None if data.get("hide_score") is True else data.get("score")
        row = {"day": self.day, **row}
        try:
            points(row)
        except BadAnswer as error:
            return Rejected(key, error.message, row)
        return Raw(key, row, self.ctx.now())


def shown_communities(service: Service, wanted: Wanted) -> dict[str, dict[str, Any] | None]:
    """What Reddit tells about each named community, by ``r/name``; None for one that it doesn't show."""
    names = wanted.names("community")
    found: dict[str, dict[str, Any]] = {}
    if names:
        things = service.page("/api/info", sr_name=",".join(names)).things
        data = [thing(one.get("data")) for one in things if one.get("kind") == "t5"]
        found = {words(one.get("display_name")).lower(): one for one in data}
    return {f"r/{name}": found.get(name) for name in names}


def shown_posts(service: Service, wanted: Wanted) -> dict[str, dict[str, Any] | None]:
    """What Reddit tells about each named post, by ``t3_id``; None for one that it doesn't show."""
    names = [f"t3_{name}" for name in wanted.names("post")]
    found = {}
    if names:
        things = service.page("/api/info", id=",".join(names)).things
        found = {name_of(one): thing(one.get("data")) for one in things}
    return {name: found.get(name) for name in names}


def unknown(names: list[str]) -> str:
    """What to tell where Reddit doesn't show a community or post."""
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return f"Reddit shows no {', '.join(names[:5])}{more}. Check the spelling, and that it is public."


def points(raw: Mapping[str, Any]) -> list[MetricPoint]:
    """A row as one point for each number that Reddit shows. Raises BadAnswer for one that is none."""
    by = "community" if "community" in raw else "post"
    found = []
    for name, metric in METRICS.items():
        sent = raw.get(name)
        if sent is None:
            continue
        value = shown_score({"score": sent}) if name == "score" else whole(sent)
        if value is None:
            raise BadAnswer(f"Reddit sent a number of {name} that is none.")
        found.append(MetricPoint(metric, date.fromisoformat(raw["day"]), value, {by: str(raw[by])}))
    return found


def _none(missing: list[str]) -> Unreadable:
    message = unknown(missing)
    return Unreadable(message, details=invalid(message).details)
