"""The team's API tokens."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.actions import tokens
from accounts.forms import TokenForm
from accounts.middleware import TeamRequest
from accounts.models import ApiToken
from accounts.pages.access import attempt, member_page
from accounts.pages.frame import settings_page
from accounts.selectors.settings import tokens_of
from livinglytics.lib.errors import Conflict, NotFound


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@member_page("tokens.write")
def token_list(request: TeamRequest) -> HttpResponse:
    """The tokens, and the form that makes one. A new secret stands on the answer's page only."""
    if request.method != "POST":
        return _shown(request)
    form = TokenForm(request.POST)
    if form.is_valid():
        new = attempt(
            form,
            tokens.create_token,
            team=request.team,
            by=request.user,
            by_role=request.role,
            name=form.cleaned_data["name"],
            scopes=form.cleaned_data["scopes"],
            expires_at=form.expires_at(),
        )
        if new:
            return _shown(request, new=new)
    return _shown(request, form=form)


@never_cache
@require_POST
@member_page("tokens.write")
def token_rotate(request: TeamRequest, pk: uuid.UUID) -> HttpResponse:
    """A new secret for a token."""
    try:
        new = tokens.rotate_token(token=_token(request, pk), by=request.user, by_role=request.role)
    except Conflict as error:
        messages.error(request, error.message)
        return redirect("token-list")
    return _shown(request, new=new)


@require_POST
@member_page("tokens.write")
def token_revoke(request: TeamRequest, pk: uuid.UUID) -> HttpResponse:
    """The end of a token."""
    token = tokens.revoke_token(token=_token(request, pk), by=request.user)
    messages.success(request, f"{token.name} is revoked. Whatever still uses it is refused from now on.")
    return redirect("token-list")


def _token(request: TeamRequest, pk: uuid.UUID) -> ApiToken:
    found = ApiToken.objects.for_team(request.team).select_related("team").filter(pk=pk).first()
    if not isinstance(found, ApiToken):
        raise NotFound("There is no such API token.")
    return found


def _shown(request: TeamRequest, *, form: TokenForm | None = None, new: tokens.NewToken | None = None) -> HttpResponse:
    context = {"form": form or TokenForm(), "tokens": tokens_of(request.team), "new": new}
    return settings_page(request, "accounts/tokens.html", "token-list", context, status=422 if form else 200)
