"""Teams: whom rights are given to together."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import AuthenticatedRequest
from accounts.models import Team
from accounts.selectors import team_managed_by, teams_managed_by
from accounts.services import delete_team, save_team
from backoffice.access import admin_only
from backoffice.exports import csv_response
from backoffice.forms import TeamForm
from backoffice.requests import typed_name


@require_safe
@admin_only
def teams(request: AuthenticatedRequest) -> HttpResponse:
    return render(request, "backoffice/teams.html", {"teams": teams_managed_by(request.user)})


@require_safe
@admin_only
def export(request: AuthenticatedRequest) -> HttpResponse:
    rows = (
        [team.name, ", ".join(person.email for person in team.members.all())]
        for team in teams_managed_by(request.user)
    )
    return csv_response("teams", [_("Name"), _("Members")], rows)


@require_http_methods(["GET", "HEAD", "POST"])
@admin_only
def create(request: AuthenticatedRequest) -> HttpResponseBase:
    return _edit(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
@admin_only
def team(request: AuthenticatedRequest, team: UUID) -> HttpResponseBase:
    return _edit(request, team_managed_by(request.user, team))


def _edit(request: AuthenticatedRequest, team: Team | None) -> HttpResponseBase:
    initial = {}
    if team is not None:
        initial = {"name": team.name, "members": [person.pk for person in team.members.all()]}
    name = team.name if team else ""
    form = TeamForm(request.user, request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            save_team(by=request.user, team=team, **form.cleaned_data)
        except ValidationError as error:
            form.refuse(error)
        else:
            messages.success(request, _("The team is saved."))
            return redirect("backoffice:teams")
    return render(request, "backoffice/team.html", {"team": team, "name": name, "form": form})


@require_POST
@admin_only
def delete(request: AuthenticatedRequest, team: UUID) -> HttpResponseBase:
    """Its rights go with it; nothing happens to its members."""
    found = team_managed_by(request.user, team)
    if not typed_name(request.POST, found.name):
        messages.error(request, _("It was not deleted: the name that was typed is another."))
        return redirect("backoffice:team", found.pk)
    delete_team(by=request.user, team=found)
    messages.success(request, _("The team “%(name)s” is deleted.") % {"name": found.name})
    return redirect("backoffice:teams")
