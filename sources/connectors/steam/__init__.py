"""Steam user reviews, by the official review service that needs no key.

The listing is read newest change first. A pass that came to its end promotes its cursor; the
next one reads down to a day before it. Deleted reviews vanish without a sign at Steam, so they
stay here until somebody removes them.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import Any

from livinglytics.lib.buckets import local_day
from livinglytics.lib.errors import Terminal, Transient
from livinglytics.lib.weblinks import Weblink
from sources.connectors._base import (
    Batch,
    Checked,
    Connector,
    Context,
    Metric,
    Progress,
    Raw,
    Recognised,
    Rejected,
    State,
    Stream,
    Unread,
    connectors,
    option,
)
from sources.connectors._values import whole
from sources.connectors.steam.service import FIRST_PAGE, Answer, Question, ask, document, moment, unknown
from sources.connectors.steam.text import HOSTS, STORE, app_id, languages, named, recognise
from sources.records import MetricPoint, Record

DAY = 86_400
STATE_VERSION = 1
EMPTY_PAGE_RETRIES = 5
TOTALS = ("total_reviews", "total_positive")


@dataclass(frozen=True)
class SteamConfig:
    """``app``: id or address of the game; ``languages``: Steam's names or tags, empty for all."""

    app: str = option("Game", help="The app id, or the address of its store page.", placeholder=f"{STORE}/app/620")
    languages: tuple[str, ...] = option(
        "Languages", default=(), kind="lines", help="One per line, like english or de. Empty means all."
    )
    since: date | None = option(  # noqa: RUF009
        "Since", default=None, kind="date", help="Only reviews written or edited on or after this day."
    )

    def question(self) -> Question:
        """What to ask Steam. Raises Invalid that names the field at fault."""
        return Question(app_id(self.app), tuple(languages(self.languages)))


class Listing:
    """One pass down the listing, from the newest change to the floor or the end.

    State: ``cursor`` newest change of the last complete pass; ``signpost`` the same of this pass;
    ``page`` where to go on; ``done``, ``pages``, ``total`` counts of this pass; ``seen`` the last
    page cursors. Another game, language or first day starts from nothing.
    """

    def __init__(self, ctx: Context, config: SteamConfig, state: State) -> None:
        self.ctx, self.since, self.question = ctx, config.since, config.question()
        self.scope = json.dumps([self.question.app, self.question.languages, str(config.since or "")])
        self.now = int(ctx.now().timestamp())
        self.warnings: list[str] = []
        kept = state if state.get("v") == STATE_VERSION and state.get("scope") == self.scope else {}
        self.cursor = whole(kept.get("cursor"))
        if self.cursor is not None and self.cursor > self.now:
            self.cursor = self.now
            self.warnings.append("The time of the last reading lay in the future and was set to now.")
        self._go_on(kept if kept.get("page") else {})

    def _go_on(self, place: State) -> None:
        """Stand where the state says; {} is the top of the listing."""
        self.page = str(place.get("page") or FIRST_PAGE)
        self.signpost, self.total = whole(place.get("signpost")), whole(place.get("total"))
        self.done, self.pages = whole(place.get("done")) or 0, whole(place.get("pages")) or 0
        self.seen: deque[str] = deque(place.get("seen") or (), maxlen=1000)
        self.last: set[str] = set()

    @property
    def floor(self) -> int | None:
        """Reviews that changed before it were read by an earlier pass, or are not wanted."""
        first = int(datetime.combine(self.since, time(), UTC).timestamp()) if self.since else None
        known = None if self.cursor is None else self.cursor - DAY
        return max((one for one in (first, known) if one is not None), default=None)

    def batches(self) -> Iterator[Batch]:
        """Pages until the pass is complete. A listing that breaks off is Transient, never a success.

        Where it breaks off in a pass that was resumed, the place may just have expired or many
        reviews may have moved up meanwhile: the pass starts over, once.
        """
        resumed = self.page != FIRST_PAGE
        while True:
            answer = self._answer()
            batch, ended = self._take(answer)
            if not ended:
                yield self._told(batch, self._place())
            elif ended == "floor" or (ended == "end" and not self._short(answer.total)):
                yield self._told(self._counted(batch), self._finished())
                return
            else:
                broken = (
                    f"Steam's list of reviews ended early, after {self.done} of {self.total}. It is read again later."
                )
                if resumed or answer.reviews:
                    self._go_on({})
                    yield self._told(batch, self._place())
                if not resumed:
                    raise Transient(broken)
                resumed = False

    def _answer(self) -> Answer:
        """The next page, asked again where it came empty although reviews are missing."""
        answer = ask(self.ctx, self.question, self.page)
        for attempt in range(EMPTY_PAGE_RETRIES):
            if not answer.known and self.page == FIRST_PAGE:
                raise unknown(self.question.app)
            if answer.reviews or self._missing(answer.total) <= 0:
                break
            self.ctx.pause(2.0**attempt)
            answer = ask(self.ctx, self.question, self.page)
        return answer

    def _missing(self, total: int) -> int:
        """How many reviews are still to come, by what Steam announced first and what it says now."""
        return (total if self.total is None else min(total or self.total, self.total)) - self.done

    def _short(self, total: int) -> bool:
        """Are so many reviews missing that this cannot be the end?

        Steam's total is off by a few at times, and reviews move up when they are edited.
        """
        missing = self._missing(total)
        return missing > 0 and (not self.done or missing > max(3, (missing + self.done) // 50))

    def _take(self, answer: Answer) -> tuple[Batch, str]:
        """The page as a batch, and why it is the last one: "floor", "end", "loop", or "" if it is not."""
        found = {one.external_id: one for one in map(_raw, answer.reviews)}
        self._count(set(found), answer)
        rejected = tuple(one for one in found.values() if isinstance(one, Rejected))
        changes = [(_changed(one), one) for one in found.values() if isinstance(one, Raw)]
        if self.signpost is None and changes:
            self.signpost = min(max(at for at, _ in changes), self.now)
        floor = self.floor or 0
        ended = "floor" if changes and changes[-1][0] < floor else self._turn(answer)
        return Batch(tuple(raw for at, raw in changes if at >= floor), rejected=rejected), ended

    def _count(self, ids: set[str], answer: Answer) -> None:
        if self.total is None and answer.known:
            self.total = answer.total
        self.done += len(ids - self.last)
        self.last = ids
        self.pages += 1

    def _turn(self, answer: Answer) -> str:
        """Go to the next page; "end" if there is none or it was seen, "loop" if there is no end in sight."""
        following = answer.cursor
        if not answer.reviews or not following or following == self.page or following in self.seen:
            return "end"
        if self.pages > 200 + (self.total or 0) // 10:
            return "loop"
        self.seen.append(self.page)
        self.page = following
        return ""

    def _place(self) -> State:
        return {
            **self._finished(),
            "cursor": self.cursor,
            "signpost": self.signpost,
            "page": None if self.page == FIRST_PAGE else self.page,
            "done": self.done,
            "pages": self.pages,
            "total": self.total,
            "seen": list(self.seen)[-20:],
        }

    def _finished(self) -> State:
        newest = self.cursor if self.signpost is None else self.signpost
        return {"v": STATE_VERSION, "scope": self.scope, "cursor": newest}

    def _counted(self, batch: Batch) -> Batch:
        """At the end of a full pass: say so if Steam counts more than it lists."""
        if self.floor is None and (self.total or 0) > self.done:
            self.warnings.append(f"Steam counts {self.total} reviews but lists {self.done}.")
        return batch

    def _told(self, batch: Batch, state: State) -> Batch:
        """The batch with its checkpoint; a total is only told where the whole listing is read."""
        warnings, self.warnings = tuple(self.warnings), []
        progress = Progress(self.done, self.total if self.floor is None else None, "reviews")
        return replace(batch, state=state, progress=progress, warnings=warnings)


def _raw(review: Any) -> Raw | Rejected:
    key = str(review.get("recommendationid") or "")[:200] if isinstance(review, dict) else ""
    if not key:
        return Rejected("", "Steam sent a review without an id.", review)
    created = moment(review.get("timestamp_created"))
    if created is None:
        return Rejected(key, "Steam sent a review without a readable time.", review)
    return Raw(key, review, moment(review.get("timestamp_updated")) or created)


def _changed(raw: Raw) -> int:
    return int(raw.updated_at.timestamp()) if raw.updated_at else 0


@connectors.add
class Steam(Connector):
    """Every review of one game as a document, and Steam's own totals once a day."""

    key = "steam"
    label = "Steam reviews"
    summary = "What players write about a game, in every language. No key needed."
    category = "reviews"
    icon = "gamepad-2"
    platform = "steam"
    config = SteamConfig
    streams = (
        Stream("reviews", "Reviews", "documents", "Newest changes first. Deleted reviews stay until you remove them."),
        Stream("summary", "Totals by Steam", "metrics", "One reading a day, from the day of connecting on."),
    )
    metrics = (
        Metric(
            "steam.total_reviews",
            "Reviews on Steam",
            "last",
            direction="up",
            description="All reviews that Steam counts for the game in the chosen languages.",
        ),
        Metric(
            "steam.total_positive",
            "Positive reviews on Steam",
            "last",
            direction="up",
            description="Those of them that recommend the game.",
        ),
    )
    hosts = HOSTS
    budget = "100000/day"

    def recognise(self, link: Weblink) -> Recognised | Unread | None:
        """A game, also by its community's pages, SteamDB and orders to Steam's client."""
        return recognise(link)

    def named(self, text: str) -> Recognised | None:
        """A game by its bare app id."""
        return named(text)

    def check(self, ctx: Context, config: SteamConfig) -> Checked:
        """One small request to the review service, and the game's name where the store gives it."""
        question = config.question()
        answer = ask(ctx, question, size=1)
        if not answer.known:
            return Checked(False, unknown(question.app).message, field="app")
        name = _name(ctx, question.app)
        details: dict[str, Any] = {"app": question.app, "reviews": answer.total}
        if not name:
            details["warnings"] = ["The store did not tell the game's name. Reading works without it."]
        return Checked(True, f"Found {answer.total} reviews.", identity=name or f"App {question.app}", details=details)

    def read(self, ctx: Context, config: SteamConfig, stream: str, state: State) -> Iterator[Batch]:
        """``reviews``: see ``Listing``. ``summary``: one raw per day of the team; its state stays empty."""
        if stream == "reviews":
            yield from Listing(ctx, config, state).batches()
            return
        question = config.question()
        answer = ask(ctx, question, size=1)
        if not answer.known:
            raise unknown(question.app)
        totals = {name: whole(answer.summary.get(name)) for name in TOTALS}
        if None in totals.values():
            yield Batch((), {}, warnings=("Steam sent no totals this time.",))
            return
        now = ctx.now()
        day = local_day(now, ctx.zone).isoformat()
        reading = Raw(day, {"day": day, **totals}, now)
        yield Batch((reading,), {}, Progress(1, 1, "readings"))

    def map(self, stream: str, raw: Any, config: SteamConfig) -> list[Record]:
        """A review as a Document, or a reading of the totals as two points."""
        if stream == "reviews":
            return [document(raw, app_id(config.app))]
        day = date.fromisoformat(raw["day"])
        return [MetricPoint(f"steam.{name}", day, raw[name]) for name in TOTALS]


def _name(ctx: Context, app: int) -> str:
    """The game's name from the store, or nothing: a store that fails must not stop anybody."""
    try:
        body = ctx.http.get_json(ctx.base_url(STORE) + "/api/appdetails", params={"appids": app})
    except (Transient, Terminal):
        return ""
    entry = body.get(str(app)) if isinstance(body, dict) else None
    data = entry.get("data") if isinstance(entry, dict) else None
    return str(data.get("name") or "")[:200] if isinstance(data, dict) else ""
