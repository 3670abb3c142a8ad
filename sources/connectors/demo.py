"""Demo data: a labelled, made-up year of a product called Harbor. See ``sources.demo``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, ClassVar, Literal

from livinglytics.lib.buckets import day_bounds, local_day
from sources.connectors._base import (
    Batch,
    Checked,
    Connector,
    Context,
    Metric,
    Progress,
    Raw,
    State,
    Stream,
    connectors,
    option,
)
from sources.demo import WORLDS, Page, events
from sources.records import CompleteDays, Record, Remark

#: Days told before the anchor, days told per page, and days told again by each later run.
YEAR, PAGE_DAYS, AGAIN = 365, 30, 3

Direction = Literal["up", "down", "neutral"]


@dataclass(frozen=True)
class DemoConfig:
    """``anchor`` holds the planted events in place; without it, the day of the first sync does."""

    anchor: date | None = option(  # noqa: RUF009 - option() makes a dataclass field
        "Last day of the story",
        default=None,
        kind="date",
        help="The outage, the release and the checkout bug keep their distance to this day. Leave empty for today.",
    )


def _sum(key: str, label: str, description: str, direction: Direction = "neutral", unit: str = "count") -> Metric:
    return Metric(key, label, unit=unit, direction=direction, description=description)


def _ratio(key: str, label: str, parts: tuple[str, str], direction: Direction, **more: Any) -> Metric:
    labels = f"{parts[0]} ÷ {parts[1]}".replace("_", " ")
    return Metric(
        key, label, "ratio", **{"unit": "percent", "direction": direction, "parts": parts, "description": labels} | more
    )


_BUSINESS = (
    _sum("sessions", "Sessions", "Visits to the website and the web app.", "up"),
    Metric("users", "Users", "distinct", direction="up", description="Different people per day. Days do not add up."),
    _sum("conversions", "Sign-ups", "New accounts.", "up"),
    _sum("page_views", "Page views", "Pages seen.", "up"),
    _sum("bounces", "Bounces", "Sessions with a single page.", "down"),
    _sum("revenue", "Revenue", "Payments received, before fees and refunds.", "up", "usd"),
    _sum("ad_spend", "Ad spend", "Money spent on advertising.", unit="usd"),
    _sum("ig_reach", "Instagram reach", "Accounts reached, added up by day.", "up"),
    Metric("ig_followers", "Instagram followers", "last", direction="up", description="Followers at the day's end."),
    _sum("engagement", "Engagement", "Likes, comments and saves.", "up"),
    _ratio("bounce_rate", "Bounce rate", ("bounces", "sessions"), "down", floor=30),
    _ratio("conversion_rate", "Conversion rate", ("conversions", "sessions"), "up", floor=30),
    _ratio("engagement_rate", "Engagement rate", ("engagement", "ig_reach"), "up", floor=30),
    _ratio("cost_per_conversion", "Cost per sign-up", ("ad_spend", "conversions"), "down", unit="usd", floor=10),
)
_AI = (
    _sum("ai_sessions", "AI calls", "Calls to an AI model by developers."),
    _sum("ai_active_hours", "Hours with AI", "Developer hours with AI calls, shared out among models.", unit="hours"),
    _sum("ai_policy_sessions", "AI calls to approved models", "Calls to a model on the team's list.", "up"),
    _sum("ai_tokens_input", "Input tokens", "Tokens sent to AI models."),
    _sum("ai_tokens_output", "Output tokens", "Tokens received from AI models."),
    _sum("ai_cost", "AI cost", "Tokens at each model's list price.", "down", "usd"),
    _sum("ai_suggestions", "AI suggestions", "Suggestions shown to developers."),
    _sum("ai_accepted", "Accepted suggestions", "Suggestions that a developer kept.", "up"),
    _sum("ai_tokens_accepted", "Tokens of accepted suggestions", "Input and output tokens of suggestions kept."),
    _sum("ai_lines_accepted", "Accepted lines", "Lines of code in suggestions kept.", "up"),
    _sum("ai_errors", "AI errors", "AI calls that failed.", "down"),
    Metric("ai_latency_ms", "AI response time", "mean", "ms", "down", "Mean time of an AI call.", floor=5),
    _ratio(
        "ai_velocity", "AI calls per active hour", ("ai_sessions", "ai_active_hours"), "up", unit="count", decimals=1
    ),
    _ratio("acceptance_rate", "Acceptance rate", ("ai_accepted", "ai_suggestions"), "up", floor=20),
    _ratio(
        "model_selection_accuracy", "Model selection accuracy", ("ai_policy_sessions", "ai_sessions"), "up", floor=20
    ),
    _ratio("ai_error_rate", "AI error rate", ("ai_errors", "ai_sessions"), "down", floor=20),
    _ratio(
        "token_efficiency",
        "Tokens per accepted line",
        ("ai_tokens_accepted", "ai_lines_accepted"),
        "down",
        unit="count",
        floor=20,
        decimals=1,
    ),
)
_SHIPPED = (
    _sum("commits", "Commits", "Commits to the main repositories.", "up"),
    _sum("commit_days", "Developer days with commits", "Developers with a commit, added up by day.", "up"),
    _sum("prs_merged", "Merged pull requests", "By day of merging.", "up"),
    _sum("prs_reopened", "Reopened pull requests", "Merged, then reopened; by day of merging.", "down"),
    Metric("pr_merge_hours", "Time to merge", "mean", "hours", "down", "Mean hours from opening to merging.", floor=5),
    _ratio("commit_frequency", "Commits per active day", ("commits", "commit_days"), "up", unit="count", decimals=1),
    _ratio("rework_rate", "Rework rate", ("prs_reopened", "prs_merged"), "down", floor=10),
)
_API = (
    _sum("api_calls", "API calls", "Requests to Harbor's API."),
    _sum("api_errors", "API errors", "Requests answered with an error.", "down"),
    Metric("api_latency_ms", "API response time", "mean", "ms", "down", "Mean time to answer.", floor=20),
    Metric(
        "api_latency_p95",
        "API response time, 95th percentile",
        "percentile",
        "ms",
        "down",
        "From a sample of 72 calls a day.",
        percentile=0.95,
        floor=40,
    ),
    _ratio("api_error_rate", "API error rate", ("api_errors", "api_calls"), "down", floor=50, decimals=2),
)


@connectors.add
class Demo(Connector):
    """Needs no account and no network: every number is drawn from a seed."""

    key = "demo"
    label = "Demo data"
    summary = "A made-up year of a product called Harbor, to look around with."
    category = "demo"
    connect = "click"
    icon = "wand-sparkles"
    config = DemoConfig
    every = timedelta(days=1)
    streams: ClassVar[tuple[Stream, ...]] = (
        Stream("business", "Business, web and social"),
        Stream("voice", "Customer voice", record="documents", note="About 2,500 made-up reviews."),
        Stream("engineering", "AI engineering"),
        Stream("api", "API usage"),
    )
    metrics = (
        *(replace(one, theme="business") for one in _BUSINESS),
        *(replace(one, theme="engineering") for one in (*_AI, *_SHIPPED)),
        *(replace(one, theme="api") for one in _API),
    )

    def check(self, ctx: Context, config: DemoConfig) -> Checked:
        """Always fine: there is nothing to reach."""
        return Checked(ok=True, message="Ready. The numbers are made up.", identity="Harbor (demo)")

    def read(self, ctx: Context, config: DemoConfig, stream: str, state: State) -> Iterator[Batch]:
        """The year and today at first, then the last three days and today, in pages of 30 days."""
        world, now = WORLDS[stream], ctx.now()
        today = local_day(now, ctx.zone)
        anchor = _anchor(config, state, today)
        first = min(anchor, today) - timedelta(days=YEAR)
        if "through" in state:
            first = max(first, min(date.fromisoformat(state["through"]), today - timedelta(days=AGAIN)))
        total = (today - first).days + 1
        for done in range(0, total, PAGE_DAYS):
            days = [first + timedelta(days=done + one) for one in range(min(PAGE_DAYS, total - done))]
            pages = [Page(day, *day_bounds(day, ctx.zone), now, anchor) for day in days]
            closed = min(days[-1], today - timedelta(days=1))
            yield Batch(
                raws=self._raws(stream, pages, anchor),
                state={"through": days[-1].isoformat(), "anchor": anchor.isoformat()},
                progress=Progress(done + len(days), total, unit="days"),
                complete=_complete(world.metrics, days[0], closed),
            )

    def _raws(self, stream: str, pages: list[Page], anchor: date) -> tuple[Raw, ...]:
        """The days' payloads; the business stream also carries what happened on them."""
        found = [Raw(f"{stream}:{page.day}", WORLDS[stream].payload(page)) for page in pages]
        if stream == "business":
            days = {page.day for page in pages}
            found += [
                Raw(f"event:{one.day}", {"remark": one.title, "kind": one.kind, "day": one.day.isoformat()})
                for one in events(anchor)
                if one.day in days
            ]
        return tuple(found)

    def map(self, stream: str, raw: Any, config: DemoConfig) -> list[Record]:
        """The day's payload as points or documents; an event as a remark."""
        if "remark" in raw:
            return [Remark(date.fromisoformat(raw["day"]), raw["remark"], raw["kind"])]
        return WORLDS[stream].records(raw)


def _anchor(config: DemoConfig, state: State, today: date) -> date:
    if "anchor" in state:
        return date.fromisoformat(state["anchor"])
    return config.anchor or today


def _complete(metrics: tuple[str, ...], first: date, last: date) -> tuple[CompleteDays, ...]:
    return (CompleteDays(metrics, first, last),) if metrics and first <= last else ()
