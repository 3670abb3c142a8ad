"""World one: website, sign-ups, revenue and social reach."""

from __future__ import annotations

from datetime import date

from sources.demo import seasons
from sources.demo.chance import Dice, dice
from sources.demo.payload import Cells, Page, Payload
from sources.demo.plot import Effects, effects, mood_effect

DIMENSIONS = {
    "sessions": ("channel", "device"),
    "conversions": ("channel", "device"),
    "bounces": ("channel", "device"),
    "page_views": ("channel", "device"),
    "revenue": ("plan",),
    "engagement": ("action",),
}
METRICS = (*DIMENSIONS, "users", "ad_spend", "ig_reach", "ig_followers")

_CHANNELS = {"organic": 0.38, "direct": 0.23, "paid": 0.17, "social": 0.13, "referral": 0.09}
_DEVICES = ("desktop", "mobile", "tablet")
_SPLIT = {
    "organic": (0.56, 0.39, 0.05),
    "direct": (0.65, 0.31, 0.04),
    "paid": (0.40, 0.54, 0.06),
    "social": (0.17, 0.79, 0.04),
    "referral": (0.69, 0.27, 0.04),
}
_CONVERTS = {"organic": 0.047, "direct": 0.058, "paid": 0.041, "social": 0.018, "referral": 0.066}
_BOUNCES = {"organic": 0.43, "direct": 0.37, "paid": 0.52, "social": 0.61, "referral": 0.35}
_ON_DEVICE = {"desktop": 1.15, "mobile": 0.80, "tablet": 0.90}
_VIEWS = {"desktop": 3.1, "mobile": 1.9, "tablet": 2.4}
_PLANS = {"Starter": (12.0, 21.0), "Team": (48.0, 14.0), "Business": (149.0, 3.2)}
_ACTIONS = {"likes": 0.041, "comments": 0.0045, "saves": 0.0085}


def tell(page: Page) -> Payload:
    """The whole day, as if it were over."""
    what = effects(page.day, page.anchor)
    spend = _ad_spend(page.day)
    sessions = _sessions(page.day, what, spend)
    conversions = _conversions(page, what, sessions)
    visits = sum(sessions.values())
    reach = _reach(page.day, what)
    counts: dict[str, Cells] = {
        "sessions": sessions,
        "conversions": conversions,
        "bounces": _bounces(page.day, what, sessions),
        "page_views": _page_views(page.day, sessions),
        "users": {"": round(visits * (0.79 + dice("users", page.day).gauss(0, 0.008)))},
        "revenue": _revenue(page.day, what, sum(conversions.values())),
        "ad_spend": {"": spend},
        "ig_reach": {"": reach},
        "engagement": _engagement(page.day, reach),
    }
    fixed = {"ig_followers": {"": _followers(page.day)}}
    return {"day": page.day.isoformat(), "counts": counts, "means": {}, "fixed": fixed, "instants": {}}


def _ad_spend(day: date) -> float:
    """Budgets are set by the month: steps, a little lower at weekends, a push in November."""
    month = dice("budget", day.replace(day=1)).uniform(0.85, 1.15)
    push = 1.35 if day.month == 11 else 1.0
    weekday = 0.82 if day.weekday() > 4 else 1.06
    usual = 310 * seasons.level(day, 0.22) * month * push * weekday
    return round(usual * dice("ad_spend", day).around(0.04), 2)


def _sessions(day: date, what: Effects, spend: float) -> Cells:
    roll = dice("sessions", day)
    usual = 2350 * seasons.level(day, 0.28) * seasons.yearly(day, 0.08, 45) * seasons.WEB_WEEK[day.weekday()]
    usual *= seasons.rest(day, 0.38) * what.traffic * roll.around(0.045)
    bought = 0.45 + 0.55 * spend / (310 * seasons.level(day, 0.22))
    cells: Cells = {}
    for channel, share in _CHANNELS.items():
        mean = usual * share * (bought if channel == "paid" else 1.0)
        split = _SPLIT[channel] if day.weekday() < 5 else _weekend(_SPLIT[channel])
        for device, part in zip(_DEVICES, split, strict=True):
            cells[f"{channel}|{device}"] = roll.negbin(mean * part, 0.07)
    return cells


def _weekend(split: tuple[float, float, float]) -> tuple[float, float, float]:
    """At weekends people are on their phones."""
    desktop, mobile, tablet = split
    moved = desktop * 0.28
    return desktop - moved, mobile + moved * 0.85, tablet + moved * 0.15


def _conversions(page: Page, what: Effects, sessions: Cells) -> Cells:
    day, roll = page.day, dice("conversions", page.day)
    week = seasons.SIGNUP_WEEK[day.weekday()] / seasons.WEB_WEEK[day.weekday()]
    rate = week * what.conversion * mood_effect(day, page.anchor) * roll.around(0.05)
    cells: Cells = {}
    for cell, visits in sessions.items():
        channel, device = cell.split("|")
        chance = _CONVERTS[channel] * _ON_DEVICE[device] * rate
        if device == "mobile":
            chance *= what.mobile_conversion
        cells[cell] = roll.binomial(int(visits), chance)
    return cells


def _bounces(day: date, what: Effects, sessions: Cells) -> Cells:
    roll = dice("bounces", day)
    worse = (1.5 if what.call_errors > 10 else 1.0) * roll.around(0.02)
    phone = {"desktop": 0.95, "mobile": 1.08, "tablet": 1.0}
    return {
        cell: roll.binomial(int(visits), _BOUNCES[cell.split("|")[0]] * phone[cell.split("|")[1]] * worse)
        for cell, visits in sessions.items()
    }


def _page_views(day: date, sessions: Cells) -> Cells:
    roll = dice("page_views", day)
    depth = roll.around(0.025)
    return {
        cell: int(visits) + roll.poisson(visits * (_VIEWS[cell.split("|")[1]] - 1) * depth)
        for cell, visits in sessions.items()
    }


def _revenue(day: date, what: Effects, signups: float) -> Cells:
    """Renewals and new subscriptions; failed card payments hold both back."""
    roll = dice("revenue", day)
    renewals = seasons.level(day, 0.34) * (1.25 if day.day <= 3 else 0.97) * (0.8 if day.weekday() > 4 else 1.08)
    paid = 0.55 if what.topic == "checkout" else min(1.0, what.traffic + 0.3)
    cells: Cells = {}
    for plan, (price, usual) in _PLANS.items():
        new = 0.16 * signups * usual / sum(count for _, count in _PLANS.values())
        cells[plan] = round(price * roll.negbin((usual * renewals + new) * paid, 0.10), 2)
    return cells


def _reach(day: date, what: Effects) -> int:
    """Reach is bursty: now and then a post travels, and on into the next day."""
    usual = 3000 * seasons.level(day, 0.24) * seasons.yearly(day, 0.10, 190) * seasons.SOCIAL_WEEK[day.weekday()]
    travels = sum(_burst(day.toordinal() - ago) * weight for ago, weight in ((0, 1.0), (1, 0.45), (2, 0.18)))
    return dice("ig_reach", day).negbin(usual * (1 + travels) * (1.5 if what.topic == "release" else 1.0), 0.11)


def _burst(ordinal: int) -> float:
    roll = dice("burst", date.fromordinal(ordinal))
    return roll.uniform(0.4, 1.6) if roll.random() < 0.06 else 0.0


def _engagement(day: date, reach: int) -> Cells:
    roll: Dice = dice("engagement", day)
    keen = roll.around(0.06)
    return {action: roll.negbin(reach * rate * keen, 0.10) for action, rate in _ACTIONS.items()}


def _followers(day: date) -> int:
    """Known each evening; grows about 14 a day with small steps back."""
    return round(16_000 * seasons.level(day, 0.32) + dice("ig_followers", day).gauss(0, 5))
