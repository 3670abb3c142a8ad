"""Formats that need a whole file before the first byte can go out: made in a temporary folder, then streamed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

_PIECE = 65_536


def streamed(name: str, make: Callable[[Path], None]) -> Iterator[bytes]:
    """Make the file now, so that what is wrong is told before the answer begins; hand it out in pieces."""
    folder = TemporaryDirectory(prefix="export-")
    path = Path(folder.name) / name
    try:
        make(path)
    except BaseException:
        folder.cleanup()
        raise
    return _pieces(folder, path)


def _pieces(folder: TemporaryDirectory[str], path: Path) -> Iterator[bytes]:
    with folder, path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece
