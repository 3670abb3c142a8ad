from __future__ import annotations

import gzip
import io
import struct
import time
import tracemalloc
import zipfile
import zlib

import pytest

from livinglytics.lib.errors import Invalid, TooLarge
from sources.tabular import inspect
from tests.sources.tabular.files import archive, codes, everything, lie_about_size, limit, looked, workbook

SHEET = "xl/worksheets/sheet1.xml"


def cheaply(content: bytes, error: type[Exception]) -> str:
    """Refused within a second and fifty megabytes; gives the message."""
    tracemalloc.start()
    began = time.perf_counter()
    with pytest.raises(error) as caught:
        inspect(io.BytesIO(content))
    took, peak = time.perf_counter() - began, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert took <= 1.0
    assert peak <= 50_000_000
    return str(caught.value)


def test_an_empty_file_is_named():
    for content in (b"", b"\xef\xbb\xbf", b"\n \n", gzip.compress(b"")):
        assert looked(content).fatal.code == "file.empty"


def test_a_file_with_only_a_header_is_named():
    assert looked(b"day,n\n").fatal.code == "rows.none"
    assert looked(workbook([["day", "n"]])).fatal.code == "rows.none"
    assert looked(b"[]").fatal.code == "rows.none"


def test_a_file_without_header_is_named_and_its_columns_are_numbered():
    shape = looked(b"2026-01-01,5\n2026-01-02,6\n")
    assert codes(shape) == ["header.missing"]
    assert shape.names == ("Column 1", "Column 2")
    assert [row.number for row in everything(b"2026-01-01,5\n2026-01-02,6\n")] == [1, 2]


def test_two_columns_of_one_name_are_told_apart():
    shape = looked(b"day,n,n,\n2026-01-01,1,2,3\n")
    assert shape.names == ("day", "n", "n (2)", "Column 4")
    assert codes(shape) == ["header.duplicate", "header.blank"]
    assert shape.problems[0].row == 1


def test_ragged_rows_are_named_by_number():
    content = b"day,n\n2026-01-01,1\n2026-01-02\n\n2026-01-03,1,2\n2026-01-04,1,,\n"
    assert [(p.code, p.row) for p in looked(content).problems] == [("row.ragged", 3), ("row.ragged", 5)]
    faults = {row.number: row.fault for row in everything(content)}
    assert faults == {
        2: "",
        3: "has 1 cell, the table has 2 columns",
        5: "has 3 cells, the table has 2 columns",
        6: "",
    }


def test_a_zero_byte_is_one_bad_row():
    assert [bool(row.fault) for row in everything(b"day,n\n2026-01-01,1\n2026-01-02,2\0\n")] == [False, True]
    assert [bool(row.fault) for row in everything(b'{"a":"x"}\n{"a":"\\u0000"}\n')] == [False, True]


def test_a_quote_that_is_never_closed_is_refused_with_its_row():
    assert "Row 3" in looked(b'day,n\n2026-01-01,1\n2026-01-02,"2\n2026-01-03,4\n').fatal.message
    long = b'day,n\n2026-01-01,"' + b"2026-01-01,1\n" * 20_000
    assert "Row 2" in looked(long).fatal.message


def test_a_cell_that_is_too_long_is_one_bad_row():
    got = everything(b"day,text\n2026-01-01," + b"x" * 100_001 + b"\n2026-01-02,y\n")
    assert ["longer" in row.fault for row in got] == [True, False]


def test_a_line_without_end_is_refused(monkeypatch):
    with limit(monkeypatch, LINE=100_000), pytest.raises(Invalid, match="longer than"):
        everything(b"day,n\n2026-01-01,1\n" + b"1," * 60_000)


def test_too_many_columns_and_rows_are_refused(monkeypatch):
    with pytest.raises(TooLarge, match="500"):
        looked(",".join(f"c{i}" for i in range(501)).encode() + b"\n" + b",".join([b"x"] * 501) + b"\n")
    with limit(monkeypatch, ROWS=3), pytest.raises(Invalid, match="more than 3 rows"):
        everything(b"day,n\n" + b"2026-01-01,1\n" * 6000)


def test_a_file_over_the_limit_is_refused(monkeypatch):
    with limit(monkeypatch, BYTES=100), pytest.raises(TooLarge):
        looked(b"day,n\n" + b"2026-01-01,1\n" * 10)


@pytest.mark.parametrize("opening", [b"[", b'[{"a":', b'{"a":'])
def test_a_hundred_thousand_levels_of_json_are_refused(opening):
    shape = looked(opening * 100_000, "deep.json")
    assert shape.fatal
    assert "nested deeper than 20" in shape.fatal.message or "not valid" in shape.fatal.message


def test_nesting_within_one_line_stops_at_the_limit():
    deep = b'{"a":' * 30 + b"1" + b"}" * 30
    faults = [row.fault for row in everything(b'{"b":1}\n' + deep + b"\n")]
    assert faults == ["", "is nested deeper than 20 levels"]


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity", "1e999", "1" * 5000])
def test_numbers_that_json_does_not_have_are_one_bad_row(word):
    got = everything(f'[{{"n":1}},{{"n":{word}}},{{"n":2}}]'.encode())
    assert [bool(row.fault) for row in got] == [False, True, False]


def test_a_gzip_bomb_is_refused():
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = (
        packer.compress(b"day,n\n") + b"".join(packer.compress(b"0" * 1_000_000) for _ in range(300)) + packer.flush()
    )
    assert "200 times" in cheaply(bomb, TooLarge)


def test_a_packed_file_over_the_byte_limit_is_refused(monkeypatch):
    with limit(monkeypatch, BYTES=100_000), pytest.raises(TooLarge, match="unpacks"):
        looked(gzip.compress(b"day,n\n" + b"2026-01-01,1\n" * 10_000))


@pytest.mark.parametrize("cut", [20, 200])
def test_a_gzip_file_that_is_cut_off_is_refused(cut):
    with pytest.raises(Invalid, match="damaged or cut off"):
        looked(gzip.compress(b"".join(b"2026-01-01,%d\n" % (i * i) for i in range(2000)))[:cut])


def test_a_workbook_bomb_is_refused_by_its_ratio():
    bomb = archive({"xl/workbook.xml": b"<workbook/>", SHEET: b"0" * 300_000_000})
    assert "200 times" in cheaply(bomb, TooLarge)


def test_a_workbook_that_lies_about_its_size_is_refused():
    bomb = archive({"xl/workbook.xml": b"<workbook/>", SHEET: b"0" * 30_000_000})
    assert "more than it declares" in cheaply(lie_about_size(bomb, SHEET, 1000), TooLarge)


def test_a_workbook_with_a_million_parts_is_refused_before_its_directory_is_read():
    book = bytearray(workbook([["a"]]))
    end = book.rfind(b"PK\x05\x06")
    book[end + 8 : end + 12] = struct.pack("<HH", 60_000, 60_000)
    assert "parts" in cheaply(bytes(book), TooLarge)


def test_a_sheet_that_never_ends_its_row_is_refused():
    cells = b"".join(b'<c r="A1"><v>%d</v></c>' % (i * 7919) for i in range(700_000))
    content = archive({"xl/workbook.xml": b"<workbook/>", SHEET: b"<sheetData><row>" + cells + b"</row></sheetData>"})
    with pytest.raises(TooLarge, match="A row of the workbook"):
        looked(content)


def test_half_a_character_in_json_is_one_bad_row():
    assert [bool(row.fault) for row in everything(b'[{"a":"\\ud83d\\ude00"},{"a":"\\ud800"}]')] == [False, True]


def test_a_long_cell_of_spaces_is_read_quickly():
    content = b"day,n\n" + (b"2026-01-01,1" + b" " * 90_000 + b"x\n") * 20
    began = time.perf_counter()
    looked(content)
    assert time.perf_counter() - began < 1


def test_a_workbook_of_an_unknown_zip_version_is_refused():
    content = bytearray(workbook([["day", "n"], ["2026-01-01", 1]]))
    content[content.find(b"PK\x01\x02") + 6] = 255
    with pytest.raises(Invalid, match="damaged"):
        looked(bytes(content))


def test_overlapping_parts_are_refused():
    content = bytearray(archive({"xl/workbook.xml": b"<workbook/>", SHEET: b"x" * 1000}))
    at = content.find(b"PK\x01\x02")
    content[at + 20 : at + 24] = struct.pack("<I", 10_000_000)
    assert "overlap" in cheaply(bytes(content), Invalid)


def test_a_workbook_with_entities_is_refused():
    laughs = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><worksheet>&b;</worksheet>'
    plain = workbook([["day", "n"], ["2026-01-01", 1]])
    with zipfile.ZipFile(io.BytesIO(plain)) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    with pytest.raises(Invalid, match="damaged"):
        looked(archive(parts | {SHEET: laughs}))


def test_a_row_far_down_or_far_right_does_not_cost_memory():
    plain = workbook([["day", "n"], ["2026-01-01", 1]])
    with zipfile.ZipFile(io.BytesIO(plain)) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    far = parts[SHEET].replace(b'<dimension ref="A1:B2"', b'<dimension ref="A1:XFD1048576"')
    assert looked(archive(parts | {SHEET: far})).names == ("day", "n")
    right = parts[SHEET].replace(b'r="B2"', b'r="XFD2"')
    with pytest.raises(Invalid, match="cells"):
        looked(archive(parts | {SHEET: right}))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (archive({"a.csv": b"day,n"}), "ZIP archive"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "old Excel"),
        (b"%PDF-1.7", "PDF"),
        (b"<!DOCTYPE html><html></html>", "web page"),
        (b"PK\x03\x04" + b"x" * 100, "cut off"),
        (b"PAR1" + b"x" * 100 + b"PAR1", "damaged"),
    ],
)
def test_what_is_no_table_is_refused_with_advice(content, words):
    with pytest.raises(Invalid, match=words):
        looked(content)
