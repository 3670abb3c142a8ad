"""Pages that carry reviews as JSON-LD in the kit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.acceptance.case import Case, Service, Stage
from tests.fakes.review_page import ReviewPageFake


@contextmanager
def _play(stage: Stage) -> Iterator[Service]:
    with ReviewPageFake(reviews=24) as fake:
        stage.settings.ALLOWED_PRIVATE_HOSTS = frozenset({fake.host})
        pages = ("/product/lamp", "/graph/kettle", "/local/bakery")
        yield Service({"addresses": [fake.address(one) for one in pages]}, fake=fake)


CASE = Case("review_page", _play, least=49)
