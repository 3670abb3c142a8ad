"""Projects and their targets: what is made, refused, changed and deleted."""

from __future__ import annotations

import pytest

from accounts.models import OutboxEvent, Team, User
from livinglytics.lib.errors import Conflict, Invalid
from sources import vault
from sources.actions.keys import add_key, remove_key
from sources.actions.presets import create_preset
from sources.actions.projects import ProjectPlan, archive_project, create_project, delete_project, update_project
from sources.actions.targets import Pasted, add_target, add_targets, connect_target, remove_target, update_target
from sources.models import JobKind, Project, Schedule, Source, Target, TargetStatus
from sources.projects.presets import SYSTEM
from sources.projects.rules import cleaned, expression, usual
from tests.sources.watching import FILM, GAME, OTHER, make_project, target_of

pytestmark = pytest.mark.django_db


def details_of(error: pytest.ExceptionInfo[Invalid]) -> set[str]:
    return set(error.value.details)


# --- configuration ------------------------------------------------------------------------


def test_a_project_that_is_told_nothing_has_the_usual_configuration(team: Team) -> None:
    project = create_project(team=team, by=None, plan=ProjectPlan(name="  Portal 2  "))
    assert (project.name, project.config) == ("Portal 2", usual())


@pytest.mark.parametrize(
    ("section", "name", "value"),
    [
        ("limits", "max_reviews_per_target", 9),
        ("limits", "max_reviews_per_target", 1001),
        ("limits", "rate_limit_delay", 0.05),
        ("limits", "max_requests_per_day", True),
        ("analysis", "sentiment_classes", 4),
        ("analysis", "emotion_model", "mood"),
        ("analysis", "emotions", "yes"),
        ("llm", "temperature", 2.1),
        ("schedule", "time", "24:00"),
        ("schedule", "days", [7]),
        ("schedule", "frequency", "yearly"),
        ("scrapers", "platforms", "steam"),
        ("limits", "unknown", 1),
        ("nonsense", "x", 1),
    ],
)
def test_a_setting_out_of_bounds_is_named(team: Team, section: str, name: str, value: object) -> None:
    with pytest.raises(Invalid) as error:
        create_project(team=team, by=None, plan=ProjectPlan(name="A", config={section: {name: value}}))
    assert details_of(error) <= {f"config.{section}.{name}", f"config.{section}"}
    assert not Project.objects.exists()


@pytest.mark.parametrize("preset", [one.key for one in SYSTEM])
def test_every_preset_of_the_product_makes_a_project(team: Team, preset: str) -> None:
    project = create_project(team=team, by=None, plan=ProjectPlan(name="A", preset=preset))
    assert project.config == cleaned({}, project.config)
    assert Schedule.objects.filter(project=project).exists() == project.config["schedule"]["enabled"]


def test_an_own_preset_is_the_base_and_what_is_given_goes_on_top(team: Team) -> None:
    own = create_preset(team=team, by=None, name="Mine", config={"limits": {"max_reviews_per_target": 700}})
    plan = ProjectPlan(name="A", preset=str(own.pk), config={"limits": {"rate_limit_delay": 3}})
    limits = create_project(team=team, by=None, plan=plan).config["limits"]
    assert (limits["max_reviews_per_target"], limits["rate_limit_delay"]) == (700, 3)


def test_a_preset_of_another_team_is_none(team: Team, cast: object) -> None:
    theirs = create_preset(team=cast.other_team, by=None, name="Theirs")  # type: ignore[attr-defined]
    with pytest.raises(Invalid):
        create_project(team=team, by=None, plan=ProjectPlan(name="A", preset=str(theirs.pk)))


@pytest.mark.parametrize(
    ("schedule", "cron"),
    [
        ({"frequency": "hourly", "time": "00:07"}, "7 * * * *"),
        ({"frequency": "daily", "time": "09:30"}, "30 9 * * *"),
        ({"frequency": "daily", "time": "09:30", "days": [0, 6]}, "30 9 * * 1,0"),
        ({"frequency": "weekly", "time": "08:00", "days": [4]}, "0 8 * * 5"),
        ({"frequency": "monthly", "time": "06:00", "day_of_month": 28}, "0 6 28 * *"),
        ({"frequency": "cron", "expression": " 5  4 * * * "}, "5 4 * * *"),
    ],
)
def test_a_schedule_in_words_is_five_fields(schedule: dict[str, object], cron: str) -> None:
    assert expression({**usual()["schedule"], **schedule}) == cron


def test_a_schedule_that_never_comes_is_refused(team: Team) -> None:
    wanted = {"schedule": {"enabled": True, "frequency": "cron", "expression": "0 0 31 2 *"}}
    with pytest.raises(Invalid) as error:
        create_project(team=team, by=None, plan=ProjectPlan(name="A", config=wanted))
    assert details_of(error) == {"config.schedule.expression"}


def test_a_paused_project_keeps_its_schedule_without_a_next_time(team: Team) -> None:
    project = make_project(team, config={"schedule": {"enabled": True}})
    update_project(project=project, by=None, plan=ProjectPlan(status="paused"))
    assert Schedule.objects.get(project=project).next_due_at is None
    update_project(project=project, by=None, plan=ProjectPlan(status="active"))
    assert Schedule.objects.get(project=project).next_due_at is not None


def test_what_is_watched_is_checked(team: Team) -> None:
    product = {"name": "x" * 201, "website": "javascript:alert(1)", "category": "cars", "competitors": [1], "odd": 1}
    with pytest.raises(Invalid) as error:
        create_project(team=team, by=None, plan=ProjectPlan(name="A", product=product))
    assert details_of(error) == {
        *("product.name", "product.website", "product.category", "product.competitors", "product.odd")
    }


# --- targets --------------------------------------------------------------------------------


def test_an_address_becomes_a_target_with_a_source_that_reads_it(team: Team, owner: User) -> None:
    project = make_project(team)
    target = add_target(project=project, by=owner, wanted=Pasted(f"Look: {GAME}?l=german", label="Portal 2"))
    source = target.source
    assert source is not None
    assert (target.platform, target.kind, source.kind, source.project) == ("steam", "game", "steam", project)
    assert "620" in str(source.config)
    assert not Schedule.objects.filter(source=source).exists(), "it is read with its project"
    project.refresh_from_db()
    assert project.config["scrapers"]["platforms"] == ["steam"]


def test_the_same_thing_written_otherwise_is_no_second_target(team: Team) -> None:
    project = make_project(team, GAME)
    with pytest.raises(Conflict):
        add_target(project=project, by=None, wanted=Pasted("steam://store/620"))
    assert (Target.objects.count(), Source.objects.count()) == (1, 1)


def test_fifty_addresses_at_once_each_get_their_own_answer(team: Team) -> None:
    project = make_project(team)
    wanted = [Pasted(GAME), Pasted("https://notsteampowered.com/app/1"), Pasted(OTHER), Pasted("oops"), Pasted(GAME)]
    found = add_targets(project=project, by=None, wanted=wanted)
    assert [one.target is not None for one in found] == [True, False, True, False, False]
    assert all(one.error for one in found if one.target is None)
    with pytest.raises(Invalid):
        add_targets(project=project, by=None, wanted=[Pasted(GAME)] * 51)


def test_an_unknown_platform_is_told_which_ones_are_known(team: Team) -> None:
    with pytest.raises(Invalid) as error:
        add_target(project=make_project(team), by=None, wanted=Pasted("https://example.com/reviews"))
    assert "Steam" in str(error.value.details)


def test_a_target_whose_platform_needs_a_key_waits_for_it_and_says_so(team: Team) -> None:
    project = make_project(team, FILM)
    target = target_of(project)
    assert (target.source, target.status) == (None, TargetStatus.ERROR)
    assert "key for YouTube" in target.error_message
    add_key(team=team, by=None, provider="youtube", values={"api_key": "AIza-very-secret-key"})
    connect_target(target, None)
    target.refresh_from_db()
    assert target.status == TargetStatus.ACTIVE
    assert target.source is not None
    assert vault.secrets_of(target.source) == {"api_key": "AIza-very-secret-key"}
    assert "secret" not in str(target.source.config)


def test_a_key_in_use_cannot_be_removed(team: Team) -> None:
    key = add_key(team=team, by=None, provider="youtube", values={"api_key": "AIza-very-secret-key"})
    project = make_project(team, FILM)
    with pytest.raises(Conflict):
        remove_key(key=key, by=None)
    delete_project(project=project, by=None)
    Source.objects.all().delete()
    remove_key(key=key, by=None)


@pytest.mark.parametrize("values", [{}, {"api_key": "  "}, {"api_key": "x", "more": "y"}, {"api_key": 5}])
def test_a_key_with_missing_or_odd_parts_is_refused(team: Team, values: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        add_key(team=team, by=None, provider="youtube", values=values)


def test_settings_of_a_target_are_those_of_its_connector(team: Team) -> None:
    project = make_project(team)
    add_target(project=project, by=None, wanted=Pasted(GAME, settings={"languages": ["de"]}))
    target = target_of(project)
    assert target.source is not None
    assert target.source.config["languages"] == ["de"]
    update_target(target=target, by=None, settings={"languages": ["fr"]})
    target.source.refresh_from_db()
    assert target.source.config["languages"] == ["fr"]
    for wrong in ({"app": "400"}, {"colour": "red"}):
        with pytest.raises(Invalid):
            update_target(target=target, by=None, settings=wrong)


def test_a_removed_target_takes_what_was_read_of_it_along(team: Team) -> None:
    project = make_project(team, GAME)
    target = target_of(project)
    source = target.source
    assert source is not None
    remove_target(target=target, by=None)
    assert source.jobs.get().kind == JobKind.REMOVE


def test_an_archived_project_takes_no_targets_and_stays_as_it_is(team: Team) -> None:
    project = make_project(team, GAME)
    archive_project(project=project, by=None)
    project.refresh_from_db()
    with pytest.raises(Conflict):
        add_target(project=project, by=None, wanted=Pasted(OTHER))
    assert Source.objects.count() == 1
    with pytest.raises(Conflict):
        archive_project(project=project, by=None)


def test_a_deleted_project_removes_every_source_of_it(team: Team) -> None:
    project = make_project(team, GAME, OTHER)
    other = make_project(team, GAME, name="Other")
    assert delete_project(project=project, by=None) == 2
    assert [job.kind for source in Source.objects.filter(project=None) for job in source.jobs.all()] == ["remove"] * 2
    assert Source.objects.filter(project=other).count() == 1


def test_what_happens_is_told(team: Team) -> None:
    make_project(team, GAME, FILM)
    told = list(OutboxEvent.objects.order_by("created_at").values_list("name", flat=True))
    assert [one for one in told if not one.startswith("source.")] == [
        *("project.created", "target.added", "target.error", "target.added")
    ]
