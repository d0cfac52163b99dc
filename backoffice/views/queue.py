"""What waits, and why: a corpus that is paused, a service that all files wait for, a password."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from accounts.http import AuthenticatedRequest
from backoffice.access import curator_only
from backoffice.outcome import changed
from common.errors import CassandreError
from documents.queue_services import pause_corpus, resume_corpus, try_ingestion_now
from documents.selectors import get_corpus_for_curator, get_version_for_curator
from documents.unlocking import unlock_version
from documents.version_services import restore_version


@require_POST
@curator_only
def pause(request: AuthenticatedRequest, corpus: UUID) -> HttpResponseBase:
    found = get_corpus_for_curator(request.user, corpus)
    pause_corpus(by=request.user, corpus=found)
    text = _("The files of “%(name)s” wait until you let them go on.") % {"name": found.name}
    return changed(request, text, to=reverse("backoffice:corpus_documents", args=[found.pk]))


@require_POST
@curator_only
def resume(request: AuthenticatedRequest, corpus: UUID) -> HttpResponseBase:
    found = get_corpus_for_curator(request.user, corpus)
    resume_corpus(by=request.user, corpus=found)
    text = _("The files of “%(name)s” go on where they were.") % {"name": found.name}
    return changed(request, text, to=reverse("backoffice:corpus_documents", args=[found.pk]))


@require_POST
@curator_only
def try_now(request: AuthenticatedRequest) -> HttpResponseBase:
    if try_ingestion_now(by=request.user):
        text = _("One file tries it now. If that succeeds, all others follow.")
    else:
        text = _("Nothing holds the files up any more.")
    return changed(request, text, to=reverse("backoffice:documents"))


@sensitive_post_parameters("password")
@require_POST
@curator_only
def unlock(request: AuthenticatedRequest, version: UUID) -> HttpResponseBase:
    found = get_version_for_curator(request.user, version)
    page = f"{reverse('backoffice:document', args=[found.document_id])}?version={found.pk}"
    try:
        password = request.POST.get("password", "")
        opened = unlock_version(by=request.user, version=found, password=password)
    except CassandreError as error:
        if not request.accepts("text/html"):
            raise
        messages.error(request, error.user_sentence)
        return redirect(page)
    text = _("“%(file)s” is open and on its way.") if opened else _("“%(file)s” needs no password.")
    return changed(request, text % {"file": found.file_name}, to=page)


@require_POST
@curator_only
def restore(request: AuthenticatedRequest, version: UUID) -> HttpResponseBase:
    """An earlier file of a document becomes the one that readers have."""
    found = get_version_for_curator(request.user, version)
    page = reverse("backoffice:document", args=[found.document_id])
    try:
        restore_version(by=request.user, version=found)
    except CassandreError as error:
        if not request.accepts("text/html"):
            raise
        messages.error(request, error.user_sentence)
        return redirect(page)
    text = _("Readers have “%(file)s” of %(day)s again.") % {
        "file": found.file_name,
        "day": date_format(found.created_at, "DATE_FORMAT"),
    }
    return changed(request, text, to=page)
