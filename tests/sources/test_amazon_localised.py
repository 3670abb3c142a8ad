"""Days and numbers in the words of each of Amazon's marketplaces."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from sources.connectors.amazon.localised import MONTHS, count, day, stars, votes


@pytest.mark.parametrize(
    "text",
    [
        "Reviewed in the United States on October 3, 2026",
        "Reviewed in the United Kingdom on 3 October 2026",
        "Reviewed in India on 3 October 2026",
        "Reviewed in Canada 🇨🇦 on October 3, 2026",
        "Rezension aus Deutschland vom 3. Oktober 2026",
        "Bewertet in Deutschland 🇩🇪 am 3. Oktober 2026",
        "Commenté en France le 3 octobre 2026",
        "Avis laissé en Belgique le 3 octobre 2026",
        "Recensito in Italia il 3 ottobre 2026",
        "Revisado en España el 3 de octubre de 2026",
        "Calificado en México el 3 de octubre de 2026",
        "Beoordeeld in Nederland op 3 oktober 2026",
        "Avaliado no Brasil em 3 de outubro de 2026",
        "Recenserad i Sverige den 3 oktober 2026",
        "Zrecenzowano w Polsce 3 października 2026",
        "Opinia napisana dnia 3 października 2026 w Polsce",
        "Türkiye'de 3 Ekim 2026 tarihinde değerlendirildi",
        "2026年10月3日に日本でレビュー済み",
        "2026年10月3日 在中国发布评论",
        "评论于 2026年10月3日 在美国 🇺🇸 发布",
        "تمت المراجعة في الإمارات العربية المتحدة في 3 أكتوبر 2026",
        "تمت المراجعة في مصر بتاريخ ٣ أكتوبر ٢٠٢٦",
        "\u200fتمت المراجعة في المملكة العربية السعودية في 3 اكتوبر 2026\u200f",
        "REVIEWED ON 3 OCTOBER 2026",
        "Reviewed in the United States on\u00a0October\u00a03,\u00a02026",
        "Reviewed ３ October ２０２６",
        "3 October 2026",
    ],
)
def test_a_day_is_read_in_every_marketplaces_words(text: str) -> None:
    assert day(text) == date(2026, 10, 3)


@pytest.mark.parametrize("number", range(1, 13))
def test_all_months_of_all_languages_are_read(number: int) -> None:
    for name in MONTHS[number - 1].split():
        assert day(f"x 7 {name} 2025 y") == date(2025, number, 7), name
        assert day(f"x {name.capitalize()} 7, 2025 y") == date(2025, number, 7), name


def test_no_name_means_two_months() -> None:
    named = Counter(name for names in MONTHS for name in set(names.split()))
    assert [name for name, times in named.items() if times > 1] == []


def test_the_first_of_a_month_is_read_with_its_sign() -> None:
    assert day("Commenté en France le 1er mars 2023") == date(2023, 3, 1)
    assert day("Avaliado no Brasil em 1º de maio de 2023") == date(2023, 5, 1)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Reviewed recently",
        "03/04/2026",
        "3.4.2026",
        "Reviewed on 31 February 2026",
        "Reviewed on October 2026",
        "Reviewed on 3 Brumaire 2026",
        "2026年13月3日",
        "3 October 20261",
        "\u0000",
    ],
)
def test_a_day_that_is_not_plain_is_not_guessed(text: str) -> None:
    assert day(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "4.5 out of 5 stars",
        "4.5 out of 5",
        "4,5 von 5 Sternen",
        "4,5 sur 5 étoiles",
        "4,5 su 5 stelle",
        "4,5 de 5 estrellas",
        "4,5 van 5 sterren",
        "4,5 av 5 stjärnor",
        "4,5 z 5 gwiazdek",
        "5 yıldız üzerinden 4,5",
        "5つ星のうち4.5",
        "4.5 颗星，最多 5 颗星",
        "٤٫٥ من ٥ نجوم",
        "4.5 out of 5.0",
    ],
)
def test_stars_are_read_in_either_order_and_with_either_sign(text: str) -> None:
    assert stars(text) == 4.5


@pytest.mark.parametrize("text", ["", "4.5", "great", "0.0 out of 5 stars", "8 out of 10", "6 out of 5", "1 of 2 of 5"])
def test_stars_that_are_not_plain_are_none(text: str) -> None:
    assert stars(text) is None


def test_five_of_five_and_one_of_five_are_read() -> None:
    assert (stars("5.0 out of 5 stars"), stars("5つ星のうち1.0")) == (5, 1)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12,345 global ratings", 12_345),
        ("12.345 globale Bewertungen", 12_345),
        ("12 345 évaluations", 12_345),
        ("12\u202f345 évaluations", 12_345),
        ("12'345 Bewertungen", 12_345),
        ("1,23,456 ratings", 123_456),
        ("1.234.567 Sternebewertungen", 1_234_567),
        ("12,345件のグローバル評価", 12_345),
        ("١٢٬٣٤٥ تقييمًا", 12_345),
        ("(1,234)", 1_234),
        ("12,345 global ratings | 678 reviews", 12_345),
        ("7 ratings", 7),
        ("0 ratings", 0),
        ("1.2K ratings", None),
        ("12K ratings", None),
        ("1,2 Tsd. Bewertungen", None),
        ("12 mil calificaciones", None),
        ("1.2万件の評価", None),
        ("12万件の評価", None),
        ("no ratings", None),
        ("", None),
        ("9" * 30, None),
    ],
)
def test_counts_are_read_whatever_stands_between_thousands_and_rounded_ones_are_not(
    text: str, number: int | None
) -> None:
    assert count(text) == number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12 people found this helpful", 12),
        ("1,234 people found this helpful", 1_234),
        ("A 1.234 personas les resultó útil", 1_234),
        ("1人のお客様がこれが役に立ったと考えています", 1),
        ("One person found this helpful", 1),
        ("Eine Person fand diese Informationen hilfreich", 1),
        ("Une personne a trouvé cela utile", 1),
        ("A una persona le resultó útil", 1),
        ("Una persona l'ha trovato utile", 1),
        ("Één persoon vond dit nuttig", 1),
        ("Een persoon vond dit nuttig", 1),
        ("Uma pessoa achou isto útil", 1),
        ("En person tyckte detta var till hjälp", 1),
        ("Jedna osoba uważa to za pomocne", 1),
        ("Bir kişi bunu faydalı buldu", 1),
        ("وجد شخص واحد هذا مفيدًا", 1),
        ("Helpful", None),
        ("", None),
    ],
)
def test_a_single_vote_is_spelled_out_and_none_is_not_zero(text: str, number: int | None) -> None:
    assert votes(text) == number
