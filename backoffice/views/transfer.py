"""A corpus out of here and into here, as a zip."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.http import AuthenticatedRequest
from backoffice.access import curator_only
from backoffice.forms import CorpusForm
from backoffice.transfer import TransferForm, new_corpus_page, zip_response
from common.errors import InvalidInput
from documents.errors import FileRefused
from documents.selectors import get_corpus_for_curator, require_corpus_creation
from documents.transfer.errors import TransferRefused
from documents.transfer.exporting import plan_export
from documents.transfer.importing import import_corpus


@require_safe
@curator_only
def download(request: AuthenticatedRequest, corpus: UUID) -> HttpResponseBase:
    found = get_corpus_for_curator(request.user, corpus)
    return zip_response(request, plan_export(by=request.user, corpus=found))


@require_POST
@curator_only
def take_in(request: AuthenticatedRequest) -> HttpResponseBase:
    require_corpus_creation(request.user)
    form = TransferForm(request.POST, request.FILES)
    if form.is_valid():
        file, name = form.cleaned_data["file"], form.cleaned_data["name"]
        try:
            source = import_corpus(by=request.user, file=file, name=name)
        except (TransferRefused, FileRefused, InvalidInput) as error:
            form.refuse_transfer(error)
        else:
            text = _("“%(name)s” is here. Its documents come online one after another.")
            messages.success(request, text % {"name": source.corpus.name})
            return redirect("backoffice:corpus_documents", source.corpus_id)
    return new_corpus_page(request, CorpusForm(), form)
