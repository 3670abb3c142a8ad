"""Trustpilot in the kit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from livinglytics.lib import clock
from tests.acceptance.acts import ODD, ONLY_429, PLAIN_KEY, READINGS
from tests.acceptance.case import Case, Service, Stage
from tests.acceptance.turning import turned
from tests.fakes.trustpilot import KEY, TrustpilotFake


def _acts(fake: TrustpilotFake) -> dict[str, Callable[[], Any]]:
    known = list(fake.everything)[-2]
    unknown = dict.fromkeys(("title", "consumer", "language", "experiencedAt"))
    return {
        "nothing": fake.everything.clear,
        "add": lambda: fake.add(at=clock.now()),
        "edit": lambda: fake.edit(known, at=clock.now(), text="Changed."),
        "remove": lambda: fake.everything.pop(known),
        "oddity": lambda: fake.add(at=clock.now(), text=ODD, **unknown),
        "lose": turned(fake, domain="another.example"),
        "lock": turned("tests.fakes.trustpilot", KEY="another"),
        "forbid": turned(fake, allowed=False),
        "ring": turned(fake, stuck=2),
    }


@contextmanager
def _play(stage: Stage) -> Iterator[Service]:
    with TrustpilotFake(reviews=120) as fake:
        stage.patch.setenv("TRUSTPILOT_BASE_URL", fake.url)
        config = {"api_key": KEY, "domain": "https://www.trustpilot.com/review/example.com"}
        yield Service(config, (KEY,), fake, acts=_acts(fake))


CASE = Case(
    "trustpilot", _play, at="2026-11-19T15:30:00Z", least=120, requests=(5, 5),
    absent={"restate": READINGS, "expire": PLAIN_KEY, "limit": ONLY_429},
    keeps="Trustpilot gives no sign of a review that it took down",
)  # fmt: skip
