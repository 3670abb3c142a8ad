"""What the settings of a source ask for, and the run of the tap that answers it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from livinglytics.lib.errors import Invalid
from sources.connectors._base import Context
from sources.connectors.singer.catalog import Catalog
from sources.connectors.singer.mapping import Rules, row_by_row, rules_of, summed
from sources.connectors.singer.workplace import Workplace, settings_of


class Settings(Protocol):
    """The settings of a source, as ``SingerConfig`` declares them."""

    @property
    def tap(self) -> str: ...
    @property
    def config(self) -> str: ...
    @property
    def streams(self) -> tuple[str, ...]: ...
    @property
    def mapping(self) -> str: ...


@dataclass(frozen=True)
class Job:
    """Checked settings. ``rules`` are only those of streams that are wanted."""

    tap: str
    config: Mapping[str, Any]
    wanted: tuple[str, ...]
    rules: Rules

    @classmethod
    def of(cls, settings: Settings) -> Job:
        """Raises Invalid that names the field at fault."""
        rules = rules_of(settings.mapping)
        wanted = tuple(dict.fromkeys(settings.streams))
        left_out = next((one for one in rules if wanted and one not in wanted), "")
        if left_out:
            message = f"{left_out} has a mapping and is not under Streams. Add it there, or take the mapping out."
            raise Invalid(message, details={"streams": [message]})
        return cls(settings.tap, settings_of(settings.config), wanted, rules)

    def place(self, ctx: Context) -> Workplace:
        """Where the tap will run. Raises Invalid (``tap``) unless the operator allowed this tap."""
        program = ctx.programs.get(self.tap)
        if not program:
            names = ", ".join(sorted(ctx.programs))
            allowed = f"Allowed here: {names}." if names else "None is allowed yet."
            message = f"No tap of this name may be run. {allowed} The operator sets SINGER_TAPS."
            raise Invalid(message, details={"tap": [message]})
        if not Path(program).is_file():
            message = "The program of this tap is gone. The operator has to correct SINGER_TAPS."
            raise Invalid(message, details={"tap": [message]})
        return Workplace(program, self.config)

    def insist_on(self, catalog: Catalog) -> None:
        """Raises Invalid for a stream that the tap doesn't offer."""
        for field, names in (("streams", self.wanted), ("mapping", tuple(self.rules))):
            gone = next((one for one in names if one not in catalog.names), "")
            if gone:
                message = f"The tap has no stream {gone}. It has: {', '.join(catalog.names[:30])}."
                raise Invalid(message, details={field: [message]})

    def rows_of(self, catalog: Catalog) -> tuple[str, ...]:
        """Streams that are read on from where the last reading ended."""
        names = self.wanted or catalog.names
        return tuple(one for one in names if row_by_row(self.rules.get(one, ())) or not self.rules.get(one))

    @property
    def added_up(self) -> tuple[str, ...]:
        """Streams whose numbers are added up over a whole pass."""
        return tuple(name for name, rules in self.rules.items() if summed(rules))

    def scope(self, *more: str) -> str:
        """What a state belongs to: another tap, start date or choice of streams begins anew.

        Nothing else of the config counts: tokens change, and no trace of a secret belongs into a state.
        """
        parts = [self.tap, sorted(self.wanted), str(self.config.get("start_date", "")), *more]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]
