"""What the documentation tells people to type exists."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import get_commands
from django.urls import Resolver404, resolve

from tests.house.tree import ROOT

PAGES = sorted([*(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md")])
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
ADDRESS = re.compile(r"\$LYTICS(/[^\"?\s]*)")


def lines(page: Path) -> Iterator[str]:
    """Every line of a page's shell blocks."""
    for block in BLOCK.findall(page.read_text(encoding="utf-8")):
        yield from (line.strip() for line in block.splitlines())


def told(pattern: str) -> set[str]:
    """What the pattern finds in all shell lines and in code within sentences."""
    found = set()
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for part in [*lines(page), *re.findall(r"`([^`\n]+)`", text)]:
            found |= set(re.findall(pattern, part))
    return found


def test_there_is_something_to_type() -> None:
    assert {"./run", "./test"} <= set(lines(ROOT / "README.md"))


def test_scripts_that_are_named_can_be_started() -> None:
    named = told(r"(?:^|\s)(\./(?:run|test|manage\.py))\b") | {".ci/run"}
    assert [name for name in named if not os.access(ROOT / name, os.X_OK)] == []


def test_make_targets_that_are_named_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert told(r"^make ([a-z]+)") <= targets


def test_commands_that_are_named_exist() -> None:
    assert told(r"manage\.py ([a-z_]+)") <= set(get_commands())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_addresses_of_the_examples_are_answered(page: Path) -> None:
    unknown = []
    for address in ADDRESS.findall(page.read_text(encoding="utf-8")):
        try:
            resolve(address)
        except Resolver404:
            unknown.append(address)
    assert unknown == []


def test_every_page_is_linked_from_the_readme_or_from_a_page_that_is() -> None:
    seen, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in seen or page.suffix != ".md" or not page.exists():
            continue
        seen.add(page)
        links = re.findall(r"\]\(([^)#\s:]+)", page.read_text(encoding="utf-8"))
        waiting += [(page.parent / link).resolve() for link in links]
    assert [str(page.relative_to(ROOT)) for page in PAGES if page not in seen] == []


def test_every_package_has_a_reason() -> None:
    page = (ROOT / "docs" / "decisions" / "0018-dependencies-and-exceptions.md").read_text(encoding="utf-8")
    named = re.findall(r"^([A-Za-z][^=\s]*)==", (ROOT / "requirements.in").read_text(encoding="utf-8"), re.MULTILINE)
    reasons = re.findall(r"^\| (\S+) \| .+ \|$", page, re.MULTILINE)
    assert set(reasons) - {"package", "file"} - {one for one in reasons if one.startswith(("`", "-"))} == set(named)
