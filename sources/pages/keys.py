"""Keys of services that a team enters once for all of its targets: masked, tried, replaced, removed."""

from __future__ import annotations

import time
import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.middleware import TeamRequest
from accounts.pages.access import attempt, member_page
from accounts.pages.frame import settings_page
from livinglytics.lib.errors import NotFound, ProductError
from sources import vault
from sources.actions.key_trial import try_key
from sources.actions.keys import add_key, providers, remove_key, replace_key
from sources.connectors._base import Connector
from sources.forms.keys import KeyForm, NewKeyForm, TryForm
from sources.models import ApiKey
from sources.selectors.projects import key_of, keys_of


@require_safe
@member_page("sources.write")
def key_list(request: TeamRequest) -> HttpResponse:
    """The team's keys, masked, and the services for which one can be added."""
    known = {one.key: one for one in providers()}
    context = {
        "keys": [
            _row(one, known[one.provider].label if one.provider in known else one.provider) for one in _keys(request)
        ],
        "providers": list(known.values()),
    }
    return settings_page(request, "sources/keys.html", "key-list", context)


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@member_page("sources.write")
def key_add(request: TeamRequest, provider: str) -> HttpResponse:
    """The form for a key of one service."""
    connector = _connector(provider)
    form = NewKeyForm(connector, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        label = form.cleaned_data["label"]
        made = attempt(
            form, add_key, team=request.team, by=request.user, provider=provider, values=form.values(), label=label
        )
        if made is not None:
            messages.success(request, "The key is kept, sealed. Try it with a real question.")
            return redirect("key", made.pk)
    context = {"connector": connector, "form": form}
    return settings_page(request, "sources/key_add.html", "key-list", context, status=422 if form.errors else 200)


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@member_page("sources.write")
def key(request: TeamRequest, pk: uuid.UUID) -> HttpResponse:
    """One key: what the last test said, who uses it, and the form that replaces it."""
    found = key_of(request.team, pk)
    connector = _connector(found.provider)
    form = KeyForm(connector, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        woken = attempt(form, replace_key, key=found, by=request.user, values=form.values())
        if woken is not None:
            again = f" {woken} waiting {'source is' if woken == 1 else 'sources are'} read again." if woken else ""
            messages.success(request, f"The key is replaced.{again}")
            return redirect("key", pk)
    context = {"key": _row(found, connector.label), "form": form, "try_form": TryForm()}
    return settings_page(request, "sources/key.html", "key-list", context, status=422 if form.errors else 200)


@require_POST
@member_page("sources.write")
def key_test(request: TeamRequest, pk: uuid.UUID) -> HttpResponse:
    """Ask the service with this key, and say what it said and how long it took."""
    found = key_of(request.team, pk)
    form, began = TryForm(request.POST), time.perf_counter()
    try:
        checked = try_key(key=found, url=form.cleaned_data["url"] if form.is_valid() else "")
    except ProductError as error:
        if error.status in {403, 404} or error.status >= 500:
            raise
        messages.error(request, _words(error))
        return redirect("key", pk)
    tell = messages.success if checked.ok else messages.error
    tell(request, f"{checked.message} Answered in {(time.perf_counter() - began) * 1000:,.0f} ms.")
    return redirect("key", pk)


@require_POST
@member_page("sources.write")
def key_remove(request: TeamRequest, pk: uuid.UUID) -> HttpResponse:
    """Forget a key that no source uses."""
    try:
        remove_key(key=key_of(request.team, pk), by=request.user)
    except ProductError as error:
        if error.status != 409:
            raise
        messages.error(request, error.message)
        return redirect("key", pk)
    messages.success(request, "The key is forgotten.")
    return redirect("key-list")


def _keys(request: TeamRequest) -> list[ApiKey]:
    return list(keys_of(request.team))


def _row(one: ApiKey, provider: str) -> dict[str, Any]:
    """A key as it may be seen."""
    masked = [vault.in_words(hint) for hint in one.hints.values()]
    return {"key": one, "provider": provider, "masked": "; ".join(masked), "used": getattr(one, "used", 0)}


def _connector(provider: str) -> Connector:
    found = next((one for one in providers() if one.key == provider), None)
    if found is None:
        raise NotFound("There is no such service.")
    return found


def _words(error: ProductError) -> str:
    texts = [text for given in error.details.values() if isinstance(given, list) for text in given]
    return " ".join(str(text) for text in texts) or error.message
