"""Google Business Profile in the kit, read with an account that somebody signed in with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from livinglytics.lib import clock
from sources.actions.sync import queue_sync
from sources.models import Job, Source
from tests.acceptance.acts import ODD, READINGS, Undo
from tests.acceptance.case import Case, Service, Stage
from tests.acceptance.turning import turned
from tests.cast import make_team
from tests.fakes._server import Answer
from tests.fakes.google_business import GoogleBusinessFake, quota, refusal
from tests.fakes.oauth import CLIENT_SECRET, OauthFake
from tests.sources.accounted import provided, signed_in


def _acts(fake: GoogleBusinessFake, google: OauthFake) -> dict[str, Callable[[], Any]]:
    second = list(fake.everything)[-2]

    def always(answer: Answer, times: int = 99) -> Callable[[], Undo]:
        def act() -> Undo:
            fake.refusals.extend([("", answer)] * times)
            return fake.refusals.clear

        return act

    return {
        "nothing": fake.everything.clear,
        "add": lambda: fake.add(at=clock.now()),
        "edit": lambda: fake.edit(second, at=clock.now(), comment="Changed."),
        "remove": lambda: fake.everything.pop(second),
        "oddity": lambda: fake.add(at=clock.now(), comment=ODD, reviewer=None),
        "lose": always(refusal(404, "NOT_FOUND", "Requested entity was not found.")),
        "lock": turned(fake, admits=lambda token: False),
        "forbid": always(refusal(403, "PERMISSION_DENIED", "The caller does not have permission")),
        "expire": google.end_access,
        "limit": always(quota("60"), times=1),
        "ring": turned(fake, stuck=2),
    }


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

        yield Service({}, (CLIENT_SECRET,), fake, connect, _acts(fake, google))


CASE = Case(
    "google_business", _play, at="2026-11-19T15:30:00Z", least=70, requests=(7, 3), absent={"restate": READINGS},
    keeps="Google gives no sign of a review that was deleted",
)  # fmt: skip
