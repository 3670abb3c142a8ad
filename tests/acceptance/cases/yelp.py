"""Yelp in the kit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.acceptance.case import Case, Service, Stage
from tests.fakes.yelp import ALIAS, KEY, YelpFake


@contextmanager
def _play(stage: Stage) -> Iterator[Service]:
    with YelpFake() as fake:
        stage.patch.setenv("YELP_BASE_URL", fake.url)
        yield Service({"api_key": KEY, "business": ALIAS}, (KEY,), fake)


CASE = Case("yelp", _play, least=3)
