"""A backup is a folder: the database, the files, and a manifest that says what they hold."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Self

from django.conf import settings

from livinglytics.backups.contents import Contents, differences
from livinglytics.backups.databases import NotEmpty, database, files_folder
from livinglytics.lib import clock
from livinglytics.lib.errors import Invalid, Terminal

MANIFEST: Final = "manifest.json"
FORMAT: Final = 1
_PIECE: Final = 1 << 20


class Damaged(Terminal):
    """What came back is not what was saved."""

    code = "BACKUP_DAMAGED"
    message = "The backup is damaged or incomplete: {what}"


@dataclass(frozen=True, slots=True)
class Manifest:
    """``files``: path below the files folder → SHA-256. The hashes are of one moment, ``made_at``."""

    made_at: str
    version: str
    vendor: str
    database: str
    tables: dict[str, Contents]
    files: dict[str, str]

    @property
    def rows(self) -> int:
        return sum(one.rows for one in self.tables.values())

    def write(self, folder: Path) -> None:
        """Last of all: a folder without it is no backup."""
        text = json.dumps({"format": FORMAT, **asdict(self)}, indent=1, sort_keys=True)
        (folder / MANIFEST).write_text(text, encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Raises Invalid for a folder that is no backup, or one of a kind we don't know."""
        try:
            found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            raise Invalid(f"{folder} is no complete backup: its {MANIFEST} can't be read.") from None
        if found.pop("format", None) != FORMAT:
            raise Invalid(f"{folder} was made by another version. Restore it with that one.")
        tables = {name: Contents(**one) for name, one in found.pop("tables").items()}
        return cls(**found, tables=tables)


def back_up(folder: Path) -> Manifest:
    """Copy everything into a new ``folder``; people and jobs go on working. Raises NotEmpty if it exists.

    The keys (SECRET_KEY, SEALING_KEYS) are not part of it: whoever finds a backup can't open stored passwords.
    """
    if folder.exists():
        raise NotEmpty(what=str(folder))
    half = folder.with_name(f".{folder.name}.half")
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir(parents=True, mode=0o700)
    live = database()
    # files before and after: one that is deleted meanwhile is in the first pass, a new one in the second
    _copy_files(files_folder(), half / "files")
    made_at = clock.now().isoformat(timespec="seconds")
    tables = live.copy_to(half)
    _copy_files(files_folder(), half / "files")
    copied = half / live.file
    manifest = Manifest(made_at, settings.VERSION, live.vendor, _hash(copied), tables, _hashes(half / "files"))
    manifest.write(half)
    half.rename(folder)
    return manifest


def restore(folder: Path) -> Manifest:
    """Bring a backup back into an empty place, and prove that it is the same.

    Raises NotEmpty before anything is changed; Invalid or Damaged for a backup that isn't whole.
    """
    manifest, place = Manifest.read(folder), database()
    if manifest.vendor != place.vendor:
        raise Invalid(f"This is a backup of {manifest.vendor}, but DATABASE_URL names a {place.vendor} database.")
    if _hash(folder / place.file) != manifest.database or _hashes(folder / "files") != manifest.files:
        raise Damaged(what="its files have other hashes than its manifest says.")
    place.insist_empty()
    if _hashes(files_folder()):
        raise NotEmpty(what=str(files_folder()))
    _copy_files(folder / "files", files_folder())
    wrong = differences(manifest.tables, place.restore_from(folder))
    if wrong or _hashes(files_folder()) != manifest.files:
        raise Damaged(what="; ".join(wrong[:5]) or "files differ after copying.")
    return manifest


def _copy_files(origin: Path, target: Path) -> None:
    """Those that aren't there yet. Stored files never change; one that vanishes meanwhile was deleted."""
    for one in sorted(origin.rglob("*")) if origin.is_dir() else []:
        copy = target / one.relative_to(origin)
        if not one.is_file() or copy.exists():
            continue
        copy.parent.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copyfile(one, copy)
        except FileNotFoundError:
            copy.unlink(missing_ok=True)


def _hashes(folder: Path) -> dict[str, str]:
    found = sorted(folder.rglob("*")) if folder.is_dir() else []
    return {one.relative_to(folder).as_posix(): _hash(one) for one in found if one.is_file()}


def _hash(file: Path) -> str:
    whole = hashlib.sha256()
    try:
        with file.open("rb") as opened:
            while piece := opened.read(_PIECE):
                whole.update(piece)
    except FileNotFoundError:
        return "missing"
    return whole.hexdigest()
