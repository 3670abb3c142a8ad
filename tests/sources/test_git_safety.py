"""What git is never allowed to do: other hosts, other folders, other programs, other people's keys."""

from __future__ import annotations

import base64
import os
import shlex
import shutil
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from livinglytics.lib.errors import Invalid, ProductError
from sources.connectors.git import GitConfig, access, address, program
from tests.fakes.git_http import GitHttp
from tests.sources.git_making import TOKEN, Reader, Repo, ago, truth

BASIC = base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode()
KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\n" + "QUJD" * 40 + "\n-----END OPENSSH PRIVATE KEY-----\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "allowed"


@pytest.fixture
def repo(root: Path) -> Repo:
    made = Repo(root / "team" / "app.git")
    for day in (3, 2, 1):
        made.commit(ago(day))
    return made


@pytest.fixture
def reader(repo: Repo, root: Path, tmp_path: Path) -> Reader:
    return Reader(GitConfig(str(repo.place)), folders=(root,), scratch=tmp_path / "scratch")


@pytest.fixture
def fake(root: Path) -> Iterator[GitHttp]:
    with GitHttp(root, token=TOKEN) as running:
        yield running


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Everything that git was started with: arguments and environment."""
    real, folder, kept = shutil.which("git"), tmp_path / "bin", tmp_path / "log"
    script(folder / "git", f'{{ echo "RUN $*"; env; }} >> {shlex.quote(str(kept))}; exec {real} "$@"')
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    kept.touch()
    return kept


def script(place: Path, body: str) -> None:
    place.parent.mkdir(exist_ok=True)
    place.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    place.chmod(0o755)


def remote(reader: Reader, fake: GitHttp) -> Reader:
    config = GitConfig("https://git.example.com/team/app.git", TOKEN)
    return replace(reader, config=config, fake=fake, folders=(), state={}, rows={}, cells={})


# -- what is entered -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "entered",
    [
        "file:///etc/passwd",
        "ext::sh -c touch% /tmp/x",
        "ext::sh",
        "fd::7",
        "http://git.example.com/x.git",
        "git://git.example.com/x.git",
        "ftp://git.example.com/x.git",
        "-oProxyCommand=x",
        "--upload-pack=touch",
        "ssh://-oProxyCommand=touch/x",
        "ssh://git@-oProxyCommand=touch/x",
        "git@-oProxyCommand=touch:x",
        "-x@host:path",
        "git@host:-x",
        "ssh://git:password@git.example.com/x",
        "https://user:password@git.example.com/x.git",
        "https://token@git.example.com/x.git",
        "https://git.example.com/x.git?a=b",
        "https://git.example.com/x.git#main",
        "https://git.example.com",
        "https://git.example.com/",
        "https://git exam.com/x",
        "https://git.example.com/x\ny",
        "https://git.example.com:99999/x",
        "https://[::1]/x",
        "https://./x",
        "../app.git",
        "app.git",
        "C:\\repositories\\app",
        "git@host\\x:y",
        "/nul\0byte",
        "",
        "x" * 2000,
    ],
)
def test_other_ways_to_name_a_repository_are_refused_at_their_field(entered: str) -> None:
    with pytest.raises(Invalid) as caught:
        address.address_of(entered)
    assert list(caught.value.details) == ["repository"]


@pytest.mark.parametrize(
    ("entered", "text", "name"),
    [
        ("https://github.com/octo/hello", "https://github.com/octo/hello", "octo/hello"),
        (" https://GIT.example.com:443/a/b/c.git/ ", "https://git.example.com/a/b/c.git", "a/b/c"),
        ("https://dev.azure.com/org/My%20Project/_git/x", None, "org/My Project/_git/x"),
        ("https://git.example.com/grüße/ö.git", "https://git.example.com/gr%C3%BC%C3%9Fe/%C3%B6.git", "grüße/ö"),
        ("https://git.example.com:8443/x.git", "https://git.example.com:8443/x.git", "x"),
        ("git@github.com:octo/hello.git", "git@github.com:octo/hello.git", "octo/hello"),
        ("ssh://git@git.example.com/octo/hello.git", None, "octo/hello"),
        ("ssh://git.example.com:7999/~ada/hello.git", "ssh://git@git.example.com:7999/~ada/hello.git", "ada/hello"),
        ("/srv/git/app.git/", "/srv/git/app.git", "app"),
    ],
)
def test_the_usual_ways_to_name_a_repository_are_read(entered: str, text: str | None, name: str) -> None:
    found = address.address_of(entered)
    assert (found.text, found.name) == (text or entered, name)


@pytest.mark.parametrize(
    "branch",
    [
        "-x",
        "--all",
        "a..b",
        "a b",
        "a~1",
        "a^",
        "a:b",
        "a?",
        "a*",
        "a[",
        "a\\b",
        "@{-1}",
        "@",
        "x.lock",
        ".x",
        "x/",
        "a\x7f",
    ],
)
def test_what_is_no_branch_is_refused(branch: str) -> None:
    with pytest.raises(Invalid) as caught:
        address.branch_of(branch)
    assert list(caught.value.details) == ["branch"]


# -- other hosts ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "repository",
    [
        "https://127.0.0.1/x.git",
        "https://2130706433/x.git",
        "https://localhost/x.git",
        "https://10.1.2.3/x.git",
        "https://169.254.169.254/latest",
        "https://git.internal/x.git",
        "https://git.example.com:8443/x.git",
        "ssh://git@192.168.1.1/x.git",
        "ssh://git@git.example.com:2222/x.git",
        "git@localhost:x.git",
    ],
)
def test_a_private_host_is_refused_before_git_starts(tmp_path: Path, repository: str, log: Path) -> None:
    checked = Reader(GitConfig(repository, ssh_key=KEY), scratch=tmp_path / "scratch").check()
    assert (checked.ok, checked.field) == (False, "repository")
    assert log.read_text() == ""


def test_a_name_that_leads_into_a_private_network_is_refused(tmp_path: Path, log: Path) -> None:
    for repository in ("https://git.example.com/x.git", "git@git.example.com:x.git"):
        config = GitConfig(repository, ssh_key=KEY)
        reader = Reader(config, scratch=tmp_path / "scratch", resolve=lambda host, port: ["8.8.8.8", "10.0.0.1"])
        assert reader.check().field == "repository"
    assert log.read_text() == ""


def test_a_name_that_is_unknown_is_the_repositorys_fault(tmp_path: Path) -> None:
    reader = Reader(GitConfig("https://git.example.com/x.git"), scratch=tmp_path / "s", resolve=lambda host, port: [])
    assert reader.check().field == "repository"


def test_git_connects_to_the_address_that_was_looked_up_whatever_its_name_means_later(
    reader: Reader, repo: Repo, fake: GitHttp, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = remote(reader, fake)
    port = fake.host.rpartition(":")[2]
    named = f"git.invalid:{port}"
    there.allowed, there.resolve = frozenset({named}), lambda host, port: ["127.0.0.1"]
    monkeypatch.setattr(GitHttp, "url", f"http://{named}")
    there.run()
    assert there.days() == truth(repo)


def test_a_server_that_sends_elsewhere_is_not_followed(reader: Reader, fake: GitHttp, root: Path) -> None:
    with GitHttp(root) as other:
        fake.moved = other.url
        checked = remote(reader, fake).check()
        assert (checked.ok, checked.field) == (False, "repository")
        assert other.requests == 0


# -- the token -----------------------------------------------------------------------------


def test_the_token_is_in_no_argument_no_file_and_nothing_that_is_stored(
    reader: Reader, fake: GitHttp, log: Path, tmp_path: Path
) -> None:
    there, seen = remote(reader, fake), []

    def look(_: object) -> None:
        for file in (tmp_path / "scratch").rglob("*"):
            if file.is_file():
                seen.append(file.name)
                assert not any(secret.encode() in file.read_bytes() for secret in (TOKEN, BASIC))

    batches = there.run(after=look)
    assert {"config", "HEAD"} <= set(seen)
    assert "http.curloptResolve" not in log.read_text()
    assert not any(secret in repr((batches, there.state)) for secret in (TOKEN, BASIC))
    started = [line for line in log.read_text().splitlines() if line.startswith("RUN ")]
    assert len(started) > 4
    assert not any(secret in line for line in started for secret in (TOKEN, BASIC))
    assert not any("token" in one.path or one.query.get("token") for one in fake.seen)


def test_a_token_with_a_line_break_makes_no_header_of_its_own(reader: Reader, fake: GitHttp) -> None:
    there = remote(reader, fake)
    there.config = replace(there.config, token=f"{TOKEN}\r\nX-Evil: yes")
    assert there.check().field == "token"
    assert not any("evil" in name.lower() for one in fake.seen for name in one.headers)


def test_nothing_of_the_servers_own_environment_goes_along(
    reader: Reader, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "SEALING_KEYS", "EMAIL_URL", "HTTPS_PROXY", "SSH_AUTH_SOCK")
    for name in (*secrets, "GIT_DIR", "GIT_SSH_COMMAND", "GIT_TRACE", "GIT_EXTERNAL_DIFF", "GIT_CONFIG_PARAMETERS"):
        monkeypatch.setenv(name, "canary-value")
    reader.run()
    assert "RUN " in log.read_text()
    assert "canary-value" not in log.read_text()
    shown = program.Git(reader.context(), Path("/nowhere")).environment()
    assert shown["HOME"] == "/nowhere"
    assert shown["GIT_ALLOW_PROTOCOL"] == "none"


# -- folders of this server ----------------------------------------------------------------


def refusal(reader: Reader, place: Path | str) -> str:
    reader.config = GitConfig(str(place))
    checked = reader.check()
    assert (checked.ok, checked.field) == (False, "repository"), checked
    return checked.message


def test_without_the_operators_word_no_folder_is_read(reader: Reader, repo: Repo) -> None:
    reader.folders = ()
    assert "GIT_LOCAL_ROOTS" in refusal(reader, repo.place)


def test_a_folder_elsewhere_is_refused_in_the_same_words_whether_it_is_there_or_not(
    reader: Reader, root: Path, tmp_path: Path
) -> None:
    outside = Repo(tmp_path / "elsewhere" / "app.git")
    outside.commit(ago(1))
    lookalike = Repo(tmp_path / "allowed-too" / "app.git")
    (root / "link").symlink_to(outside.place)
    places = [
        outside.place,
        lookalike.place,
        root / "link",
        root / ".." / "elsewhere" / "app.git",
        "/nothing/here",
        "/",
    ]
    assert len({refusal(reader, place) for place in places}) == 1


def test_a_folder_that_leads_elsewhere_inside_is_refused(
    reader: Reader, repo: Repo, root: Path, tmp_path: Path
) -> None:
    outside = Repo(tmp_path / "elsewhere" / "app.git")
    outside.commit(ago(1))
    (root / "work").mkdir()
    (root / "work" / ".git").symlink_to(outside.place)
    refusal(reader, root / "work")
    borrowed = Repo(root / "borrowed.git")
    (borrowed.place / "objects" / "info" / "alternates").write_text(f"{outside.place}/objects\n")
    refusal(reader, borrowed.place)
    bent = Repo(root / "bent.git")
    shutil.rmtree(bent.place / "objects")
    (bent.place / "objects").symlink_to(outside.place / "objects")
    refusal(reader, bent.place)


def test_what_is_no_repository_says_so(reader: Reader, root: Path, repo: Repo) -> None:
    (root / "empty").mkdir()
    assert "no git repository" in refusal(reader, root / "empty")
    assert "no git repository" in refusal(reader, root / "nothing")
    (root / "tree").mkdir()
    (root / "tree" / ".git").write_text(f"gitdir: {repo.place}\n")
    assert "no git repository" in refusal(reader, root / "tree")


def test_a_folder_with_files_is_read_through_its_git_folder(reader: Reader, repo: Repo, root: Path) -> None:
    repo.git("clone", "--quiet", "--template=", f"file://{repo.place}", str(root / "work"), bare=False)
    reader.config = GitConfig(str(root / "work"))
    reader.run()
    assert reader.days() == truth(repo)


def test_reading_a_folder_changes_nothing_in_it(reader: Reader, repo: Repo) -> None:
    def files() -> dict[str, int]:
        return {str(one): one.stat().st_mtime_ns for one in repo.place.rglob("*")}

    before = files()
    reader.run()
    assert files() == before


def test_a_repositorys_own_settings_start_no_program(reader: Reader, repo: Repo, tmp_path: Path) -> None:
    mark = tmp_path / "started"
    evil = tmp_path / "evil"
    script(evil, f"touch {shlex.quote(str(mark))}; cat")
    for name in (
        "core.fsmonitor",
        "diff.external",
        "core.sshCommand",
        "core.pager",
        "diff.x.textconv",
        "diff.x.command",
    ):
        repo.git("config", name, str(evil))
    repo.git("config", "core.hooksPath", str(tmp_path))
    repo.git("config", "pager.log", str(evil))
    (repo.place / "info").mkdir()
    (repo.place / "info" / "attributes").write_text("* diff=x\n")
    reader.run()
    assert reader.days()["commit_lines_added"] == {"2026-11-17": 1, "2026-11-18": 1, "2026-11-19": 1}
    assert not mark.exists()


def test_objects_that_are_missing_are_not_fetched_from_anywhere(reader: Reader, repo: Repo, tmp_path: Path) -> None:
    mark, blob = tmp_path / "started", repo.git("rev-parse", "HEAD:file-3")
    repo.git("config", "extensions.partialClone", "origin")
    repo.git("config", "core.repositoryFormatVersion", "1")
    repo.git("config", "remote.origin.promisor", "true")
    repo.git("config", "protocol.ext.allow", "always")
    repo.git("config", "remote.origin.url", f"ext::sh -c touch% {mark}")
    (repo.place / "objects" / blob[:2] / blob[2:]).unlink()
    with pytest.raises(ProductError):
        reader.run()
    assert not mark.exists()


# -- SSH -----------------------------------------------------------------------------------


@pytest.fixture
def ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An ssh that notes how it was called and runs the command here."""
    kept = tmp_path / "ssh-log"
    told = f'printf "%s\\n" "$@" > {shlex.quote(str(kept))}; cp "$4" {shlex.quote(str(kept))}.key'
    script(
        tmp_path / "bin" / "ssh",
        f'{told}\nstat -c %a "$4" >> {shlex.quote(str(kept))}\nfor last; do :; done\neval "$last"',
    )
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    return kept


def over_ssh(reader: Reader, repo: Repo) -> Reader:
    line = "git.lan ssh-ed25519 AAAA"
    config = GitConfig(f"ssh://git@git.lan:2222{repo.place}", ssh_key=KEY.replace("\n", " "), host_keys=(line,))
    allowed = frozenset({"git.lan:2222"})
    return replace(reader, config=config, folders=(), allowed=allowed, resolve=lambda host, port: ["10.0.0.7"])


def test_a_repository_is_read_over_ssh_with_the_sources_own_key(reader: Reader, repo: Repo, ssh: Path) -> None:
    there = over_ssh(reader, repo)
    there.run()
    assert there.days() == truth(repo)
    said = ssh.read_text().splitlines()
    assert {"BatchMode=yes", "StrictHostKeyChecking=yes", "IdentitiesOnly=yes", "IdentityAgent=none"} <= set(said)
    assert {"HostName=10.0.0.7", "HostKeyAlias=[git.lan]:2222", "ProxyCommand=none", "git@git.lan"} <= set(said)
    assert said[said.index("-F") + 1] == "/dev/null"
    assert said[-1] == "600"
    assert Path(f"{ssh}.key").read_text() == access.private_key(KEY)
    assert "QUJD" not in ssh.read_text()


def test_the_real_ssh_takes_these_options(reader: Reader, repo: Repo, tmp_path: Path) -> None:
    (tmp_path / "home with blank").mkdir()
    there = over_ssh(reader, repo)
    found = address.address_of(there.config.repository)
    way = access.remote(there.context(), there.config, found, tmp_path / "home with blank")
    command = shlex.split(way.git.environment()["GIT_SSH_COMMAND"])
    done = subprocess.run([*command, "-G", "-p", "2222", "git@git.lan"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    said = done.stdout.splitlines()
    assert {"hostname 10.0.0.7", "batchmode yes", "stricthostkeychecking true", "identitiesonly yes"} <= set(said)
    assert f"userknownhostsfile {tmp_path}/home with blank/known_hosts" in done.stdout.replace('"', "")
    assert stat.S_IMODE((tmp_path / "home with blank" / "key").stat().st_mode) == 0o600


@pytest.mark.parametrize("key", ["", "ssh-ed25519 AAAA public", "-----BEGIN X-----", KEY.replace("QUJD", "§§§§")])
def test_an_ssh_address_without_a_private_key_is_refused(reader: Reader, repo: Repo, key: str) -> None:
    there = over_ssh(reader, repo)
    there.config = replace(there.config, ssh_key=key)
    assert there.check().field == "ssh_key"
