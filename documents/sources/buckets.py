"""A prefix of an object store, as a place that files are gathered from."""

from __future__ import annotations

import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from documents.adapters.buckets import Bucket, FoundObject
from documents.errors import FileTooLarge
from documents.sources.errors import FolderMissing, TooManyEntries
from documents.sources.ports import Beat, Fetched, Gone, Listed, Validators, is_litter


@dataclass
class BucketPlace:
    bucket: Bucket
    address: str  # “bucket/prefix”
    limit_mb: int
    limit_files: int
    beat: Beat
    total: int = field(default=0, init=False)
    _found: dict[str, FoundObject] = field(default_factory=dict, init=False)

    @property
    def _prefix(self) -> str:
        prefix = self.address.partition("/")[2]
        return f"{prefix}/" if prefix else ""

    def listed(self) -> Generator[Listed, None, None]:
        """Raises TooManyEntries behind the last one that may be taken."""
        for found in self._objects():
            path = found.name.removeprefix(self._prefix)
            self._found[path] = found
        self.total = len(self._found)
        for path in list(self._found)[: self.limit_files]:
            yield Listed(path, folder=path.rpartition("/")[0])
        if self.total > self.limit_files:
            raise TooManyEntries(address=self.address, limit=self.limit_files)

    def _objects(self) -> Iterator[FoundObject]:
        try:
            for found in self.bucket.objects(self._prefix):
                self.beat()
                path = found.name.removeprefix(self._prefix)
                if path and not path.endswith("/") and not is_litter(PurePosixPath(path).parts):
                    yield found
                if len(self._found) > self.limit_files:
                    return
        except FileNotFoundError as error:
            raise FolderMissing(address=self.address, cause=str(error)) from error

    @contextmanager
    def fetch(self, item: Listed, known: Validators) -> Iterator[Fetched | None]:
        found = self._found[item.path]
        name = PurePosixPath(item.path).name
        if found.etag and found.etag == known.etag:
            yield None
            return
        if found.size > self.limit_mb * 1_000_000:
            raise FileTooLarge(file=name, limit=self.limit_mb)
        with tempfile.NamedTemporaryFile() as copy:
            try:
                self.bucket.download(found.name, Path(copy.name), self.beat)
            except FileNotFoundError as error:
                raise Gone from error
            yield Fetched(Path(copy.name), name, Validators(etag=found.etag))
