"""The glossaries of the corpora asked, kept in memory as long as their rows stay as they are."""

from __future__ import annotations

import threading
from collections import OrderedDict, defaultdict
from collections.abc import Sequence
from typing import cast
from uuid import UUID

from ai.lexical import Entry, Glossary, Language, Rewording
from documents.models import Corpus, GlossaryEntry

# Of corpora; 100 entries take some 100 KB once they have been looked up.
REMEMBERED_GLOSSARIES = 256

# By the number of the glossary's last change too, which comes with the corpus's row: whoever
# changes one makes a new key, in every process, and no glossary costs no query.
_Key = tuple[UUID, int]
_known: OrderedDict[_Key, Glossary] = OrderedDict()
_guard = threading.Lock()


def rewordings(
    corpora: Sequence[Corpus], question: str, language: Language
) -> tuple[Rewording, ...]:
    """What the glossaries of `corpora`, which the asker may read, know of the question."""
    return tuple(
        found
        for glossary in _glossaries([corpus for corpus in corpora if corpus.glossary_changes])
        for found in glossary.rewordings(question, language)
    )


def _glossaries(corpora: Sequence[Corpus]) -> list[Glossary]:
    if not corpora:
        return []
    with _guard:
        found = {corpus: _known.get((corpus.pk, corpus.glossary_changes)) for corpus in corpora}
    missing = [corpus for corpus, glossary in found.items() if glossary is None]
    found |= _read(missing) if missing else {}
    with _guard:
        for corpus, glossary in found.items():
            if glossary is not None:
                _known[corpus.pk, corpus.glossary_changes] = glossary
                _known.move_to_end((corpus.pk, corpus.glossary_changes))
        while len(_known) > REMEMBERED_GLOSSARIES:
            _known.popitem(last=False)
    return [glossary for glossary in found.values() if glossary is not None]


def _read(corpora: Sequence[Corpus]) -> dict[Corpus, Glossary]:
    """Without regard to the user: what is remembered serves all who may read the corpus."""
    entries: dict[UUID, list[Entry]] = defaultdict(list)
    languages = {corpus.pk: cast(Language, corpus.language) for corpus in corpora}
    for row in GlossaryEntry.objects.filter(corpus__in=corpora).order_by("term"):
        entry = Entry(row.term, tuple(row.expansions), languages[row.corpus_id])
        entries[row.corpus_id].append(entry)
    return {corpus: Glossary(tuple(entries[corpus.pk])) for corpus in corpora}
