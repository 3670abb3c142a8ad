"""What may not stand in the source."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.house.tree import PACKAGES, ROOT, functions, parsed, sources, templates, where

NOWHERE = {"utils", "util", "helpers", "helper", "common", "core", "misc"}
UNFINISHED = re.compile(
    r"\b(TODO|FIXME|XXX|HACK)\b|(?i:lorem ipsum|coming soon|not (yet )?implemented|hard-?coded|mock data)"
)
#: files with own imports inside a function, with the reason
LATE_IMPORTS = {"apps.py": "models can't be imported before Django is ready"}


def test_no_file_or_folder_is_a_drawer_for_everything() -> None:
    found = [where(path) for path in sources() if NOWHERE & {path.stem, *path.relative_to(ROOT).parts}]
    assert found == []


def test_nothing_is_left_open() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number} {line.strip()}"
        for path in (*sources(), *templates())
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if UNFINISHED.search(line)
    ]
    assert found == []


def test_every_function_says_what_it_returns() -> None:
    assert [where(path, node) for path, node in functions() if node.returns is None] == []


def handlers() -> Iterator[str]:
    for path in sources():
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.ExceptHandler):
                names = {getattr(one, "id", "") for one in ast.walk(node.type)} if node.type else {"Exception"}
                if names & {"Exception", "BaseException"}:
                    yield where(path, node)


def test_everything_is_caught_only_at_the_edge_of_a_job() -> None:
    assert len(list(handlers())) <= 5, list(handlers())


def test_own_modules_are_imported_at_the_top() -> None:
    found = {
        where(path, function)
        for path, function in functions()
        if path.name not in LATE_IMPORTS
        for node in ast.walk(function)
        if (isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in PACKAGES)
        or (isinstance(node, ast.Import) and any(one.name.partition(".")[0] in PACKAGES for one in node.names))
    }
    assert found == set()


def test_business_work_uses_no_signals() -> None:
    found = [
        where(path, node)
        for path in sources()
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.ImportFrom)
        and (node.module or "").endswith("dispatch")
        and (node.module or "").startswith("django")
    ]
    assert found == []
