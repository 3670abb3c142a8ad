"""Secrets go in and never come out; keys can be changed without asking anybody again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from io import StringIO
from typing import Any

import jsonschema
import pytest
from django.core.management import CommandError, call_command

from accounts.models import AuditEvent
from livinglytics.lib.errors import Invalid, NotFound, RateLimited
from livinglytics.lib.secrets import CannotOpen, Sealer
from sources import configuration, vault
from sources.actions.connect import connect_source
from sources.actions.update import update_source
from sources.configuration import Cleaned
from sources.connectors import connectors
from sources.connectors._base import Checked, option
from sources.models import Credential, JobStatus, Schedule, Source, SourceState, StreamState
from sources.selectors.health import source_health
from tests.cast import make_team, make_user
from tests.sources.scripted import Script, make_job, make_source, run, scripted

pytestmark = pytest.mark.django_db
SECRET = "sesame-sesame-3f9a"


@pytest.fixture(autouse=True)
def script() -> Iterator[Script]:
    with scripted() as one:
        yield one


def test_a_secret_is_sealed_at_rest_and_shown_as_a_hint_only() -> None:
    source = make_source(make_team(), token=SECRET)
    kept = Credential.objects.get(source=source)
    assert SECRET not in kept.sealed
    assert SECRET not in json.dumps(source.config)
    shown = source_health(source.team, source.pk).secrets["token"]
    assert shown.startswith("set on 20")
    assert shown.endswith("ends …3f9a")
    assert vault.secrets_of(source) == {"token": SECRET}


def test_nothing_of_a_short_secret_is_shown() -> None:
    source = make_source(make_team(), token="short")
    assert "ends" not in source_health(source.team, source.pk).secrets["token"]


def test_keys_are_rotated_in_place_and_the_old_one_can_go(settings: Any) -> None:
    old, new = Sealer.new_key(), Sealer.new_key()
    settings.SEALING_KEYS = [old]
    sources = [make_source(make_team(), token=f"{SECRET}{n}") for n in range(3)]
    settings.SEALING_KEYS = [new, old]
    out = StringIO()
    call_command("rotate_keys", stdout=out)
    assert "3 sealed" in out.getvalue()
    settings.SEALING_KEYS = [new]
    assert [vault.secrets_of(one)["token"] for one in sources] == [f"{SECRET}{n}" for n in range(3)]
    settings.SEALING_KEYS = [old]
    with pytest.raises(CannotOpen):
        vault.secrets_of(sources[0])


def test_rotation_says_when_a_key_is_missing(settings: Any) -> None:
    settings.SEALING_KEYS = [Sealer.new_key()]
    make_source(make_team(), token=SECRET)
    settings.SEALING_KEYS = [Sealer.new_key()]
    with pytest.raises(CommandError, match="cannot be opened"):
        call_command("rotate_keys")


def test_any_long_text_can_be_a_key(settings: Any) -> None:
    settings.SEALING_KEYS = ["a long random text that is not base64 of 32 bytes"]
    assert vault.open_sealed(vault.seal({"a": "b"})) == {"a": "b"}


def test_a_run_whose_secret_cannot_be_opened_fails_with_what_to_do(settings: Any) -> None:
    settings.SEALING_KEYS = [Sealer.new_key()]
    source = make_source(make_team(), token=SECRET)
    settings.SEALING_KEYS = [Sealer.new_key()]
    job = make_job(source)
    assert run(job) == JobStatus.FAILED
    assert job.error_code == "secret.cannot_open"
    found = source_health(source.team, source.pk).trouble
    assert found is not None
    assert "again" in found.to_do


def test_connecting_checks_first_and_queues_the_first_sync(script: Script) -> None:
    team = make_team()
    made = connect_source(team=team, by=make_user(), kind="scripted", config={"token": SECRET, "number": "4"})
    assert script.tokens == [SECRET]
    assert made.source.name == "Scripted place"
    assert made.source.config == {"number": 4}
    assert made.job is not None
    assert run(made.job) == JobStatus.SUCCEEDED
    assert AuditEvent.objects.filter(verb="source.connected", team=team).count() == 1


def test_wrong_settings_write_nothing_and_name_the_field(script: Script) -> None:
    team = make_team()
    with pytest.raises(Invalid) as refused:
        connect_source(team=team, by=None, kind="scripted", config={"number": "12", "surprise": 1, "since": "soon"})
    assert set(refused.value.details) == {"number", "surprise", "since"}
    script.check = lambda config: Checked(False, "This token is not known.", field="token")
    with pytest.raises(Invalid) as refused:
        connect_source(team=team, by=None, kind="scripted", config={"token": SECRET})
    assert refused.value.details == {"token": ["This token is not known."]}
    assert not Source.objects.exists()
    assert not Credential.objects.exists()


def test_a_secret_that_is_left_out_stays_and_a_new_one_replaces_it(script: Script) -> None:
    source = make_source(make_team(), token=SECRET, number=3)
    update_source(source=source, by=None, config={"number": 5})
    assert vault.secrets_of(source) == {"token": SECRET}
    update_source(source=source, by=None, config={"token": "another-secret-77aa"})
    assert vault.secrets_of(source) == {"token": "another-secret-77aa"}
    source.refresh_from_db()
    assert source.config == {"number": 5}
    assert script.tokens == [SECRET, "another-secret-77aa"]
    told = json.dumps(list(AuditEvent.objects.values_list("details", flat=True)))
    assert "another" not in told
    assert '"token"' in told


def test_new_credentials_end_the_call_for_attention() -> None:
    source = make_source(make_team(), token=SECRET)
    Source.objects.filter(pk=source.pk).update(state=SourceState.ATTENTION, state_reason="Refused.")
    assert update_source(source=source, by=None, config={"token": "x" * 20}).state == SourceState.ACTIVE


def test_other_settings_make_the_next_sync_read_everything() -> None:
    source = make_source(make_team(), number=3)
    run(make_job(source))
    update_source(source=source, by=None, name="Only a name")
    assert StreamState.objects.filter(source=source).exists()
    update_source(source=source, by=None, config={"number": 4})
    assert not StreamState.objects.filter(source=source).exists()


def test_a_kind_with_a_usual_distance_gets_a_schedule(script: Script) -> None:
    connector = connectors.get("scripted")
    for every, fields in (
        (timedelta(minutes=15), "*/15 * * * *"),
        (timedelta(hours=6), "*/6"),
        (timedelta(days=1), " 6 "),
    ):
        connector.every = every  # type: ignore[misc]
        source = make_source(make_team())
        schedule = Schedule.objects.get(source=source)
        assert fields in schedule.expression
        assert schedule.next_due_at is not None


def test_settings_become_the_typed_config_of_the_connector() -> None:
    connector = connectors.get("steam")
    cleaned = configuration.clean(connector, {"app": " 620 ", "languages": "english\ngerman\n", "since": "2026-01-31"})
    assert cleaned == Cleaned({"app": "620", "languages": ["english", "german"], "since": "2026-01-31"}, {})
    config = configuration.build(connector, cleaned.plain)
    assert config.languages == ("english", "german")
    assert config.since.isoformat() == "2026-01-31"


def test_the_schema_marks_secrets_as_write_only() -> None:
    schema = configuration.schema(connectors.get("scripted"))
    assert schema["properties"]["token"]["writeOnly"] is True
    assert "default" not in schema["properties"]["token"]
    assert schema["properties"]["number"]["maximum"] == 9
    assert schema["additionalProperties"] is False


def test_a_limit_that_is_reached_during_the_check_means_that_the_settings_are_good(script: Script) -> None:
    def limited(config: Any) -> Checked:
        raise RateLimited("Try again at noon.")

    script.check = limited
    made = connect_source(team=make_team(), by=None, kind="scripted", name="Mine")
    assert made.checked.ok
    assert "Try again at noon." in made.checked.message


def test_an_error_of_the_check_is_told_at_the_field_it_names_without_secrets(script: Script) -> None:
    def gone(config: Any) -> Checked:
        raise NotFound(f"No such place for {config.token}.", details={"place": ["gone"]})

    script.check = gone
    with pytest.raises(Invalid) as refused:
        connect_source(team=make_team(), by=None, kind="scripted", config={"token": SECRET})
    assert refused.value.details == {"place": ["No such place for •••."]}


@dataclass(frozen=True)
class Everything:
    """One option of each kind."""

    share: float = option("Share", default=0.5, kind="number", minimum=0, maximum=1)
    loud: bool = option("Loud", default=False, kind="boolean")
    address: str = option("Address", default="", kind="url")
    mood: str = option("Mood", default="calm", kind="choice", choices=(("calm", "Calm"), ("wild", "Wild")))
    since: date | None = option("Since", default=None, kind="date")  # noqa: RUF009
    words: tuple[str, ...] = option("Words", default=(), kind="lines")
    count: int = option("Count", default=1, kind="integer", minimum=1)


GOOD = [
    ({"share": "0.25"}, "share", 0.25),
    ({"loud": "on"}, "loud", True),
    ({"loud": False}, "loud", False),
    ({"address": " https://example.com/a "}, "address", "https://example.com/a"),
    ({"mood": "wild"}, "mood", "wild"),
    ({"since": "2026-02-28"}, "since", date(2026, 2, 28)),
    ({"words": "a\n\n b "}, "words", ("a", "b")),
    ({"words": ["a"]}, "words", ("a",)),
    ({"count": 3}, "count", 3),
    ({"count": ""}, "count", 1),
]
BAD = [
    {"share": "nan"},
    {"share": 2},
    {"loud": "maybe"},
    {"address": "ftp://example.com"},
    {"address": "javascript:alert(1)"},
    {"address": {"a": 1}},
    {"mood": "sad"},
    {"since": "2026-02-30"},
    {"words": 5},
    {"count": 0},
    {"count": "1.5"},
    {"address": "https://" + "x" * 20_000},
]


@pytest.mark.parametrize(("given", "name", "value"), GOOD)
def test_settings_from_forms_and_programs_become_typed_values(given: dict[str, Any], name: str, value: Any) -> None:
    connector = connectors.get("scripted")
    connector.config = Everything  # type: ignore[misc]
    cleaned = configuration.clean(connector, given)
    assert getattr(configuration.build(connector, json.loads(json.dumps(cleaned.plain))), name) == value


@pytest.mark.parametrize("given", BAD)
def test_a_setting_that_does_not_fit_is_refused_with_a_sentence(given: dict[str, Any]) -> None:
    connector = connectors.get("scripted")
    connector.config = Everything  # type: ignore[misc]
    with pytest.raises(Invalid) as refused:
        configuration.clean(connector, given)
    assert list(refused.value.details) == list(given)


def test_a_schema_says_what_each_kind_of_setting_may_be() -> None:
    connector = connectors.get("scripted")
    connector.config = Everything  # type: ignore[misc]
    jsonschema.Draft202012Validator.check_schema(configuration.schema(connector))
    check = jsonschema.Draft202012Validator(configuration.schema(connector))
    assert check.is_valid({"share": 0.3, "mood": "calm", "words": ["a"], "count": 2})
    assert not check.is_valid({"mood": "sad"})
    assert not check.is_valid({"surprise": 1})
