"""Google Analytics 4: the daily numbers of one property, through the Data API,
with a service account or a signed-in Google account.

Google corrects a day for about two days. So the last days are read again each time, each as a
whole, and replaced. People are read per day without any split: they never add up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from livinglytics.lib.errors import Invalid, ProductError, RateLimited, Terminal, Transient
from sources.connectors._base import (
    Batch,
    Checked,
    Connector,
    Context,
    Metric,
    Progress,
    Raw,
    Rejected,
    State,
    Stream,
    connectors,
    option,
)
from sources.connectors.ga4.access import SCOPE
from sources.connectors.ga4.days import DayRead, Pass, Plan
from sources.connectors.ga4.report import said
from sources.connectors.ga4.service import Service, access_of
from sources.connectors.ga4.words import (
    CURRENCIES,
    DIMENSIONS,
    NOTHING,
    PEOPLE,
    SETTLES,
    SUMS,
    USUAL,
    chosen,
    measure,
    property_id,
)
from sources.records import CompleteDays, MetricPoint, Record

_SPLITS = tuple((name, label) for name, (label, _) in DIMENSIONS.items())
#: a check that took this long does not ask for the name as well
_PATIENCE = timedelta(seconds=3)


@dataclass(frozen=True)
class Ga4Config:
    """Which property, read with which key, and how it is split."""

    property: str = option(
        "Property id",
        help="In Google Analytics under Admin → Property details, at the top right: a number, not the G-… tag.",
        placeholder="123456789",
    )
    key: str = option(
        "Service account key",
        default="",
        kind="secret",
        help=(
            "The whole JSON file of a service account: in Google Cloud, enable the “Google Analytics Data API”, then "
            "IAM → Service accounts → Keys → Add key. Add its e-mail address as Viewer in Google Analytics under "
            "Admin → Property access management."
        ),
    )
    account: str = option(
        "Google account",
        default="",
        kind="account",
        provider="google",
        scopes=(SCOPE,),
        instead_of="key",
        help="Sign in with an account that may read the property. Only reading is asked for.",
    )
    split: str = option(
        "Split by",
        default="sessionDefaultChannelGroup",
        kind="choice",
        choices=(*_SPLITS, (NOTHING, "Nothing")),
        help="Sums are stored for each value. Users are always counted for the whole day.",
    )
    also: str = option(
        "And by",
        default="country",
        kind="choice",
        choices=(*_SPLITS, (NOTHING, "Nothing more")),
        help="A second split. Many values, such as landing pages, need more quota and space.",
    )
    metrics: tuple[str, ...] = option(
        "Metrics",
        default=USUAL,
        kind="lines",
        help=f"One per line, by Google's names. There are: {', '.join((*SUMS, *PEOPLE))}.",
    )
    currency: str = option(
        "Currency",
        default="USD",
        kind="choice",
        choices=tuple((code, code) for code in CURRENCIES),
        help="Revenue is asked for in this currency. Choose the property's own, else Google converts.",
    )
    lookback: int = option(
        "Days read again",
        default=3,
        kind="integer",
        minimum=0,
        maximum=30,
        help="Google corrects numbers for about two days, attributed conversions for longer.",
    )
    since: date | None = option(  # noqa: RUF009
        "First day", default=None, kind="date", help="Empty means a year back."
    )

    def plan(self) -> Plan:
        """What to ask Google. Raises Invalid that names the field at fault."""
        splits = dict.fromkeys(name for name in (self.split, self.also) if name != NOTHING)
        wrong = [name for name in splits if name not in DIMENSIONS]
        if wrong:
            message = f"“{wrong[0][:60]}” is no split. Choose one of: {', '.join(DIMENSIONS)}."
            raise Invalid(message, details={"split" if wrong[0] == self.split else "also": [message]})
        return Plan(
            number=property_id(self.property),
            dimensions=tuple(splits),
            metrics=chosen(self.metrics),
            currency=self.currency,
            lookback=min(max(self.lookback, 0), 30),
            since=self.since,
        )

    def opened(self) -> str:
        """That the way in works, for the answer of a check."""
        return "The key works." if self.key else "The account works."

    def service(self, ctx: Context, plan: Plan) -> Service:
        """The property as it is read with these settings. Raises Invalid where key and account are both or neither."""
        return Service(ctx, access_of(ctx, self.key, self.account), plan.number, self.fields())

    def fields(self) -> dict[str, str]:
        """Google's names -> the setting they come from."""
        return {**dict.fromkeys((*SUMS, *PEOPLE), "metrics"), self.also: "also", self.split: "split"}


def declared(names: Iterable[str], currency: str) -> tuple[Metric, ...]:
    """The metrics that come of Google's names, with the ratio where both of its parts are there."""
    measures = [measure(name, currency) for name in names]
    found = [Metric(one.key, one.label, one.kind, one.unit, "up", one.description, settle=SETTLES) for one in measures]
    parts = ("engaged_sessions", "sessions")
    if {one.key for one in found} >= set(parts):
        text = "Engaged sessions among sessions: what Google calls the engagement rate."
        shown: dict[str, Any] = {"unit": "percent", "direction": "up", "description": text}
        share = Metric("ga4.engagement_rate", "Engaged share of sessions", "ratio", **shown, parts=parts, floor=30)
        found.append(replace(share, settle=SETTLES))
    return tuple(found)


@connectors.add
class Ga4(Connector):
    """Daily sessions, users, views, conversions and revenue of one property."""

    key = "ga4"
    label = "Google Analytics 4"
    summary = "Sessions, users, conversions and revenue of a website or app, day by day."
    category = "web"
    icon = "chart-no-axes-combined"
    config = Ga4Config
    backfills = ("daily",)
    streams = (
        Stream("daily", "Daily numbers", "metrics", "Whole days up to yesterday. The last days are read again."),
    )
    metrics = declared((*SUMS, *PEOPLE), "USD")
    hosts = ("analyticsdata.googleapis.com", "analyticsadmin.googleapis.com", "oauth2.googleapis.com")

    def check(self, ctx: Context, config: Ga4Config) -> Checked:
        """A sign-in, yesterday's report with one row, and the property's name where the key may see it."""
        began = ctx.now()
        try:
            plan = config.plan()
            service = config.service(ctx, plan)
            body = {**plan.probe(), "dimensions": [{"name": name} for name in plan.dimensions]}
            answer = service.report({**body, "metrics": [{"name": name} for name in plan.sums or plan.totals]})
        except RateLimited as error:
            message = f"{config.opened()} {error.message}"
            waits = {"retry_after": error.retry_after}
            return Checked(True, message, identity=f"Property {plan.number}", details=waits)
        except (Transient, Terminal) as error:
            return Checked(False, error.message, field=_field(error))
        name = service.name() if ctx.now() - began < _PATIENCE else ""
        return Checked(True, *_found(config, plan, answer, name))

    def read(self, ctx: Context, config: Ga4Config, stream: str, state: State) -> Iterator[Batch]:
        """One batch per day, see ``Pass``."""
        plan = config.plan()
        service = config.service(ctx, plan)
        reading = Pass(ctx, plan, service, state)
        for one in reading.days():
            yield replace(_batch(one), quota=dict(service.meter.left))
        if reading.warnings:
            yield Batch((), warnings=tuple(reading.warnings))

    def map(self, stream: str, raw: Any, config: Ga4Config) -> list[Record]:
        """The day's points: sums by the split they were read with, people without any."""
        day, currency, by = date.fromisoformat(raw["day"]), raw["currency"], raw["by"]
        keys = {name: measure(name, currency).key for name in (*raw["metrics"], *raw["people"])}
        shown = [(place, name) for place, name in enumerate(raw["metrics"], len(by)) if name not in raw["missing"]]
        found: list[Record] = []
        for row in raw["rows"]:
            dimensions = dict(zip(by, row, strict=False))
            found += [MetricPoint(keys[name], day, float(row[place]), dimensions) for place, name in shown]
        people = {name: value for name, value in raw["people"].items() if name not in raw["missing"]}
        found += [MetricPoint(keys[name], day, float(value)) for name, value in people.items()]
        return found

    def metrics_for(self, config: Ga4Config) -> tuple[Metric, ...]:
        """The chosen metrics, revenue in the chosen currency."""
        return declared(chosen(config.metrics), config.currency)


def _batch(one: DayRead) -> Batch:
    """The day as one page. Its unreadable rows go by the day's name, so that they are released once it reads well."""
    name, count = one.day.isoformat(), len(one.bad)
    reason = f"{count} row{'s' if count > 1 else ''} from Google can't be read. The other rows of the day are kept."
    return Batch(
        raws=(Raw(name, one.payload),),
        state=one.state,
        progress=Progress(one.done, one.total, "days"),
        complete=(CompleteDays(one.promised, one.day, one.day),) if one.promised else (),
        rejected=(Rejected(name, reason, list(one.bad[:20])),) if one.bad else (),
        warnings=one.warnings,
    )


def _field(error: ProductError) -> str:
    """The setting that the error names, if any."""
    return next((name for name in error.details if name in Ga4Config.__dataclass_fields__), "")


def _found(config: Ga4Config, plan: Plan, answer: dict[str, Any], name: str) -> tuple[str, str, str, dict[str, Any]]:
    """Message, field, identity and details of a good check."""
    metadata = answer.get("metadata")
    told: dict[str, Any] = metadata if isinstance(metadata, dict) else {}
    zone, own = str(told.get("timeZone") or ""), str(told.get("currencyCode") or "")
    details: dict[str, Any] = {"property": plan.number, "time_zone": zone, "currency": own}
    warnings = []
    if "totalRevenue" in plan.metrics and own and own != plan.currency:
        warnings.append(f"The property counts in {own}. Google converts its revenue into {plan.currency}.")
    if not name:
        warnings.append("The property's name needs the Google Analytics Admin API. Reading works without it.")
    if warnings:
        details["warnings"] = warnings
    since = f" from {said(config.since)} on" if config.since else ""
    days = f"Days are read{since} as {zone or 'the property'} counts them."
    return f"{config.opened()} {days}", "", name or f"Property {plan.number}", details
