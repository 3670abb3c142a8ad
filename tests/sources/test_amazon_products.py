"""What Amazon's addresses are: products in one marketplace, single reviews, short links, or somebody else's."""

from __future__ import annotations

import pytest

from livinglytics.lib.errors import Invalid
from livinglytics.lib.weblinks import weblink
from sources.connectors._base import Recognised, Unread
from sources.connectors.amazon.products import HOSTS, MARKETPLACES, Product, wanted
from tests.sources.amazon_reading import AMAZON

A = "B0ABCDEFGH"


def seen(pasted: str) -> Recognised | Unread | None:
    link = weblink(pasted)
    assert link is not None, pasted
    return AMAZON.recognise(link)


@pytest.mark.parametrize(
    "path",
    [
        f"/dp/{A}",
        f"/dp/{A}/",
        f"/dp/{A.lower()}",
        f"/DP/{A}",
        f"/dp/{A}?th=1&psc=1",
        f"/dp/{A}?tag=somebody-21&linkCode=ogi",
        f"/dp/{A}?utm_source=mail#customerReviews",
        f"/dp/{A}/ref=sr_1_3?crid=2X&keywords=kettle&qid=1",
        f"/Some-Kettle-Steel-Litres/dp/{A}",
        f"/Some-Kettle-Steel-Litres/dp/{A}/ref=sr_1_3",
        f"/Bücher-über-Tee-☕/dp/{A}",
        f"/B%C3%BCcher-%C3%BCber-Tee/dp/{A}/",
        f"/%E9%9B%BB%E6%B0%97%E3%82%B1%E3%83%88%E3%83%AB/dp/{A}",
        f"/a%2Fb/dp/{A}",
        f"/%2Fdp%2F{A}",
        f"/dp/{A}%3Ftag%3Dsomebody-21",
        f"/-/en/dp/{A}",
        f"/-/de_DE/dp/{A}",
        f"/-/en/Some-Kettle/dp/{A}/ref=x",
        f"/gp/product/{A}",
        f"/-/en/gp/product/{A}?psc=1",
        f"/gp/aw/d/{A}",
        f"/product-reviews/{A}",
        f"/product-reviews/{A}/ref=cm_cr_arp_d_paging_btm_2?pageNumber=2",
        f"/Some-Kettle/product-reviews/{A}",
        f"/exec/obidos/ASIN/{A}",
        f"/exec/obidos/ASIN/{A}/somebody-21",
        f"/exec/obidos/tg/detail/-/{A}",
        f"/o/ASIN/{A}",
        f"/gp/offer-listing/{A}",
        f"/review/create-review?asin={A}",
        f"/gp/something?ASIN={A.lower()}&x=1",
    ],
)
@pytest.mark.parametrize("host", ["www.amazon.de", "amazon.co.uk"])
def test_every_way_of_writing_a_products_address_is_the_same_product(host: str, path: str) -> None:
    tld = host.removeprefix("www.").removeprefix("amazon.")
    url = f"https://www.amazon.{tld}/dp/{A}"
    assert seen(f"https://{host}{path}") == Recognised("product", f"{tld}:{A}", url, {"product": url})


@pytest.mark.parametrize("tld", MARKETPLACES)
@pytest.mark.parametrize("prefix", ["", "www.", "smile.", "m."])
def test_every_marketplace_is_known_with_its_prefixes(tld: str, prefix: str) -> None:
    found = seen(f"https://{prefix}amazon.{tld}/dp/{A}")
    assert isinstance(found, Recognised)
    assert (found.external_id, found.url) == (f"{tld}:{A}", f"https://www.amazon.{tld}/dp/{A}")
    assert f"amazon.{tld}" in HOSTS


def test_there_are_24_marketplaces_and_one_product_differs_in_each() -> None:
    found = {Product(A, tld).key for tld in MARKETPLACES}
    assert len(found) == 24


@pytest.mark.parametrize(
    "pasted",
    [
        f"amazon.de/dp/{A}",
        f"WWW.AMAZON.DE/dp/{A}",
        f"http://www.amazon.de/dp/{A}",
        f"https://www.amazon.de./dp/{A}",
        f"https://www.amazon.de:443/dp/{A}",
        f"https://me:secret@www.amazon.de/dp/{A}",
        f"  <https://www.amazon.de/dp/{A}>  ",
        f"Look at this: https://www.amazon.de/Kettle/dp/{A}?ref_=x, it boils",
    ],
)
def test_scheme_port_user_case_and_words_around_do_not_matter(pasted: str) -> None:
    found = seen(pasted)
    assert isinstance(found, Recognised)
    assert found.external_id == f"de:{A}"


@pytest.mark.parametrize("isbn", ["0306406152", "080442957X", "080442957x"])
def test_a_book_is_known_by_its_isbn_10(isbn: str) -> None:
    found = seen(f"https://www.amazon.com/Book/dp/{isbn}")
    assert isinstance(found, Recognised)
    assert found.external_id == f"com:{isbn.upper()}"


@pytest.mark.parametrize(
    "pasted",
    [
        f"https://notamazon.com/dp/{A}",
        f"https://amazon.com.evil.example/dp/{A}",
        f"https://www.amazon.com.evil.example/dp/{A}",
        f"https://amazon.evil.example/dp/{A}",
        f"https://evil.amazon.com/dp/{A}",
        f"https://www.smile.amazon.com/dp/{A}",
        f"https://aws.amazon.com/dp/{A}",
        f"https://music.amazon.com/dp/{A}",
        f"https://amazon.xyz/dp/{A}",
        f"https://amazon.co/dp/{A}",
        f"https://amazon.com.de/dp/{A}",
        f"https://amazon.uk/dp/{A}",
        f"https://аmazon.com/dp/{A}",
        f"https://evil.example/?u=https://www.amazon.com/dp/{A}",
        f"https://www.amazon.com@evil.example/dp/{A}",
        f"https://notamzn.to/{A}",
        f"https://amzn.to.evil.example/{A}",
        "https://example.com/product",
        "https://a.co",
    ],
)
def test_look_alikes_and_other_hosts_are_nobody_of_ours(pasted: str) -> None:
    assert seen(pasted) is None


@pytest.mark.parametrize(
    "pasted",
    ["amzn.to/3xYz", "https://amzn.eu/d/abc123", "a.co/d/1AbCdEf", "https://amzn.asia/d/9", "HTTPS://AMZN.IN/d/9"],
)
def test_a_short_link_says_that_it_has_to_be_followed(pasted: str) -> None:
    found = seen(pasted)
    assert isinstance(found, Unread)
    assert found.short
    assert "Open it in a browser" in found.message


@pytest.mark.parametrize(
    "path",
    [
        "/gp/customer-reviews/R2ABCDEFGHIJKL",
        f"/gp/customer-reviews/R2ABCDEFGHIJKL/ref=cm_cr_arp_d_rvw_ttl?ie=UTF8&ASIN={A}",
        "/-/en/gp/customer-reviews/R2ABCDEFGHIJKL",
        "/review/R2ABCDEFGHIJKL",
    ],
)
def test_the_address_of_one_review_asks_for_the_products(path: str) -> None:
    found = seen(f"https://www.amazon.com{path}")
    assert isinstance(found, Unread)
    assert (found.message, found.short) == ("This is one review. Paste the product's address instead.", False)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/s?k=kettle",
        "/stores/page/1234",
        "/dp/",
        "/dp/B0ABC",
        f"/dp/{A}X",
        "/dp/BESTSELLER",
        "/dp/kettle-1.7",
        "/gp/product/handle-buy",
        f"/%252Fdp%252F{A}",
        "/ap/signin",
        "/x?asin=nothing",
    ],
)
def test_another_page_of_amazon_says_what_to_paste_instead(path: str) -> None:
    found = seen(f"https://www.amazon.com{path}")
    assert isinstance(found, Unread)
    assert "Paste the product's address" in found.message


# -- what a person enters into the settings ----------------------------------------------


@pytest.mark.parametrize("pasted", [A, A.lower(), f"  {A}\n"])
def test_an_asin_alone_is_of_the_chosen_marketplace(pasted: str) -> None:
    assert wanted(pasted, "co.jp") == Product(A, "co.jp")


def test_an_address_names_its_marketplace_itself() -> None:
    assert wanted(f"https://www.amazon.de/dp/{A}", "com") == Product(A, "de")
    assert Product(A, "de").url == f"https://www.amazon.de/dp/{A}"


@pytest.mark.parametrize(
    ("pasted", "says"),
    [
        ("", "looks like"),
        ("kettle", "looks like"),
        ("B0ABC", "looks like"),
        ("https://example.com/dp/B0ABCDEFGH", "looks like"),
        ("https://amazon.com.evil.example/dp/B0ABCDEFGH", "looks like"),
        ("https://www.amazon.com/s?k=kettle", "not a product's"),
        ("https://amzn.to/3xYz", "short link"),
        ("https://www.amazon.com/gp/customer-reviews/R2ABCDEFGHIJKL", "one review"),
    ],
)
def test_anything_else_is_refused_with_the_field_named(pasted: str, says: str) -> None:
    with pytest.raises(Invalid, match=says) as caught:
        wanted(pasted, "com")
    assert list(caught.value.details) == ["product"]


def test_a_marketplace_that_does_not_exist_names_its_field() -> None:
    with pytest.raises(Invalid) as caught:
        wanted(A, "xyz")
    assert list(caught.value.details) == ["marketplace"]
