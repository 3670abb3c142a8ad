"""Where a short link of a known service leads. Only asked for, never by itself."""

from __future__ import annotations

from accounts.models import Team
from livinglytics.lib.answers import Answer
from livinglytics.lib.errors import Invalid, ProductError
from livinglytics.lib.http import Classify
from sources.actions.surroundings import QUICK, surroundings


def followed(team: Team, url: str) -> str:
    """The address behind a short link, by following it; every hop is guarded against private networks.

    Never call it inside a transaction: it waits for the web. Raises Invalid when it can't be followed.
    """
    context = surroundings(team, "short-links", {}, limits=QUICK)
    reached: list[str] = []
    try:
        # where it leads is known even if the page behind it does not let programs in
        return str(context.http.get(url, classify=_noting(reached)).url)
    except ProductError as error:
        if reached:
            return reached[-1]
        advice = "This short link could not be followed. Open it in a browser and paste where it leads."
        message = f"{advice} ({error.message})"
        raise Invalid(message, details={"url": [message]}) from None


def _noting(reached: list[str]) -> Classify:
    def note(answer: Answer) -> None:
        reached.append(answer.url)

    return note
