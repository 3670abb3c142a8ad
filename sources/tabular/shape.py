"""What is known about an uploaded table before anybody decides what it means."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal, NamedTuple

#: What a cell can hold once it is read. Dates from Parquet and Excel arrive as ISO text.
Value = str | int | float | bool | None

Format = Literal["csv", "json", "ndjson", "parquet", "xlsx"]
ColumnType = Literal["date", "datetime", "number", "text", "empty"]


class Row(NamedTuple):
    """One row as read.

    ``number`` is what a spreadsheet shows (a header is row 1); for JSON and Parquet the
    first item is 1. ``offset`` is where the next row begins, in bytes of the unpacked
    text. ``fault`` says why the row cannot be used, and is empty for a good row.
    """

    number: int
    values: list[Value]
    offset: int = 0
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something a person should know about the file. ``fatal``: nothing can be read before it is put right."""

    code: str
    message: str
    row: int | None = None
    offset: int | None = None
    fatal: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """One column and what its first rows look like.

    ``ambiguous``: more than one reading fits every value, so a person has to choose among
    ``date_candidates`` or ``number_candidates``. ``midnight``: a date column whose clock
    part is always 00:00. Counts describe the studied rows only.
    """

    name: str
    type: ColumnType = "text"
    date_format: str = ""
    date_candidates: tuple[str, ...] = ()
    number_format: str = ""
    number_candidates: tuple[str, ...] = ()
    ambiguous: bool = False
    percent: bool = False
    currency: str = ""
    midnight: bool = False
    integers: bool = False
    codes: bool = False
    rising: bool = False
    filled: int = 0
    missing: int = 0
    distinct: int = 0
    low: float | None = None
    high: float | None = None
    length: float = 0.0
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Shape:
    """How to read a file, what is in it and what is wrong with it."""

    format: Format
    columns: tuple[Column, ...] = ()
    encoding: str = "utf-8"
    packed: bool = False
    mark: int = 0  #: bytes of a byte order mark
    newline: Literal["\n", "\r"] = "\n"
    delimiter: str = ""
    header: bool = True
    skip: int = 0  #: lines before the header
    sheet: str = ""
    sheets: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()  #: JSON and Parquet: the name in the file of each column
    size: int = 0
    rows: int | None = None
    sample: tuple[tuple[Value, ...], ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @property
    def fatal(self) -> Problem | None:
        """The first problem that stops everything, or None."""
        return next((problem for problem in self.problems if problem.fatal), None)

    def column(self, name: str) -> Column | None:
        return next((column for column in self.columns if column.name == name), None)

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready, for the API and the mapping page."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a person corrected about how the file is read. None and "" mean: guess."""

    header: bool | None = None
    delimiter: str = ""
    encoding: str = ""
    sheet: str = ""
