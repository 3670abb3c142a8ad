"""What ``git diff-tree --numstat -z`` writes, commit by commit, in little memory however large a commit is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from livinglytics.lib.errors import BadAnswer
from sources.connectors._values import words

#: hash, parents, committed, authored, name and address of the author, message; each ended by NUL
FORMAT: Final = "%H%x00%P%x00%ct%x00%at%x00%an%x00%ae%x00%B%x00"
LONGEST_TITLE: Final = 200
#: what is kept of one message or path while it is looked at
_LONGEST: Final = 65_536
_HEADER: Final = 7
_SHA: Final = re.compile(rb"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_NUMBERS: Final = re.compile(rb"(\d{1,18}|-)\t(\d{1,18}|-)\t")
_REVERTS: Final = re.compile(r"^This reverts commit ([0-9a-f]{7,64})\b", re.MULTILINE)
_TOGETHER: Final = re.compile(r"^co-authored-by:\s*(.+)$", re.MULTILINE | re.IGNORECASE)
_MOST_NAMED: Final = 20


@dataclass(slots=True)
class Commit:
    """One commit. ``added`` and ``deleted`` count lines of texts, ``files`` also those that are no text.

    Of a merge all three are 0: what it brings was counted with its own commits.
    """

    sha: str
    parents: list[str]
    at: int
    authored: int | None
    author: tuple[str, str]
    message: str
    added: int = 0
    deleted: int = 0
    files: int = 0

    @property
    def title(self) -> str:
        """The first line of the message."""
        return words(self.message.lstrip("\n").partition("\n")[0])[:LONGEST_TITLE]

    @property
    def reverted(self) -> list[str]:
        """The commits that it says to take back."""
        return list(dict.fromkeys(_REVERTS.findall(self.message)))[:_MOST_NAMED]

    def row(self, *, authors: bool, cut: bool) -> dict[str, Any]:
        """What is stored of it. People only with ``authors``; no numbers of lines where they can't be known."""
        reverted = self.reverted
        row: dict[str, Any] = {
            "sha": self.sha,
            "parents": self.parents,
            "at": _text(self.at),
            "authored_at": None if self.authored is None else _text(self.authored),
            "title": self.title,
            "revert": bool(reverted) or self.message.lstrip().startswith('Revert "'),
            "reverts": reverted,
            "added": None if cut else self.added,
            "deleted": None if cut else self.deleted,
            "files": None if cut else self.files,
        }
        if authors:
            name, mail = self.author
            row["author"] = {"name": words(name)[:200], "email": words(mail)[:200]}
            row["together_with"] = [words(one)[:200] for one in _TOGETHER.findall(self.message)][:_MOST_NAMED]
        return row


def commits_of(output: Iterable[bytes]) -> Iterator[Commit]:
    """The commits in what git writes in ``FORMAT``. Raises BadAnswer for what cannot be that."""
    fields = _fields(output)
    commit: Commit | None = None
    for one in fields:
        if _SHA.fullmatch(one):
            if commit is not None:
                yield commit
            commit = _begun(one, fields)
            continue
        if not (entry := one.lstrip(b"\n")):
            continue
        numbers = _NUMBERS.match(entry)
        if numbers is None or commit is None:
            raise BadAnswer("git wrote something else than commits.")
        if numbers.end() == len(entry):
            # a file that was renamed: its old and its new name follow
            next(fields, b"")
            next(fields, b"")
        commit.files += 1
        commit.added += int(numbers[1]) if numbers[1] != b"-" else 0
        commit.deleted += int(numbers[2]) if numbers[2] != b"-" else 0
    if commit is not None:
        yield commit


def _begun(sha: bytes, fields: Iterator[bytes]) -> Commit:
    rest = [next(fields, None) for _ in range(_HEADER - 1)]
    parents, committed, authored, name, mail, message = ((one or b"").decode("utf-8", "replace") for one in rest)
    if None in rest or not committed.isdigit():
        raise BadAnswer("git wrote something else than commits.")
    return Commit(
        sha=sha.decode(),
        parents=parents.split(),
        at=int(committed),
        authored=int(authored) if authored.isdigit() else None,
        author=(name, mail),
        message=message,
    )


def _fields(output: Iterable[bytes]) -> Iterator[bytes]:
    """The pieces between NULs, each cut off at ``_LONGEST``."""
    kept = bytearray()
    for chunk in output:
        first, *others = chunk.split(b"\0")
        kept += first[: _LONGEST - len(kept)]
        for one in others:
            yield bytes(kept)
            kept = bytearray(one[:_LONGEST])
    if kept:
        yield bytes(kept)


def _text(seconds: int) -> str | None:
    """A moment in UTC; None for one that no calendar has."""
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        return None
