"""From a plain change of numbers to one that knows whether it is good news."""

from __future__ import annotations

from typing import Final

from livinglytics.lib import numbers
from metrics.charts.shapes import Change, Direction, judge

#: the minus of typesetting, as wide as the plus beside it
_MINUS: Final = str.maketrans({"-": "\u2212"})


def judged(change: numbers.Change, direction: Direction = "neutral", *, words: str = "", rule: str = "") -> Change:
    """`words` is the comparison as people say it ("vs 4.1k the week before"); `rule` goes to the tooltip."""
    sign = change.sign or 0
    text = change.text.translate(_MINUS)
    return Change(text=text, words=words, sign=sign, judgement=judge(sign, direction), rule=rule)
