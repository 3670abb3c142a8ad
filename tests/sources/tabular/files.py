"""Ways to make uploaded files for the tests, and to find the real ones."""

from __future__ import annotations

import io
import os
import struct
import zipfile
from collections.abc import Callable, Iterable
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import openpyxl
import pytest

from sources.tabular import Plan, Shape, inspect, rows


def real(name: str) -> Path:
    """A real data file, or the test is skipped."""
    beside = Path(__file__).resolve().parents[4] / "shared" / "data"
    path = Path(os.environ.get("LIVINGLYTICS_DATA", beside)) / name
    if not path.is_file():
        pytest.skip(f"{name} is not here")
    return path


def looked(content: bytes, name: str = "") -> Shape:
    return inspect(io.BytesIO(content), name)


def everything(content: bytes, name: str = "") -> list[Any]:
    file = io.BytesIO(content)
    return list(rows(file, inspect(file, name)))


def codes(shape: Shape) -> list[str]:
    return [problem.code for problem in shape.problems]


def context(content: bytes, zone: str = "UTC") -> Any:
    """What the connector gets from outside: one stored file, whatever the key."""
    return SimpleNamespace(files=lambda key: io.BytesIO(content), zone=zone)


def on_disk(path: Path, zone: str = "UTC") -> Any:
    return SimpleNamespace(files=lambda key: path.open("rb"), zone=zone)


def workbook(table: Iterable[Iterable[Any]], change: Callable[[Any], None] | None = None) -> bytes:
    book = openpyxl.Workbook()
    for row in table:
        book.active.append(list(row))
    if change:
        change(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def archive(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name, content)
    return out.getvalue()


def lie_about_size(content: bytes, name: str, size: int) -> bytes:
    """The same archive, declaring another unpacked size for one part."""
    changed = bytearray(content)
    at = -1
    while (at := changed.find(b"PK\x01\x02", at + 1)) >= 0:
        length = struct.unpack("<H", changed[at + 28 : at + 30])[0]
        if changed[at + 46 : at + 46 + length].decode() == name:
            changed[at + 24 : at + 28] = struct.pack("<I", size)
    return bytes(changed)


def plan_json(**parts: Any) -> str:
    """A plan with day, country and visits unless told otherwise."""
    base: dict[str, Any] = {
        "date": {"column": "day", "format": "YYYY-MM-DD"},
        "metrics": [{"column": "visits", "key": "visits"}],
        "dimensions": [],
    }
    return Plan.from_json(base | parts).to_json()


@contextmanager
def limit(monkeypatch: pytest.MonkeyPatch, **changed: int) -> Any:
    from sources.tabular import limits

    with monkeypatch.context() as patch:
        for name, value in changed.items():
            patch.setattr(limits, name, value)
        yield
