"""The colours hold what the design promises, in both themes."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest

CSS = Path(__file__).parents[2] / "static/css/tokens.css"
TOKENS = {
    name: {"light": light, "dark": dark}
    for name, light, dark in re.findall(
        r"--([\w-]+):\s*light-dark\(\s*(#[0-9a-f]{6})\s*,\s*(#[0-9a-f]{6})\s*\)", CSS.read_text()
    )
}
THEMES = ("light", "dark")
TEXT_PAIRS = [
    *itertools.product(("ink", "ink-2", "ink-3"), ("paper", "surface", "sunken")),
    *itertools.product(("accent", "good", "bad", "warn"), ("paper", "surface")),
    ("accent", "sunken"),
    ("ink", "accent-soft"),
    ("ink-2", "accent-soft"),
    ("ink-3", "accent-soft"),
    ("accent", "accent-soft"),
    ("good", "good-soft"),
    ("bad", "bad-soft"),
    ("warn", "warn-soft"),
    ("ink", "warn-soft"),
    ("ink", "bad-soft"),
    ("on-accent", "accent"),
    ("paper", "ink"),
    ("on-brand", "brand"),
]
MARKS = ("accent", "compare", "control", *(f"cat-{number}" for number in range(1, 7)), "cat-other")
CATEGORIES = [f"cat-{number}" for number in range(1, 7)]
# Machado, Oliveira and Fernandes (2009), severity 1.0, on linear RGB
BLINDNESS = {
    "none": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protan": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deutan": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritan": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}


def linear(colour: str) -> tuple[float, float, float]:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return red, green, blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted(
        (sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear(c), strict=True)) + 0.05)
        for c in (other, one)
    )[::-1]
    return light / dark


def lab(colour: str, sight: str) -> tuple[float, float, float]:
    seen = [sum(w * part for w, part in zip(row, linear(colour), strict=True)) for row in BLINDNESS[sight]]
    red, green, blue = (min(max(part, 0.0), 1.0) for part in seen)
    x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.95047
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.08883
    fx, fy, fz = (part ** (1 / 3) if part > 0.008856 else 7.787 * part + 16 / 116 for part in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("text", "ground"), TEXT_PAIRS)
def test_text_stands_out_from_its_ground(theme: str, text: str, ground: str) -> None:
    assert contrast(TOKENS[text][theme], TOKENS[ground][theme]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("mark", MARKS)
def test_lines_and_bars_stand_out_from_a_card(theme: str, mark: str) -> None:
    assert contrast(TOKENS[mark][theme], TOKENS["surface"][theme]) >= 3


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("sight", BLINDNESS)
def test_the_six_categories_stay_apart_for_every_kind_of_sight(theme: str, sight: str) -> None:
    seen = {name: lab(TOKENS[name][theme], sight) for name in CATEGORIES}
    apart = {
        (one, other): sum((a - b) ** 2 for a, b in zip(seen[one], seen[other], strict=True)) ** 0.5
        for one, other in itertools.combinations(CATEGORIES, 2)
    }
    nearest = min(apart, key=apart.__getitem__)
    assert apart[nearest] >= 20, f"{nearest} are {apart[nearest]:.1f} apart"
