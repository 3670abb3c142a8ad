"""The five configurations that come with the product."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sources.projects.rules import Config, cleaned

_ALL: Final = ("amazon", "steam", "youtube", "reddit", "google", "trustpilot", "yelp")


@dataclass(frozen=True, slots=True)
class SystemPreset:
    """One of them. ``changed``: what differs from the usual configuration."""

    key: str
    name: str
    description: str
    changed: dict[str, dict[str, Any]]

    @property
    def config(self) -> Config:
        """The whole configuration."""
        return cleaned(self.changed)


def _preset(
    key: str, description: str, platforms: tuple[str, ...], llm: tuple[str, str, float, int], **sections: Any
) -> SystemPreset:
    provider, model, temperature, tokens = llm
    changed = {
        "scrapers": {"platforms": [*platforms]},
        "llm": {"provider": provider, "model": model, "temperature": temperature, "max_tokens": tokens},
        **sections,
    }
    return SystemPreset(key, key.capitalize(), description, changed)


def _limits(reviews: int, requests: int, delay: float) -> dict[str, Any]:
    return {"max_reviews_per_target": reviews, "max_requests_per_day": requests, "rate_limit_delay": delay}


_BIG, _SMALL = "llama-3.3-70b-versatile", "llama-3.1-8b-instant"

SYSTEM: Final[tuple[SystemPreset, ...]] = (
    _preset(
        "starter",
        "One platform, three classes: a first look.",
        ("amazon",),
        ("groq", _BIG, 0.3, 500),
        analysis={"sentiment_classes": 3},
        limits=_limits(50, 100, 2.0),
    ),
    _preset(
        "standard",
        "Three platforms with five classes and basic emotions.",
        ("amazon", "steam", "youtube"),
        ("groq", _BIG, 0.5, 1_000),
        analysis={"emotions": True, "emotion_model": "ekman"},
        limits=_limits(100, 500, 1.0),
    ),
    _preset(
        "advanced",
        "Five platforms every day, with all emotions, summary and insights.",
        ("amazon", "steam", "youtube", "reddit", "trustpilot"),
        ("groq", _BIG, 0.7, 2_000),
        analysis={"emotions": True, "emotion_model": "goemotions", "summarize": True, "extract_insights": True},
        schedule={"enabled": True, "frequency": "daily", "time": "09:00"},
        limits=_limits(200, 1_000, 0.5),
    ),
    _preset(
        "budget",
        "As little as possible of everything.",
        ("amazon",),
        ("groq", _SMALL, 0.3, 300),
        analysis={"sentiment_classes": 3},
        limits=_limits(25, 50, 3.0),
    ),
    _preset(
        "enterprise",
        "All platforms every hour, with everything switched on.",
        _ALL,
        ("openai", "gpt-4o-mini", 0.5, 4_000),
        analysis={"emotions": True, "emotion_model": "goemotions", "summarize": True, "extract_insights": True},
        schedule={"enabled": True, "frequency": "hourly", "time": "00:00"},
        limits=_limits(500, 5_000, 0.2),
    ),
)
BY_KEY: Final = {one.key: one for one in SYSTEM}
