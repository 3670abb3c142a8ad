"""Where a tap runs: a folder of its own that is gone afterwards, an almost empty environment, and what to hide.

A tap is a program of somebody else. It gets its settings in files that nobody else may read, and nothing of ours.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Self

from livinglytics.lib.errors import Invalid
from livinglytics.lib.secrets import Redactor

_CREDENTIAL = re.compile(r"token|secret|passw|passphrase|pwd|key|credential|auth|dsn|signature", re.IGNORECASE)
#: shorter values, such as a user's name under "auth", would hit ordinary words in rows
_SHORTEST = 8


def settings_of(text: str) -> dict[str, Any]:
    """The tap's config. Raises Invalid that names the field ``config`` and shows nothing of it."""
    try:
        found = json.loads(text or "{}")
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        message = 'The tap\'s config is no JSON object. Enter it like {"api_key": "…", "start_date": "2026-01-01"}.'
        raise Invalid(message, details={"config": [message]})
    return found


class Workplace:
    """The folder of one run, as a context manager. ``hide`` is for what a tap logs, ``mask`` for what it sends.

    ``hide`` takes out every text of the config; ``mask`` only what looks like a credential, because a start date
    may stand in a row as well.
    """

    def __init__(self, program: str, config: Mapping[str, Any]) -> None:
        self.program = program
        texts = list(_texts(config))
        self.hide = Redactor(text for _, text in texts)
        self.mask = Redactor(text for name, text in texts if len(text) >= _SHORTEST and _CREDENTIAL.search(name))
        self._config = json.dumps(config).encode()
        self.folder = Path()

    def __enter__(self) -> Self:
        self.folder = Path(tempfile.mkdtemp(prefix="tap-"))
        try:
            self._write("config.json", self._config)
        except OSError:
            self.__exit__()
            raise
        return self

    def __exit__(self, *ended: object) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def keep(self, name: str, value: Any) -> Path:
        """A new file with this JSON that only we and the tap can read."""
        return self._write(name, json.dumps(value).encode())

    def _write(self, name: str, body: bytes) -> Path:
        path = self.folder / name
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(body)
        return path

    @property
    def config(self) -> Path:
        """The file with the tap's settings."""
        return self.folder / "config.json"

    def rewritten(self) -> bool:
        """Whether the tap changed its config, as taps do that are handed a new token."""
        try:
            return self.config.read_bytes() != self._config
        except OSError:
            return True

    def environment(self) -> dict[str, str]:
        """All that the tap inherits: no address of a database, no key."""
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self.folder),
            "LANG": "C.UTF-8",
            "TZ": "UTC",
        }


def _texts(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """(path of names, text) of every value in a config; a text that is JSON itself is opened too."""
    if isinstance(value, Mapping):
        for key, one in value.items():
            yield from _texts(one, f"{name}.{key}")
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one, name)
    elif isinstance(value, str):
        yield name, value
        if value.lstrip().startswith("{"):
            yield from _texts(_opened(value), name)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield name, str(value)


def _opened(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
