from __future__ import annotations

from collections.abc import Iterator

import pytest
from rest_framework.test import APIClient

from accounts.throttling import forget_usage
from tests.cast import anonymous


@pytest.fixture(autouse=True)
def _fresh_limits() -> Iterator[None]:
    forget_usage()
    yield
    forget_usage()


@pytest.fixture
def nobody() -> APIClient:
    return anonymous()
