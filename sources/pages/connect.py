"""Connecting a source: a form with a check, a file, an address to send to, or one click."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.middleware import TeamRequest
from accounts.pages.access import attempt, member_page
from sources import configuration
from sources.account_options import account_options
from sources.actions.connect import Connected, connect_source
from sources.actions.schedule import Wanted, remove_schedule, set_schedule
from sources.actions.trial import Trial, try_settings
from sources.connectors._base import Connector
from sources.forms import ConnectForm
from sources.forms.schedule import usual_rhythm
from sources.models import Source
from sources.pages import drafts
from sources.pages.upload import choose_file
from sources.selectors.catalogue import connector_card
from sources.selectors.kinds import brings
from sources.selectors.record_table import table_of
from sources.selectors.source_page import schedule_or_none


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@member_page("sources.write")
def source_connect(request: TeamRequest, kind: str) -> HttpResponse:
    """The page of one kind. A POST to a kind that connects by a click does so at once."""
    connector = configuration.connector(kind)
    if connector.category == "demo" and not settings.DEMO_ENABLED:
        raise Http404
    match connector.connect:
        case "file":
            return choose_file(request, connector)
        case "click":
            return _by_click(request, connector)
    return _by_form(request, connector)


def _by_click(request: TeamRequest, connector: Connector) -> HttpResponse:
    demo = connector.category == "demo"
    there = Source.objects.for_team(request.team).filter(kind=connector.key).first()
    if there is not None and demo:
        messages.info(request, "Demo data is in this team already.")
        return redirect("source", there.pk)
    form = ConnectForm(connector)
    if request.method != "POST":
        return _shown(request, connector, form)
    found = connect_source(team=request.team, by=request.user, kind=connector.key, is_demo=demo)
    messages.success(request, f"{found.source.name} is connected. Its first numbers are on their way.")
    return redirect("source", found.source.pk)


def _by_form(request: TeamRequest, connector: Connector) -> HttpResponse:
    if request.method != "POST":
        return _shown(request, connector, ConnectForm(connector))
    kept = drafts.kept(request, connector.key)
    form = ConnectForm(connector, request.POST, kept=kept)
    if not form.is_valid():
        return _shown(request, connector, form, status=422)
    step = request.POST.get("step", "")
    if step == "check":
        return _checked(request, connector, form, kept)
    name = step.partition(":")[2]
    secrets = {**kept, **form.given()}
    if name:
        # whoever goes on to sign in wants the account and not the key it stands in for
        secrets = {key: value for key, value in secrets.items() if key not in _replaced(connector, name)}
    connected = attempt(form, partial(_connect, request, connector, form, secrets))
    if connected is None:
        return _shown(request, connector, form, status=422)
    drafts.drop(request, connector.key)
    if name in account_options(connector):
        # the body goes along with 307, so that the way to the provider is a form's own answer
        return redirect("source-account", connected.source.pk, preserve_request=True)
    done = f"{connected.source.name} is saved." if connected.awaits else f"{connected.source.name} is connected."
    messages.success(request, done)
    return redirect("source", connected.source.pk)


def _replaced(connector: Connector, name: str) -> set[str]:
    declared = account_options(connector)
    return {declared[name].instead_of} if name in declared else set()


def _checked(request: TeamRequest, connector: Connector, form: ConnectForm, kept: dict[str, str]) -> HttpResponse:
    trial = attempt(form, try_settings, team=request.team, connector=connector, given=form.given(), kept=kept)
    if trial is None:
        return _shown(request, connector, form, status=422)
    drafts.keep(request, connector.key, trial.secrets)
    fresh = ConnectForm(connector, request.POST, kept=trial.secrets or {})
    fresh.is_valid()
    if trial.checked.ok:
        return _shown(request, connector, fresh, trial=trial)
    at_fault = trial.checked.field if trial.checked.field in fresh.fields else None
    fresh.add_error(at_fault, trial.checked.message)
    return _shown(request, connector, fresh, status=422)


def _connect(request: TeamRequest, connector: Connector, form: ConnectForm, config: dict[str, Any]) -> Connected:
    given = form.cleaned_data
    found = connect_source(
        team=request.team,
        by=request.user,
        kind=connector.key,
        name=given["source_name"],
        config=config,
    )
    rhythm = given.get("rhythm", "")
    if rhythm == "manual":
        remove_schedule(source=found.source, by=request.user)
    elif rhythm:
        usual = schedule_or_none(found.source)
        wanted = Wanted(usual_rhythm(rhythm, usual.schedule.expression if usual else ""))
        set_schedule(source=found.source, by=request.user, wanted=wanted)
    return found


def _shown(
    request: TeamRequest, connector: Connector, form: ConnectForm, *, trial: Trial | None = None, status: int = 200
) -> HttpResponse:
    card = connector_card(connector.key)
    context: dict[str, Any] = {"card": card, "brings": brings(card), "form": form, "trial": trial}
    if trial is not None:
        context["table"] = table_of(trial.records, request.team.time_zone)
    return render(request, "sources/connect.html", context, status=status)
