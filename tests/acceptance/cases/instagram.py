"""Instagram in the kit, read with a Facebook account that somebody signed in with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from livinglytics.lib import clock
from sources.actions.sync import queue_sync
from sources.models import Job, Source
from tests.acceptance.acts import ODD, Undo
from tests.acceptance.case import Case, Service, Stage
from tests.acceptance.turning import turned
from tests.cast import make_team
from tests.fakes.instagram import PACIFIC, UNTIL, InstagramFake
from tests.fakes.instagram_refusals import CASE_LIMIT, NO_RIGHT
from tests.fakes.oauth import CLIENT_SECRET, OauthFake
from tests.sources.accounted import provided, signed_in

NOW = datetime.fromtimestamp(UNTIL + 3_600, UTC)


def _acts(fake: InstagramFake, meta: OauthFake) -> dict[str, Callable[[], Any]]:
    newest, second = list(fake.posts)[:2]
    ended: set[str] = set()
    fake.admits = lambda token: meta.admits(token) and token not in ended

    def now() -> int:
        return int(clock.now().timestamp())

    def nothing() -> None:
        fake.posts.clear()
        fake.comments.clear()

    def edit() -> None:
        fake.posts[second].caption = "Changed."

    def restate() -> None:
        fake.more[NOW.astimezone(PACIFIC).date() - timedelta(days=2), "reach"] = 901

    def oddity() -> None:
        fake.publish(None, at=now(), likes=None)
        fake.say(newest, ODD, at=now(), author="")

    def forbid() -> Undo:
        fake.refuse(*[NO_RIGHT] * 999)
        return fake._refusals.clear

    return {
        "nothing": nothing,
        "add": lambda: fake.publish("New.", at=now()),
        "edit": edit,
        "remove": lambda: fake.drop(second),
        "restate": restate,
        "oddity": oddity,
        "lose": turned(fake, pages=[]),
        "lock": turned(fake, admits=lambda token: False),
        "forbid": forbid,
        "expire": lambda: ended.update(meta.access),
        "limit": lambda: fake.refuse(CASE_LIMIT),
        "ring": turned(fake, loops="/comments"),
    }


@contextmanager
def _play(stage: Stage) -> Iterator[Service]:
    with provided(stage.patch, stage.settings) as meta, InstagramFake(posts=14, comments=3) as fake:
        meta.now = fake.now = lambda: clock.now().timestamp()
        fake.publish(None, at=UNTIL, kind="STORY", numbers={"views": 40})
        stage.patch.setenv("INSTAGRAM_BASE_URL", fake.url)

        def connect() -> tuple[Source, Job]:
            source = signed_in(make_team(time_zone="Europe/Berlin"), meta, kind="instagram", since="2026-11-10")
            return source, queue_sync(source=source, by=None)

        yield Service({}, (CLIENT_SECRET,), fake, connect, _acts(fake, meta))


CASE = Case(
    "instagram", _play, at=NOW.isoformat(), least=8 + 1 + 14 + 14 + 1 + 98, requests=(71, 37),
    counts="a reading of a post stays what was read",
)  # fmt: skip
