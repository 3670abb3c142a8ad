"""Steam in the kit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from livinglytics.lib import clock
from tests.acceptance.acts import NO_KEY, ODD, ONLY_429, READINGS
from tests.acceptance.case import Case, Service, Stage
from tests.acceptance.turning import turned
from tests.fakes.steam import FIRST_ID, SteamFake


def _acts(fake: SteamFake) -> dict[str, Callable[[], Any]]:
    known = str(FIRST_ID + fake.size - 2)

    def now() -> int:
        return int(clock.now().timestamp())

    return {
        "nothing": turned(fake, size=0),
        "add": lambda: fake.add(at=now()),
        "edit": lambda: fake.edit(known, at=now(), text="Changed."),
        "remove": lambda: fake.delete(known),
        "oddity": lambda: fake.add(ODD, at=now(), language=""),
        "lose": turned(fake, app=999),
        "ring": turned(fake, loops=True),
    }


@contextmanager
def _play(stage: Stage) -> Iterator[Service]:
    with SteamFake(reviews=350) as fake:
        stage.patch.setenv("STEAM_BASE_URL", fake.url)
        yield Service({"app": str(fake.app)}, fake=fake, acts=_acts(fake))


CASE = Case(
    "steam", _play, at="2026-11-20T15:30:00Z", least=350, requests=(6, 2),
    absent={"restate": READINGS, "lock": NO_KEY, "forbid": NO_KEY, "expire": NO_KEY, "limit": ONLY_429},
    keeps="Steam gives no sign of a review that was deleted",
)  # fmt: skip
