"""Feeds in the kit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.acceptance.case import Case, Service, Stage
from tests.fakes.feed import FeedFake


@contextmanager
def _play(stage: Stage) -> Iterator[Service]:
    stage.patch.setattr("sources.connectors.feed.service.PACE", 0.0)
    with FeedFake(entries=12, size=5) as fake:
        stage.settings.ALLOWED_PRIVATE_HOSTS = frozenset({fake.host})
        yield Service({"addresses": [fake.address()]}, fake=fake)


CASE = Case("feed", _play, at="2026-11-19T15:30:00Z", least=12)
