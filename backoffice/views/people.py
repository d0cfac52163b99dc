"""People: the list, a new one, and what an administrator may change of one."""

from __future__ import annotations

import secrets
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import AuthenticatedRequest
from accounts.models import User
from accounts.selectors import people_managed_by, person_managed_by
from accounts.services import create_person, set_password, set_person_active, update_person
from backoffice.access import admin_only
from backoffice.exports import csv_response
from backoffice.forms import NewPersonForm, PasswordForm, PersonForm
from backoffice.paging import Address, page_of, sort_links
from common.errors import InvalidInput
from documents.selectors import grants_reaching

SORTS = {
    "name": ["name", "email"],
    "email": ["email"],
    "role": ["membership__role", "name", "email"],
    "joined": ["date_joined", "email"],
}
_PASSWORD_BYTES = 12  # 16 characters


def _people(request: AuthenticatedRequest) -> tuple[QuerySet[User], str]:
    """The people that the address asks for, and how they are sorted."""
    people = people_managed_by(request.user)
    words = request.GET.get("q", "").strip()
    if words:
        people = people.filter(Q(name__icontains=words) | Q(email__icontains=words))
    active = {"active": True, "inactive": False}.get(request.GET.get("state", ""))
    if active is not None:
        people = people.filter(is_active=active)
    sort = request.GET.get("sort", "")
    key = sort.removeprefix("-")
    if key not in SORTS:
        return people, "name"
    backwards = "-" if sort.startswith("-") else ""
    return people.order_by(*(f"{backwards}{name}" for name in SORTS[key])), sort


@require_safe
@admin_only
def people(request: AuthenticatedRequest) -> HttpResponse:
    found, sort = _people(request)
    address = Address(request.GET)
    page = page_of(found, request.GET)
    columns = {
        "name": _("Name"),
        "email": _("E-mail address"),
        "role": _("Role"),
        "joined": _("Since"),
    }
    state = request.GET.get("state", "")
    labels = {"": _("All"), "active": _("Active"), "inactive": _("Deactivated")}
    context = {
        "page": page,
        "query": request.GET.get("q", ""),
        "state": state,
        "tabs": [
            {"label": label, "href": address.with_(state=key), "current": state == key}
            for key, label in labels.items()
        ],
        "sorts": {link["key"]: link for link in sort_links(address, sort, columns)},
        "export_query": address.with_(),
    }
    return render(request, "backoffice/people.html", context)


@require_safe
@admin_only
def export(request: AuthenticatedRequest) -> HttpResponse:
    head = [_("Name"), _("E-mail address"), _("Role"), _("Teams"), _("Active"), _("Since")]
    found, _sort = _people(request)
    rows = (
        [
            person.name,
            person.email,
            person.membership.get_role_display(),
            ", ".join(team.name for team in person.teams.all()),
            _("yes") if person.is_active else _("no"),
            f"{person.date_joined:%Y-%m-%d}",
        ]
        for person in found
    )
    return csv_response("people", head, rows)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@admin_only
def create(request: AuthenticatedRequest) -> HttpResponseBase:
    """Answers a success with a page instead of a redirect: a password that was made is shown
    this once and kept nowhere."""
    form = NewPersonForm(request.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        made = "" if values["password"] else secrets.token_urlsafe(_PASSWORD_BYTES)
        try:
            person = create_person(
                by=request.user,
                email=values["email"],
                name=values["name"],
                password=values["password"] or made,
                role=values["role"],
                teams=values["teams"],
            )
        except InvalidInput as error:
            form.refuse(error)
        else:
            context = {"person": person, "password": made}
            return render(request, "backoffice/person_created.html", context)
    return render(request, "backoffice/person_new.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@admin_only
def person(request: AuthenticatedRequest, person: UUID) -> HttpResponseBase:
    found = person_managed_by(request.user, person)
    initial = {
        "name": found.name,
        "role": found.membership.role,
        "teams": [team.pk for team in found.teams.all()],
    }
    form = PersonForm(request.user, request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            update_person(by=request.user, person=found, **form.cleaned_data)
        except InvalidInput as error:
            form.refuse(error)
        else:
            messages.success(request, _("The changes are saved."))
            return redirect("backoffice:person", found.pk)
    grants = grants_reaching(request.user, found)
    context = {"person": found, "name": str(found), "form": form, "grants": grants}
    return render(request, "backoffice/person.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@admin_only
def password(request: AuthenticatedRequest, person: UUID) -> HttpResponseBase:
    """A new password, which as in `create` is shown this once where it was made here."""
    found = person_managed_by(request.user, person)
    form = PasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data["password"]
        made = "" if typed else secrets.token_urlsafe(_PASSWORD_BYTES)
        try:
            set_password(by=request.user, person=found, password=typed or made)
        except ValidationError as error:
            form.refuse(error)
        else:
            context = {"person": found, "password": made}
            return render(request, "backoffice/person_password_set.html", context)
    context = {"person": found, "name": str(found), "form": form}
    return render(request, "backoffice/person_password.html", context)


@require_POST
@admin_only
def activity(request: AuthenticatedRequest, person: UUID) -> HttpResponseBase:
    """Deactivates or reactivates."""
    found = person_managed_by(request.user, person)
    active = request.POST.get("active") == "yes"
    set_person_active(by=request.user, person=found, active=active)
    text = _("%(name)s can sign in again.") if active else _("%(name)s can no longer sign in.")
    messages.success(request, text % {"name": found})
    return redirect("backoffice:person", found.pk)
