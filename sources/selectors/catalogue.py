"""What can be connected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sources import configuration
from sources.connectors import connectors
from sources.connectors._base import Connector


@dataclass(frozen=True, slots=True)
class StreamCard:
    """One kind of record that a source of this kind delivers."""

    key: str
    label: str
    record: str
    note: str


@dataclass(frozen=True, slots=True)
class MetricCard:
    """One metric that a source of this kind brings."""

    key: str
    label: str
    kind: str
    unit: str
    description: str


@dataclass(frozen=True, slots=True)
class ConnectorCard:
    """One kind of source. ``every_seconds`` is its usual distance between syncs, None for only on request.

    ``config`` is a JSON Schema (draft 2020-12); secrets in it are ``writeOnly``.
    """

    key: str
    label: str
    summary: str
    category: str
    connect: str
    icon: str
    version: int
    every_seconds: int | None
    hosts: tuple[str, ...]
    streams: tuple[StreamCard, ...]
    metrics: tuple[MetricCard, ...]
    config: dict[str, Any]


def catalogue(*, demo: bool = True) -> list[ConnectorCard]:
    """All kinds, by label. Without ``demo``, those with made-up data are left out."""
    cards = [_card(one) for one in connectors.all() if demo or one.category != "demo"]
    return sorted(cards, key=lambda card: card.label.lower())


def connector_card(kind: str) -> ConnectorCard:
    """One kind. Raises UnknownKey (404)."""
    return _card(configuration.connector(kind))


def _card(one: Connector) -> ConnectorCard:
    return ConnectorCard(
        key=one.key,
        label=one.label,
        summary=one.summary,
        category=one.category,
        connect=one.connect,
        icon=one.icon,
        version=one.version,
        every_seconds=int(one.every.total_seconds()) if one.every else None,
        hosts=one.hosts,
        streams=tuple(StreamCard(s.key, s.label, s.record, s.note) for s in one.streams),
        metrics=tuple(MetricCard(m.key, m.label, m.kind, m.unit, m.description) for m in one.metrics),
        config=configuration.schema(one),
    )
