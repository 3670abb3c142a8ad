"""Teams and the people in them."""

from __future__ import annotations

import uuid
from typing import cast

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.actions import teams
from accounts.api import serializers as shapes
from accounts.api.base import PersonView, ProductView, paged
from accounts.authentication import Identity, IsMember
from accounts.idempotency import idempotent
from accounts.models import Membership, Role, Team, User
from accounts.permissions import ROLES, granted
from livinglytics.lib.errors import Forbidden, NotFound


class TeamsView(PersonView):
    """The person's teams."""

    @extend_schema(operation_id="teams_list", responses=shapes.TeamOut(many=True))
    def get(self, request: Request) -> Response:
        """Teams that I am in, by name."""
        return paged(self, Team.objects.filter(memberships__user=self.person), shapes.TeamOut)

    @extend_schema(request=shapes.TeamIn, responses={201: shapes.TeamOut})
    @idempotent
    def post(self, request: Request) -> Response:
        """Make a team and own it."""
        given = dict(self.parse(shapes.TeamIn).validated_data)
        made = teams.create_team(by=self.person, name=given.pop("name"), time_zone=given.pop("time_zone", "UTC"))
        if given:
            made = teams.change_team(team=made, by=self.person, changes=given)
        return Response(shapes.TeamOut(made).data, status=201)


class _OneTeam(ProductView):
    """Looks the team up by the address, through the person's own memberships."""

    permission_classes = [IsMember]
    team: Team
    role: str
    team_from_address = True

    @property
    def person(self) -> User:
        if isinstance(self.request.user, User):
            return self.request.user
        raise Forbidden("This API token's maker is gone. Sign in as a person.")

    @property
    def acting_role(self) -> str:
        """The role that may be used on people: a token never makes, changes or removes owners."""
        return str(Role.ADMIN) if self._by_token and self.role == Role.OWNER else self.role

    @property
    def _by_token(self) -> bool:
        return isinstance(self.request.auth, Identity) and self.request.auth.token is not None

    def members(self) -> QuerySet[Membership]:
        return self.team.memberships.select_related("user", "team")


class TeamView(_OneTeam):
    """One team."""

    required = {"GET": "team.read", "PUT": "team.write", "PATCH": "team.write", "DELETE": "team.own"}

    @extend_schema(responses=shapes.TeamOut)
    def get(self, request: Request, slug: str) -> Response:
        """The team's own facts."""
        return Response(shapes.TeamOut(self.team).data)

    @extend_schema(request=shapes.TeamIn, responses=shapes.TeamOut)
    def put(self, request: Request, slug: str) -> Response:
        """Change the team."""
        return self._change(partial=False)

    @extend_schema(request=shapes.TeamIn, responses=shapes.TeamOut)
    def patch(self, request: Request, slug: str) -> Response:
        """Change a part of the team."""
        return self._change(partial=True)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, slug: str) -> Response:
        """Delete the team with everything in it. Only an owner may."""
        teams.delete_team(team=self.team, by=self.person)
        return Response(status=204)

    def _change(self, *, partial: bool) -> Response:
        given = self.parse(shapes.TeamIn, partial=partial).validated_data
        team = teams.change_team(team=self.team, by=self.person, changes=given)
        return Response(shapes.TeamOut(team).data)


class MembersView(_OneTeam):
    """The people of a team."""

    required = {"GET": "team.read", "POST": "team.write"}

    @extend_schema(operation_id="team_members_list", responses=shapes.MemberOut(many=True))
    def get(self, request: Request, slug: str) -> Response:
        """Members, oldest first."""
        return paged(self, self.members(), shapes.MemberOut)

    @extend_schema(request=shapes.MemberIn, responses={201: shapes.MemberOut})
    def post(self, request: Request, slug: str) -> Response:
        """Put somebody who has an account into the team."""
        given = self.parse(shapes.MemberIn).validated_data
        made = teams.add_member(
            team=self.team, by=self.person, by_role=self.acting_role, email=given["email"], role=given["role"]
        )
        return Response(shapes.MemberOut(made).data, status=201)


class MemberView(_OneTeam):
    """One person of a team, by the person's id."""

    required = {"GET": "team.read", "PUT": "team.write", "PATCH": "team.write", "DELETE": "team.read"}

    def _one(self, user_id: uuid.UUID) -> Membership:
        found = self.members().filter(user_id=user_id).first()
        if found is None:
            raise NotFound("Nobody of the team has this id.")
        return found

    @extend_schema(responses=shapes.MemberOut)
    def get(self, request: Request, slug: str, user_id: uuid.UUID) -> Response:
        """A member and what the role allows."""
        return Response(shapes.MemberOut(self._one(user_id)).data)

    @extend_schema(request=shapes.RoleIn, responses=shapes.MemberOut)
    def put(self, request: Request, slug: str, user_id: uuid.UUID) -> Response:
        """Give a member another role. The last owner can't step down."""
        role = self.parse(shapes.RoleIn).validated_data["role"]
        changed = teams.change_role(membership=self._one(user_id), by=self.person, by_role=self.acting_role, role=role)
        return Response(shapes.MemberOut(changed).data)

    @extend_schema(request=shapes.RoleIn, responses=shapes.MemberOut)
    def patch(self, request: Request, slug: str, user_id: uuid.UUID) -> Response:
        """The same as PUT."""
        return self.put(request, slug, user_id)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, slug: str, user_id: uuid.UUID) -> Response:
        """Remove a member, or leave the team oneself. A token needs team.write too."""
        if self._by_token:
            self._take_out_by_token(user_id)
        else:
            teams.remove_member(membership=self._one(user_id), by=self.person, by_role=self.role)
        return Response(status=204)

    def _take_out_by_token(self, user_id: uuid.UUID) -> None:
        scopes = cast(Identity, self.request.auth).scopes
        if "team.write" not in granted(self.role, scopes):
            raise Forbidden("This API token lacks the scope team.write.", details={"permission": "team.write"})
        if user_id == self.person.pk:
            raise Forbidden("An API token can't leave the team for its maker. Sign in as a person.")
        teams.remove_member(membership=self._one(user_id), by=self.person, by_role=self.acting_role)


class RolesView(PersonView):
    """Roles."""

    @extend_schema(operation_id="roles_list", responses=shapes.RoleOut(many=True))
    def get(self, request: Request) -> Response:
        """Every role and what it may do."""
        return paged(self, [{"role": role, "permissions": sorted(may)} for role, may in ROLES.items()], shapes.RoleOut)
