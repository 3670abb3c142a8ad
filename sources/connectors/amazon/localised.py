"""Numbers and days in the words that Amazon's marketplaces use. Pure.

One table holds the month names of all languages, because a page of one marketplace can come in another
language, and no name means two months.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from typing import Final

#: English, German, French, Italian, Spanish, Dutch, Portuguese, Swedish, Polish, Turkish, Arabic
MONTHS: Final = (
    "january januar janvier gennaio enero januari janeiro stycznia ocak يناير",
    "february februar février febbraio febrero februari fevereiro lutego şubat فبراير",
    "march märz mars marzo maart março marca mart مارس",
    "april avril aprile abril kwietnia nisan أبريل ابريل إبريل",
    "may mai maggio mayo mei maio maj maja mayıs مايو",
    "june juni juin giugno junio junho czerwca haziran يونيو",
    "july juli juillet luglio julio julho lipca temmuz يوليو",
    "august août agosto augustus augusti sierpnia ağustos أغسطس اغسطس",
    "september septembre settembre septiembre setiembre setembro września eylül سبتمبر",
    "october oktober octobre ottobre octubre outubro października ekim أكتوبر اكتوبر",
    "november novembre noviembre novembro listopada kasım نوفمبر",
    "december dezember décembre dicembre diciembre dezembro grudnia aralık ديسمبر",
)
_MONTH: Final = {name: number for number, names in enumerate(MONTHS, 1) for name in names.split()}
#: how a single vote is spelled out
_ONES: Final = "one un una une uno um uma ein eine einer einem een één en ett jedna jeden bir واحد"
#: words that make a number a rounded one, such as 12K or 1,2万
_ROUNDED: Final = "k m mn mio b bn tsd mil mln tys tn bin lakh cr"

_LETTERS: Final = r"[^\W\d_]+"
_DAY_FIRST = re.compile(rf"(\d{{1,2}})(?:\.|er|o)?\s+(?:de\s+)?({_LETTERS})\.?\s+(?:de\s+)?(\d{{4}})(?!\d)")
_MONTH_FIRST = re.compile(rf"({_LETTERS})\s+(\d{{1,2}})(?:st|nd|rd|th)?,?\s+(\d{{4}})(?!\d)")
_BY_SIGNS = re.compile(r"(\d{4})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*日")
_NUMBER = re.compile(r"\d+(?:[.,٫]\d+)?")
_COUNT = re.compile(r"\d{1,3}(?:[,.'’٬ ]\d{2,3})*[,.'’٬ ]\d{3}(?!\d)|\d+")


def day(text: str) -> date | None:
    """The day in a text such as ``Rezension aus Deutschland vom 3. Oktober 2026``; None where it is not plain.

    Days in figures alone are not read: 03/04/2026 is two days.
    """
    text = _plain(text).lower()
    if found := _BY_SIGNS.search(text):
        return _date(int(found[1]), int(found[2]), int(found[3]))
    for found in _DAY_FIRST.finditer(text):
        if found[2] in _MONTH:
            return _date(int(found[3]), _MONTH[found[2]], int(found[1]))
    for found in _MONTH_FIRST.finditer(text):
        if found[1] in _MONTH:
            return _date(int(found[3]), _MONTH[found[1]], int(found[2]))
    return None


def stars(text: str) -> float | None:
    """Stars from 1 to 5 in a text that names both, in either order: ``4,0 von 5 Sternen``, ``5つ星のうち4.0``."""
    values = [float(one.replace(",", ".").replace("٫", ".")) for one in _NUMBER.findall(_plain(text))]
    if len(values) != 2 or max(values) != 5 or min(values) < 1:
        return None
    return min(values)


def count(text: str) -> int | None:
    """The first whole number in a text, with any sign between its thousands; None where it is a rounded one."""
    text = _plain(text)
    found = _COUNT.search(text)
    if found is None or re.match(r"[.,٫]\d", text[found.end() :]):
        return None
    word = re.match(rf" ?({_LETTERS})", text[found.end() :])
    if word and (word[1].lower() in _ROUNDED.split() or word[1][0] in "万萬千"):
        return None
    digits = "".join(one for one in found[0] if one.isdigit())
    return int(digits) if len(digits) <= 12 else None


def votes(text: str) -> int | None:
    """How many found a review helpful; one alone is spelled out."""
    if any(one.isdigit() for one in text):
        return count(text)
    return 1 if set(_ONES.split()) & set(re.findall(_LETTERS, _plain(text).lower())) else None


def _plain(text: str) -> str:
    """The text with usual figures and blanks, and without the marks that turn the direction of writing."""
    usual = unicodedata.normalize("NFKC", text)
    return " ".join("".join(one for one in usual if unicodedata.category(one) != "Cf").split())


def _date(year: int, month: int, number: int) -> date | None:
    try:
        return date(year, month, number)
    except ValueError:
        return None
