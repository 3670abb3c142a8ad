"""Reddit in the kit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from livinglytics.lib import clock
from tests.acceptance.acts import ODD, READINGS, Undo
from tests.acceptance.case import Case, Service, Stage
from tests.acceptance.turning import turned
from tests.fakes.reddit import CLIENT, COMMUNITY, SECRET, USER, RedditFake
from tests.sources.reddit_reading import NOW


def _acts(fake: RedditFake) -> dict[str, Callable[[], Any]]:
    newest, said = next(iter(fake.posts)), next(iter(fake.comments))

    def now() -> int:
        return int(clock.now().timestamp())

    def nothing() -> None:
        """The one post that was named itself stays, or there would be no target."""
        fake.comments.clear()
        for name in list(fake.posts):
            if name != "1p0002":
                del fake.posts[name]

    def oddity() -> None:
        fake.say(newest, ODD, at=now(), author="", hidden=True)

    def lock() -> Undo:
        fake.end_tokens()
        return turned(fake, app=("another", "app"))()

    return {
        "nothing": nothing,
        "add": lambda: fake.submit("New.", at=now()),
        "edit": lambda: fake.edit(said, "Changed.", at=now()),
        "remove": lambda: fake.drop(newest),
        "oddity": oddity,
        "lose": turned(fake, states={COMMUNITY: "banned"}),
        "lock": lock,
        "forbid": turned(fake, states={COMMUNITY: "private"}),
        "expire": fake.end_tokens,
        "limit": turned(fake, left=0),
        "ring": turned(fake, circles=True),
    }


@contextmanager
def _play(stage: Stage) -> Iterator[Service]:
    with RedditFake(posts=8, comments=6, until=NOW - 3_600) as fake:
        stage.patch.setenv("REDDIT_BASE_URL", fake.url)
        config = {"client_id": CLIENT, "client_secret": SECRET, "username": USER}
        targets = ["r/django", "https://redd.it/1p0002"]
        yield Service({**config, "targets": targets}, (SECRET,), fake, acts=_acts(fake))


CASE = Case(
    "reddit", _play, at=datetime.fromtimestamp(NOW, UTC).isoformat(), least=14, requests=(17, 17),
    absent={"restate": READINGS},
    counts="a reading of a post stays what was read",
)  # fmt: skip
