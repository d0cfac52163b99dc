"""What curators say about documents: the hints of their pages, the days they are in force."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accounts.http import AuthenticatedRequest
from backoffice.access import curator_only
from backoffice.document_forms import HintsForm, ValidityForm
from backoffice.outcome import changed
from backoffice.requests import chosen_among
from backoffice.views.preview import document_page
from common.errors import InvalidInput
from documents.selectors import documents_curated_by, get_document_for_curator
from documents.services import set_hints, set_validity


@require_POST
@curator_only
def hints(request: AuthenticatedRequest, document: UUID) -> HttpResponseBase:
    found = get_document_for_curator(request.user, document)
    form = HintsForm(request.POST)
    if form.is_valid():
        try:
            set_hints(by=request.user, document=found, hints=form.cleaned_data["hints"])
        except InvalidInput as error:
            form.refuse(error)
        else:
            text = _("The hints are saved. The document is being indexed with them.")
            messages.success(request, text)
            return redirect("backoffice:document", found.pk)
    return document_page(request, found, hints_form=form)


@require_POST
@curator_only
def validity(request: AuthenticatedRequest, document: UUID) -> HttpResponseBase:
    found = get_document_for_curator(request.user, document)
    form = ValidityForm(request.POST)
    if not form.is_valid():
        return document_page(request, found, validity_form=form)
    set_validity(by=request.user, document=found, **form.cleaned_data)
    messages.success(request, _("The dates are saved."))
    return redirect("backoffice:document", found.pk)


@require_POST
@curator_only
@transaction.atomic
def validity_of_many(request: AuthenticatedRequest) -> HttpResponseBase:
    form = ValidityForm(request.POST)
    if not form.is_valid():
        field, errors = next(iter(form.errors.items()))
        raise InvalidInput(field=str(form.fields[field].label), reason=str(errors[0]))
    chosen = chosen_among(request.POST, documents_curated_by(request.user))
    for document in chosen:
        set_validity(by=request.user, document=document, **form.cleaned_data)
    text = ngettext(
        "The dates of %(count)d document are saved.",
        "The dates of %(count)d documents are saved.",
        len(chosen),
    ) % {"count": len(chosen)}
    return changed(request, text, to=reverse("backoffice:documents"))
