"""What customers say: counted from documents by ``metrics.actions.voice``."""

from datetime import timedelta

from metrics.catalog._base import Definition, definitions

_MOVES = timedelta(days=1)

definitions.add(
    Definition(
        key="reviews.count",
        label="Reviews",
        direction="neutral",
        theme="voice",
        settle=_MOVES,
        description="Reviews written on the day, without those withdrawn since.",
    )
)
definitions.add(
    Definition(
        key="reviews.rating",
        label="Average rating",
        kind="mean",
        unit="percent",
        direction="up",
        theme="voice",
        settle=_MOVES,
        floor=10,
        description=(
            "Mean rating, each put on 0–100 %: one star of five is 0 %, five are 100 %; thumbs down is 0 %, "
            "thumbs up 100 %. Break it down by platform before you compare scales."
        ),
    )
)
definitions.add(
    Definition(
        key="reviews.rated",
        label="Rated reviews",
        theme="voice",
        settle=_MOVES,
        description="Reviews that carry a rating.",
    )
)
definitions.add(
    Definition(
        key="reviews.negative",
        label="Negative reviews",
        direction="down",
        theme="voice",
        settle=_MOVES,
        description="Reviews rated at most 40 %: one or two stars of five, thumbs down.",
    )
)
definitions.add(
    Definition(
        key="reviews.negative_share",
        label="Negative share",
        kind="ratio",
        parts=("reviews.negative", "reviews.rated"),
        unit="percent",
        direction="down",
        theme="voice",
        settle=_MOVES,
        floor=20,
        description="Negative reviews among rated reviews.",
    )
)
definitions.add(
    Definition(
        key="comments.count",
        label="Comments",
        theme="voice",
        settle=_MOVES,
        description="Comments and posts written on the day.",
    )
)
