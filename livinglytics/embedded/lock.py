"""One process per data folder: two would run every job twice and talk past each other."""

from __future__ import annotations

import os
import socket
import zlib
from pathlib import Path
from typing import IO, Self

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

from livinglytics.lib.errors import Conflict


class AlreadyRunning(Conflict):
    """Another process holds this data folder."""

    code = "ALREADY_RUNNING"
    message = (
        "Living Lytics is already running on this data folder ({who}). "
        "Stop it first, or choose another folder: DATA_DIR=/other/folder ./run"
    )


class FolderLock:
    """Held from ``take`` until the process ends, however it ends: the system lets go of it.

    Without file locks (Windows) a port on this computer, computed from the folder's name, does the same.
    """

    def __init__(self, folder: Path, *, by_port: bool = fcntl is None) -> None:
        self._file = folder / "livinglytics.lock"
        self._by_port = by_port
        self._held: IO[str] | socket.socket | None = None

    def take(self) -> None:
        """Take the lock, or raise AlreadyRunning with what is known of its holder."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._held = self._bind() if self._by_port else self._flock()
        except OSError:
            raise AlreadyRunning(who=self._holder()) from None
        self.note(f"process {os.getpid()}")

    def note(self, who: str) -> None:
        """Write down who holds the lock, for the message a second process gives."""
        self._file.with_suffix(".holder").write_text(who, encoding="utf-8")

    def release(self) -> None:
        """Let go before the process ends."""
        if self._held is not None:
            self._held.close()
            self._held = None

    def _flock(self) -> IO[str]:
        file = self._file.open("a", encoding="utf-8")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            raise
        return file

    def _bind(self) -> socket.socket:
        bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            bound.bind(("127.0.0.1", 49_152 + zlib.crc32(str(self._file).encode()) % 16_000))
        except OSError:
            bound.close()
            raise
        bound.listen(1)
        return bound

    def _holder(self) -> str:
        try:
            return self._file.with_suffix(".holder").read_text(encoding="utf-8").strip() or "another process"
        except OSError:
            return "another process"

    def __enter__(self) -> Self:
        self.take()
        return self

    def __exit__(self, *error: object) -> None:
        self.release()
