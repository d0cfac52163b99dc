"""One look at a source: every file that is new or has changed is taken, the rest recognised.

Each entry is written down as it is done, so that a look which was cut off goes on behind it.
`Source.finished_at` is when the last look ended: what was seen since is of this one.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, field
from datetime import datetime

from django.core.files.base import File
from django.db import IntegrityError
from django.utils import timezone

from common.errors import CassandreError, NotAllowed, NotFound, Unavailable
from documents.errors import DuplicateFile, FileRefused, ScannerUnavailable
from documents.leases import LeaseLost
from documents.models import Corpus, Document, DocumentVersion, Source, SourceEntry
from documents.queueing import someone_waits
from documents.receiving import Origin, receive_file
from documents.selectors import get_corpus_for_curator
from documents.sources.archives import drop_archive
from documents.sources.errors import SourceFailed, SourceRightLost, Unreachable
from documents.sources.identity import document_path, sha256_of, stands
from documents.sources.leases import Hold, beating, claim
from documents.sources.places import open_place
from documents.sources.ports import (
    UNKNOWN,
    Beat,
    Fetched,
    Gone,
    Later,
    Listed,
    Place,
    Validators,
    key_of,
)
from documents.sources.vanishing import mark_vanished, unmark
from documents.transfer.unpacking import carry_on

logger = logging.getLogger(__name__)

Seen = SourceEntry.State
VersionState = DocumentVersion.State

# After this long a look lets the files that wait go first.
SLICE_S = 20.0
# So many entries in a row that cannot be reached, and the look fails: the site or its server is
# down, and each further one would be waited for in vain.
PATIENCE = 5
_BLOCK_BYTES = 1_000_000

OpenPlace = Callable[[Source, Beat], AbstractContextManager[Place]]


@dataclass(frozen=True, slots=True)
class Look:
    """What one turn at a source came to."""

    more: bool = False  # it gave way: to be gone on with
    later: int = 0  # entries that are still being written
    lost: bool = False  # another has it, or it was cancelled or removed


def gather(
    source_id: uuid.UUID,
    *,
    place_of: OpenPlace = open_place,
    must_end: Callable[[], bool] | None = None,
) -> Look:
    """Look at a source that waits to be looked at. Does nothing where it is gone or does not wait.

    `must_end` is asked at each entry; without it, whether the worker is told to end.
    """
    hold = claim(source_id, must_end)
    if hold is None:
        return Look(lost=True)
    try:
        _require_right(hold.source)
        if hold.source.kind == Source.Kind.TRANSFER:
            with beating(hold):
                return Look(more=carry_on(hold))
        with beating(hold), place_of(hold.source, hold.beat) as place:
            look = _Turn(hold, place).go()
        if look.more:
            hold.give_way()
        else:
            hold.end()
            drop_archive(hold.source)
    except LeaseLost:
        logger.info("gathering of %s: lease lost", source_id)
        return Look(lost=True)
    except CassandreError as error:
        logger.info("gathering of %s: %s", source_id, error)
        return _failed(hold, error)
    except IntegrityError:
        if Source.objects.filter(pk=source_id).exists():
            raise
        return Look(lost=True)  # removed in the middle
    except Exception:
        logger.exception("gathering of %s failed", source_id)
        return _failed(hold, SourceFailed())
    return look


def _failed(hold: Hold, error: CassandreError) -> Look:
    try:
        hold.end(error)
    except LeaseLost:
        return Look(lost=True)
    is_at_fault = isinstance(error, FileRefused) and not isinstance(error, ScannerUnavailable)
    if is_at_fault:  # no other look would find it better
        drop_archive(hold.source)
    return Look()


def _require_right(source: Source) -> Corpus:
    """Files come in somebody's name, who must still have the right to bring them."""
    try:
        if source.created_by is None:
            raise NotAllowed(cause="the person is gone")
        return get_corpus_for_curator(source.created_by, source.corpus_id)
    except (NotFound, NotAllowed) as error:
        raise SourceRightLost(cause=str(error)) from error


@dataclass
class _Turn:
    hold: Hold
    place: Place
    later: int = 0
    silent: int = 0  # entries in a row that could not be reached
    _until: float = field(default=float("inf"), init=False)

    def __post_init__(self) -> None:
        self.source = self.hold.source
        entries = self.source.entries.select_related("document")
        self.known = {entry.path: entry for entry in entries}

    def go(self) -> Look:
        begun = time.monotonic()
        with closing(self.place.listed()) as listed:
            for done, item in enumerate(listed, start=1):
                if done == 1:
                    self._until = _end_of_turn(begun)
                entry = self.known.get(key_of(item.path))
                if entry is not None and self._is_of_this_look(entry.seen_at):
                    self.hold.beat()  # done before this look was cut off
                    continue
                self._look_at(item, entry)
                self.hold.update(progress_done=done, progress_total=max(done, self.place.total))
                if self._must_yield():
                    return Look(more=True)
        mark_vanished(self.source)
        return Look(later=self.later)

    def _is_of_this_look(self, moment: datetime) -> bool:
        ended = self.source.finished_at
        return ended is None or moment > ended

    def _must_yield(self) -> bool:
        if self.source.kind == Source.Kind.ARCHIVE:  # it would be unpacked from its beginning
            return False
        return time.monotonic() > self._until and someone_waits()

    def _look_at(self, item: Listed, entry: SourceEntry | None) -> None:
        try:
            self._read(item, entry)
        except Gone as gone:
            never_was = entry is None or entry.document is None
            if gone.refusal is not None and never_was:
                self._record(item, Seen.REFUSED, error=gone.refusal)
        except Later:
            self.later += 1
            SourceEntry.objects.filter(source=self.source, path=key_of(item.path)).update(
                seen_at=timezone.now()
            )
        except (Unavailable, ScannerUnavailable):  # it would be so for the next one too
            raise
        except (NotFound, NotAllowed):
            _require_right(self.source)
            raise
        except CassandreError as error:
            self.silent = self.silent + 1 if isinstance(error, Unreachable) else 0
            if self.silent > PATIENCE:
                raise
            self._record(item, Seen.REFUSED, error=error)
        else:
            self.silent = 0

    def _read(self, item: Listed, entry: SourceEntry | None) -> None:
        if item.refusal is not None:
            raise item.refusal
        known = UNKNOWN
        if entry is not None and stands(entry):
            known = Validators(entry.etag, entry.last_modified)
        with self.place.fetch(item, known) as fetched:
            if fetched is not None:
                self._take(item, fetched, entry)
            elif entry is not None:
                self._record(item, Seen.KNOWN, document=entry.document_id)

    def _take(self, item: Listed, fetched: Fetched, entry: SourceEntry | None) -> None:
        digest = sha256_of(fetched.file)
        if entry is not None and entry.sha256 == digest and stands(entry):
            self._record(
                item,
                Seen.KNOWN,
                document=entry.document_id,
                validators=fetched.validators,
                sha256=digest,
            )
            return
        path = document_path(self.source, item)
        self.hold.update()  # nothing is brought in the name of a source that is gone
        try:
            document: uuid.UUID | None = self._receive(item, fetched, path)
            state = Seen.TAKEN
        except DuplicateFile:
            state, document = self._known_elsewhere(digest, path)
        self._record(item, state, document=document, validators=fetched.validators, sha256=digest)

    def _receive(self, item: Listed, fetched: Fetched, path: str) -> uuid.UUID:
        assert self.source.created_by is not None  # noqa: S101 (_require_right has looked)
        origin = Origin(path=path, folder=item.folder[:500], source=self.source)
        with fetched.file.open("rb") as opened:
            version = receive_file(
                by=self.source.created_by,
                corpus=self.source.corpus,
                file=File(opened, name=fetched.name),
                origin=origin,
            )
        return version.document_id

    def _known_elsewhere(self, digest: str, path: str) -> tuple[Seen, uuid.UUID | None]:
        """The document that has this content already. One of this look, whose entry was cut off
        from it, is what was taken."""
        version = (
            DocumentVersion.objects.filter(
                document__corpus=self.source.corpus_id, document__deleted_at=None, sha256=digest
            )
            .exclude(state__in=[VersionState.FAILED, VersionState.CANCELLED])
            .select_related("document")
            .first()
        )
        if version is None:
            return Seen.KNOWN, None
        document = version.document
        is_ours = (document.source_id, document.source_path) == (self.source.pk, path)
        taken = is_ours and self._is_of_this_look(version.created_at)
        return Seen.TAKEN if taken else Seen.KNOWN, document.pk

    def _record(
        self,
        item: Listed,
        state: Seen,
        *,
        document: uuid.UUID | None = None,
        validators: Validators | None = None,
        sha256: str = "",
        error: CassandreError | None = None,
    ) -> None:
        """Write down what came of an entry. Raises LeaseLost where the source is no longer ours."""
        self.hold.update()
        fields: dict[str, object] = {
            "state": state,
            "seen_at": timezone.now(),
            "error_code": error.code if error else "",
            "error_params": error.params if error else {},
        }
        if error is None:
            fields["document_id"] = document
        if validators is not None:
            fields |= {
                "sha256": sha256,
                "etag": validators.etag[:300],
                "last_modified": validators.last_modified[:100],
            }
        SourceEntry.objects.update_or_create(
            source=self.source, path=key_of(item.path), defaults=fields
        )
        if document is not None:
            unmark(Document.objects.filter(pk=document))


def _end_of_turn(begun: float) -> float:
    """What takes long to list is not listed again for a few entries."""
    now = time.monotonic()
    return now + max(SLICE_S, 4 * (now - begun))
