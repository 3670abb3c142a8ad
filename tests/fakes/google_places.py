"""A local Places API (New): one place with reviews, with Google's errors.

Wire format: https://developers.google.com/maps/documentation/places/web-service/place-details
"""

from __future__ import annotations

from typing import Any

from tests.fakes._server import Answer, FakeServer, Request, arguments, json_answer, serve

PLACE = "ChIJN1t_tDeuEmsRUsoyG83frY4"
KEY = "AIza-made-up-key-0123456789"
PREFIX = "/v1/places/"


def review(number: int, **changed: Any) -> dict[str, Any]:
    """A made-up review in Google's shape, written in French and shown in English."""
    return {
        "name": f"places/{PLACE}/reviews/Ci{number}",
        "relativePublishTimeDescription": "a week ago",
        "rating": 1 + number % 5,
        "text": {"text": f"Visit {number}: lovely", "languageCode": "en"},
        "originalText": {"text": f"Visite {number} : très bien", "languageCode": "fr"},
        "authorAttribution": {
            "displayName": f"Ada {number}",
            "uri": "https://www.google.com/maps/contrib/1/reviews",
            "photoUri": "https://lh3.example/photo",
        },
        "publishTime": f"2026-11-{number:02}T09:30:00.123456789Z",
        "flagContentUri": "https://www.google.com/local/review/rap/report",
        "googleMapsUri": f"https://www.google.com/maps/reviews/data=!4m6!14m5!1m4!2m3!1sCi{number}",
    } | changed


class GooglePlacesFake(FakeServer):
    """One place. ``refusals`` waits for the next requests; ``odd`` holds bodies of another shape for them."""

    def __init__(self, port: int = 0) -> None:
        super().__init__(port)
        self.place: dict[str, Any] = {
            "id": PLACE,
            "displayName": {"text": "Café Nord", "languageCode": "fr"},
            "rating": 4.4,
            "userRatingCount": 812,
            "businessStatus": "OPERATIONAL",
            "reviews": [review(number) for number in range(1, 6)],
        }
        self.refusals: list[Answer] = []
        self.odd: list[Any] = []

    def answer(self, request: Request) -> Answer:
        sent = header(request, "x-goog-api-key")
        if not sent:
            return refusal(403, "PERMISSION_DENIED", "Method doesn't allow unregistered callers.")
        if sent != KEY:
            message = "API key not valid. Please pass a valid API key."
            return refusal(400, "INVALID_ARGUMENT", message, info("API_KEY_INVALID"))
        if self.refusals:
            return self.refusals.pop(0)
        mask = [one for one in header(request, "x-goog-fieldmask").split(",") if one]
        if not mask:
            return refusal(400, "INVALID_ARGUMENT", "FieldMask is a required parameter.")
        if request.path != PREFIX + PLACE:
            return refusal(400, "INVALID_ARGUMENT", f"Not a valid Place ID: {request.path.removeprefix(PREFIX)}")
        if self.odd:
            return json_answer(self.odd.pop(0))
        return json_answer({name: self.place[name] for name in mask if name in self.place})


def header(request: Request, name: str) -> str:
    """A header by its name in lower case."""
    return next((value for key, value in request.headers.items() if key.lower() == name), "")


def info(reason: str, **metadata: str) -> dict[str, Any]:
    """A ``google.rpc.ErrorInfo``."""
    metadata = {"service": "places.googleapis.com", **metadata}
    kind = "type.googleapis.com/google.rpc.ErrorInfo"
    return {"@type": kind, "reason": reason, "domain": "googleapis.com", "metadata": metadata}


def refusal(code: int, status: str, message: str = "Made up.", *details: dict[str, Any], **headers: str) -> Answer:
    """An error as Google writes it: a ``google.rpc.Status``."""
    error: dict[str, Any] = {"code": code, "message": message, "status": status}
    return json_answer({"error": error | ({"details": list(details)} if details else {})}, code, **headers)


def main() -> None:
    chosen = arguments("A local Places API with one made-up place.").parse_args()
    serve(GooglePlacesFake(port=chosen.port))


if __name__ == "__main__":
    main()
