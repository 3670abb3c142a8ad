"""The connector contract.

A connector is one file in this folder: a subclass of :class:`Connector` that declares
what it needs (``config``), what it brings (``streams``, ``metrics``) and how to read it.
It imports no Django, opens no HTTP client of its own, writes nothing and knows no sibling; only a program
that it runs may keep files in ``Context.scratch`` while the run lasts.

The life of one page: the runner calls ``read()``, which yields :class:`Batch` after
:class:`Batch`; for each, in one transaction, raw rows are stored, ``map()`` turns them
into records, the records are loaded, and the checkpoint is saved. A killed worker
therefore loses at most one page.
"""

from __future__ import annotations

import abc
import dataclasses
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar, Literal, Protocol

from livinglytics.lib.answers import Answer
from livinglytics.lib.errors import BadCredentials
from livinglytics.lib.http import Classify
from livinglytics.lib.registry import Registry
from livinglytics.lib.weblinks import Weblink
from sources.records import CompleteDays, Record

State = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Option:
    """How one field of a connector's ``Config`` is shown and checked.

    ``kind`` chooses the widget and the JSON Schema type. ``secret`` fields are sealed at
    rest and never leave the server again. An ``account`` is no field to fill in but a sign-in at
    ``provider`` that grants ``scopes``; the connector asks ``Context.token`` for what came of it, and its
    ``Config`` only says whether there is one: ``"connected"`` or the default. ``instead_of`` names a secret that
    the account stands in for: the later of the two drops the other.
    """

    label: str
    help: str = ""
    kind: Literal["text", "secret", "url", "integer", "number", "boolean", "date", "choice", "lines", "account"] = (
        "text"
    )
    choices: tuple[tuple[str, str], ...] = ()
    placeholder: str = ""
    minimum: int | None = None
    maximum: int | None = None
    group: str = ""
    provider: str = ""
    scopes: tuple[str, ...] = ()
    instead_of: str = ""

    @property
    def secret(self) -> bool:
        return self.kind in ("secret", "account")


def option(label: str, *, default: Any = MISSING, **how: Any) -> Any:
    """A dataclass field of a ``Config`` together with how it is shown."""
    return field(default=default, metadata={"option": Option(label, **how)})


@dataclass(frozen=True)
class NoConfig:
    """For connectors that need no settings."""


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric that this connector brings, declared where it is made.

    The catalog in `metrics` turns it into a full definition; fields mean the same there.
    ``parts`` names numerator and denominator of a ratio. ``floor`` is the least n below
    which the value is greyed. ``settle`` is how long a day's number may still move. ``theme`` is the catalog's heading,
    the connector's category where it is left empty.
    """

    key: str
    label: str
    kind: Literal["sum", "ratio", "mean", "last", "distinct", "percentile"] = "sum"
    unit: str = "count"
    direction: Literal["up", "down", "neutral"] = "neutral"
    description: str = ""
    parts: tuple[str, str] | None = None
    percentile: float | None = None
    settle: timedelta = timedelta(0)
    floor: int = 0
    decimals: int | None = None
    theme: str = ""


@dataclass(frozen=True, slots=True)
class Stream:
    """One kind of record a source delivers, with its own cursor."""

    key: str
    label: str
    record: Literal["metrics", "documents"] = "metrics"
    note: str = ""


@dataclass(frozen=True, slots=True)
class Raw:
    """One record as it came. ``external_id`` is unique within source and stream.

    ``keep`` replaces the payload in storage where it can be read again without the network:
    a row range of a file that is kept anyway.
    """

    external_id: str
    payload: Any
    updated_at: datetime | None = None
    keep: Any = None


@dataclass(frozen=True, slots=True)
class Progress:
    """What the person who waits is told. ``total`` is None when the service doesn't say."""

    done: int
    total: int | None = None
    unit: str = "rows"
    phase: str = "reading"
    message: str = ""


@dataclass(frozen=True, slots=True)
class Rejected:
    """One bad row: it goes to quarantine with a reason and the sync goes on."""

    external_id: str
    reason: str
    payload: Any = None


@dataclass(frozen=True, slots=True)
class Batch:
    """One page. ``state`` is the checkpoint to resume from once the page is stored."""

    raws: tuple[Raw, ...]
    state: State | None = None
    progress: Progress | None = None
    complete: tuple[CompleteDays, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    warnings: tuple[str, ...] = ()
    quota: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Checked:
    """The answer of ``check()``. ``field`` names the setting at fault."""

    ok: bool
    message: str
    field: str = ""
    identity: str = ""
    details: Mapping[str, Any] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Recognised:
    """What an address leads to, so that it can be watched.

    ``kind`` is what it is (product, game, video, channel, post, community, business); ``external_id`` is the same
    for every way of writing the address and differs where the service holds two things apart (an Amazon
    marketplace); ``url`` the address as it is shown; ``config`` the settings of a source that reads it.
    """

    kind: str
    external_id: str
    url: str
    config: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Unread:
    """An address of this service that can't be watched as it is, and what to paste instead.

    ``short``: it only points to another address and has to be followed before anything can be said.
    """

    message: str
    short: bool = False


class Http(Protocol):
    """The guarded client that the runner passes in (see ``livinglytics.lib.http``)."""

    def get(
        self,
        url: str,
        *,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        classify: Classify | None = None,
    ) -> Answer:
        """The whole answer: status, headers, ``json()``, ``text()``, ``link("next")``.

        ``classify`` turns a refusal in the service's own words into an error; None means the usual one.
        """

    def post(
        self, url: str, *, body: bytes, headers: Mapping[str, str] | None = None, classify: Classify | None = None
    ) -> Answer:
        """As ``get`` for a POST, such as of a form."""

    def get_json(
        self, url: str, *, params: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None
    ) -> Any:
        """The decoded JSON body. Raises Transient, RateLimited or Terminal errors."""

    def post_json(self, url: str, *, body: Any, headers: Mapping[str, str] | None = None) -> Any:
        """As ``get_json`` for a POST with a JSON body."""

    def addresses(self, host: str, port: int, *, ports: Collection[int] = ...) -> list[str]:
        """Where a program that opens its own connections may connect to, such as git: checked numeric addresses.

        Raises AddressRefused for a private place that the operator did not allow, or a port not in ``ports``.
        """

    #: called ahead of every request; it may wait, or raise
    before: Callable[[], None]

    def abort(self) -> None:
        """Cut what is being asked now; called by the runner when somebody cancels."""


def no_account(refused: str = "") -> str:
    """The token of a source without an account."""
    raise BadCredentials("No account is connected yet. Connect one on the source's page.")


@dataclass(frozen=True)
class Context:
    """Everything a connector may use from outside.

    ``http``: guarded client; ``now()``: aware clock; ``pause(seconds)``: a cancellable wait
    of at most a minute (longer waits raise RateLimited); ``cancelled()``: true once somebody
    pressed cancel; ``files``: opens an uploaded file by its key for reading bytes;
    ``base_url(default)``: the service's address, which tests point at a local fake;
    ``zone``: name of the team's time zone; ``token(refused="")``: the access token of the account that was
    signed in, refreshed when it is about to end or is the one that the service has just ``refused``. It raises
    BadCredentials where somebody has to sign in again. ``folders``: folders of this server that the operator lets
    sources read; ``programs``: name -> path of the programs that the operator allows this kind of source to run;
    ``scratch``: where a program that needs files may keep them for the time of a run. ``window``: only these days,
    both included, are wanted (for streams that ``backfills`` names).
    """

    http: Http
    now: Any
    pause: Any
    cancelled: Any
    files: Any
    base_url: Any
    zone: str = "UTC"
    token: Callable[..., str] = no_account
    window: tuple[date, date] | None = None
    folders: tuple[Path, ...] = ()
    scratch: Path | None = None
    programs: Mapping[str, str] = field(default_factory=dict)


class Connector(abc.ABC):
    """Base of all connectors. Class attributes declare, methods read."""

    key: ClassVar[str]
    label: ClassVar[str]
    summary: ClassVar[str] = ""
    category: ClassVar[Literal["files", "web", "reviews", "social", "engineering", "push", "demo"]] = "web"
    version: ClassVar[int] = 1
    #: how a person adds it: a form with a check, a file, a push address, or one click
    connect: ClassVar[Literal["form", "file", "push", "click"]] = "form"
    icon: ClassVar[str] = "plug"
    config: ClassVar[type] = NoConfig
    streams: ClassVar[tuple[Stream, ...]] = ()
    metrics: ClassVar[tuple[Metric, ...]] = ()
    #: how often a fresh source of this kind is synced; None = only on request
    every: ClassVar[timedelta | None] = timedelta(hours=24)
    hosts: ClassVar[tuple[str, ...]] = ()
    #: the name under which projects know it, where its addresses can be watched as targets
    platform: ClassVar[str] = ""
    #: what all runs with one key together may ask, like ``4000/hour`` or ``10/second; 5000/day``; empty: no limit
    budget: ClassVar[str] = ""
    #: streams that can be read for some days alone (``Context.window``), so that older days can be filled in
    backfills: ClassVar[tuple[str, ...]] = ()
    #: settings that a team enters once for all of its targets; empty for every secret one
    key_settings: ClassVar[tuple[str, ...]] = ()

    @abc.abstractmethod
    def check(self, ctx: Context, config: Any) -> Checked:
        """Can we read with this config? Answers within about ten seconds and names the field at fault.

        What it raises becomes the answer, with the field that the error's details name; so only what
        a good answer may hide needs a ``Checked`` that is not ok.
        """

    @abc.abstractmethod
    def read(self, ctx: Context, config: Any, stream: str, state: State) -> Iterator[Batch]:
        """Pages of ``stream`` after ``state`` ({} at first). Never writes, never sleeps by itself."""

    @abc.abstractmethod
    def map(self, stream: str, raw: Any, config: Any) -> list[Record]:
        """One raw payload as records. Pure: replay runs it again over stored rows."""

    def recognise(self, link: Weblink) -> Recognised | Unread | None:
        """What this address is at the service; None for an address of somebody else. Pure, nothing is fetched."""
        return None

    def named(self, text: str) -> Recognised | None:
        """What a bare id or name is where a person has chosen this platform; None for anything else. Pure."""
        return None

    def stopped(self, stream: str, state: State) -> State:
        """The state after a reading that was stopped at a limit: the next one begins at the top again.

        A connector that counts in its state what it may still ask keeps that count.
        """
        return {}

    def streams_for(self, config: Any) -> tuple[Stream, ...]:
        """The streams of one configured source; by default all that are declared."""
        return self.streams

    def metrics_for(self, config: Any) -> tuple[Metric, ...]:
        """The metrics of one configured source: an upload's come from its mapping."""
        return self.metrics


connectors: Registry[Connector] = Registry("connector")


def options(config: type) -> dict[str, tuple[Option, Any]]:
    """Field name -> (how it is shown, default or MISSING), in declared order."""
    return {one.name: (one.metadata["option"], one.default) for one in fields(config)}
