"""An uploaded zip, as a place that files are gathered from."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from django.core.files.base import File
from django.db import transaction

from documents.adapters.extractors.detect import detect_media_type
from documents.adapters.unpacking import Unpacked, UnpackingLimits, unpacked
from documents.errors import FileRefused, FileTooLarge
from documents.models import Source
from documents.sources.errors import SourceFailed
from documents.sources.ports import Beat, Fetched, Listed, Validators

_ZIP = (b"PK\x03\x04", b"PK\x05\x06")


def is_archive(file: File[bytes]) -> bool:
    """Whether an upload is a zip to be unpacked: called so, and no document that is packed as
    one."""
    if not (file.name or "").lower().endswith(".zip"):
        return False
    file.seek(0)
    is_zip = file.read(4) in _ZIP
    file.seek(0)
    if not is_zip:
        return False
    with tempfile.NamedTemporaryFile() as copy:
        shutil.copyfileobj(file, copy)
        copy.flush()
        file.seek(0)
        try:
            detect_media_type(Path(copy.name), "archive")
        except FileRefused:
            return True
    return False


def drop_archive(source: Source) -> None:
    """Remove the bytes of an archive, once they are unpacked or will never be. Nothing for other
    kinds of sources."""
    name, storage = source.file.name, source.file.storage
    if name:
        Source.objects.filter(pk=source.pk).update(file="")
        transaction.on_commit(lambda: storage.delete(name))


@dataclass
class ArchivePlace:
    source: Source
    limits: UnpackingLimits
    beat: Beat
    total: int = field(default=0, init=False)
    _files: dict[str, Path] = field(default_factory=dict, init=False)

    def listed(self) -> Generator[Listed, None, None]:
        """Each file is there until the next one is asked for."""
        if not self.source.file:
            raise SourceFailed(cause="its bytes are gone")
        with (
            tempfile.TemporaryDirectory(prefix="cassandre-zip-") as folder,
            self._local() as archive,
        ):
            target = Path(folder)
            try:
                for found in unpacked(archive, target, self.limits, self.beat):
                    if isinstance(found, int):
                        self.total = found
                    else:
                        yield self._item(found)
                        if found.file is not None:
                            found.file.unlink(missing_ok=True)
            except FileRefused as refusal:
                refusal.params.setdefault("file", self.source.address)
                raise

    def _item(self, found: Unpacked) -> Listed:
        folder = found.path.rpartition("/")[0]
        if found.file is None:
            return Listed(found.path, folder, refusal=self._named(found))
        self._files = {found.path: found.file}
        return Listed(found.path, folder)

    def _named(self, found: Unpacked) -> FileRefused | None:
        if isinstance(found.refusal, FileTooLarge):
            found.refusal.params["limit"] = self.limits.max_entry_bytes // 1_000_000
        return found.refusal

    @contextmanager
    def fetch(self, item: Listed, known: Validators) -> Iterator[Fetched | None]:
        yield Fetched(self._files[item.path], item.path.rpartition("/")[2])

    @contextmanager
    def _local(self) -> Iterator[Path]:
        with tempfile.NamedTemporaryFile(suffix=".zip") as copy:
            try:
                with self.source.file.open("rb") as stored:
                    while block := stored.read(1_000_000):
                        copy.write(block)
                        self.beat()
            except FileNotFoundError as error:
                raise SourceFailed(cause=str(error)) from error
            copy.flush()
            yield Path(copy.name)
