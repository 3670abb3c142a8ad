"""GitHub in the kit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from livinglytics.lib import clock
from tests.acceptance.acts import ODD, PLAIN_KEY, Undo
from tests.acceptance.case import Case, Service, Stage
from tests.acceptance.turning import turned
from tests.fakes.github import GitHubFake, Repo, refusal
from tests.sources.github_reader import NOW, TOKEN, ago

NOT_YOURS = refusal(403, "Resource not accessible by personal access token")


def _acts(fake: GitHubFake, repo: Repo) -> dict[str, Callable[[], Any]]:
    def nothing() -> None:
        for held in (repo.pulls, repo.reviews, repo.commits, repo.releases):
            held.clear()

    def edit() -> None:
        one = next(one["number"] for one in repo.pulls.values() if one["state"] == "open")
        fake.close(repo, one, clock.now(), merged=True)

    def oddity() -> None:
        fake.pull(repo, clock.now(), author=None)
        fake.commit(repo, clock.now(), author=None, message=ODD)
        fake.release(repo, clock.now(), ODD.replace("\x00", ""))

    def limit() -> Undo:
        return turned(fake, left=0, reset=int(clock.now().timestamp()) + 1_700)()

    return {
        "nothing": nothing,
        "add": lambda: fake.pull(repo, clock.now()),
        "edit": edit,
        "remove": repo.commits.pop,
        "restate": lambda: fake.commit(repo, ago(5)),
        "oddity": oddity,
        "lose": turned(fake, repos={}),
        "lock": turned(fake, token="another"),
        "forbid": turned(fake, forbidden={"/pulls": NOT_YOURS, "/commits": NOT_YOURS, "/releases": NOT_YOURS}),
        "limit": limit,
        "ring": turned(fake, loops="/pulls"),
    }


@contextmanager
def _play(stage: Stage) -> Iterator[Service]:
    with GitHubFake(token=TOKEN, until=NOW) as fake:
        stage.patch.setenv("GITHUB_BASE_URL", fake.url)
        repo = fake.repo()
        fake.fill(repo, pulls=60, commits=60, days=12)
        fake.release(repo, ago(3), "v1.0")
        config = {"repositories": ["octo/hello"], "token": TOKEN, "since": "2026-11-01"}
        yield Service(config, (TOKEN,), fake, acts=_acts(fake, repo))


CASE = Case("github", _play, at=NOW.isoformat(), least=50, requests=(98, 45), absent={"expire": PLAIN_KEY})
