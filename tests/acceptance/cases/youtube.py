"""YouTube in the kit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.acceptance.case import Case, Service, Stage
from tests.fakes.youtube import HANDLE, KEY, YouTubeFake


@contextmanager
def _play(stage: Stage) -> Iterator[Service]:
    with YouTubeFake() as fake:
        stage.patch.setenv("YOUTUBE_BASE_URL", fake.url)
        yield Service({"api_key": KEY, "targets": [HANDLE]}, (KEY,), fake)


CASE = Case("youtube", _play, at="2026-11-19T15:30:00Z", least=25)
