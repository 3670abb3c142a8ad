"""Two teams that hold the same kinds of things, each marked with a word of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from django.apps import apps
from django.core.cache import cache
from django.db import models, transaction

from accounts import audit, identity
from accounts.actions.sessions import TokenPair, start_session
from accounts.models import IdempotencyKey, Membership, OutboxEvent, Role, Team, User
from accounts.permissions import TOKEN_SCOPES
from livinglytics.lib import clock
from livinglytics.lib.buckets import day_number
from metrics.actions.catalog import define_metric
from metrics.models import Annotation, Document, Restatement
from sources.actions.connect import create_source
from sources.actions.keys import add_key
from sources.actions.presets import create_preset
from sources.actions.projects import ProjectPlan, create_project
from sources.actions.schedule import Wanted, set_schedule
from sources.actions.scrapes import start_scrape
from sources.actions.targets import Pasted, add_target
from sources.actions.upload import upload
from sources.configuration import Cleaned
from sources.connectors import connectors
from sources.models import Job, JobStatus, Quarantined, RawRecord, ScheduleSlot, Source, SourceState
from tests.cast import make_member, make_team, make_token, make_user
from tests.metrics.build import land_records, point
from tests.sources.scripted import make_source

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LINES = b"date,country,orders\n2026-03-01,DE,5\n2026-03-02,FR,7\n"


@dataclass
class World:
    """One team with something of every kind. ``ids``: what a request can name; ``word``: what its texts say."""

    team: Team
    word: str
    people: dict[str, User]
    tokens: dict[str, TokenPair]
    api_token: str
    ids: dict[str, Any] = field(default_factory=dict)

    def names(self) -> set[str]:
        """Every id and slug that only this team should see."""
        found = {
            str(one) for name, one in self.ids.items() if name not in {"kind", "plan", "uidb36", "key", "provider"}
        }
        return found | {str(user.pk) for user in self.people.values()}


def build_world(name: str, word: str) -> World:
    """The team ``name``, whose texts all say ``word``."""
    owner = make_user(f"owner@{name}.example", name=f"Owner of {name}")
    team = make_team(owner, name=f"{name} {word}")
    people = {str(Role.OWNER): owner}
    for role in (Role.ADMIN, Role.MEMBER, Role.VIEWER):
        people[str(role)] = make_member(team, role, email=f"{role}@{name}.example")
    # somebody to whom things are done: never one who asks
    bystander = make_member(team, Role.MEMBER, email=f"bystander@{name}.example")
    tokens = {role: start_session(user=user, user_agent=f"browser {word}") for role, user in people.items()}
    new = make_token(team, *TOKEN_SCOPES)
    type(new.token).objects.filter(pk=new.token.pk).update(name=f"token {word}")
    world = World(team, word, people, tokens, new.secret)
    world.ids = {
        "slug": team.slug,
        "token": new.token.pk,
        "member": bystander.pk,
        "session": people[Role.OWNER].refresh_families.get().pk,
        "own_refresh": tokens[Role.OWNER].refresh_token,
        "metric": f"{name.lower()}_orders",
        "kind": "scripted",
        "uidb36": "1",
        "key": "made-up",
    }
    _sources(world, name)
    _numbers(world, name)
    _memory(world)
    return world


def _sources(world: World, name: str) -> None:
    team, word = world.team, world.word
    source = make_source(team, name=f"{name} shop", token=f"secret-{word}", place=f"at {word}")
    for kind in ("paused", "busy", "broken", "bare"):
        world.ids[kind] = make_source(team, name=f"{name} {kind} {word}").pk
    Source.objects.filter(pk=world.ids["paused"]).update(state=SourceState.PAUSED, state_reason=word)
    Source.objects.filter(pk=source.pk).update(identity=word)
    push = create_source(
        team=team, connector=connectors.get("push"), name=f"{name} pushed", by=None, cleaned=Cleaned({}, {})
    )
    shared = {"team": team, "trigger": word[:20], "message": f"page of {word}"}
    busy = Job.objects.create(source_id=world.ids["busy"], status=JobStatus.QUEUED, **shared)
    failed = Job.objects.create(
        source_id=world.ids["broken"], status=JobStatus.FAILED, error_code="x", error_message=word, **shared
    )
    schedule = set_schedule(source=source, by=None, wanted=Wanted("0 6 * * *"))
    ScheduleSlot.objects.create(schedule=schedule, due_at=NOON, outcome=word[:20])
    shared = {"team_id": team.pk, "source_id": source.pk, "job_id": failed.pk, "stream": "days"}
    raw = {"payload": {"text": word}, "digest": "0", "first_seen": NOON, "last_seen": NOON}
    RawRecord.objects.create(external_id=f"raw {word}", **shared, **raw)
    Quarantined.objects.create(external_id=f"bad {word}", reason=f"bad {word}", payload={"text": word}, **shared)
    looked = upload(team=team, by=None, name=f"{word}.csv", chunks=[LINES.replace(b"DE", word.encode())])
    assert looked.plan is not None
    _project(world, name)
    world.ids |= {
        "source": source.pk,
        "source_slug": source.slug,
        "push": push.pk,
        "push_slug": push.slug,
        "job": busy.pk,
        "failed": failed.pk,
        "file": looked.file.pk,
        "plan": json.loads(looked.plan.to_json()),
    }


def _project(world: World, name: str) -> None:
    team, word = world.team, world.word
    given = ProjectPlan(name=f"{name} project {word}", description=word, product={"name": word})
    project = create_project(team=team, by=None, plan=given)
    wanted = Pasted("https://store.steampowered.com/app/620", label=word, competitor=word)
    target = add_target(project=project, by=None, wanted=wanted)
    scrape, _ = start_scrape(project=project, by=None)
    preset = create_preset(team=team, by=None, name=f"preset {word}", description=word)
    values = {"api_key": f"key-{word}-{'x' * 20}"}
    key = add_key(team=team, by=None, provider="youtube", values=values, label=word)
    world.ids |= {
        "project": project.pk,
        "target": target.pk,
        "scrape": scrape.pk,
        "preset": preset.pk,
        "api_key": key.pk,
        "provider": key.provider,
    }


def _numbers(world: World, name: str) -> None:
    team, word, source = world.team, world.word, world.ids["source"]
    key = world.ids["metric"]
    metric = define_metric(team=team, by=None, key=key, label=f"Orders {word}", description=word)
    define_metric(team=team, by=None, key=f"{key}_spare", label=f"Spare {word}")
    points = [point(key, f"2026-03-0{day}", day, shop=f"shop {word}") for day in range(1, 8)]
    shared = [point("sessions", f"2026-03-0{day}", day * 10.0, country=f"land {word}") for day in range(1, 8)]
    land_records(team, [*points, *shared], source=source)
    note = Annotation.objects.create(team=team, day=date(2026, 3, 2), title=f"note {word}")
    Document.objects.create(
        team_id=team.pk, source_id=source, external_id=f"text {word}", text=word, written_at=NOON, bucket=0, raw_id=1
    )
    Restatement.objects.create(
        team_id=team.pk,
        source_id=source,
        series_id=1,
        metric=key,
        day=day_number(date(2026, 3, 1)),
        at=day_number(date(2026, 3, 1)),
        old_value=1,
        new_value=2,
        raw_id=1,
        changed_at=clock.now(),
    )
    world.ids |= {"note": note.pk, "spare_metric": f"{key}_spare", "custom_metric": metric.pk}


def _memory(world: World) -> None:
    audit.record("team.changed", team=world.team, by=None, on=world.team, details={"said": world.word})
    OutboxEvent.objects.create(team=world.team, name="test.said", payload={"said": world.word})
    IdempotencyKey.objects.create(owner=f"{world.word}:x", key=world.word, fingerprint="0")


def snapshot(team: Team) -> dict[str, Any]:
    """Every row of the team, to see that nobody touched it. Sign-in counters and times are left out."""
    found: dict[str, Any] = {"team": Team.objects.filter(pk=team.pk).values_list("name", "slug", "time_zone").first()}
    for model in _team_models():
        rows = model._default_manager.filter(team_id=team.pk).order_by("pk")
        fields = [one.attname for one in model._meta.concrete_fields if one.name != "last_used_at"]
        found[model._meta.label] = list(rows.values_list(*fields))
    members = Membership.objects.filter(team=team).values_list("user_id", flat=True)
    found["people"] = list(
        User.objects.filter(pk__in=list(members)).values_list("pk", "email", "password", "is_staff", "token_version")
    )
    return found


def _team_models() -> Iterator[type[models.Model]]:
    for model in apps.get_models():
        if any(one.attname == "team_id" for one in model._meta.concrete_fields):
            yield model


class Undone:
    """``with Undone():`` a request whose traces are taken back."""

    def __enter__(self) -> None:
        self.block = transaction.atomic()
        self.block.__enter__()

    def __exit__(self, *error: object) -> None:
        transaction.set_rollback(True)
        self.block.__exit__(None, None, None)
        identity._clear()
        cache.clear()
