"""A team's own metrics: described, changed where that is safe, and taken away again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts import audit, live
from accounts.models import Team, User
from livinglytics.lib import clock
from livinglytics.lib.errors import Conflict, Invalid
from metrics import versions
from metrics.actions.load import fold_of
from metrics.catalog import team as team_catalog
from metrics.catalog.team import Catalog
from metrics.models import CustomMetric
from metrics.store import for_team
from metrics.store.refold import has_numbers, refold

audit.register(
    metric__defined="{user} defined the metric {object}",
    metric__changed="{user} changed the metric {object}",
    metric__deleted="{user} deleted the metric {object}",
)
FIELDS: Final = frozenset(
    {
        "label",
        "kind",
        "unit",
        "direction",
        "numerator",
        "denominator",
        "percentile",
        "description",
        "settle_hours",
        "floor",
        "decimals",
    }
)


@transaction.atomic
def define_metric(*, team: Team, by: User | None, key: str, **values: Any) -> CustomMetric:
    """Add a metric to the team's catalog.

    ``values`` are fields of CustomMetric. Raises Conflict when the key is taken, Invalid naming wrong fields.
    """
    catalog = team_catalog.for_team(team.pk)
    if key in catalog:
        raise Conflict(f"There is a metric “{key}” already. Choose another key.", details={"key": ["Taken."]})
    metric = _checked(CustomMetric(team=team, key=key, **_known(values)), catalog)
    try:
        with transaction.atomic():
            metric.save(force_insert=True)
    except IntegrityError:
        raise Conflict(f"There is a metric “{key}” already. Choose another key.") from None
    audit.record("metric.defined", team=team, by=by, on=metric, details={"key": key})
    _announce(team)
    return metric


@transaction.atomic
def change_metric(*, metric: CustomMetric, by: User | None, changes: Mapping[str, Any]) -> CustomMetric:
    """Change what a metric means. Another kind of a stored metric computes its days anew.

    Raises Conflict for a change that would make stored numbers unreadable or break another metric:
    a new key, a stored metric that becomes a ratio (or the other way round), a part that becomes a ratio.
    """
    metric = CustomMetric.objects.select_related("team").get(pk=metric.pk)
    if changes.get("key", metric.key) != metric.key:
        raise Conflict("A key can't change: numbers, charts and alerts go by it. Define a new metric instead.")
    given = _known({name: value for name, value in changes.items() if name != "key"})
    before = {name: getattr(metric, name) for name in given if getattr(metric, name) != given[name]}
    if not before:
        return metric
    catalog = team_catalog.for_team(metric.team_id)
    if "kind" in before:
        _check_kind(metric, str(given["kind"]), catalog)
    for name in before:
        setattr(metric, name, given[name])
    _checked(metric, catalog).save(update_fields=[*before, "updated_at"])
    store = for_team(metric.team_id)
    if "kind" in before:
        store.alone()
    if "kind" in before and has_numbers(store, metric.key):
        fold = fold_of(team_catalog.for_team(metric.team_id), metric.key)
        refold(store, metric.key, fold, zone=metric.team.time_zone)
    changed = {name: [str(old), str(getattr(metric, name))] for name, old in before.items()}
    audit.record("metric.changed", team=metric.team, by=by, on=metric, details=changed)
    _announce(metric.team)
    return metric


@transaction.atomic
def delete_metric(*, metric: CustomMetric, by: User | None) -> None:
    """Take a metric out of the catalog. Raises Conflict while numbers or other metrics hang on it."""
    users = _users(metric.key, team_catalog.for_team(metric.team_id))
    if users:
        raise Conflict(f"“{metric.key}” is a part of {', '.join(users)}. Change or delete that first.")
    if has_numbers(for_team(metric.team_id), metric.key):
        raise Conflict(f"“{metric.key}” has stored numbers. Remove the sources that bring it first.")
    audit.record("metric.deleted", team=metric.team, by=by, on=metric, details={"key": metric.key})
    CustomMetric.objects.filter(pk=metric.pk).delete()
    _announce(metric.team)


def _known(values: Mapping[str, Any]) -> dict[str, Any]:
    unknown = sorted(set(values) - FIELDS)
    if unknown:
        raise Invalid(details={name: ["There is no such field."] for name in unknown})
    return dict(values)


def _users(key: str, catalog: Catalog) -> list[str]:
    """The ratios that this metric is a part of."""
    return sorted(one.key for one in catalog if one.parts and key in one.parts)


def _check_kind(metric: CustomMetric, kind: str, catalog: Catalog) -> None:
    users = _users(metric.key, catalog)
    if kind == "ratio" and users:
        raise Conflict(f"“{metric.key}” is a part of {', '.join(users)}, so it can't become a ratio itself.")
    if "ratio" in (kind, metric.kind) and has_numbers(for_team(metric.team_id), metric.key):
        raise Conflict("A metric with stored numbers can't become a ratio or stop being one. Define a new metric.")


def _checked(metric: CustomMetric, catalog: Catalog) -> CustomMetric:
    errors: dict[str, list[str]] = {}
    if metric.kind == "ratio":
        for name in ("numerator", "denominator"):
            errors |= _part_error(name, getattr(metric, name), catalog)
    else:
        metric.numerator = metric.denominator = ""
    if metric.kind == "percentile":
        if metric.percentile is None or not 0 < metric.percentile < 100:
            errors["percentile"] = ["Give a rank between 0 and 100, such as 95."]
    else:
        metric.percentile = None
    try:
        metric.full_clean(exclude=["team"], validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        errors |= error.message_dict
    if errors:
        raise Invalid(details=errors)
    return metric


def _part_error(name: str, key: str, catalog: Catalog) -> dict[str, list[str]]:
    part = catalog.find(key)
    if part is None:
        return {name: ["A ratio names a metric of the catalog here."]}
    if part.kind == "ratio":
        return {name: ["A part of a ratio is a stored metric, not a ratio."]}
    return {}


def _announce(team: Team) -> None:
    versions.bump(team.pk, definitions=True)
    live.push(team.pk, {"type": "metrics_update", "data": {"catalog": True}, "timestamp": clock.now().isoformat()})
