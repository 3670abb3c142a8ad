"""What happens when the server refuses, breaks off or says something else, over real HTTP with the real git."""

from __future__ import annotations

import os
import threading
from collections.abc import Generator, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from livinglytics.lib.errors import (
    BadAnswer,
    BadCredentials,
    Invalid,
    ProductError,
    RateLimited,
    ServiceDown,
    Terminal,
    TooLarge,
    Transient,
)
from sources.connectors.git import GitConfig, opening, program, refusals, scratch
from tests.fakes._server import HTML, MALFORMED, RESET, TRUNCATED, Fault, down, limited, slow
from tests.fakes.git_http import GitHttp
from tests.sources.git_making import GIT, TOKEN, Reader, Repo, ago, truth

ADDRESS = "https://git.example.com/team/app.git"


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[GitHttp]:
    with GitHttp(tmp_path / "served", token=TOKEN) as running:
        yield running


@pytest.fixture
def repo(fake: GitHttp) -> Repo:
    made = Repo(fake.root / "team" / "app.git")
    for day in (3, 2, 1):
        made.commit(ago(day))
    return made


@pytest.fixture
def reader(fake: GitHttp, tmp_path: Path) -> Reader:
    return Reader(GitConfig(ADDRESS, TOKEN), fake, scratch=tmp_path / "scratch")


# -- faults --------------------------------------------------------------------------------


@pytest.mark.parametrize("before", [0, 1, 4], ids=["refs", "listing", "pack"])
@pytest.mark.parametrize(
    ("fault", "meant"),
    [
        (limited("1"), RateLimited),
        (down(503), ServiceDown),
        (down(401), BadCredentials),
        (down(403), BadCredentials),
        (down(404), Invalid),
        (TRUNCATED, ServiceDown),
        (MALFORMED, ProductError),
        (HTML, ProductError),
    ],
    ids=["429", "503", "401", "403", "404", "truncated", "malformed", "html"],
)
def test_a_fault_at_any_request_ends_the_run_and_the_next_one_reads_all(
    reader: Reader, repo: Repo, fake: GitHttp, fault: Fault, meant: type[ProductError], before: int
) -> None:
    fake.script(*[None] * before, fault)
    with pytest.raises(meant) as caught:
        reader.run()
    assert (reader.rows, reader.state) == ({}, {})
    assert TOKEN not in f"{caught.value.message} {caught.value.details}"
    assert list((reader.scratch or Path()).iterdir()) == []
    reader.run()
    assert reader.days() == truth(repo)


def test_a_limit_names_a_time_to_wait(reader: Reader, repo: Repo, fake: GitHttp) -> None:
    fake.script(limited("3600"))
    with pytest.raises(RateLimited) as caught:
        reader.run()
    assert caught.value.retry_after == refusals.SLOW_DOWN
    assert reader.state == {}


def test_a_connection_that_breaks_is_tried_again_later(reader: Reader, repo: Repo, fake: GitHttp) -> None:
    fake.script(*[RESET] * 8)
    with pytest.raises(ServiceDown):
        reader.run()


def test_a_silent_server_is_not_waited_for(reader: Reader, repo: Repo, fake: GitHttp) -> None:
    fake.script(slow(60))
    way = opening.opened(reader.context(), reader.config, patience=0.5)
    with way as repository, pytest.raises(ServiceDown, match="in time"):
        repository.look()


@pytest.mark.parametrize("page", [HTML, MALFORMED], ids=["html", "json"])
def test_a_web_page_is_no_empty_repository(reader: Reader, fake: GitHttp, repo: Repo, page: Fault) -> None:
    fake.script(*[page] * 4)
    checked = reader.check()
    assert (checked.ok, checked.field) == (False, "repository")
    assert "not as a git server" in checked.message


def test_an_empty_repository_on_a_server_is_no_error(reader: Reader, fake: GitHttp) -> None:
    Repo(fake.root / "team" / "app.git")
    assert reader.check().ok
    (batch,) = reader.run()
    assert batch.warnings == ("The repository has no commits yet.",)


# -- what a person is told -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("config", "field"),
    [
        ({"token": "wrong"}, "token"),
        ({"token": ""}, "token"),
        ({"user": "somebody"}, "token"),
        ({"repository": "https://git.example.com/team/nothing.git"}, "repository"),
        ({"branch": "nothing"}, "branch"),
        ({"branch": "--upload-pack=touch /tmp/x"}, "branch"),
    ],
)
def test_a_check_names_the_setting_at_fault(reader: Reader, repo: Repo, config: dict[str, Any], field: str) -> None:
    reader.config = replace(reader.config, **config)
    checked = reader.check()
    assert (checked.ok, checked.field) == (False, field), checked
    assert TOKEN not in checked.message


def test_a_good_check_tells_the_name_and_fetches_nothing(reader: Reader, repo: Repo, fake: GitHttp) -> None:
    checked = reader.check()
    assert (checked.ok, checked.identity, checked.message) == (True, "team/app", "The repository can be read.")
    assert not any(b"command=fetch" in one.body for one in fake.seen)


def test_a_limit_during_the_check_means_that_the_settings_are_good(reader: Reader, repo: Repo, fake: GitHttp) -> None:
    fake.script(limited())
    assert reader.check().ok


def test_a_user_name_goes_with_the_token_where_one_is_entered(reader: Reader, repo: Repo, fake: GitHttp) -> None:
    fake.user = "x-token-auth"
    assert not reader.check().ok
    reader.config = replace(reader.config, user="x-token-auth")
    assert reader.check().ok


def test_a_repository_of_the_longer_hashes_is_read_too(reader: Reader, fake: GitHttp) -> None:
    place = fake.root / "team" / "app.git"
    made = Repo(place)
    made.git(
        "init",
        "-q",
        "--bare",
        "--initial-branch=main",
        "--object-format=sha256",
        str(fake.root / "long.git"),
        bare=False,
    )
    made.place = fake.root / "long.git"
    made.commit(ago(1))
    reader.config = replace(reader.config, repository="https://git.example.com/long.git")
    reader.run()
    assert len(reader.commits()[0]["sha"]) == 64
    assert reader.days() == truth(made)


def test_without_git_the_operator_is_told(reader: Reader, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Terminal, match="git is not installed on this server"):
        reader.run()


def test_a_git_that_is_too_old_is_told(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "OLDEST", (99, 0))
    with pytest.raises(Terminal, match="too old"):
        reader.run()


@pytest.mark.parametrize(
    ("said", "meant", "field"),
    [
        ("Host key verification failed.\nfatal: Could not read from remote repository.", Invalid, "host_keys"),
        ("git@x: Permission denied (publickey).\nfatal: Could not read from remote", BadCredentials, "ssh_key"),
        ("ERROR: Repository not found.\nfatal: Could not read from remote repository.", Invalid, "repository"),
        ("ssh: connect to host x port 22: Connection refused\nfatal: Could not read from remote", ServiceDown, ""),
        ("fatal: unable to access 'https://x/': SSL certificate problem: self-signed certificate", Terminal, ""),
        ("fatal: write error: No space left on device\nfatal: fetch-pack: invalid index-pack output", ServiceDown, ""),
        ("fatal: unable to access 'https://x/': Could not resolve host: x", ServiceDown, ""),
        ("something else entirely", BadAnswer, ""),
        ("", BadAnswer, ""),
    ],
)
def test_the_words_of_git_become_errors(said: str, meant: type[ProductError], field: str) -> None:
    found = refusals.meaning(said, secret="ssh_key")
    assert isinstance(found, meant)
    assert next(iter(found.details), "") == field


# -- stopping ------------------------------------------------------------------------------


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The process ids of all that was started."""
    pids: list[int] = []
    real = program.subprocess.Popen

    class Seen(real):  # type: ignore[type-arg,misc,valid-type]
        def __init__(self, *args: Any, **how: Any) -> None:
            super().__init__(*args, **how)
            if how.get("start_new_session"):
                pids.append(self.pid)

    monkeypatch.setattr(program.subprocess, "Popen", Seen)
    return pids


def nobody_lives(pids: list[int]) -> bool:
    """Whether nobody of these groups runs any more; one that is dead and not yet buried counts as gone."""
    for _ in range(100):
        if not any(_runs(about, pids) for about in Path("/proc").glob("[0-9]*/stat")):
            return True
        threading.Event().wait(0.02)
    return False


def _runs(about: Path, groups: list[int]) -> bool:
    try:
        state, _, group, *_ = about.read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return int(group) in groups and state != "Z"


def test_a_cancelled_run_stops_git_at_once_and_is_no_success(
    reader: Reader, repo: Repo, fake: GitHttp, started: list[int]
) -> None:
    fake.script(None, None, None, None, slow(60))
    reader.cancelled = lambda: fake.requests >= 5
    with pytest.raises(Transient, match="stopped"):
        reader.run()
    assert len(started) == 4
    assert nobody_lives(started)
    assert list((reader.scratch or Path()).iterdir()) == []


def test_a_reader_that_goes_away_takes_git_along(reader: Reader, started: list[int], tmp_path: Path) -> None:
    (tmp_path / "names").write_text("HEAD\n" * 200_000)
    output = program.Git(reader.context(), tmp_path).stream("cat-file", "--batch-check", given=tmp_path / "names")
    assert isinstance(output, Generator)
    with suppress(ProductError):
        next(output)
    output.close()
    assert len(started) == 1
    assert nobody_lives(started)


def test_a_git_that_works_for_ever_without_a_word_is_ended(reader: Reader, started: list[int], tmp_path: Path) -> None:
    git = program.Git(reader.context(), tmp_path, patience=0.5)
    with pytest.raises(ServiceDown, match="in time"):
        list(git.stream("hash-object", "--stdin", given=Path("/dev/zero")))
    assert nobody_lives(started)


def test_pages_that_are_not_read_to_the_end_leave_no_folder(reader: Reader, repo: Repo, started: list[int]) -> None:
    pages = reader_pages(reader)
    next(pages)
    next(pages)
    assert len(list((reader.scratch or Path()).iterdir())) == 1
    pages.close()
    assert list((reader.scratch or Path()).iterdir()) == []
    assert nobody_lives(started)


def reader_pages(reader: Reader) -> Any:
    return GIT.read(reader.context(), reader.config, "commits", {})


# -- the disk ------------------------------------------------------------------------------


def test_a_repository_that_is_too_large_is_not_copied(
    reader: Reader, repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scratch, "MOST_BYTES", 1_000)
    with pytest.raises(TooLarge) as caught:
        reader.run()
    assert list(caught.value.details) == ["since"]


def test_a_disk_that_is_nearly_full_is_left_alone(reader: Reader, repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scratch, "LEFT_FREE", 10**30)
    with pytest.raises(ServiceDown, match="no space left"):
        reader.run()


def test_a_copy_that_takes_for_ever_is_given_up(reader: Reader, repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scratch, "LONGEST", -1.0)
    with pytest.raises(ServiceDown, match="took longer"):
        reader.run()


def test_what_a_killed_run_left_is_swept_and_nothing_else(tmp_path: Path) -> None:
    place = tmp_path / "scratch"
    place.mkdir()
    old, young, foreign = place / f"{scratch.PREFIX}old", place / f"{scratch.PREFIX}young", place / "other"
    for one in (old, young, foreign):
        one.mkdir()
        (one / "pack").write_bytes(b"x")
    link = place / f"{scratch.PREFIX}link"
    link.symlink_to(foreign)
    with scratch.folder(place) as held:
        for one in (old, foreign, held):
            os.utime(one, (0, 0))
        with scratch.folder(place) as second:
            assert {one.name for one in place.iterdir()} == {young.name, "other", link.name, held.name, second.name}
            assert second.stat().st_mode & 0o777 == 0o700
    assert {one.name for one in place.iterdir()} == {young.name, "other", link.name}


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ServiceDown, match="SCRATCH_DIR"), scratch.folder(tmp_path / "file"):
        pass
