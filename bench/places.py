"""Databases that a run makes and drops, with the product's tables in them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

ROOT = Path(__file__).resolve().parent.parent
SERVER = os.environ.get("DATABASE_URL") or "postgres://postgres@127.0.0.1:5432/postgres"


def _named(name: str) -> str:
    parts = urlsplit(SERVER)
    return urlunsplit(parts._replace(path=f"/{name}"))


def _administer(*statements: str) -> None:
    with psycopg.connect(SERVER.replace("postgres://", "postgresql://", 1), autocommit=True) as admin:
        for statement in statements:
            admin.execute(statement)


def environment(folder: Path, database_url: str) -> dict[str, str]:
    """What the processes of a benchmark see."""
    kept = {key: value for key, value in os.environ.items() if key not in {"DATABASE_URL", "REDIS_URL"}}
    return {
        **kept,
        "DATABASE_URL": database_url,
        "DATA_DIR": str(folder),
        "DJANGO_SETTINGS_MODULE": "bench.settings",
        "SECRET_KEY": "bench-" * 10,
        "DATABASE_POOL": "0",
        "DATABASE_CONN_MAX_AGE": "600",
        "LOG_LEVEL": "ERROR",
    }


def migrate(env: dict[str, str]) -> None:
    """Make all tables."""
    subprocess.run([sys.executable, "manage.py", "migrate", "-v", "0"], cwd=ROOT, env=env, check=True)


class Places:
    """One empty PostgreSQL database and one empty SQLite file, copied for each benchmark."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._template = f"ll_bench_{os.getpid()}_empty"
        self._sqlite = folder / "empty.sqlite3"

    @contextmanager
    def postgres(self, name: str) -> Iterator[dict[str, str]]:
        """A database of its own for one benchmark."""
        self._make_template()
        copy = f"ll_bench_{os.getpid()}_{name}"
        _administer(f'CREATE DATABASE "{copy}" TEMPLATE "{self._template}"')
        try:
            yield environment(self._fresh(name), _named(copy))
        finally:
            _administer(f'DROP DATABASE IF EXISTS "{copy}" WITH (FORCE)')

    @contextmanager
    def sqlite(self, name: str) -> Iterator[dict[str, str]]:
        """A file of its own for one benchmark."""
        if not self._sqlite.exists():
            migrate(environment(self.folder, f"sqlite:///{self._sqlite}"))
        folder = self._fresh(name)
        copy = folder / "bench.sqlite3"
        shutil.copy(self._sqlite, copy)
        yield environment(folder, f"sqlite:///{copy}")

    def _fresh(self, name: str) -> Path:
        return Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self.folder))

    def _make_template(self) -> None:
        if getattr(self, "_made", False):
            return
        _administer(f'CREATE DATABASE "{self._template}"')
        self._made = True
        migrate(environment(self.folder, _named(self._template)))

    def close(self) -> None:
        """Drop what was made."""
        if getattr(self, "_made", False):
            _administer(f'DROP DATABASE IF EXISTS "{self._template}" WITH (FORCE)')


@contextmanager
def places() -> Iterator[Places]:
    """Databases and folders of one run; gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="ll-bench-") as folder:
        made = Places(Path(folder))
        try:
            yield made
        finally:
            made.close()
