"""What happens to a team and its members."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.text import slugify

from accounts import audit, events, identity, portability
from accounts.models import ApiToken, Membership, Role, Team, User
from accounts.permissions import can
from livinglytics.lib import clock
from livinglytics.lib.errors import Conflict, Forbidden, Invalid, NotFound

EDITABLE: Final = frozenset({"name", "time_zone", "week_start", "currency"})


class LastOwner(Conflict):
    """A team always has an owner."""

    code = "LAST_OWNER"
    message = "A team needs an owner. Make somebody else an owner first."


def _free_slug(name: str) -> str:
    base = slugify(name)[:50] or "team"
    return _long_slug(name) if Team.objects.filter(slug=base).exists() else base


def _long_slug(name: str) -> str:
    return f"{slugify(name)[:50] or 'team'}-{secrets.token_hex(4)}"


def _checked(team: Team) -> Team:
    if not 0 <= team.week_start <= 6:
        raise Invalid(details={"week_start": ["Choose a day from 0 (Monday) to 6 (Sunday)."]})
    try:
        team.full_clean(validate_unique=False)
    except ValidationError as error:
        raise Invalid(details=error.message_dict) from error
    return team


@transaction.atomic
def create_team(*, by: User, name: str, time_zone: str = "UTC", is_demo: bool = False) -> Team:
    """Make a team that ``by`` owns and works in from now on."""
    team = _checked(Team(name=name.strip()[:100], slug=_free_slug(name), time_zone=time_zone, is_demo=is_demo))
    try:
        with transaction.atomic():
            team.save(force_insert=True)
    except IntegrityError:
        # somebody took the short address in the same moment
        team.slug = _long_slug(name)
        team.save(force_insert=True)
    membership = Membership.objects.create(team=team, user=by, role=Role.OWNER)
    by.current_team = team
    by.save(update_fields=["current_team", "updated_at"])
    identity.forget()
    audit.record("team.created", team=team, by=by, on=team)
    events.publish(team, "team.created", {"team_id": str(team.pk), "owner_id": str(membership.user_id)})
    return team


@transaction.atomic
def change_team(*, team: Team, by: User, changes: Mapping[str, Any]) -> Team:
    """Change name, time_zone, week_start (0 is Monday) or currency. Raises Invalid."""
    fresh = Team.objects.get(pk=team.pk)
    before = {
        name: getattr(fresh, name) for name in changes if name in EDITABLE and getattr(fresh, name) != changes[name]
    }
    if not before:
        return fresh
    for name in before:
        setattr(fresh, name, changes[name])
    _checked(fresh).save(update_fields=[*before, "updated_at"])
    changed = {name: [str(old), str(getattr(fresh, name))] for name, old in before.items()}
    identity.forget()
    audit.record("team.changed", team=fresh, by=by, on=fresh, details={"changes": changed})
    events.publish(fresh, "team.changed", {"team_id": str(fresh.pk), "fields": sorted(changed)})
    return fresh


@transaction.atomic
def add_member(*, team: Team, by: User, by_role: str, email: str, role: str = Role.MEMBER) -> Membership:
    """Put somebody who has an account into the team. Raises NotFound, Conflict or Forbidden."""
    _may_give(by_role, role)
    user = User.objects.filter(email=email.strip().lower(), is_active=True).first()
    if user is None:
        raise NotFound("Nobody has signed up with this address yet. Ask them to sign up first.")
    membership, made = Membership.objects.get_or_create(team=team, user=user, defaults={"role": role})
    if not made:
        raise Conflict(f"{user.display_name} is in this team already.")
    identity.forget()
    audit.record("member.added", team=team, by=by, on=user, details={"role": role})
    events.publish(team, "member.added", {"user_id": str(user.pk), "role": role})
    return membership


@transaction.atomic
def change_role(*, membership: Membership, by: User, by_role: str, role: str) -> Membership:
    """Give a member another role. Only an owner makes or unmakes owners; the last owner stays."""
    _may_give(by_role, role)
    _may_touch(by_role, membership)
    before = membership.role
    if role != Role.OWNER:
        _keep_an_owner(membership)
    membership.role = role
    membership.save(update_fields=["role", "updated_at"])
    identity.forget()
    details = {"before": before, "after": role}
    audit.record("member.role_changed", team=membership.team, by=by, on=membership.user, details=details)
    events.publish(membership.team, "member.role_changed", {"user_id": str(membership.user_id), "role": role})
    return membership


@transaction.atomic
def remove_member(*, membership: Membership, by: User, by_role: str) -> User:
    """Take somebody out of the team; API tokens that they made for it are revoked."""
    user, team = membership.user, membership.team
    if user.pk != by.pk:
        _may_touch(by_role, membership)
    _keep_an_owner(membership)
    membership.delete()
    keys = ApiToken.objects.for_team(team).filter(created_by=user, revoked_at=None).update(revoked_at=clock.now())
    User.objects.filter(pk=user.pk, current_team=team).update(current_team=None)
    identity.forget()
    audit.record("member.removed", team=team, by=by, on=user, details={"revoked_tokens": keys})
    events.publish(team, "member.removed", {"user_id": str(user.pk)})
    return user


@transaction.atomic
def switch_team(*, user: User, slug: str) -> Team:
    """Work in another of one's teams. Raises NotFound."""
    membership = identity.find_membership(user, slug)
    if membership is None:
        raise NotFound("You are in no such team.")
    user.current_team = membership.team
    user.save(update_fields=["current_team", "updated_at"])
    identity.forget()
    return membership.team


@transaction.atomic
def delete_team(*, team: Team, by: User) -> None:
    """Delete a team with everything in it, the numbers and texts of the upper floors too."""
    portability.erase(team.pk)
    audit.record("team.deleted", team=None, by=by, on=team)
    team.delete()
    identity.forget()


def _may_give(by_role: str, role: str) -> None:
    if role not in Role.values:
        raise Invalid(details={"role": [f"Choose one of {', '.join(Role.values)}."]})
    if role == Role.OWNER and by_role != Role.OWNER:
        raise Forbidden("Only an owner can make somebody an owner.")


def _may_touch(by_role: str, membership: Membership) -> None:
    if not can(by_role, "team.write"):
        raise Forbidden
    if membership.role == Role.OWNER and by_role != Role.OWNER:
        raise Forbidden("Only an owner can change or remove an owner.")


def _keep_an_owner(membership: Membership) -> None:
    if membership.role != Role.OWNER:
        return
    # Locking the team makes two owners who step down at once wait for each other.
    Team.objects.select_for_update().get(pk=membership.team_id)
    if not membership.team.memberships.filter(role=Role.OWNER).exclude(pk=membership.pk).exists():
        raise LastOwner
