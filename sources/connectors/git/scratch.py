"""Folders that live as long as a run, and the sweeping of those whose run was killed."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from livinglytics.lib import clock
from livinglytics.lib.errors import ServiceDown, TooLarge

PREFIX: Final = "livinglytics-git-"
#: a folder younger than this may be one that another run is just making
YOUNG: Final = 600.0
#: a copy larger than this is not made, and so much is left free for others
MOST_BYTES: Final = 10_000_000_000
LEFT_FREE: Final = 500_000_000
#: seconds that making it may take, however steadily bytes drip in
LONGEST: Final = 4 * 3600.0
_LOCK: Final = "lock"
_LOOK_EVERY: Final = 1.0


@contextlib.contextmanager
def folder(within: Path | None) -> Iterator[Path]:
    """A new folder that only this account may enter; gone at the end. Folders of killed runs go first.

    A run holds a lock in its folder, which ends with its process: a folder without one has no owner any more.
    """
    place = within or Path(tempfile.gettempdir())
    try:
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
        _sweep(place)
        made = Path(tempfile.mkdtemp(prefix=PREFIX, dir=place))
        held = os.open(made / _LOCK, os.O_CREAT | os.O_RDWR, 0o600)
    except OSError as error:
        message = f"There is no place on this server for the files of a run (SCRATCH_DIR): {error.strerror}."
        raise ServiceDown(message) from None
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield made
    finally:
        os.close(held)
        shutil.rmtree(made, ignore_errors=True)


class SizeWatch:
    """Called again and again while a copy grows: raises TooLarge or ServiceDown before disk or time are used up."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._end = clock.monotonic() + LONGEST
        self._due = clock.monotonic() + _LOOK_EVERY

    def __call__(self) -> None:
        now = clock.monotonic()
        if now < self._due:
            return
        self._due = now + _LOOK_EVERY
        self.look()

    def look(self) -> None:
        """Look now."""
        if clock.monotonic() > self._end:
            raise ServiceDown(f"Copying the repository took longer than {LONGEST / 3600:.0f} hours.")
        if _size(self._place) > MOST_BYTES:
            message = f"The repository is larger than {MOST_BYTES // 10**9} GB. Choose a first day to read less."
            raise TooLarge(message, details={"since": [message]})
        if shutil.disk_usage(self._place).free < LEFT_FREE:
            raise ServiceDown("There is no space left on this server for a copy of the repository.")


def _size(place: Path) -> int:
    total = 0
    for parent, _, names in os.walk(place):
        for name in names:
            with contextlib.suppress(OSError):
                total += os.lstat(os.path.join(parent, name)).st_size
    return total


def _sweep(place: Path) -> None:
    now = clock.now().timestamp()
    for left in place.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            about = left.lstat()
            if left.is_symlink() or about.st_uid != os.getuid() or now - about.st_mtime < YOUNG:
                continue
            if _abandoned(left):
                shutil.rmtree(left, ignore_errors=True)


def _abandoned(left: Path) -> bool:
    try:
        held = os.open(left / _LOCK, os.O_RDWR | os.O_NOFOLLOW)
    except FileNotFoundError:
        return True
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(held)
    return True
