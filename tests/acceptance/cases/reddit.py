"""Reddit in the kit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.acceptance.case import Case, Service, Stage
from tests.fakes.reddit import CLIENT, SECRET, USER, RedditFake
from tests.sources.reddit_reading import NOW


@contextmanager
def _play(stage: Stage) -> Iterator[Service]:
    with RedditFake(posts=8, comments=6, until=NOW - 3_600) as fake:
        stage.patch.setenv("REDDIT_BASE_URL", fake.url)
        config = {"client_id": CLIENT, "client_secret": SECRET, "username": USER}
        yield Service({**config, "targets": ["r/django", "https://redd.it/1p0002"]}, (SECRET,), fake)


CASE = Case("reddit", _play, at="2026-11-20T15:30:00Z", least=14)
