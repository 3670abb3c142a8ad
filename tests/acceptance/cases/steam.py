"""Steam in the kit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.acceptance.case import Case, Service, Stage
from tests.fakes.steam import SteamFake


@contextmanager
def _play(stage: Stage) -> Iterator[Service]:
    with SteamFake(reviews=350) as fake:
        stage.patch.setenv("STEAM_BASE_URL", fake.url)
        yield Service({"app": str(fake.app)}, fake=fake)


CASE = Case("steam", _play, at="2026-11-20T15:30:00Z", least=350)
