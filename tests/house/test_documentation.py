"""The documentation knows every setting and every connector, and its links lead somewhere."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from sources.connectors import _base
from tests.house.tree import ROOT, parsed

DOCS = sorted([*(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md")])
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")


def settings_read() -> set[str]:
    """The first argument of every ``env.…("NAME")`` call on the roof."""
    found = set()
    for path in (ROOT / "livinglytics").glob("*.py"):
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                called = node.func
                from_env = isinstance(called, ast.Attribute) and getattr(called.value, "id", "") == "env"
                if from_env or getattr(called, "id", "") == "_kept_secret":
                    found.add(str(node.args[0].value))
    return found


def test_the_settings_are_found() -> None:
    assert {"DATABASE_URL", "REDIS_URL", "SECRET_KEY", "PUBLIC_URL"} <= settings_read()


def test_every_setting_is_documented() -> None:
    page = ROOT / "docs" / "settings.md"
    assert page.exists(), "docs/settings.md is missing"
    text = page.read_text(encoding="utf-8")
    assert sorted(name for name in settings_read() if f"`{name}`" not in text) == []


def test_every_variable_of_the_example_file_is_a_setting() -> None:
    names = re.findall(r"^#? ?([A-Z][A-Z0-9_]+)=", (ROOT / ".env.example").read_text(encoding="utf-8"), re.MULTILINE)
    assert set(names) <= settings_read() | {"POSTGRES_PASSWORD", "WEB_PORT", "LIVINGLYTICS_VERSION"}


def test_every_connector_is_documented() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in DOCS if path.is_relative_to(ROOT / "docs"))
    missing = [one.key for one in _base.connectors.all() if f"`{one.key}`" not in text]
    assert missing == [], "write a section for each in docs/connectors.md"


@pytest.mark.parametrize("page", DOCS, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    targets = [one for one in LINK.findall(page.read_text(encoding="utf-8")) if "://" not in one]
    dead = [one for one in targets if not one.startswith("mailto:") and not (page.parent / one).exists()]
    assert dead == []
