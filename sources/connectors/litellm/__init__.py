"""LiteLLM: calls, cost, tokens, errors and response times of a team's own proxy, day by day.

The proxy lists single calls and no sums that could be trusted for all versions. So a day is read whole, call by call,
and kept as sums by model and provider; no single call, prompt, key or user is kept. A day that is read again is
replaced as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from typing import Any
from urllib.parse import urlsplit

from livinglytics.lib.errors import Invalid
from sources.connectors._base import (
    Batch,
    Checked,
    Connector,
    Context,
    Metric,
    State,
    Stream,
    connectors,
    option,
)
from sources.connectors.litellm.calls import SPLITS
from sources.connectors.litellm.days import METRICS, Pass
from sources.connectors.litellm.service import Service
from sources.records import MetricPoint, Record

_NONE = "The proxy has no calls of the last 24 hours. If it was used, see that disable_spend_logs is not set there."


@dataclass(frozen=True)
class LiteLlmConfig:
    """Which proxy, read with which key, how it is split, and how far back."""

    address: str = option(
        "Address",
        kind="url",
        placeholder="https://litellm.example.com",
        help="The proxy's base address. One in a private network has to be allowed by the operator of Living Lytics.",
    )
    api_key: str = option(
        "Key",
        kind="secret",
        help="The master key, or a key of a user with the role admin viewer. Other keys see their own calls only.",
    )
    split: str = option(
        "Also split by",
        default="none",
        kind="choice",
        choices=(("none", "Nothing more"), ("team", "Team"), ("key", "Name of the key")),
        help="Sums are stored by model and provider. Names of keys can be names of people.",
    )
    since: date | None = option(  # noqa: RUF009 - option() makes a dataclass field
        "First day", default=None, kind="date", help="Empty means 30 days back."
    )

    def service(self, ctx: Context) -> Service:
        """The proxy. Raises Invalid or BadCredentials that names the field at fault."""
        return Service(ctx, self.address, self.api_key)


@connectors.add
class LiteLlm(Connector):
    """What the calls through one proxy were, cost and took."""

    key = "litellm"
    label = "LiteLLM proxy"
    summary = "Calls, cost, tokens, errors and response times of your LiteLLM proxy, by model."
    category = "engineering"
    icon = "brain"
    config = LiteLlmConfig
    backfills = ("calls",)
    streams = (
        Stream("calls", "Calls", "metrics", "Days in UTC, today included. The last two days are read again each time."),
    )
    metrics = (
        Metric("ai_sessions", "AI calls", description="Calls to an AI model, failed ones included."),
        Metric("ai_errors", "AI errors", direction="down", description="AI calls that failed."),
        Metric(
            "ai_cost",
            "AI cost",
            unit="usd",
            direction="down",
            description="Cost of AI calls at the prices known for their models.",
        ),
        Metric("ai_tokens_input", "Input tokens", description="Tokens sent to AI models."),
        Metric("ai_tokens_output", "Output tokens", description="Tokens received from AI models."),
        Metric("ai_tokens_total", "Tokens", description="All tokens of AI calls, as the service counts them."),
        Metric("ai_latency_ms", "AI response time", "mean", "ms", "down", "Mean time of an AI call.", floor=5),
        Metric(
            "ai_cache_lookups",
            "AI calls with a cache",
            description="AI calls of which it is known whether the answer came from the cache.",
        ),
        Metric("ai_cache_hits", "AI cache hits", direction="up", description="AI calls answered from the cache."),
        Metric(
            "ai_error_rate",
            "AI error rate",
            "ratio",
            "percent",
            "down",
            "AI calls that failed among all AI calls.",
            ("ai_errors", "ai_sessions"),
            floor=20,
        ),
        Metric(
            "ai_cache_hit_rate",
            "AI cache hit rate",
            "ratio",
            "percent",
            "up",
            "AI calls answered from the cache among those of which it is known.",
            ("ai_cache_hits", "ai_cache_lookups"),
            floor=20,
        ),
    )

    def check(self, ctx: Context, config: LiteLlmConfig) -> Checked:
        """Whether the proxy lists the calls of the last day for this key."""
        now, service = ctx.now().astimezone(UTC), config.service(ctx)
        if config.since and config.since > now.date():
            message = "The first day lies in the future. Choose an earlier one."
            raise Invalid(message, details={"since": [message]})
        page = service.page(now - timedelta(days=1), now, size=1)
        details: dict[str, Any] = {"calls": page.total}
        if not page.total:
            details["warnings"] = [_NONE]
        count = f"{'more than ' if page.capped else ''}{page.total:,} call{'' if page.total == 1 else 's'}"
        identity = urlsplit(service.base).hostname or ""
        return Checked(
            True, f"The key works. There were {count} in the last 24 hours.", identity=identity, details=details
        )

    def read(self, ctx: Context, config: LiteLlmConfig, stream: str, state: State) -> Iterator[Batch]:
        """Day after day, a busy one in parts; see ``Pass``."""
        yield from Pass(ctx, config.service(ctx), state, split=config.split, since=config.since).batches()

    def map(self, stream: str, raw: Any, config: LiteLlmConfig) -> list[Record]:
        """The day's sums by the split they were read with; a time is a total of as many calls as told one."""
        day, found = date.fromisoformat(raw["day"]), list[Record]()
        for cell in raw["cells"]:
            dimensions = {"model": cell["model"], "provider": cell["provider"]}
            if raw["by"] in SPLITS:
                dimensions[SPLITS[raw["by"]][0]] = cell["split"]
            for name, key in METRICS.items():
                if name in cell:
                    n = int(cell["timed"]) if name == "millis" else 1
                    found.append(MetricPoint(key, day, float(cell[name]), dimensions, n))
        return found
