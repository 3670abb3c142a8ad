from __future__ import annotations

import gzip
import io
import json
from datetime import date, datetime

import duckdb
import openpyxl
import pytest
import xlsxwriter

from sources.tabular import Reading, inspect, rows
from tests.sources.tabular.files import codes, everything, looked, workbook


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(delimiter):
    text = "day,country,visits\n2026-01-01,DE,10\n2026-01-02,FR,12\n".replace(",", delimiter)
    shape = looked(text.encode())
    assert (shape.delimiter, shape.names) == (delimiter, ("day", "country", "visits"))


def test_decimal_commas_do_not_pass_for_a_delimiter():
    assert looked(b"2026-01-01;1,5;2,5\n2026-01-02;2,5;3,5\n").delimiter == ";"
    shape = looked(b"day;a;b\n2026-01-01;1,5;2,5\n2026-01-02;2,5;3,5\n")
    assert [column.number_format for column in shape.columns] == ["", "1234,56", "1234,56"]


def test_commas_inside_quotes_stay_text():
    got = everything(b'day,text\n2026-01-01,"a, b\nand ""c"""\n2026-01-02,d\n')
    assert [(row.number, row.values[1]) for row in got] == [(2, 'a, b\nand "c"'), (3, "d")]


def test_the_separator_line_of_excel_and_comments_are_passed_over():
    shape = looked(b"# made by a tool\nsep=;\nday;n\n2026-01-01;1\n")
    assert (shape.delimiter, shape.names, shape.skip) == (";", ("day", "n"), 2)
    assert [row.number for row in everything(b"sep=;\nday;n\n2026-01-01;1\n")] == [3]


@pytest.mark.parametrize(
    ("encoding", "name", "mark"),
    [("utf-8", "utf-8", 0), ("utf-8-sig", "utf-8", 3), ("utf-16", "utf-16-le", 2), ("utf-16-be", "utf-16-be", 0),
     ("utf-16-le", "utf-16-le", 0), ("cp1252", "cp1252", 0)],
)  # fmt: skip
def test_every_encoding_gives_the_same_rows(encoding, name, mark):
    content = "day,stadt\n2026-01-01,Köln\n2026-01-02,Nîmes\n".encode(encoding)
    shape = looked(content)
    assert (shape.encoding, shape.mark, shape.names) == (name, mark, ("day", "stadt"))
    assert [row.values[1] for row in everything(content)] == ["Köln", "Nîmes"]


def test_a_guessed_encoding_is_said():
    shape = looked("day,stadt\n2026-01-01,Köln\n".encode("cp1252"))
    assert codes(shape) == ["encoding.guessed"]
    assert not shape.fatal


def test_a_broken_byte_is_named_with_its_offset_and_row():
    shape = looked("day,stadt\n2026-01-01,Köln\n2026-01-02,".encode() + b"M\xffnchen\n")
    assert shape.fatal.code == "encoding.broken"
    assert (shape.fatal.row, shape.fatal.offset) == (3, 39)


def test_a_broken_byte_far_behind_the_sample_is_found():
    good = "2026-01-01,Köln\n" * 40_000
    shape = looked(b"day,stadt\n" + good.encode() + b"2026-01-02,\xc3(\n")
    assert shape.fatal.row == 40_002


def test_a_chosen_encoding_is_used():
    content = "tag,ort\n2026-01-01,Łódź\n".encode("cp1250")
    shape = inspect(io.BytesIO(content), "", Reading(encoding="cp1250"))
    assert next(rows(io.BytesIO(content), shape)).values[1] == "Łódź"


def test_old_mac_line_ends_are_understood():
    assert [row.values for row in everything(b"day,n\r2026-01-01,1\r2026-01-02,2\r")] == [
        ["2026-01-01", "1"],
        ["2026-01-02", "2"],
    ]


def test_a_list_of_objects_is_flattened_and_keeps_large_numbers_exact():
    content = json.dumps([{"day": "2026-01-01", "geo": {"country": "DE"}, "n": 2**63 + 1}, {"tags": [1], "n": 2}])
    shape = looked(content.encode())
    assert (shape.format, shape.names) == ("json", ("day", "geo.country", "n", "tags"))
    assert [row.values for row in everything(content.encode())] == [
        ["2026-01-01", "DE", 2**63 + 1, None],
        [None, None, 2, "[1]"],
    ]


def test_a_list_longer_than_any_window_is_read_whole():
    items = [{"day": "2026-01-01", "text": 'x"\\]}' * (index % 50), "n": index} for index in range(20_000)]
    got = everything(json.dumps(items, indent=1).encode())
    assert [row.values[2] for row in got] == list(range(20_000))


@pytest.mark.parametrize("text", ['[{"a":1},', '[{"a":1} {"a":2}]', '[{"a":1}', '[{"a":"x'])
def test_a_list_that_is_cut_off_is_refused(text):
    assert looked(text.encode()).fatal.code == "json.broken"


def test_lines_of_objects_are_read_and_a_bad_line_is_one_bad_row():
    got = everything(b'{"day":"2026-01-01","n":1}\n\n{"day":\n{"day":"2026-01-02","n":2}\n')
    assert [(row.number, bool(row.fault)) for row in got] == [(1, False), (3, True), (4, False)]


def test_content_decides_not_the_name():
    assert looked(b'{"day":"2026-01-01","n":1}\n', "data.csv").format == "ndjson"
    assert looked(b"day,n\n2026-01-01,1\n", "data.xlsx").format == "csv"


def test_a_workbook_is_read_with_dates_and_cached_formulas(tmp_path):
    path = tmp_path / "a.xlsx"
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet("Numbers")
    sheet.write_row(0, 0, ["day", "n", "double"])
    for line in (1, 2):
        sheet.write_datetime(line, 0, datetime(2026, 1, line), book.add_format({"num_format": "yyyy-mm-dd"}))
        sheet.write_number(line, 1, line)
        sheet.write_formula(line, 2, f"=B{line + 1}*2", None, line * 2)
    book.close()
    shape = looked(path.read_bytes())
    assert (shape.format, shape.sheet, [c.type for c in shape.columns]) == (
        "xlsx",
        "Numbers",
        ["date", "number", "number"],
    )
    assert [(row.number, row.values) for row in everything(path.read_bytes())] == [
        (2, ["2026-01-01 00:00:00", 1, 2]),
        (3, ["2026-01-02 00:00:00", 2, 4]),
    ]


def test_a_formula_that_was_never_calculated_is_a_named_problem():
    shape = looked(workbook([["day", "n"], [date(2026, 1, 1), "=1+1"]]))
    assert "formula.uncalculated" in codes(shape)


def test_the_first_sheet_with_rows_is_taken_and_another_can_be_chosen():
    def add(book):
        book.create_sheet("Second").append(["day"])
        book["Second"].append([date(2026, 1, 1)])
        book.create_sheet("Third").append(["week"])
        book["Third"].append([date(2026, 1, 1)])

    content = workbook([], add)
    assert looked(content).sheet == "Second"
    assert inspect(io.BytesIO(content), "", Reading(sheet="Third")).names == ("week",)


def test_xml_is_read_by_the_hardened_parser():
    assert openpyxl.DEFUSEDXML


@pytest.fixture
def parquet(tmp_path) -> bytes:
    path = tmp_path / "a.parquet"
    duckdb.connect().execute(
        f"""COPY (SELECT date '2026-01-01' + i::INTEGER AS day, timestamptz '2026-01-01 12:00:00+02' AS "at",
            i::DECIMAL(20, 2) AS price, 'x' || i AS name, [i] AS list, 'NaN'::DOUBLE AS nothing
            FROM range(5000) t(i)) TO '{path}' (FORMAT parquet)"""
    )
    return path.read_bytes()


def test_parquet_is_read_in_batches_with_its_types(parquet):
    shape = looked(parquet)
    assert (shape.format, shape.rows) == ("parquet", 5000)
    assert [column.type for column in shape.columns] == ["date", "datetime", "number", "text", "text", "empty"]
    got = everything(parquet)
    assert got[1].values[:5] == ["2026-01-02", "2026-01-01 10:00:00Z", "1.00", "x1", "[1]"]
    assert len(got) == 5000


def test_parquet_goes_on_from_a_row(parquet):
    file = io.BytesIO(parquet)
    assert next(rows(file, inspect(file), 4000)).number == 4001


@pytest.mark.parametrize("kind", ["csv", "json", "xlsx", "parquet"])
def test_every_format_may_be_packed(kind, parquet):
    plain = {
        "csv": b"day,n\n2026-01-01,1\n",
        "json": b'[{"day":"2026-01-01","n":1}]',
        "xlsx": workbook([["day", "n"], [date(2026, 1, 1), 1]]),
        "parquet": parquet,
    }[kind]
    packed = gzip.compress(plain)
    assert looked(packed).format == kind
    assert [row.values for row in everything(packed)] == [row.values for row in everything(plain)]


@pytest.mark.parametrize("kind", ["csv", "ndjson", "json"])
@pytest.mark.parametrize("packed", [False, True])
def test_reading_goes_on_from_any_row_by_its_offset(kind, packed):
    pairs = [("2026-01-01", "é" * (index % 7) + '"\n') for index in range(300)]
    if kind == "csv":
        quoted = ['{},"{}"'.format(day, text.replace('"', '""')) for day, text in pairs]
        content = "day,text\n" + "\n".join(quoted) + "\n"
    else:
        lines = [json.dumps({"day": day, "text": text}, ensure_ascii=False) for day, text in pairs]
        content = "\n".join(lines) if kind == "ndjson" else "[" + ",\n ".join(lines) + "]"
    raw = gzip.compress(content.encode()) if packed else content.encode()
    file = io.BytesIO(raw)
    shape = inspect(file)
    whole = list(rows(file, shape))
    assert len(whole) == 300
    for index in (0, 1, 150, 299):
        again = list(rows(file, shape, whole[index].number, offset=whole[index].offset))
        assert again == whole[index + 1 :]
        assert list(rows(file, shape, whole[index].number)) == whole[index + 1 :]
