"""Corpora that are taken in, and those that leave: what is asked, and how a zip is sent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Generator
from contextlib import suppress

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext_lazy as _

from accounts.http import AuthenticatedRequest
from backoffice.forms import CorpusForm, Refusable
from common.errors import CassandreError, InvalidInput
from documents.errors import FileTooLarge
from documents.models import Corpus
from documents.transfer.exporting import Export
from documents.transfer.writing import zip_blocks


class TransferForm(Refusable):
    main_field = "file"
    prefix = "transfer"  # it stands beside the form of an empty corpus

    file = forms.FileField(
        label=_("Zip of a corpus"),
        widget=forms.FileInput(attrs={"accept": ".zip,application/zip"}),
    )
    name = forms.CharField(
        label=_("Name"),
        max_length=Corpus._meta.get_field("name").max_length,
        required=False,
        help_text=_("Empty: the one that it has there."),
    )

    def clean_file(self) -> UploadedFile[bytes]:
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        limit = settings.MAX_UPLOAD_MB
        if (file.size or 0) > limit * 1_000_000:
            refusal = FileTooLarge(file=file.name or "", limit=limit)
            raise forms.ValidationError(refusal.user_sentence)
        return file

    def refuse_transfer(self, error: CassandreError) -> None:
        if isinstance(error, InvalidInput):
            self.refuse(error)
        else:
            self.add_error("file", error.user_sentence)


def new_corpus_page(
    request: AuthenticatedRequest, form: CorpusForm, transfer: TransferForm
) -> HttpResponse:
    """Where a corpus begins: empty, or as it is elsewhere."""
    context = {"form": form, "transfer": transfer, "limit_mb": settings.MAX_UPLOAD_MB}
    return render(request, "backoffice/corpus_new.html", context)


def zip_response(request: HttpRequest, export: Export) -> HttpResponseBase:
    """Sent while it is written; nothing of it is kept on the way, nor by the browser's cache."""
    response: HttpResponseBase = HttpResponse()
    if request.method != "HEAD":
        response = StreamingHttpResponse(_sent(zip_blocks(export)))
    disposition = content_disposition_header(True, export.file_name)
    response.headers["Content-Type"] = "application/zip"
    response.headers["Content-Disposition"] = disposition or "attachment"
    response.headers["Cache-Control"] = "private, no-store"
    return response


async def _sent(blocks: Generator[bytes, None, None]) -> AsyncGenerator[bytes, None]:
    """Each block is made on a thread: the store is waited for there, and the disk."""
    try:
        while (block := await asyncio.to_thread(next, blocks, None)) is not None:
            yield block
    finally:
        # Where the thread is still at its last block, the files are closed behind it.
        with suppress(ValueError):
            blocks.close()
