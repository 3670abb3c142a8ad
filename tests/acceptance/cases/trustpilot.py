"""Trustpilot in the kit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.acceptance.case import Case, Service, Stage
from tests.fakes.trustpilot import KEY, TrustpilotFake


@contextmanager
def _play(stage: Stage) -> Iterator[Service]:
    with TrustpilotFake(reviews=120) as fake:
        stage.patch.setenv("TRUSTPILOT_BASE_URL", fake.url)
        config = {"api_key": KEY, "domain": "https://www.trustpilot.com/review/example.com"}
        yield Service(config, (KEY,), fake)


CASE = Case("trustpilot", _play, at="2026-11-19T15:30:00Z", least=120)
