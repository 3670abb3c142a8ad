"""What every connector keeps, whichever file it comes from."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from metrics.catalog.team import from_connector
from sources.connectors import connectors
from sources.connectors._base import Connector, Option

SPRITE = Path("static/vendor/lucide/sprite.svg").read_text(encoding="utf-8")
every_connector = pytest.mark.parametrize("connector", connectors.all(), ids=lambda one: one.key)


@every_connector
def test_a_connector_says_what_it_is(connector: Connector) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_]{1,39}", connector.key)
    assert connector.label
    assert connector.summary.endswith(".")
    assert f'id="{connector.icon}"' in SPRITE, f"{connector.icon} is not among the icons"


@every_connector
def test_its_settings_are_declared_so_that_a_form_can_be_made_of_them(connector: Connector) -> None:
    assert dataclasses.is_dataclass(connector.config)
    for one in dataclasses.fields(connector.config):
        how = one.metadata["option"]
        assert isinstance(how, Option)
        assert how.label
        if how.kind == "choice":
            assert how.choices


@every_connector
def test_its_streams_have_names_of_their_own(connector: Connector) -> None:
    keys = [one.key for one in connector.streams]
    assert len(keys) == len(set(keys)) > 0


@every_connector
def test_its_metrics_make_definitions_and_its_ratios_have_their_parts(connector: Connector) -> None:
    known = {one.key for one in connector.metrics}
    for metric in connector.metrics:
        definition = from_connector(metric)
        assert definition.label
        assert definition.formula
        assert set(definition.parts or ()) <= known
        assert re.fullmatch(r"[a-z][a-z0-9_.]{0,99}", metric.key)


@every_connector
def test_a_metric_that_two_connectors_bring_means_the_same_in_both(connector: Connector) -> None:
    for other in connectors.all():
        theirs = {one.key: one for one in other.metrics}
        for metric in connector.metrics:
            if metric.key in theirs:
                assert (metric.kind, metric.unit, metric.direction) == (
                    theirs[metric.key].kind,
                    theirs[metric.key].unit,
                    theirs[metric.key].direction,
                )
