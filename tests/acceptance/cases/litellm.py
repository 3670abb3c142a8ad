"""LiteLLM in the kit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from tests.acceptance.acts import ODD, ONLY_429, ONLY_NUMBERS, PLAIN_KEY
from tests.acceptance.case import Case, Service, Stage
from tests.acceptance.turning import turned
from tests.fakes.litellm import KEY, LiteLlmFake
from tests.sources.litellm_reading import DAY, NOW, TODAY, at


def _acts(fake: LiteLlmFake) -> dict[str, Callable[[], Any]]:
    last = next(iter(fake.calls))

    def oddity() -> None:
        unknown = dict.fromkeys(("metadata", "user", "team_id", "model_group", "completionStartTime", "cache_hit"))
        fake.add(at(TODAY - DAY, 10), model=ODD, **unknown)

    return {
        "nothing": fake.calls.clear,
        "add": lambda: fake.add(datetime.now(UTC)),
        "remove": lambda: fake.calls.pop(last),
        "restate": lambda: fake.add(at(TODAY - DAY, 12)),
        "oddity": oddity,
        "lose": turned(fake, has_list=False),
        "lock": turned("tests.fakes.litellm", KEY="another"),
        "forbid": turned("tests.fakes.litellm", OWN_KEY=KEY),
        "ring": turned(fake, mixed_up=True),
    }


@contextmanager
def _play(stage: Stage) -> Iterator[Service]:
    with LiteLlmFake() as fake:
        for back in range(4):
            fake.fill(TODAY - back * DAY, 40)
        fake.fill(TODAY - 2 * DAY, 120)
        fake.largest = 100
        stage.patch.setenv("LITELLM_BASE_URL", fake.url)
        config = {"address": "https://litellm.example.com", "api_key": KEY, "since": (TODAY - 4 * DAY).isoformat()}
        yield Service(config, (KEY,), fake, acts=_acts(fake))


CASE = Case(
    "litellm", _play, at=NOW.isoformat(), least=4, requests=(8, 5),
    absent={"edit": ONLY_NUMBERS, "expire": PLAIN_KEY, "limit": ONLY_429},
)  # fmt: skip
