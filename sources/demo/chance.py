"""Chance that repeats: each number of the demo is drawn from a seed made of its own name and day."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from random import Random
from typing import TypeVar

T = TypeVar("T")

#: Above this mean a rounded normal draw stands in for a Poisson draw.
_MANY = 60.0


class Dice(Random):
    """``random.Random`` with the count distributions the demo needs."""

    def poisson(self, mean: float) -> int:
        """A Poisson draw (Knuth below a mean of 60, a rounded normal above)."""
        if mean <= 0:
            return 0
        if mean > _MANY:
            return max(0, round(self.gauss(mean, math.sqrt(mean))))
        limit, product, count = math.exp(-mean), self.random(), 0
        while product > limit:
            product *= self.random()
            count += 1
        return count

    def negbin(self, mean: float, spread: float) -> int:
        """A count with variance mean + (mean · spread)²; ``spread`` is the relative extra deviation."""
        if mean <= 0:
            return 0
        shape = 1 / spread**2
        return self.poisson(self.gammavariate(shape, mean / shape))

    def binomial(self, trials: int, chance: float) -> int:
        """How many of ``trials`` succeed (a clipped, rounded normal above 60 trials)."""
        chance = min(1.0, max(0.0, chance))
        if trials <= _MANY:
            return sum(self.random() < chance for _ in range(trials))
        drawn = round(self.gauss(trials * chance, math.sqrt(trials * chance * (1 - chance))))
        return min(trials, max(0, drawn))

    def around(self, spread: float) -> float:
        """A positive factor with median 1 and a log standard deviation of ``spread``."""
        return math.exp(self.gauss(0.0, spread))

    def dither(self, value: float) -> int:
        """``value`` rounded up or down so that the average stays ``value``."""
        return math.floor(value + self.random())

    def weighted(self, options: Sequence[T], weights: Sequence[float]) -> T:
        """One of ``options``, as often as its weight says."""
        return self.choices(options, weights)[0]


def dice(name: str, day: date) -> Dice:
    """The dice of one series on one day: the same name and day always roll the same."""
    return Dice(f"harbor:{name}:{day.isoformat()}")
