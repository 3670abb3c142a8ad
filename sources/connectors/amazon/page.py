"""What stands on a product's page at Amazon: name, totals, and the reviews that Amazon shows first.

Parts are found by their ``data-hook``, which is the same in all languages, in its present and its earlier spelling.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

from sources.connectors._values import prose, words
from sources.connectors.amazon.linked import totals
from sources.connectors.amazon.localised import count, day, stars, votes
from sources.connectors.amazon.texts import Found

_TITLES: Final = ("#productTitle", "#title")
_RATINGS: Final = (
    '[data-hook="rating-out-of-text"]',
    '[data-hook="average-star-rating"] .a-icon-alt',
    "#acrPopover .a-icon-alt",
)
_TOTALS: Final = ('[data-hook="total-review-count"]', "#acrCustomerReviewText")
_SECTIONS: Final = "#reviewsMedley, #customerReviews, #customer-reviews_feature_div, [data-hook=reviews-medley-footer]"
#: so many people do not rate without one of them writing something
_MANY: Final = 50
_STARS: Final = ('[data-hook="review-star-rating"]', '[data-hook="cmps-review-star-rating"]')
_HEADINGS: Final = ('[data-hook="reviewTitle"]', '[data-hook="review-title"]')
_BODIES: Final = tuple(
    f'[data-hook="{one}"]'
    for one in ("review-collapsed", "reviewRichContentContainer", "reviewText", "reviewTextContainer", "review-body")
)
_ID: Final = re.compile(r"(?:customer_review(?:_foreign)?-)?(R[A-Z0-9]{5,30})")
_LINK: Final = re.compile(r"/customer-reviews/(R[A-Z0-9]{5,30})")
_SILENT: Final = frozenset({"script", "style", "noscript", "template", "button"})
#: what is not the author's text: machine translations, stars for screen readers, folding, videos
_BESIDE: Final = re.compile(
    r"(?:^|\s)(?:a-icon-alt|aok-hidden|a-hidden|a-offscreen|cr-translated-review-content|video-block|"
    r"a-expander-header|a-expander-prompt|a-teaser-(?:describedby|toggle)\S*)(?:\s|$)"
)
_APART: Final = frozenset({"p", "div", "li", "ul", "ol", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote"})
_LINE: Final = "\u2028"


class Page:
    """One page as it was sent.

    ``rating`` is the average from 1 to 5, ``total`` the count of all ratings; None where they are not told.
    """

    def __init__(self, html: str) -> None:
        self._tree = LexborHTMLParser(html)
        root = self._tree.root
        linked = totals(html)
        self.title = words(_first(root, _TITLES))[:200]
        rating, total = stars(_first(root, _RATINGS)), count(_first(root, _TOTALS))
        self.rating = linked.rating if rating is None else rating
        self.total = linked.total if total is None else total
        self._cards = root.css('[data-hook="review"]') if root else []

    @property
    def is_product(self) -> bool:
        """Is it a product's page at all?"""
        return bool(self.title or self._cards)

    @property
    def left_out(self) -> bool:
        """Were the reviews left out, so that no list of them must not be taken for no reviews?"""
        return not self._cards and ((self.total or 0) >= _MANY or self._tree.css_first(_SECTIONS) is None)

    def reviews(self) -> Iterator[Found]:
        """The reviews in the order of the page, each as often as it is shown."""
        return (_review(card) for card in self._cards)


def _review(card: LexborNode) -> Found:
    shown = words(_first(card, ('[data-hook="review-date"]',)))[:200]
    return Found(
        id=_name(card),
        title=words(_first(card, _HEADINGS, original=True))[:300],
        text=prose(_first(card, _BODIES, original=True)),
        stars=_stars(card),
        shown=shown,
        at=day(shown),
        verified=card.css_first('[data-hook*="avp-badge"]') is not None,
        vine=card.css_first('[data-hook*="vine-badge"]') is not None,
        helpful=votes(_first(card, ('[data-hook*="helpful-vote-statement"]',))),
        foreign=card.css_first('[data-hook^="cmps-"], [id^="customer_review_foreign"]') is not None,
        author=words(_first(card, (".a-profile-name",)))[:150],
    )


def _name(card: LexborNode) -> str:
    """The review's id: on its box, on the one around or inside it, or in its own link."""
    inside, around = card.css_first('[id^="customer_review"]'), card.parent
    for one in (card, inside, around):
        found = _ID.fullmatch(one.attributes.get("id") or "") if one else None
        if found:
            return found[1]
    link = card.css_first('a[href*="/customer-reviews/R"]')
    found = _LINK.search(link.attributes.get("href") or "") if link else None
    return found[1] if found else ""


def _stars(card: LexborNode) -> float | None:
    """By their text, or where that cannot be read by the picture of them."""
    for one in _STARS:
        icon = card.css_first(one)
        if icon is not None:
            told = stars(icon.text())
            drawn = re.search(r"\ba-star-([1-5])\b(?!-)", icon.attributes.get("class") or "")
            return told if told is not None else float(drawn[1]) if drawn else None
    return None


def _first(node: LexborNode | None, wanted: tuple[str, ...], *, original: bool = False) -> str:
    """The text of the first part that has one. ``original``: where there is a translation, what the author wrote."""
    for one in wanted:
        for part in node.css(one) if node else ():
            written = part.css_first(".cr-original-review-content") if original else None
            if text := _text(written or part, beside=original):
                return text
    return ""


def _text(node: LexborNode, *, beside: bool) -> str:
    """The text with its lines; ``beside``: without what stands beside the author's text."""
    pieces: list[str] = []
    left: list[LexborNode | str] = [node]
    while left:
        one = left.pop()
        if isinstance(one, str):
            pieces.append(one)
        elif one.is_text_node:
            pieces.append(one.text_content or "")
        elif one.tag == "br":
            pieces.append(_LINE)
        elif one.tag not in _SILENT and not (beside and _BESIDE.search(one.attributes.get("class") or "")):
            edge = [_LINE] if one.tag in _APART else []
            left += [*edge, *reversed(list(one.iter(include_text=True))), *edge]
    lines = [" ".join(line.split()) for line in "".join(pieces).split(_LINE)]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
