"""YouTube in the kit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from livinglytics.lib import clock
from tests.acceptance.acts import ODD, PLAIN_KEY, READINGS, Undo
from tests.acceptance.case import Case, Service, Stage
from tests.acceptance.turning import turned
from tests.fakes.youtube import BLOCKED, HANDLE, KEY, TOO_FAST, YouTubeFake


def _acts(fake: YouTubeFake) -> dict[str, Callable[[], Any]]:
    video, said = next(iter(fake.videos)), next(iter(fake.comments))

    def now() -> int:
        return int(clock.now().timestamp())

    def nothing() -> None:
        fake.videos.clear()
        fake.comments.clear()

    def forbid() -> Undo:
        fake.refuse(*[BLOCKED] * 99)
        return fake._refusals.clear

    def lose() -> Undo:
        named, known = turned(fake, handle="@another")(), turned("tests.fakes.youtube", CHANNEL="UCanother")()
        return lambda: (named(), known())

    return {
        "nothing": nothing,
        "add": lambda: fake.say(video, "New.", at=now()),
        "edit": lambda: fake.edit(said, "Changed.", at=now()),
        "remove": lambda: fake.delete(said),
        "oddity": lambda: fake.say(video, ODD, at=now(), author=""),
        "lose": lose,
        "lock": turned(fake, keys={"another"}),
        "forbid": forbid,
        "limit": lambda: fake.refuse(TOO_FAST),
        "ring": turned(fake, loops="commentThreads"),
    }


@contextmanager
def _play(stage: Stage) -> Iterator[Service]:
    with YouTubeFake() as fake:
        stage.patch.setenv("YOUTUBE_BASE_URL", fake.url)
        yield Service({"api_key": KEY, "targets": [HANDLE]}, (KEY,), fake, acts=_acts(fake))


CASE = Case(
    "youtube", _play, at="2026-11-19T15:30:00Z", least=25, requests=(20, 14),
    absent={"restate": READINGS, "expire": PLAIN_KEY},
    keeps="YouTube's lists may lack a comment for a while, so only one that it says is gone is withdrawn",
)  # fmt: skip
