"""Such a zip → a corpus: the corpus, its settings and its glossary at once, the files after that.

A `Source` of the kind “transfer” keeps the zip until its files are received and read, when the
approved answers follow. Everything has been checked before the first row is written.
"""

from __future__ import annotations

import uuid

from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.selectors import organisation_of
from common.errors import InvalidInput
from documents.glossary import Wordings, import_entries
from documents.models import Corpus, Source
from documents.selectors import require_corpus_creation
from documents.services import create_corpus
from documents.sources.leases import ENQUEUE_AGAIN_AFTER
from documents.sources.tasks import gather_source
from documents.transfer.archive import open_corpus_archive
from documents.transfer.manifest import CorpusPart, GlossaryPart, Manifest


def import_corpus(*, by: User, file: File[bytes], name: str = "") -> Source:
    """A new corpus of `by`'s organisation out of a zip that another Cassandre has written; `name`
    instead of the one that it has there. Whoever may read it is to be chosen anew.

    Raises NotAllowed, TransferRefused, FileRefused for what a virus scanner finds in it, or
    InvalidInput for a `name` that exists already.
    """
    require_corpus_creation(by)
    with open_corpus_archive(file) as archive:
        manifest = archive.manifest
        name = " ".join((name.strip() or manifest.corpus.name).split())
        _refuse_known(by, name)
        archive.check_files()
    file.seek(0)
    with transaction.atomic():
        corpus = _corpus(by, name, manifest.corpus)
        _glossary(by, corpus, manifest.glossary)
        source = _queued(by, corpus, file, manifest)
        try:
            source.save(force_insert=True)
        except BaseException:
            source.file.delete(save=False)
            raise
        gather_source.delay_on_commit(str(source.pk))
    return source


def _refuse_known(by: User, name: str) -> None:
    if Corpus.objects.filter(organisation=organisation_of(by), name=name).exists():
        reason = _("A corpus “%(name)s” exists already. Give this one another name.")
        raise InvalidInput(field="name", reason=reason % {"name": name})


def _corpus(by: User, name: str, part: CorpusPart) -> Corpus:
    try:
        return create_corpus(
            by=by,
            name=name,
            language=part.language,
            welcome_message=part.welcome_message,
            instructions=part.instructions,
            passages_read=part.passages_read,
            evidence_threshold=part.evidence_threshold,
            dense_weight=part.dense_weight,
            words_only=part.words_only,
            ocr=part.ocr,
        )
    except ValidationError as error:  # another has taken the name since
        raise InvalidInput(field="name", reason=" ".join(error.messages)) from error


def _glossary(by: User, corpus: Corpus, entries: list[GlossaryPart]) -> None:
    if entries:
        kept = [Wordings(entry.term, tuple(entry.expansions)) for entry in entries]
        import_entries(by=by, corpus=corpus, entries=kept)


def _queued(by: User, corpus: Corpus, file: File[bytes], manifest: Manifest) -> Source:
    source = Source(
        id=uuid.uuid4(),
        corpus=corpus,
        kind=Source.Kind.TRANSFER,
        address=(file.name or "").rpartition("/")[2][:1000],
        created_by=by,
        progress_total=len(manifest.files),
        next_at=timezone.now() + ENQUEUE_AGAIN_AFTER,
    )
    source.file.save(f"{corpus.pk}/{source.pk}.zip", file, save=False)
    return source
