"""Approved answers for tests."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.models import User
from documents.approved_services import ApprovedDraft, save_approved
from documents.models import ApprovedAnswer, Corpus, Document, Page
from documents.spans import Span


def whole_page(document: Document, number: int = 1) -> Span:
    version = document.versions.get(live=True)
    page = Page.objects.get(version=version, number=number)
    return Span(version.pk, number, 0, len(page.text))


def approve(
    by: User,
    corpus: Corpus,
    documents: Iterable[Document] = (),
    question: str = "How many days of annual leave do employees have?",
    text: str = "They have 25 days [1].",
    **fields: Any,
) -> ApprovedAnswer:
    """An approved answer that rests on the first page of each document."""
    passages = {n: whole_page(document) for n, document in enumerate(documents, start=1)}
    fields.setdefault("review_on", timezone.localdate() + timedelta(days=30))
    approved = fields.pop("approve", True)
    draft = ApprovedDraft(
        corpus=corpus.pk, question=question, text=text, passages=passages, owner=by, **fields
    )
    return save_approved(by=by, draft=draft, approve=approved)
