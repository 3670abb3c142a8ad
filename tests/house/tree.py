"""The product's own files, parsed once."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("accounts", "sources", "metrics", "insights", "livinglytics")
Function = ast.FunctionDef | ast.AsyncFunctionDef


@functools.cache
def sources() -> tuple[Path, ...]:
    """Every Python file of the product, without migrations."""
    found = [path for name in PACKAGES for path in (ROOT / name).rglob("*.py") if "migrations" not in path.parts]
    return tuple(sorted([*found, ROOT / "manage.py"]))


@functools.cache
def templates() -> tuple[Path, ...]:
    return tuple(sorted((ROOT / "templates").rglob("*.html")))


@functools.cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def functions() -> Iterator[tuple[Path, Function]]:
    for path in sources():
        for node in ast.walk(parsed(path)):
            if isinstance(node, Function):
                yield path, node


def where(path: Path, node: ast.AST | None = None) -> str:
    """A place as an editor takes it."""
    line = getattr(node, "lineno", 1)
    return f"{path.relative_to(ROOT)}:{line} {getattr(node, 'name', '')}".rstrip()


def lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def length(node: Function) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def share_over(sizes: list[int], limit: int) -> float:
    """The share of sizes above the limit."""
    return sum(size > limit for size in sizes) / max(len(sizes), 1)
