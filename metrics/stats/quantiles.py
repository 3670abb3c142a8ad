"""Quantiles of samples."""

from __future__ import annotations

from collections.abc import Sequence


def quantile(ordered: Sequence[float], rank: float) -> float:
    """The value below which a share ``rank`` (0..1) of the sample lies, interpolated between the two nearest.

    The definition of SQL's ``percentile_cont`` and of R's type 7 (Hyndman and Fan, 1996).
    ``ordered`` is sorted and not empty.
    """
    place = rank * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)
