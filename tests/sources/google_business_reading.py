"""What the tests of Google Business Profile share: a reader with an account, without a database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from sources.connectors._base import Context
from sources.connectors.google_business import GoogleBusiness, GoogleBusinessConfig
from sources.connectors.google_business.texts import original
from tests.fakes.google_business import TOKEN, GoogleBusinessFake
from tests.sources.reading import Reader

NOW = datetime.fromtimestamp(1_795_100_000, UTC)
BUSINESS = GoogleBusiness()
ONLY = GoogleBusinessConfig("connected")


@dataclass
class Signed(Reader):
    """A reader whose account gives ``TOKEN``; ``refused`` notes what it was asked with."""

    refused: list[str] = field(default_factory=list)
    token: Callable[[str], str] = lambda refused: TOKEN

    def context(self) -> Context:
        def give(refused: str = "") -> str:
            self.refused.append(refused)
            return self.token(refused)

        return replace(super().context(), token=give)


def reading(fake: GoogleBusinessFake, config: GoogleBusinessConfig = ONLY) -> Signed:
    return Signed(BUSINESS, fake, config, now=NOW, zone="UTC")


def texts(reader: Reader) -> dict[str, str]:
    """Id -> what was stored of the text."""
    return {key: row.get("comment", "") for key, row in reader.rows.items()}


def truth(fake: GoogleBusinessFake) -> dict[str, str]:
    """Id -> text of every review that Google has."""
    return {key: one.get("comment", "") for key, one in fake.everything.items()}


def shown(fake: GoogleBusinessFake) -> dict[str, str]:
    """Id -> text without Google's translation."""
    return {key: original(one.get("comment")) for key, one in fake.everything.items()}
