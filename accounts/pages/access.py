"""Who may see a page, and how an action's refusal gets back into its form."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.identity import find_membership
from accounts.middleware import TeamRequest
from accounts.permissions import can
from livinglytics.lib.errors import Forbidden, ProductError

P = ParamSpec("P")
T = TypeVar("T")
Page = Callable[Concatenate[TeamRequest, P], HttpResponse]


def member_page(permission: str) -> Callable[[Page[P]], Callable[Concatenate[HttpRequest, P], HttpResponse]]:
    """A page for members whose role has the permission; ``request.team`` and ``request.role`` are set.

    Signed out: to the sign-in page. In no team: to the page that makes one. Otherwise Forbidden.
    """

    def decorate(page: Page[P]) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
        @functools.wraps(page)
        def guarded(plain: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            request = cast(TeamRequest, plain)
            membership = find_membership(request.user)
            if membership is None:
                messages.info(plain, "You are in no team yet. Make one to begin.")
                return redirect("team-new")
            if not can(membership.role, permission):
                raise Forbidden
            request.team, request.role = membership.team, membership.role
            return page(request, *args, **kwargs)

        return cast(Callable[Concatenate[HttpRequest, P], HttpResponse], login_required(guarded))

    return decorate


def attempt(form: forms.Form, action: Callable[..., T], **given: Any) -> T | None:
    """Run an action for a valid form. A refusal becomes the form's errors, and the answer is None."""
    try:
        return action(**given)
    except ProductError as error:
        if error.status >= 500 or error.status in {403, 404}:
            raise
        unnamed = [] if error.details else [error.message]
        for name, texts in error.details.items():
            if name in form.fields:
                form.add_error(name, [str(text) for text in texts])
            else:
                unnamed.append(error.message if not isinstance(texts, list) else " ".join(texts))
        for text in unnamed:
            form.add_error(None, text)
        return None
