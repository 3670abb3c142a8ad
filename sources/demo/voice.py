"""World two: what customers write on Steam, Google and Trustpilot."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sources.demo import seasons, words_de, words_en, words_es
from sources.demo.chance import Dice, dice
from sources.demo.grammar import Brief, Mood, title, write
from sources.demo.payload import Page, Payload
from sources.demo.plot import Effects, effects, negative_share
from sources.records import Document, Record

_LANGUAGES = {"en": words_en.WORDS, "es": words_es.WORDS, "de": words_de.WORDS}
_PLATFORMS = ("steam", "google", "trustpilot")
_FIRST = (
    *("Aisha", "Ana", "Ben", "Carla", "Chen", "Daniel", "Elif", "Emma", "Felix", "Grace", "Hugo", "Ines", "Jack", "Jo"),
    *(
        "Karim",
        "Laura",
        "Liam",
        "Lucía",
        "Marta",
        "Max",
        "Mei",
        "Nadia",
        "Noah",
        "Olga",
        "Pablo",
        "Ravi",
        "Sara",
        "Tim",
    ),
)
_LAST = ("Becker", "Brown", "Costa", "Díaz", "Evans", "Fischer", "Haddad", "Kim", "Lopez", "Novak", "Okoye", "Silva")
_NICKS = ("Salty", "Lazy", "Captain", "Turbo", "Quiet", "Pixel", "Tiny", "Iron", "Foggy", "Lucky")
_NOUNS = ("Otter", "Anchor", "Gull", "Crate", "Kraken", "Buoy", "Sailor", "Lantern", "Whale", "Compass")

_PRAISED = {
    "onboarding": 1.0,
    "pricing": 0.7,
    "crashes": 0.6,
    "support": 1.0,
    "speed": 1.0,
    "integrations": 1.1,
    "export": 0.6,
    "mobile app": 1.0,
    "the game": 1.8,
    "new editor": 0.0,
}
_BLAMED = {
    "onboarding": 0.9,
    "pricing": 1.4,
    "crashes": 1.3,
    "support": 1.0,
    "speed": 1.5,
    "integrations": 1.0,
    "export": 1.6,
    "mobile app": 1.2,
    "the game": 0.5,
    "new editor": 0.0,
}
#: What 2.0 changed in what people write about: two weeks of the editor, then less slowness and fewer broken exports.
_PRAISED_SINCE = {"speed": 2.0, "export": 1.1, "new editor": 1.6}
_BLAMED_SINCE = {"speed": 0.5, "export": 0.5, "mobile app": 1.5, "new editor": 1.3}
_SINCE_RELEASE = ("release", "after", "checkout")


def tell(page: Page) -> Payload:
    """The whole day's reviews, oldest first."""
    what = effects(page.day, page.anchor)
    roll = dice("voice", page.day)
    usual = 6.1 * seasons.level(page.day, 0.10) * seasons.REVIEW_WEEK[page.day.weekday()]
    count = roll.negbin(usual * what.reviews, 0.18)
    bad = min(count, roll.dither(count * negative_share(page.day, page.anchor)))
    moods: list[Mood] = ["bad" for _ in range(bad)]
    moods += [_mild(roll) for _ in range(count - bad)]
    roll.shuffle(moods)
    times = sorted(_moment(roll, page) for _ in moods)
    reviews = [_review(roll, mood, what) | {"at": at.isoformat()} for mood, at in zip(moods, times, strict=True)]
    for number, review in enumerate(reviews, 1):
        review["id"] = f"demo-{page.day.isoformat()}-{number:02}"
    return {"day": page.day.isoformat(), "reviews": reviews}


def cut(payload: Payload, page: Page) -> Payload:
    """The reviews written by ``page.now``."""
    written = [one for one in payload["reviews"] if datetime.fromisoformat(one["at"]) <= page.now]
    return payload | {"reviews": written}


def documents(payload: Payload) -> list[Record]:
    """The payload as documents."""
    return [_document(one) for one in payload["reviews"]]


def _mild(roll: Dice) -> Mood:
    return "mixed" if roll.random() < 0.15 else "good"


def _moment(roll: Dice, page: Page) -> datetime:
    hour = roll.weighted(range(24), seasons.HOURS)
    return page.moment((hour + roll.random()) / 24)


def _review(roll: Dice, mood: Mood, what: Effects) -> dict[str, Any]:
    language = roll.weighted(tuple(_LANGUAGES), (0.86, 0.08, 0.06))
    platform = roll.weighted(_PLATFORMS, (0.0 if mood == "mixed" else 0.36, 0.40, 0.24))
    words = _LANGUAGES[language]
    brief = _brief(roll, mood, what, tuple(words.areas))
    version = f"2.0.{roll.randint(0, 4)}" if what.topic in _SINCE_RELEASE else f"1.9.{roll.randint(2, 9)}"
    extra: dict[str, Any] = {"platform": platform, "version": version, "helpful": roll.negbin(1.4, 1.6)}
    if platform == "steam":
        extra["playtime_hours"] = round(roll.lognormvariate(2.7, 1.0), 1)
    return {
        "text": write(roll, words, brief),
        "title": title(roll, words, brief) if platform == "trustpilot" else "",
        "author": _author(roll, platform),
        "language": language,
        "rating": _rating(roll, mood, platform),
        "extra": extra,
    }


def _brief(roll: Dice, mood: Mood, what: Effects, known: tuple[str, ...]) -> Brief:
    weights = _weights(mood == "bad", what)
    areas: list[str] = []
    while len(areas) < roll.randint(1, 3):
        area = roll.weighted(known, [weights[one] for one in known])
        if area not in areas:
            areas.append(area)
    against, left = _weights(mood != "bad", what), [one for one in known if one not in areas]
    other = roll.weighted(left, [against[one] for one in left])
    told = {"outage": 0.75, "checkout": 0.55}.get(what.topic, 0.0)
    hit = mood == "bad" and roll.random() < told
    return Brief(mood, tuple(areas), other, what.topic if hit else "")


def _weights(blame: bool, what: Effects) -> dict[str, float]:
    """How often each area is named, in praise or in blame."""
    weights = dict(_BLAMED if blame else _PRAISED)
    if what.topic in _SINCE_RELEASE:
        weights |= _BLAMED_SINCE if blame else _PRAISED_SINCE
    if what.topic == "release":
        weights["new editor"] = 4.0
    return weights


def _rating(roll: Dice, mood: Mood, platform: str) -> str:
    if platform == "steam":
        return "down" if mood == "bad" else "up"
    match mood:
        case "bad":
            return roll.weighted(("1", "2"), (0.62, 0.38))
        case "mixed":
            return "3"
        case "good":
            return roll.weighted(("4", "5"), (0.36, 0.64))


def _author(roll: Dice, platform: str) -> str:
    if platform == "steam":
        return f"{roll.choice(_NICKS)}{roll.choice(_NOUNS)}{roll.choice(('', roll.randint(1, 99)))}"
    return f"{roll.choice(_FIRST)} {roll.choice(_LAST)}"


def _document(one: dict[str, Any]) -> Document:
    shown = one["rating"]
    thumbs = shown in ("up", "down")
    return Document(
        external_id=one["id"],
        text=one["text"],
        title=one["title"],
        created_at=datetime.fromisoformat(one["at"]),
        author=one["author"],
        language=one["language"],
        rating=float(shown == "up") if thumbs else (int(shown) - 1) / 4,
        rating_original=shown,
        rating_scale="thumbs" if thumbs else "1-5",
        extra=one["extra"],
    )
