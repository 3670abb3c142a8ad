"""Sentences from parts: how the words of one language become a review."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sources.demo.chance import Dice

Mood = Literal["good", "mixed", "bad"]
Phrases = Sequence[str]
_SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Words:
    """The phrases of one language. ``{slot}`` in a phrase is filled from ``slots``.

    ``areas``: product area -> (praise, complaints). ``incidents``: topic -> complaints.
    """

    slots: Mapping[str, Phrases]
    openers: Mapping[Mood, Phrases]
    areas: Mapping[str, tuple[Phrases, Phrases]]
    incidents: Mapping[str, Phrases]
    contexts: Phrases
    turns: Phrases
    closers: Mapping[Mood, Phrases]
    shorts: Mapping[Mood, Phrases]
    titles: Mapping[Mood, Phrases]


@dataclass(frozen=True, slots=True)
class Brief:
    """What a review is to say: its mood, the areas it names, the area that speaks against, perhaps an incident."""

    mood: Mood
    areas: tuple[str, ...]
    other: str
    incident: str = ""


def write(roll: Dice, words: Words, brief: Brief) -> str:
    """One review: short (a line), medium (two or three sentences) or long (four to seven)."""
    length = roll.weighted(("short", "medium", "long"), (0.24, 0.52, 0.24))
    if length == "short":
        sentences = _short(roll, words, brief)
    else:
        sentences = _body(roll, words, brief, long=length == "long")
    return _style(roll, " ".join(_fill(roll, words, one) for one in sentences))


def title(roll: Dice, words: Words, brief: Brief) -> str:
    """A headline that fits the mood."""
    return _fill(roll, words, roll.choice(words.titles[brief.mood]))


def _short(roll: Dice, words: Words, brief: Brief) -> list[str]:
    if brief.mood != "mixed" and roll.random() < 0.55:
        return [_claim(roll, words, brief, brief.areas[0])]
    if roll.random() < 0.5:
        return [roll.choice(words.shorts[brief.mood])]
    return [roll.choice(words.shorts[brief.mood]), roll.choice(words.contexts)]


def _body(roll: Dice, words: Words, brief: Brief, *, long: bool) -> list[str]:
    parts: list[str] = []
    if long or roll.random() < 0.6:
        parts.append(roll.choice(words.openers[brief.mood]))
    if long or roll.random() < 0.35:
        parts.append(roll.choice(words.contexts))
    parts += [_claim(roll, words, brief, area) for area in (brief.areas if long else brief.areas[:1])]
    if brief.mood == "mixed" or (long and roll.random() < 0.35):
        parts.append(_other_side(roll, words, brief))
    if long or roll.random() < 0.45:
        parts.append(roll.choice(words.closers[brief.mood]))
    return parts


def _claim(roll: Dice, words: Words, brief: Brief, area: str) -> str:
    if brief.incident and area == brief.areas[0]:
        return roll.choice(words.incidents[brief.incident])
    return roll.choice(words.areas[area][1 if brief.mood == "bad" else 0])


def _other_side(roll: Dice, words: Words, brief: Brief) -> str:
    """What speaks against the rest of the review: a complaint after praise, praise after complaints."""
    said = words.areas[brief.other][0 if brief.mood == "bad" else 1]
    turn, sentence = roll.choice(words.turns), roll.choice(said)
    if turn.endswith(":") or sentence.startswith(("I ", "{")):
        return f"{turn} {sentence}"
    return f"{turn} {sentence[0].lower()}{sentence[1:]}"


def _fill(roll: Dice, words: Words, text: str) -> str:
    def fill(found: re.Match[str]) -> str:
        return roll.choice(words.slots[found[1]])

    filled = _SLOT.sub(fill, text)
    return filled[:1].upper() + filled[1:]


def _style(roll: Dice, text: str) -> str:
    """People type as they type: some all in small letters, some without the last stop, some with a smile."""
    habit = roll.random()
    if habit < 0.05:
        return text.lower()
    if habit < 0.12:
        return text.rstrip(".")
    if habit < 0.15 and text.endswith("."):
        return text[:-1] + "!!"
    return text
