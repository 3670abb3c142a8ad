"""A local GitHub: repositories with pull requests, reviews, commits and releases, over its REST interface.

``python -m tests.fakes.github --port 9021 --pulls 2000`` serves one for demos and benches; any token is
good there. Pages go by the ``Link`` header, whose addresses name a repository by its number, as GitHub's do.
"""

from __future__ import annotations

import random
import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from tests.fakes._server import Answer, FakeServer, Request, arguments, json_answer, serve

DOCS = "https://docs.github.com/rest"
PEOPLE = ("ada", "grace", "linus", "märta", "barbara")
Item = dict[str, Any]


@dataclass
class Repo:
    """One repository. ``pulls`` and ``reviews`` go by number; ``empty`` has no commits yet."""

    id: int
    name: str
    pulls: dict[int, Item] = field(default_factory=dict)
    reviews: dict[int, list[Item]] = field(default_factory=dict)
    commits: list[Item] = field(default_factory=list)
    releases: list[Item] = field(default_factory=list)
    empty: bool = False
    old_names: set[str] = field(default_factory=set)


class GitHubFake(FakeServer):
    """Repositories by name. ``token`` is the only good one, None takes any.

    ``left`` counts down with each request; at 0 GitHub answers 403 until ``reset``. ``refuse()`` queues
    refusals in GitHub's words. ``after_page`` is called after each page of a listing, to move things.
    ``loops`` ends in a path whose second page names itself as the next one.
    """

    def __init__(self, *, port: int = 0, token: str | None = "ghp_secret", until: datetime | None = None) -> None:
        self.token, self.until = token, until or datetime(2026, 11, 20, 12, tzinfo=UTC)
        self.repos: dict[str, Repo] = {}
        self.left, self.reset = 5000, int(self.until.timestamp()) + 1800
        self.after_page: Callable[[str], None] | None = None
        self.forbidden: dict[str, Answer] = {}
        self.loops = ""
        self._refusals: deque[Answer | None] = deque()
        self._ids = iter(range(9_000_000, 10**9))
        super().__init__(port)

    # -- the live history -------------------------------------------------------------

    def repo(self, name: str = "octo/hello", *, empty: bool = False) -> Repo:
        """A new repository."""
        self.repos[name] = Repo(next(self._ids), name, empty=empty)
        return self.repos[name]

    def rename(self, old: str, new: str) -> None:
        """The old name answers with 301 from now on."""
        one = self.repos.pop(old)
        one.old_names.add(old)
        one.name = new
        self.repos[new] = one

    def pull(
        self,
        repo: Repo,
        created: datetime,
        *,
        author: str | None = "ada",
        merged: datetime | None = None,
        closed: datetime | None = None,
        lines: tuple[int, int] = (10, 4),
    ) -> int:
        """A new pull request; its number."""
        number = len(repo.pulls) + 1
        repo.pulls[number] = {
            "id": next(self._ids),
            "number": number,
            "title": f"Change {number} ✓",
            "draft": False,
            "body": None,
            "user": _user(author),
            "created_at": _text(created),
            "updated_at": _text(created),
            "closed_at": None,
            "merged_at": None,
            "state": "open",
            "lines": lines,
        }
        if merged or closed:
            self.close(repo, number, merged or closed or created, merged=merged is not None)
        return number

    def close(self, repo: Repo, number: int, at: datetime, *, merged: bool = False) -> None:
        one = repo.pulls[number]
        one |= {"state": "closed", "closed_at": _text(at), "merged_at": _text(at) if merged else None}
        self.touch(repo, number, at)

    def reopen(self, repo: Repo, number: int, at: datetime) -> None:
        """Closed and opened again: its closing is gone without a trace."""
        repo.pulls[number] |= {"state": "open", "closed_at": None}
        self.touch(repo, number, at)

    def touch(self, repo: Repo, number: int, at: datetime) -> None:
        """Something happened to it: it moves to the top of the list by change."""
        one = repo.pulls[number]
        one["updated_at"] = max(one["updated_at"], _text(at))

    def review(
        self, repo: Repo, number: int, at: datetime, *, author: str | None = "grace", state: str = "APPROVED"
    ) -> Item:
        """A new review; GitHub's own record of it, to be changed in place."""
        one: Item = {
            "id": next(self._ids),
            "user": _user(author),
            "state": state,
            "submitted_at": _text(at),
            "body": "",
        }
        if state == "PENDING":
            del one["submitted_at"]
        repo.reviews.setdefault(number, []).append(one)
        self.touch(repo, number, at)
        return one

    def commit(self, repo: Repo, at: datetime, *, author: str | None = "ada", message: str = "Work") -> str:
        sha = f"{next(self._ids):040x}"
        person = {"name": "Ada Ünlü", "email": "ada@example.org", "date": _text(at)}
        repo.commits.append({"sha": sha, "author": author and _user(author), "person": person, "message": message})
        return sha

    def release(self, repo: Repo, at: datetime | None, tag: str, *, prerelease: bool = False) -> Item:
        """A published release; without a time, a draft."""
        one: Item = {
            "id": next(self._ids),
            "tag_name": tag,
            "name": tag,
            "draft": at is None,
            "prerelease": prerelease,
            "author": _user("ada"),
            "created_at": _text(at or self.until),
            "published_at": at and _text(at),
        }
        repo.releases.insert(0, one)
        return one

    def fill(self, repo: Repo, *, pulls: int = 60, commits: int = 80, days: int = 20, seed: int = 1) -> None:
        """A made-up history of the ``days`` before ``until``."""
        dice = random.Random(seed)
        for _ in range(pulls):
            opened = self.until - timedelta(seconds=dice.randrange(days * 86_400))
            ended = opened + timedelta(seconds=dice.randrange(3 * 86_400))
            how = dice.choice(("merged", "merged", "merged", "closed", "open"))
            lines = (dice.randrange(400), dice.randrange(200))
            number = self.pull(repo, opened, author=dice.choice(PEOPLE), lines=lines)
            if dice.random() < 0.8 and opened < self.until:
                seen = opened + (min(ended, self.until) - opened) * dice.random()
                state = dice.choice(("APPROVED", "COMMENTED", "CHANGES_REQUESTED"))
                self.review(repo, number, seen, author=dice.choice(PEOPLE), state=state)
            if how != "open" and ended < self.until:
                self.close(repo, number, ended, merged=how == "merged")
        for _ in range(commits):
            self.commit(repo, self.until - timedelta(seconds=dice.randrange(days * 86_400)), author=dice.choice(PEOPLE))

    # -- refusals -----------------------------------------------------------------------

    def refuse(self, *answers: Answer | None) -> None:
        """Queue what the next requests get; None lets one through."""
        self._refusals.extend(answers)

    def forbid(self, path: str, answer: Answer) -> None:
        """Requests whose path contains ``path`` are refused from now on."""
        self.forbidden[path] = answer

    # -- answers ----------------------------------------------------------------------

    def answer(self, request: Request) -> Answer:
        given = self._gate(request)
        given = given or self._route(request)
        limits = {
            "X-RateLimit-Limit": "5000",
            "X-RateLimit-Remaining": str(self.left),
            "X-RateLimit-Reset": str(self.reset),
            "X-RateLimit-Used": str(5000 - self.left),
            "X-RateLimit-Resource": "core",
            "X-GitHub-Request-Id": "AAAA:1:2:3:4",
        }
        return Answer(given.body, given.status, {**limits, **given.headers}, given.kind)

    def _gate(self, request: Request) -> Answer | None:
        """Everything that stands before an answer: agent, token, the hour, refusals."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        if not headers.get("user-agent"):
            return refusal(403, "Request forbidden by administrative rules.")
        if self.token is not None and headers.get("authorization", "").split(" ")[-1] != self.token:
            return refusal(401, "Bad credentials")
        if self._refusals and (waiting := self._refusals.popleft()) is not None:
            return waiting
        if self.left <= 0:
            return refusal(403, "API rate limit exceeded for user ID 7.")
        self.left -= 1
        return next((one for path, one in self.forbidden.items() if path in request.path), None)

    def _route(self, request: Request) -> Answer:
        if request.path == "/rate_limit":
            core = {"limit": 5000, "remaining": self.left, "reset": self.reset, "used": 5000 - self.left}
            return json_answer({"resources": {"core": core, "search": core}, "rate": core})
        if request.path == "/user":
            return json_answer({**_user("ada"), "url": f"{self.url}/user"})
        found = re.fullmatch(r"/(?:repos/([^/]+/[^/]+)|repositories/(\d+))(/.*)?", request.path)
        if found is None:
            return refusal(404, "Not Found")
        repo = self._find(found[1] or int(found[2]))
        if repo is None:
            return refusal(404, "Not Found")
        if found[1] and found[1].lower() != repo.name.lower():
            moved = f"{self.url}/repositories/{repo.id}{found[3] or ''}"
            moved += f"?{urlencode(request.query)}" if request.query else ""
            return json_answer({"message": "Moved Permanently", "url": moved}, 301, Location=moved)
        return self._of(repo, found[3] or "", request)

    def _find(self, which: str | int) -> Repo | None:
        for one in self.repos.values():
            names = {name.lower() for name in (one.name, *one.old_names)}
            if one.id == which or (isinstance(which, str) and which.lower() in names):
                return one
        return None

    def _of(self, repo: Repo, path: str, request: Request) -> Answer:
        if path == "":
            return json_answer(self._dressed_repo(repo))
        if path == "/pulls":
            return self._page(repo, path, request, [self._dressed(repo, one) for one in _sorted(repo, request)])
        if path == "/commits":
            if repo.empty:
                return refusal(409, "Git Repository is empty.")
            return self._page(repo, path, request, [self._dressed_commit(repo, one) for one in _commits(repo, request)])
        if path == "/releases":
            return self._page(repo, path, request, [self._dressed_release(repo, one) for one in repo.releases])
        found = re.fullmatch(r"/pulls/(\d+)(/reviews)?", path)
        pull = repo.pulls.get(int(found[1])) if found else None
        if found is None or pull is None:
            return refusal(404, "Not Found")
        if found[2]:
            reviews = [self._dressed_review(repo, pull, one) for one in repo.reviews.get(pull["number"], [])]
            return self._page(repo, path, request, reviews)
        detail = {"additions": pull["lines"][0], "deletions": pull["lines"][1], "changed_files": 2, "commits": 1}
        return json_answer({**self._dressed(repo, pull), **detail, "merged": bool(pull["merged_at"]), "comments": 0})

    def _page(self, repo: Repo, path: str, request: Request, items: list[Item]) -> Answer:
        size = max(1, min(int(request.query.get("per_page") or 30), 100))
        number = max(1, int(request.query.get("page") or 1))
        last = max(1, -(-len(items) // size))
        headers = {}
        links = [("next", number)] if self.loops and path.endswith(self.loops) and number > 1 else _links(number, last)
        if links:
            asked = {name: value for name, value in request.query.items() if name != "page"}
            base = f"{self.url}/repositories/{repo.id}{path}"
            parts = [f'<{base}?{urlencode({**asked, "page": page})}>; rel="{rel}"' for rel, page in links]
            headers["Link"] = ", ".join(parts)
        answer = json_answer(items[(number - 1) * size : number * size], **headers)
        if self.after_page is not None:
            self.after_page(path)
        return answer

    def _dressed_repo(self, repo: Repo) -> Item:
        owner, _, name = repo.name.partition("/")
        plain = {"id": repo.id, "name": name, "full_name": repo.name, "private": False, "default_branch": "main"}
        return {**plain, "owner": _user(owner), "url": f"{self.url}/repos/{repo.name}", "archived": False}

    def _dressed(self, repo: Repo, pull: Item) -> Item:
        url = f"{self.url}/repos/{repo.name}/pulls/{pull['number']}"
        branch = {"ref": "work", "sha": "ab12", "repo": None}
        shown = {name: value for name, value in pull.items() if name != "lines"}
        return {**shown, "url": url, "labels": [], "head": branch, "base": {**branch, "ref": "main"}}

    def _dressed_review(self, repo: Repo, pull: Item, review: Item) -> Item:
        url = f"{self.url}/repos/{repo.name}/pulls/{pull['number']}"
        return {**review, "pull_request_url": url, "commit_id": "ab12", "author_association": "MEMBER"}

    def _dressed_commit(self, repo: Repo, one: Item) -> Item:
        inner = {"author": one["person"], "committer": one["person"], "message": one["message"], "comment_count": 0}
        url = f"{self.url}/repos/{repo.name}/commits/{one['sha']}"
        return {
            "sha": one["sha"],
            "commit": inner,
            "author": one["author"],
            "committer": None,
            "parents": [],
            "url": url,
        }

    def _dressed_release(self, repo: Repo, one: Item) -> Item:
        return {**one, "url": f"{self.url}/repos/{repo.name}/releases/{one['id']}", "body": None, "assets": []}


def refusal(status: int, message: str, **headers: str) -> Answer:
    """A refusal as GitHub words it; ``Retry_After="2"`` becomes a header."""
    return json_answer({"message": message, "documentation_url": DOCS, "status": str(status)}, status, **headers)


def slow_down(status: int = 403, retry_after: str = "") -> Answer:
    """The secondary limit, with some of the hour left."""
    wait = {"Retry_After": retry_after} if retry_after else {}
    return refusal(status, "You have exceeded a secondary rate limit. Please wait a few minutes.", **wait)


def _links(number: int, last: int) -> list[tuple[str, int]]:
    before = [("prev", number - 1), ("first", 1)] if number > 1 else []
    after = [("next", number + 1), ("last", last)] if number < last else []
    return [*before, *after]


def _sorted(repo: Repo, request: Request) -> list[Item]:
    state = request.query.get("state") or "open"
    by = "updated_at" if request.query.get("sort") == "updated" else "created_at"
    found = [one for one in repo.pulls.values() if state in ("all", one["state"])]
    downward = request.query.get("direction", "desc" if by == "created_at" else "asc") == "desc"
    return sorted(found, key=lambda one: (one[by], one["number"]), reverse=downward)


def _commits(repo: Repo, request: Request) -> list[Item]:
    since, until = request.query.get("since", ""), request.query.get("until", "9")
    found = [one for one in repo.commits if since <= one["person"]["date"] <= until]
    return sorted(found, key=lambda one: (one["person"]["date"], one["sha"]), reverse=True)


def _user(name: str | None) -> Item | None:
    if name is None:
        return None
    return {"login": name, "id": sum(name.encode()), "type": "Bot" if name.endswith("[bot]") else "User"}


def _text(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def main() -> None:
    parser = arguments("A local GitHub with one repository, octo/hello. Any token is good.")
    parser.add_argument("--pulls", type=int, default=300)
    given = parser.parse_args()
    fake = GitHubFake(port=given.port, token=None, until=datetime.now(UTC))
    repo = fake.repo()
    fake.fill(repo, pulls=given.pulls, commits=given.pulls * 3, days=80)
    fake.release(repo, fake.until - timedelta(days=9), "v1.0")
    fake.left = 10**9
    serve(fake)


if __name__ == "__main__":
    main()
