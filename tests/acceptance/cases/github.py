"""GitHub in the kit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.acceptance.case import Case, Service, Stage
from tests.fakes.github import GitHubFake
from tests.sources.github_reader import NOW, TOKEN, ago


@contextmanager
def _play(stage: Stage) -> Iterator[Service]:
    with GitHubFake(token=TOKEN, until=NOW) as fake:
        stage.patch.setenv("GITHUB_BASE_URL", fake.url)
        repo = fake.repo()
        fake.fill(repo, pulls=60, commits=60, days=12)
        fake.release(repo, ago(3), "v1.0")
        config = {"repositories": ["octo/hello"], "token": TOKEN, "since": "2026-11-01"}
        yield Service(config, (TOKEN,), fake)


CASE = Case("github", _play, at=NOW.isoformat(), least=50)
