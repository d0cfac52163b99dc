"""Files on their way in: received one by one, watched until they are online."""

from __future__ import annotations

import json
from uuid import UUID

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.http import AuthenticatedRequest
from accounts.models import User
from backoffice.access import curator_only
from backoffice.outcome import changed
from backoffice.requests import uuids
from backoffice.work import work_context
from common.errors import InvalidInput
from documents.errors import FileRefused
from documents.models import Corpus
from documents.receiving import receive_file
from documents.selectors import get_corpus_for_curator, get_version_for_curator
from documents.sources.archives import is_archive
from documents.sources.services import receive_archive
from documents.version_services import cancel_version, retry_version

# The board's fragment loads itself again on this event.
BOARD_STALE = "board-stale"


@require_POST
@curator_only
def upload(request: AuthenticatedRequest) -> HttpResponseBase:
    """One file for a script that asks for JSON; all of a form's files for a plain browser."""
    (corpus_id,) = uuids([request.POST.get("corpus", "")])
    corpus = get_corpus_for_curator(request.user, corpus_id)
    files = request.FILES.getlist("file")
    if not files:
        raise InvalidInput(field=_("File"), reason=_("Choose at least one file."))
    if request.accepts("text/html"):
        return _upload_form(request, corpus, files)
    return JsonResponse(_received(request.user, corpus, files[0]), status=201)


def _received(user: User, corpus: Corpus, file: UploadedFile[bytes]) -> dict[str, str]:
    """A document's file, or an archive, which is a source of many."""
    if is_archive(file):
        return {"source": str(receive_archive(by=user, corpus=corpus, file=file).pk)}
    version = receive_file(by=user, corpus=corpus, file=file)
    return {"document": str(version.document_id), "version": str(version.pk)}


def _upload_form(
    request: AuthenticatedRequest, corpus: Corpus, files: list[UploadedFile[bytes]]
) -> HttpResponseBase:
    received = 0
    for file in files:
        try:
            _received(request.user, corpus, file)
        except FileRefused as refusal:  # must not stop the others
            messages.error(request, refusal.user_sentence)
        else:
            received += 1
    if received:
        text = ngettext("%(count)d file is received.", "%(count)d files are received.", received)
        messages.success(request, text % {"count": received})
    return redirect("backoffice:documents")


@require_safe
@curator_only
def work(request: AuthenticatedRequest) -> HttpResponse:
    """The panel's rows. It says so when a file has ended, so that the list below follows."""
    context = work_context(request.user)
    response = render(request, "backoffice/_work.html", context)
    before = request.GET.get("active", "")
    if before and before != str(context["work_active"]):
        response.headers["HX-Trigger"] = json.dumps({BOARD_STALE: {}})
    return response


@require_POST
@curator_only
def retry(request: AuthenticatedRequest, version: UUID) -> HttpResponseBase:
    found = get_version_for_curator(request.user, version)
    if retry_version(by=request.user, version=found):
        text = _("“%(file)s” is being tried again.") % {"file": found.file_name}
    else:
        text = _("“%(file)s” cannot be tried again: it needs another file.") % {
            "file": found.file_name
        }
    return changed(request, text, to=reverse("backoffice:documents"))


@require_POST
@curator_only
def cancel(request: AuthenticatedRequest, version: UUID) -> HttpResponseBase:
    found = get_version_for_curator(request.user, version)
    cancel_version(by=request.user, version=found)
    text = _("“%(file)s” is cancelled.") % {"file": found.file_name}
    return changed(request, text, to=reverse("backoffice:documents"))
