"""Google Analytics in the kit."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from livinglytics.lib import clock
from tests.acceptance.case import Case, Service, Stage
from tests.fakes.ga4 import Ga4Fake


class _Fake(Ga4Fake):
    """Google's clock goes with the one of the test."""

    @property
    def now(self) -> int:
        return int(clock.now().timestamp())


@contextmanager
def _play(stage: Stage) -> Iterator[Service]:
    with _Fake(days=6, size=15) as fake:
        stage.patch.setenv("GA4_BASE_URL", fake.url)
        since = (fake.today() - timedelta(days=6)).isoformat()
        key = fake.key_file()
        config = {"property": f"properties/{fake.number}", "key": key, "currency": "EUR", "since": since}
        yield Service(config, (json.loads(key)["private_key"][40:200],), fake)


CASE = Case("ga4", _play, least=6)
