"""LiteLLM in the kit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.acceptance.case import Case, Service, Stage
from tests.fakes.litellm import KEY, LiteLlmFake
from tests.sources.litellm_reading import DAY, NOW, TODAY


@contextmanager
def _play(stage: Stage) -> Iterator[Service]:
    with LiteLlmFake() as fake:
        for back in range(4):
            fake.fill(TODAY - back * DAY, 40)
        stage.patch.setenv("LITELLM_BASE_URL", fake.url)
        config = {"address": "https://litellm.example.com", "api_key": KEY, "since": (TODAY - 4 * DAY).isoformat()}
        yield Service(config, (KEY,), fake)


CASE = Case("litellm", _play, at=NOW.isoformat(), least=4)
