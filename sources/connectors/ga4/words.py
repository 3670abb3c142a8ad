"""What can be asked for, by Google's names, and what we call it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal

from livinglytics.lib.errors import Invalid

#: how long Google may still correct a day
SETTLES: Final = timedelta(hours=48)
NOTHING: Final = "none"

#: Google's name -> label, our name. Only what has one value per session: others would count a session several times.
DIMENSIONS: Final = {
    "sessionDefaultChannelGroup": ("Channel", "channel"),
    "sessionSource": ("Source", "source"),
    "sessionMedium": ("Medium", "medium"),
    "sessionSourceMedium": ("Source / medium", "source_medium"),
    "sessionCampaignName": ("Campaign", "campaign"),
    "landingPage": ("Landing page", "landing_page"),
    "country": ("Country", "country"),
    "region": ("Region", "region"),
    "city": ("City", "city"),
    "language": ("Language", "language"),
    "deviceCategory": ("Device", "device"),
    "operatingSystem": ("Operating system", "os"),
    "browser": ("Browser", "browser"),
    "newVsReturning": ("New or returning", "visitor"),
}
CURRENCIES: Final = (
    *("USD", "EUR", "GBP", "CHF", "CAD", "AUD", "NZD", "JPY", "CNY", "HKD", "TWD", "KRW", "SGD", "INR", "IDR", "MYR"),
    *("THB", "PHP", "VND", "SEK", "NOK", "DKK", "PLN", "CZK", "HUF", "RON", "TRY", "UAH", "ILS", "AED", "SAR", "ZAR"),
    *("BRL", "MXN", "ARS", "CLP", "COP"),
)


@dataclass(frozen=True, slots=True)
class Measure:
    """One of Google's metrics under our key. For all of them more is better."""

    key: str
    label: str
    description: str
    kind: Literal["sum", "distinct"] = "sum"
    unit: str = "count"


def revenue(currency: str) -> Measure:
    """Revenue in one currency: amounts in different ones are different metrics and are never added."""
    dollars = currency == "USD"
    return Measure(
        "revenue" if dollars else f"revenue_{currency.lower()}",
        "Revenue" if dollars else f"Revenue ({currency})",
        "Purchases, subscriptions and advertising, less refunds.",
        unit=currency.lower(),
    )


#: Google's name -> what adds up over days and dimensions
SUMS: Final = {
    "sessions": Measure("sessions", "Sessions", "Visits to a website or app."),
    "newUsers": Measure(
        "new_users", "New users", "People who came for the first time, on the day of their first visit."
    ),
    "screenPageViews": Measure("page_views", "Page views", "Pages and app screens seen, repeated views included."),
    "engagedSessions": Measure(
        "engaged_sessions",
        "Engaged sessions",
        "Sessions of more than ten seconds, with a key event, or with at least two pages or screens.",
    ),
    "keyEvents": Measure("conversions", "Conversions", "What counts as a success: key events, sign-ups, purchases."),
    "totalRevenue": revenue("USD"),
    "eventCount": Measure("ga4.events", "Events", "All events that Google Analytics recorded."),
    "addToCarts": Measure("ga4.add_to_carts", "Add to carts", "How often something was put into the cart."),
    "transactions": Measure("ga4.transactions", "Transactions", "Purchases that were completed."),
}
#: Google's name -> different people, which never add up
PEOPLE: Final = {
    "totalUsers": Measure("users", "Users", "Different people per day. Days do not add up.", "distinct"),
    "activeUsers": Measure(
        "ga4.active_users",
        "Active users",
        "Different people who used the site or app: what Google shows as users.",
        "distinct",
    ),
}
USUAL: Final = (
    "sessions",
    "totalUsers",
    "newUsers",
    "screenPageViews",
    "engagedSessions",
    "keyEvents",
    "totalRevenue",
)
_OLD_NAMES = {"conversions": "keyEvents", "users": "totalUsers", "pageviews": "screenPageViews"}


def measure(name: str, currency: str) -> Measure:
    """What stands behind one of Google's names."""
    if name == "totalRevenue":
        return revenue(currency)
    return SUMS.get(name) or PEOPLE[name]


def chosen(lines: Iterable[str]) -> tuple[str, ...]:
    """Google's names from what a person entered, each once. Raises Invalid for the field ``metrics``."""
    known = {name.lower(): name for name in (*SUMS, *PEOPLE)} | _OLD_NAMES
    asked = [line.strip() for line in lines if line.strip()]
    unknown = [line for line in asked if line.lower() not in known]
    if unknown:
        message = f"“{unknown[0][:60]}” can't be read. Use names out of: {', '.join((*SUMS, *PEOPLE))}."
        raise Invalid(message, details={"metrics": [message]})
    return tuple(dict.fromkeys(known[line.lower()] for line in asked)) or USUAL


def property_id(text: str) -> str:
    """The number in ``123`` or ``properties/123``. Raises Invalid for what else people paste."""
    name = text.strip().removeprefix("properties/").strip("/ ")
    if re.fullmatch(r"0*[1-9][0-9]{0,19}", name):
        return name.lstrip("0")
    why = "This is no property id."
    if name[:2].upper() == "G-":
        why = f"{name[:30]} is a measurement id."
    elif name[:3].upper() == "UA-":
        why = f"{name[:30]} belongs to Universal Analytics, which Google switched off."
    message = f"{why} Enter the number that Google Analytics shows under Admin → Property details."
    raise Invalid(message, details={"property": [message]})
