"""What happens to a person's account."""

from __future__ import annotations

import uuid

from django.contrib.auth import password_validation
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Count, F

from accounts import audit, identity
from accounts.actions.demo import DEMO_ADDRESS
from accounts.actions.teams import create_team
from accounts.models import ApiToken, Membership, RefreshFamily, Role, Team, User
from livinglytics.lib import clock
from livinglytics.lib.errors import Conflict, Invalid


class EmailTaken(Conflict):
    """Somebody signed up with this address before."""

    code = "EMAIL_EXISTS"
    message = "There is an account with this e-mail address. Sign in, or reset the password."


def check_password_strength(password: str, user: User, field: str = "password") -> None:
    """Refuse a password that is too short, too common or like the address."""
    try:
        password_validation.validate_password(password, user)
    except ValidationError as error:
        raise Invalid(details={field: list(error.messages)}) from error


@transaction.atomic
def sign_up(*, email: str, password: str, name: str = "") -> User:
    """Make a person, a first team and the ownership of it. Raises EmailTaken or Invalid."""
    address = email.strip().lower()
    check_password_strength(password, User(email=address, name=name))
    try:
        with transaction.atomic():
            user = User.objects.create_user(address, password, name=name.strip())
    except IntegrityError as error:
        raise EmailTaken from error
    team = create_team(by=user, name=f"{user.display_name}'s team")
    audit.record("user.signed_up", team=team, by=user, on=user)
    return user


@transaction.atomic
def change_profile(*, user: User, name: str) -> User:
    """Change the name that team mates see."""
    user.name = name.strip()
    user.save(update_fields=["name", "updated_at"])
    identity.forget()
    audit.record("user.changed_profile", team=user.current_team, by=user, on=user)
    return user


@transaction.atomic
def change_password(*, user: User, old: str, new: str) -> User:
    """Set a new password; every sign-in, by page or API, ends. Raises Invalid, or Conflict for the demo account."""
    _not_the_demo(user)
    if not user.check_password(old):
        raise Invalid(details={"current_password": ["This is not your current password."]})
    check_password_strength(new, user, "new_password")
    user.set_password(new)
    user.save(update_fields=["password", "updated_at"])
    end_sign_ins(user=user, because="password changed")
    audit.record("user.changed_password", team=user.current_team, by=user, on=user)
    return user


@transaction.atomic
def sign_out_everywhere(*, user: User, keep_session: str | None = None) -> User:
    """End every sign-in of the person, but for the session that asks."""
    end_sign_ins(user=user, because="signed out everywhere")
    _end_browser_sessions(user, keep=keep_session)
    audit.record("user.signed_out_everywhere", team=user.current_team, by=user, on=user)
    return user


def end_sign_ins(*, user: User, because: str) -> None:
    """Make access tokens and refresh families of the person worthless.

    Browser sessions end by themselves when the password changes or the account is off.
    """
    now = clock.now()
    User.objects.filter(pk=user.pk).update(token_version=F("token_version") + 1)
    user.refresh_from_db(fields=["token_version"])
    RefreshFamily.objects.filter(user=user, revoked_at=None).update(revoked_at=now, revoked_because=because)
    identity.forget()


def _end_browser_sessions(user: User, *, keep: str | None) -> None:
    for session in Session.objects.filter(expire_date__gt=clock.now()).exclude(session_key=keep).iterator():
        if session.get_decoded().get("_auth_user_id") == str(user.pk):
            session.delete()


def _not_the_demo(user: User) -> None:
    if user.email == DEMO_ADDRESS:
        raise Conflict("The demo account is shared and stays as it is. Make an account of your own.")


@transaction.atomic
def disable_user(*, user: User, by: User | None) -> User:
    """Keep the person out until somebody switches the account on again."""
    user.is_active = False
    user.save(update_fields=["is_active", "updated_at"])
    end_sign_ins(user=user, because="disabled")
    _end_browser_sessions(user, keep=None)
    audit.record("user.disabled", team=user.current_team, by=by, on=user)
    return user


@transaction.atomic
def enable_user(*, user: User, by: User | None) -> User:
    """Let a switched-off person in again."""
    user.is_active = True
    user.save(update_fields=["is_active", "updated_at"])
    identity.forget()
    audit.record("user.enabled", team=user.current_team, by=by, on=user)
    return user


@transaction.atomic
def delete_account(*, user: User) -> uuid.UUID:
    """Remove the person, their keys, and the teams that have nobody else. Returns the id that is gone.

    An only owner of a team with other members has to name another owner first.
    """
    _not_the_demo(user)
    mine = user.memberships.filter(role=Role.OWNER).values("team")
    # locked, so that two owners who go at once don't both rely on the other
    owned = Team.objects.select_for_update().filter(pk__in=mine)
    for team in owned:
        others = team.memberships.exclude(user=user)
        if others.exists() and not others.filter(role=Role.OWNER).exists():
            raise Conflict(f"You are the only owner of {team.name}. Make somebody else an owner first.")
    alone = Team.objects.annotate(people=Count("memberships")).filter(people=1, pk__in=user.memberships.values("team"))
    Team.objects.filter(pk__in=list(alone.values_list("pk", flat=True))).delete()
    ApiToken.objects.filter(created_by=user, revoked_at=None).update(revoked_at=clock.now())
    Membership.objects.filter(user=user).delete()
    end_sign_ins(user=user, because="account deleted")
    audit.record("user.deleted", team=None, by=None, details={"user_id": str(user.pk)})
    gone = user.pk
    user.delete()
    return gone
