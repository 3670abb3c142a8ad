"""One consistent copy of the database in use, and back into an empty one."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Protocol

import psycopg
from django.conf import settings
from django.db import connections
from psycopg.conninfo import make_conninfo

from livinglytics.backups.contents import Contents, of_postgres, of_sqlite
from livinglytics.lib.errors import Conflict, Terminal


class ToolMissing(Terminal):
    """PostgreSQL's own programs are needed."""

    code = "BACKUP_TOOL_MISSING"
    message = "{tool} is not installed here. Install PostgreSQL's client programs, not older than the server."


class ToolFailed(Terminal):
    """One of them gave up."""

    code = "BACKUP_TOOL_FAILED"
    message = "{tool} failed: {said}"


class NotEmpty(Conflict):
    """Something is there already."""

    code = "PLACE_NOT_EMPTY"
    message = "{what} is not empty. Restore into an empty place; nothing was changed."


class Database(Protocol):
    """How one kind of database is copied."""

    vendor: str
    file: str

    def copy_to(self, folder: Path) -> dict[str, Contents]:
        """Copy what is committed now; what the copy holds."""

    def insist_empty(self) -> None:
        """Raise NotEmpty when something would be overwritten."""

    def restore_from(self, folder: Path) -> dict[str, Contents]:
        """Bring the copy back; what is there now."""


def database() -> Database:
    """The database of the settings."""
    found = connections["default"].settings_dict
    return Sqlite(Path(str(found["NAME"]))) if connections["default"].vendor == "sqlite" else Postgres(found)


class Sqlite:
    """By SQLite's online backup: readers and writers go on meanwhile."""

    vendor, file = "sqlite", "database.sqlite3"

    def __init__(self, place: Path) -> None:
        self._place = place

    def copy_to(self, folder: Path) -> dict[str, Contents]:
        if not self._place.exists():
            raise Terminal(f"There is no database at {self._place}.")
        with closing(sqlite3.connect(self._place, timeout=20)) as live, closing(_alone(folder / self.file)) as copy:
            # all at once: in steps, every write of another process would start the copy over
            live.backup(copy)
            return of_sqlite(copy)

    def insist_empty(self) -> None:
        if self._place.exists():
            raise NotEmpty(what=str(self._place))

    def restore_from(self, folder: Path) -> dict[str, Contents]:
        self._place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / self.file, self._place)
        with closing(sqlite3.connect(self._place)) as restored:
            return of_sqlite(restored)


def _alone(place: Path) -> sqlite3.Connection:
    """A single file, without a log beside it."""
    opened = sqlite3.connect(place)
    opened.execute("PRAGMA journal_mode=DELETE")
    return opened


class Postgres:
    """By pg_dump on an exported snapshot, in which the hashes are made too."""

    vendor, file = "postgresql", "database.dump"

    def __init__(self, found: Mapping[str, Any]) -> None:
        self._found = found

    def copy_to(self, folder: Path) -> dict[str, Contents]:
        with self._open() as held, held.transaction():
            held.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            ((snapshot,),) = held.execute("SELECT pg_export_snapshot()").fetchall()
            kept = ["--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}"]
            self._run("pg_dump", *kept, f"--file={folder / self.file}")
            return of_postgres(held)

    def insist_empty(self) -> None:
        with self._open() as opened:
            if opened.execute("SELECT 1 FROM pg_tables WHERE schemaname = 'public'").fetchone():
                raise NotEmpty(what=f"The database {self._found['NAME']}")

    def restore_from(self, folder: Path) -> dict[str, Contents]:
        options = ["--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction"]
        self._run("pg_restore", *options, f"--dbname={self._found['NAME']}", str(folder / self.file))
        with self._open() as opened:
            opened.execute("ANALYZE")
            with opened.transaction():
                return of_postgres(opened)

    def _open(self) -> psycopg.Connection[Any]:
        parts = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
        given = {ours: str(self._found[theirs]) for ours, theirs in parts.items() if self._found.get(theirs)}
        return psycopg.connect(make_conninfo(**given), autocommit=True)

    def _run(self, tool: str, *arguments: str) -> None:
        """The password goes by the environment: everybody on the machine can read command lines."""
        names = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD", "PGDATABASE": "NAME"}
        given = {ours: str(self._found[theirs]) for ours, theirs in names.items() if self._found.get(theirs)}
        if shutil.which(tool) is None:
            raise ToolMissing(tool=tool)
        done = subprocess.run(
            [tool, *arguments], env={**os.environ, **given}, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise ToolFailed(tool=tool, said=done.stderr.strip()[-500:])


def files_folder() -> Path:
    """Where uploaded files are kept."""
    return Path(settings.MEDIA_ROOT)
