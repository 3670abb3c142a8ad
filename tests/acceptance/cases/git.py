"""A git repository in the kit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.acceptance.case import Case, Service, Stage
from tests.fakes.git_http import GitHttp
from tests.sources.git_making import NOW, TOKEN, Repo, ago


@contextmanager
def _play(stage: Stage) -> Iterator[Service]:
    stage.settings.SCRATCH_DIR = stage.folder / "scratch"
    with GitHttp(stage.folder / "served", token=TOKEN) as fake:
        stage.patch.setenv("GIT_BASE_URL", fake.url)
        repo = Repo(fake.root / "team" / "app.git")
        for day in range(12, 0, -1):
            repo.commit(ago(day))
        yield Service({"repository": "https://git.example.com/team/app.git", "token": TOKEN}, (TOKEN,))


CASE = Case("git", _play, at=NOW.isoformat(), least=5)
