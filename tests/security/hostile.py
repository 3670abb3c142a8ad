"""Bodies that were made to break a parser."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable

DEEP = 100_000
KEYS = 1_000_000

BODIES: dict[str, Callable[[], bytes]] = {
    "100,000 open brackets": lambda: b"[" * DEEP,
    "100,000 nested lists": lambda: b"[" * DEEP + b"]" * DEEP,
    "100,000 nested objects": lambda: b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    "a deep value of a known field": lambda: b'{"name":' + b"[" * DEEP + b"]" * DEEP + b"}",
    "a repeated key": lambda: b'{"name":"a","name":"b"}',
    "NaN": lambda: b'{"name":NaN,"value":NaN}',
    "infinity": lambda: b'{"name":Infinity,"value":-Infinity}',
    "a number beyond all floats": lambda: b'{"name":1e999,"value":1e999}',
    "a number of 100,000 digits": lambda: b'{"name":' + b"9" * 100_000 + b"}",
    "half a character": lambda: b'{"name":"\\ud800","email":"\\udfff"}',
    "half a character in a key": lambda: b'{"\\ud800":1}',
    "NUL": lambda: b'{"name":"a\\u0000b","email":"a\\u0000@b.example"}',
    "NUL in a key": lambda: b'{"na\\u0000me":1}',
    "not UTF-8": lambda: b'{"name":"\xff\xfe"}',
    "UTF-16": lambda: '{"name":"a"}'.encode("utf-16"),
    "a list": lambda: b"[]",
    "a number": lambda: b"7",
    "null": lambda: b"null",
    "null everywhere": lambda: b'{"name":null,"email":null,"config":null,"metrics":null,"plan":null,"day":null}',
    "objects everywhere": lambda: b'{"name":{},"email":{},"config":[],"metrics":{},"plan":[],"day":{},"role":{}}',
    "huge integers": lambda: b'{"limit":1e308,"week_start":99999999999999999999,"floor":9223372036854775808}',
    "cut off": lambda: b'{"name":"',
    "nothing": lambda: b"",
}
#: as big as the limit allows: once per parser, not once per address
BIG: dict[str, Callable[[], bytes]] = {
    "a million keys": lambda: b"{" + b",".join(b'"k%d":1' % number for number in range(KEYS)) + b"}",
    "a million values": lambda: b'{"name":[' + b"1," * KEYS + b"1]}",
    "a million empty objects": lambda: b'{"name":[' + b"{}," * KEYS + b"{}]}",
    "a million quotes": lambda: b'{"name":"' + b'\\"' * KEYS + b'"}',
}


def gzip_bomb(megabytes: int) -> bytes:
    """Zeros: about a thousandth of its size."""
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", compresslevel=9) as packed:
        for _ in range(megabytes):
            packed.write(b"0" * 1_000_000)
    return out.getvalue()


def zip_bomb(megabytes: int, name: str = "a.csv") -> bytes:
    out = io.BytesIO()
    packed = zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9)
    with packed, packed.open(name, "w", force_zip64=True) as member:
        for _ in range(megabytes):
            member.write(b"1,2\n" * 250_000)
    return out.getvalue()


def many_members(count: int, name: str = "m{}.csv") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for number in range(count):
            packed.writestr(name.format(number), b"a,b\n1,2\n")
    return out.getvalue()


_TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/xl/workbook.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>'
)
_RELS = (
    '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}" '
    'Target="{target}"/></Relationships>'
)
_BOOK = (
    '<?xml version="1.0"?>{before}<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>'
    '<sheet name="{name}" sheetId="1" r:id="rId1"/></sheets></workbook>'
)


def workbook(*, megabytes: int = 0, before: str = "", name: str = "S") -> bytes:
    """A workbook whose one sheet unpacks to so many megabytes; ``before`` stands before its first element."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        packed.writestr("[Content_Types].xml", _TYPES)
        packed.writestr("_rels/.rels", _RELS.format(kind="officeDocument", target="xl/workbook.xml"))
        packed.writestr("xl/_rels/workbook.xml.rels", _RELS.format(kind="worksheet", target="worksheets/sheet1.xml"))
        packed.writestr("xl/workbook.xml", _BOOK.format(before=before, name=name))
        with packed.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            sheet.write(b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>')
            row = b'<row><c t="inlineStr"><is><t>aaaaaaaaaaaaaaaaaaaaaaaaaaaaa</t></is></c></row>'
            for _ in range(megabytes):
                sheet.write(row * (1_000_000 // len(row)))
            sheet.write(b"</sheetData></worksheet>")
    return out.getvalue()


ENTITIES = (
    '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
    + "]>"
)
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
