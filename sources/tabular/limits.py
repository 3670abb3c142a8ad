"""How big an uploaded table may be. One place, so that an operator finds every number."""

from __future__ import annotations

BYTES = 1_000_000_000  #: of the file, and of what a compressed file unpacks to
COLUMNS = 500
CELL = 100_000  #: characters in one cell
LINE = 10_000_000  #: bytes in one line, or in one object of a JSON file
ROWS = 20_000_000
DEPTH = 20  #: levels of nesting in JSON
RATIO = 200  #: unpacked : packed, looked at once RATIO_FROM bytes came out
RATIO_FROM = 16_000_000
ZIP_ENTRIES = 5_000
ZIP_DIRECTORY = 4_000_000
ZIP_SHARED_STRINGS = 100_000_000  #: the one part of a workbook that has to be held in memory
DIMENSION = 200  #: characters in the value of a dimension
ZIP_ROW = 8_000_000  #: bytes between two rows of a sheet: an XML reader holds a row in memory
ERRORS = 1_000  #: bad rows that are listed; all are counted
SAMPLE = 50  #: rows that are shown
STUDIED = 5_000  #: rows that the guesses rest on
