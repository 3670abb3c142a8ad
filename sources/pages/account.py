"""Connecting an account: on to its provider, and back from there."""

from __future__ import annotations

import secrets
import uuid
from typing import Final

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts.middleware import TeamRequest
from accounts.pages.access import member_page
from livinglytics.lib.errors import ProductError
from sources.account_options import account_options
from sources.actions.checking import connector_of
from sources.actions.sign_in import Returned, SignInFailed, begin, finish, unbound
from sources.connectors._auth import providers
from sources.selectors.source_page import source_of

#: under this name the session keeps the mark that binds a sign-in to this browser
_MARK: Final = "sign_in_mark"


@never_cache
@require_POST
@member_page("sources.write")
def source_account(request: TeamRequest, pk: uuid.UUID) -> HttpResponse:
    """Begin a sign-in and lead on to the provider.

    The answer is a page that goes on by itself, not a redirect: a form's redirect to another site would need a
    hole in the policy that keeps our forms here, and one for every site the provider redirects to in turn.
    """
    source = source_of(request.team, pk)
    try:
        url = begin(source=source, by=request.user, site=_site(request), browser=_mark(request))
    except ProductError as error:
        messages.error(request, error.message)
        return redirect("source", pk)
    name = next(iter(account_options(connector_of(source)).values())).provider
    context = {"source": source, "url": url, "provider": providers.get(name).label}
    return render(request, "sources/account_leave.html", context)


@never_cache
@sensitive_post_parameters("state", "code")
@require_http_methods(["GET", "POST"])
@member_page("sources.write")
def callback(request: TeamRequest) -> HttpResponse:
    """Where every provider sends people back to. Goes on to the source's page and nowhere else."""
    given = request.POST if request.method == "POST" else request.GET
    returned = Returned(given.get("state", "")[:200], given.get("code", ""), given.get("error", ""))
    if request.method != "POST":
        pending = unbound(returned.state, by=request.user, team=request.team)
        if pending is not None:
            # a program began it, so this browser proves nothing yet: the person says whether they meant it
            return render(request, "sources/account_confirm.html", {"source": pending.source, "returned": returned})
    try:
        done = finish(returned, by=request.user, team=request.team, browser=request.session.get(_MARK, ""))
    except SignInFailed as error:
        if error.source_id is None:
            return render(request, "sources/account_failed.html", {"message": error.message}, status=400)
        messages.error(request, error.message)
        return redirect("source", error.source_id)
    who = done.identity or f"The {done.provider} account"
    if not done.checked.ok:
        messages.warning(request, f"{who} is connected, but something is missing: {done.checked.message}")
    elif done.job is None:
        messages.success(request, f"{who} is connected.")
    else:
        messages.success(request, f"{who} is connected. The numbers are on their way.")
    return redirect("source", done.source.pk)


def _site(request: TeamRequest) -> str:
    return request.build_absolute_uri("/")


def _mark(request: TeamRequest) -> str:
    mark: str = request.session.setdefault(_MARK, secrets.token_urlsafe(24))
    return mark
