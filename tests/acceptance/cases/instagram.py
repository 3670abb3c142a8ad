"""Instagram in the kit, read with a Facebook account that somebody signed in with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from livinglytics.lib import clock
from sources.actions.sync import queue_sync
from sources.models import Job, Source
from tests.acceptance.case import Case, Service, Stage
from tests.cast import make_team
from tests.fakes.instagram import UNTIL, InstagramFake
from tests.fakes.oauth import CLIENT_SECRET
from tests.sources.accounted import provided, signed_in

NOW = datetime.fromtimestamp(UNTIL + 3_600, UTC)


@contextmanager
def _play(stage: Stage) -> Iterator[Service]:
    with provided(stage.patch, stage.settings) as meta, InstagramFake(posts=14, comments=3) as fake:
        meta.now = fake.now = lambda: clock.now().timestamp()
        fake.publish(None, at=UNTIL, kind="STORY", numbers={"views": 40})
        stage.patch.setenv("INSTAGRAM_BASE_URL", fake.url)
        fake.admits = meta.admits

        def connect() -> tuple[Source, Job]:
            source = signed_in(make_team(time_zone="Europe/Berlin"), meta, kind="instagram", since="2026-11-10")
            return source, queue_sync(source=source, by=None)

        yield Service({}, (CLIENT_SECRET,), fake, connect)


CASE = Case("instagram", _play, at=NOW.isoformat(), least=8 + 1 + 14 + 14 + 1 + 98)
