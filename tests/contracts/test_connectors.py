"""What every connector keeps, whichever file it comes from."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from livinglytics.lib.errors import Invalid
from livinglytics.lib.weblinks import weblink
from metrics.catalog.team import from_connector
from sources import configuration
from sources.connectors import connectors
from sources.connectors._base import Connector, Option, Recognised, Unread, options

SPRITE = Path("static/vendor/lucide/sprite.svg").read_text(encoding="utf-8")
#: addresses that can be watched, at least one for each connector that recognises any
SAMPLES = (
    *("https://store.steampowered.com/app/620/Portal_2/", "https://steamcommunity.com/app/620", "steam://run/620"),
    *("https://youtu.be/dQw4w9WgXcQ", "https://www.youtube.com/@somebody", "https://m.youtube.com/user/Somebody"),
    *("https://de.trustpilot.com/review/www.example.com", "https://www.yelp.de/biz/caf%C3%A9-zum-test-berlin-2"),
    "https://search.google.com/local/writereview?placeid=ChIJN1t_tDeuEmsRUsoyG83frY4",
    *("https://www.amazon.de/Some-Thing/dp/B0ABCDEFGH/ref=sr_1_1?th=1", "https://amazon.com/gp/product/b0abcdefgh"),
    *("https://old.reddit.com/r/Python/comments/abc123/some_title/", "https://www.reddit.com/r/Python/"),
    "https://example.com/",
)
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


# -- addresses that can be watched -----------------------------------------------------------


def answers(address: str) -> dict[str, Recognised | Unread]:
    """Connector -> what it says of the address, of those who say anything."""
    link = weblink(address)
    assert link is not None
    return {one.key: said for one in connectors.all() if (said := one.recognise(link)) is not None}


WATCHED = [(key, said) for one in SAMPLES for key, said in answers(one).items() if isinstance(said, Recognised)]
every_target = pytest.mark.parametrize(("key", "found"), WATCHED, ids=[f"{key}-{one.url}" for key, one in WATCHED])


@pytest.mark.parametrize("address", SAMPLES)
def test_an_address_belongs_to_one_connector_at_most(address: str) -> None:
    assert len(answers(address)) <= 1


@every_connector
def test_a_connector_that_recognises_addresses_has_a_platform_and_a_sample(connector: Connector) -> None:
    if type(connector).recognise is not Connector.recognise:
        assert re.fullmatch(r"[a-z][a-z0-9_]{1,39}", connector.platform)
        assert connector.key in {key for key, _ in WATCHED}, "add an address to SAMPLES"


@every_target
def test_the_address_that_is_shown_leads_to_the_same_thing_again(key: str, found: Recognised) -> None:
    assert answers(found.url) == {key: found}
    assert found.kind in {"product", "game", "video", "channel", "post", "community", "business"}


@every_target
def test_its_settings_are_taken_as_they_are_and_only_others_are_left_to_be_entered(key: str, found: Recognised) -> None:
    connector = connectors.get(key)
    secrets = {name: "x" for name, (how, _) in options(connector.config).items() if how.secret}
    asked: set[str] = set()
    try:
        assert configuration.clean(connector, {**secrets, **found.config}).plain == dict(found.config)
    except Invalid as error:  # credentials of another kind, such as a client's id, are entered by a person
        asked = set(error.details)
    assert found.config
    assert asked <= set(options(connector.config)) - set(found.config)
