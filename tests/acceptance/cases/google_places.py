"""Google Places in the kit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tests.acceptance.acts import ODD, ONE_PAGE, ONLY_429, PLAIN_KEY, READINGS, Undo
from tests.acceptance.case import Case, Service, Stage
from tests.acceptance.turning import turned
from tests.fakes.google_places import KEY, PLACE, GooglePlacesFake, info, refusal, review


def _acts(fake: GooglePlacesFake) -> dict[str, Callable[[], Any]]:
    reviews = fake.place["reviews"]

    def nothing() -> None:
        for name in ("reviews", "rating", "userRatingCount"):
            del fake.place[name]

    def instead(new: dict[str, Any]) -> None:
        """Five are shown: one comes, one goes."""
        fake.place["reviews"] = [*fake.place.get("reviews", [])[1:], new]

    def forbid() -> Undo:
        blocked = info("API_KEY_SERVICE_BLOCKED")
        fake.refusals.extend([refusal(403, "PERMISSION_DENIED", "Requests are blocked.", blocked)] * 99)
        return fake.refusals.clear

    return {
        "nothing": nothing,
        "add": lambda: instead(review(6)),
        "edit": lambda: reviews[1].update(originalText={"text": "Changed.", "languageCode": "en"}),
        "remove": lambda: reviews.pop(1),
        "oddity": lambda: instead(review(7, originalText={"text": ODD}, text=None, authorAttribution=None)),
        "lose": turned("tests.fakes.google_places", PLACE="ChIJanother"),
        "lock": turned("tests.fakes.google_places", KEY="another"),
        "forbid": forbid,
    }


@contextmanager
def _play(stage: Stage) -> Iterator[Service]:
    with GooglePlacesFake() as fake:
        stage.patch.setenv("GOOGLE_PLACES_BASE_URL", fake.url)
        yield Service({"api_key": KEY, "place": PLACE}, (KEY,), fake, acts=_acts(fake))


CASE = Case(
    "google_places", _play, least=5, requests=(2, 2),
    absent={"restate": READINGS, "expire": PLAIN_KEY, "limit": ONLY_429, "ring": ONE_PAGE},
    keeps="Google shows five reviews of many, so one that is not shown may well be there",
    shows="Google shows five reviews of many",
)  # fmt: skip
