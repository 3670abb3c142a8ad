"""Text that a spreadsheet must not run: a quote in front of what looks like a formula, and back again.

Only text is touched; numbers stay numbers. ``original_text(safe_text(x)) == x`` for every text.
"""

from __future__ import annotations

import re
from typing import Final

#: signs that begin a formula, full-width ones too, also behind blanks, quotes and invisible marks
_LEADS: Final = "[\\s'\"\u200b\u200e\u200f\u2060\ufeff]*"
_SIGNS: Final = "[-=+@|%\t\r\n\uff1d\uff0b\uff0d\uff20\u2212]"
_ACTIVE: Final = re.compile(f"{_LEADS}{_SIGNS}")


def safe_text(text: str) -> str:
    """The text with an apostrophe in front where a spreadsheet could take it for a formula."""
    return f"'{text}" if _ACTIVE.match(text) else text


def original_text(text: str) -> str:
    """What ``safe_text`` was given."""
    return text[1:] if text.startswith("'") and _ACTIVE.match(text[1:]) else text


def safe_sql(column: str) -> str:
    """The same in PostgreSQL's SQL, for text that is copied out without passing through Python.

    Looser than ``safe_text`` about what counts as a blank or an invisible mark, never stricter.
    """
    marks = "[[:space:]''\"\u200b\u200e\u200f\u2060\ufeff]*"
    signs = "[-=+@|%\uff1d\uff0b\uff0d\uff20\u2212]"
    return f"CASE WHEN {column} ~ '^({marks}{signs}|[\t\r\n])' THEN '''' || {column} ELSE {column} END"
