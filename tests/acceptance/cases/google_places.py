"""Google Places in the kit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.acceptance.case import Case, Service, Stage
from tests.fakes.google_places import KEY, PLACE, GooglePlacesFake


@contextmanager
def _play(stage: Stage) -> Iterator[Service]:
    with GooglePlacesFake() as fake:
        stage.patch.setenv("GOOGLE_PLACES_BASE_URL", fake.url)
        yield Service({"api_key": KEY, "place": PLACE}, (KEY,), fake)


CASE = Case("google_places", _play, least=5)
