"""Writing the points of the live generation anew from the database, which holds all they need."""

from __future__ import annotations

from django.db import transaction

from documents.models import Corpus, Document
from documents.refreshing import mark_stale_in_live


@transaction.atomic
def reindex(corpus: Corpus | None = None) -> int:
    """Have every document that is online written anew, of one corpus or of all; returns how many.

    Only rows are touched: the process that holds the index takes them up at its next sweep, or at
    its start. Each stays in the search while its points are written over.
    """
    online = Document.objects.filter(deleted_at=None, versions__live=True)
    if corpus is not None:
        online = online.filter(corpus=corpus)
    documents = Document.objects.filter(pk__in=online.values("pk"))
    mark_stale_in_live(documents, Document.Stale.VECTORS)
    return documents.count()
