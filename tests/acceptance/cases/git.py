"""A git repository in the kit."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from livinglytics.lib import clock
from tests.acceptance.acts import PLAIN_KEY, Undo
from tests.acceptance.case import Case, Service, Stage
from tests.acceptance.turning import turned
from tests.fakes.git_http import GitHttp
from tests.sources.git_making import NOW, TOKEN, Repo, ago


def _acts(fake: GitHttp, repo: Repo) -> dict[str, Callable[[], Any]]:
    def nothing() -> None:
        shutil.rmtree(repo.place)
        repo.branches.clear()
        Repo(repo.place)

    def lose() -> Undo:
        away = repo.place.with_name("away")
        repo.place.rename(away)
        return lambda: away.rename(repo.place)

    return {
        "nothing": nothing,
        "add": lambda: repo.commit(clock.now()),
        "remove": lambda: repo.git("update-ref", "refs/heads/main", "main~1"),
        "restate": lambda: repo.commit(ago(4)),
        "oddity": lambda: repo.commit(clock.now(), {"日本語 \n.txt": b"\xff\xfe"}, message=b"\xe6\x97\xff \xf0\x9f"),
        "lose": lose,
        "lock": turned(fake, token="another"),
    }


@contextmanager
def _play(stage: Stage) -> Iterator[Service]:
    stage.settings.SCRATCH_DIR = stage.folder / "scratch"
    with GitHttp(stage.folder / "served", token=TOKEN) as fake:
        stage.patch.setenv("GIT_BASE_URL", fake.url)
        repo = Repo(fake.root / "team" / "app.git")
        for day in range(12, 0, -1):
            repo.commit(ago(day))
        config = {"repository": "https://git.example.com/team/app.git", "token": TOKEN}
        yield Service(config, (TOKEN,), acts=_acts(fake, repo))


CASE = Case(
    "git", _play, at=NOW.isoformat(), least=5,
    absent={
        "edit": "a commit never changes; a rewritten branch is one that goes (remove)",
        "forbid": "a server answers a token without rights as it answers a wrong one (lock)",
        "expire": PLAIN_KEY,
        "limit": "git knows no limit; one that its server sets ends the program, which is its own test",
        "ring": "git fetches in one go",
    },
)  # fmt: skip
