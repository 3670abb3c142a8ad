"""Google Business Profile in the kit, read with an account that somebody signed in with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from livinglytics.lib import clock
from sources.actions.sync import queue_sync
from sources.models import Job, Source
from tests.acceptance.case import Case, Service, Stage
from tests.cast import make_team
from tests.fakes.google_business import GoogleBusinessFake
from tests.fakes.oauth import CLIENT_SECRET
from tests.sources.accounted import provided, signed_in


@contextmanager
def _play(stage: Stage) -> Iterator[Service]:
    stage.patch.setattr("sources.connectors.google_business.service.PACE", 0.0)
    with provided(stage.patch, stage.settings) as google, GoogleBusinessFake(reviews=70) as fake:
        google.now = lambda: clock.now().timestamp()
        stage.patch.setenv("GOOGLE_BUSINESS_BASE_URL", fake.url)
        fake.admits = google.admits

        def connect() -> tuple[Source, Job]:
            source = signed_in(make_team(time_zone="Europe/Berlin"), google, kind="google_business")
            return source, queue_sync(source=source, by=None)

        yield Service({}, (CLIENT_SECRET,), fake, connect)


CASE = Case("google_business", _play, at="2026-11-19T15:30:00Z", least=70)
