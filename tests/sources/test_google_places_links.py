"""What people paste as a place on Google."""

from __future__ import annotations

import pytest

from livinglytics.lib.errors import Invalid
from sources.connectors.google_places.places import place
from tests.fakes.google_places import PLACE


@pytest.mark.parametrize(
    "pasted",
    [
        f" {PLACE}\n",
        f"https://search.google.com/local/writereview?placeid={PLACE}",
        f"https://www.google.de/maps/search/?api=1&query=Caf%C3%A9&query_place_id={PLACE}",
        f"www.google.co.uk/maps/place/?q=place_id:{PLACE}",
        f"https://maps.google.com/?place_id={PLACE}",
        f"https://www.google.com/maps/place/X/@1,2,3z/data=!3m1!4b1!4m6!3m5!1s0x1:0x2!19s{PLACE}?entry=ttu",
    ],
)
def test_an_id_and_every_link_that_carries_one_are_understood(pasted: str) -> None:
    assert place(pasted) == PLACE


@pytest.mark.parametrize(
    "pasted",
    [
        f"https://google.com.evil.example/?placeid={PLACE}",
        f"https://notgoogle.com/?placeid={PLACE}",
        f"https://google.evil/?placeid={PLACE}",
        f"https://www.google.com@evil.example/?placeid={PLACE}",
        f"https://evil.example\\@google.com/?placeid={PLACE}",
        f"https://gооgle.com/?placeid={PLACE}",
        f"ftp://google.com/?placeid={PLACE}",
        f"{PLACE}/../x",
        "https://maps.app.goo.gl/abc",
        "https://www.google.com/maps/place/Caf%C3%A9/@1,2,3z",
        "https://[",
        "",
    ],
)
def test_look_alikes_and_links_without_an_id_are_refused_with_the_way_to_find_it(pasted: str) -> None:
    with pytest.raises(Invalid, match="begins with ChIJ") as caught:
        place(pasted)
    assert list(caught.value.details) == ["place"]
