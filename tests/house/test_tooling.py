"""The files that start, build and check the product."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.house.tree import ROOT

SCRIPTS = {"run": "sh", "test": "sh", ".ci/venv.sh": "sh", ".ci/run": "bash"}


@pytest.mark.parametrize("name", SCRIPTS)
def test_scripts_can_be_read_by_their_shell(name: str) -> None:
    done = subprocess.run([SCRIPTS[name], "-n", ROOT / name], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", ["run", "test", ".ci/run", "manage.py"])
def test_what_is_started_by_hand_may_be_started(name: str) -> None:
    assert os.access(ROOT / name, os.X_OK)


def test_make_help_lists_every_target() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    promised = re.search(r"^\.PHONY: (.+)$", text, re.MULTILINE)
    assert promised is not None
    said = subprocess.run(["make", "-s", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    listed = set(re.findall(r"make (\w+)", said))
    assert set(promised[1].split()) == listed
    assert listed >= {"run", "test", "check", "bench", "lint", "types", "fmt", "docs", "demo"}


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_locks_are_complete_and_name_no_address(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    packages = re.findall(r"^[^\s#][^=]*==\S+.*$(?:\n    --hash=sha256:[0-9a-f]{64}.*)+", text, re.MULTILINE)
    assert len(packages) == len(re.findall(r"^[^\s#].*$", text, re.MULTILINE))
    assert "://" not in text


def test_locks_pin_extras_too_so_that_a_new_release_cannot_stop_an_install() -> None:
    lock = "".join((ROOT / name).read_text(encoding="utf-8") for name in ("requirements.txt", "requirements-dev.txt"))
    for line in (ROOT / "requirements.in").read_text(encoding="utf-8").splitlines():
        if "[" in line and not line.startswith("#"):
            package, _, extras = line.partition("==")[0].lower().rstrip("]").partition("[")
            assert f"\n{package}[{', '.join(sorted(extras.split(',')))}]==" in f"\n{lock}"
    assert "\ncoverage[toml]==" in f"\n{lock}"


@pytest.mark.parametrize("name", ["requirements.in", "requirements-dev.in"])
def test_every_direct_package_is_pinned_in_its_lock(name: str) -> None:
    lock = (ROOT / name.replace(".in", ".txt")).read_text(encoding="utf-8").lower()
    for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith(("#", "-")):
            package, _, version = line.lower().partition("==")
            assert f"\n{package.partition('[')[0]}" in f"\n{lock}", line
            assert f"=={version}" in lock, line


def test_compose_runs_one_process_per_role() -> None:
    services = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]
    assert set(services) == {"web", "sockets", "worker", "beat", "migrate", "postgres", "redis"}
    roles = {name: one["environment"]["LIVINGLYTICS_ROLE"] for name, one in services.items() if "build" in one}
    assert roles == {"web": "web", "sockets": "sockets", "worker": "worker", "beat": "worker", "migrate": "web"}
    for name in ("web", "sockets", "worker", "beat"):
        assert "migrate" in services[name]["depends_on"]
    ports = [port for one in services.values() for port in one.get("ports", [])]
    assert all(port.startswith("127.0.0.1:") for port in ports), "only a proxy on this machine may reach the processes"


def test_the_image_runs_as_nobody_special_and_tells_whether_it_lives() -> None:
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    users = [line.split()[1] for line in lines if line.startswith("USER ")]
    assert users == ["product"]
    assert sum(line.startswith("FROM ") for line in lines) == 2
    assert any(line.startswith("HEALTHCHECK") for line in lines)
    assert not any(re.search(r"^(ARG|ENV).*(KEY|PASSWORD|TOKEN)", line) for line in lines)


def test_the_image_gets_what_it_copies() -> None:
    let_in = re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text(encoding="utf-8"), re.MULTILINE)
    assert [name for name in let_in if not (ROOT / name).exists()] == []


def test_no_key_or_database_is_kept_in_the_tree() -> None:
    known = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
    assert [
        name for name in known if Path(name).suffix in {".key", ".sqlite3", ".pem"} or Path(name).name == ".env"
    ] == []
