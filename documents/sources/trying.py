"""What an address would give, before it becomes a source."""

from __future__ import annotations

import time
from dataclasses import dataclass

from accounts.models import User
from documents.models import Corpus, Source
from documents.selectors import get_corpus_for_curator
from documents.sources.addresses import checked_address
from documents.sources.errors import Unreachable
from documents.sources.places import open_place
from documents.sources.ports import UNKNOWN, Gone

# Somebody waits for the page.
_PATIENCE_S = 20.0


@dataclass(frozen=True, slots=True)
class Trial:
    total: int  # files that are listed
    first: str  # the name of the first that could be fetched; empty where there is none


def try_source(*, by: User, corpus: Corpus, kind: str, address: str) -> Trial:
    """List it and fetch the first file; nothing is kept. Raises CassandreError for what a look
    would fail over, InvalidInput for an address that is none."""
    corpus = get_corpus_for_curator(by, corpus.pk)
    source = Source(corpus=corpus, kind=kind, address=checked_address(kind, address))
    until = time.monotonic() + _PATIENCE_S

    def beat() -> None:
        if time.monotonic() > until:
            raise Unreachable(address=source.address, cause="slower than who waits for it")

    with open_place(source, beat) as place:
        for item in place.listed():
            if item.refusal is not None:
                continue
            try:
                with place.fetch(item, UNKNOWN) as fetched:
                    return Trial(place.total, fetched.name if fetched else "")
            except Gone as gone:
                raise gone.refusal or Unreachable(address=item.path) from gone
        return Trial(place.total, "")
