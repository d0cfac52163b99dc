"""Making a backup: rows from a snapshot, files by their content, the manifest last."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import chain, islice
from typing import Any, Generic, TypeVar

import msgspec
from django.apps import apps
from django.core.files.storage import default_storage
from django.db import connections

from backups import records
from backups.adapters.age import Cipher, Plain, cipher_for_writing
from backups.keeping import discard, keep_newest, new_name
from backups.manifest import (
    FOLDER,
    FORMAT,
    MANIFEST,
    OBJECTS,
    PACKED,
    VERSION,
    Manifest,
    Part,
    StoredFile,
    encode,
    object_path,
)
from backups.models import BackupRecord
from backups.ports import BackupTarget
from backups.schema import applied_leaves
from backups.snapshot import snapshot
from backups.stored import Named, named_files
from backups.streams import Hashed, Measured, blocks_of, gzipped
from backups.tables import encoded_rows, header_of, kept_models
from common.process import VERSION as CASSANDRE

logger = logging.getLogger(__name__)

ROWS_PER_PART = 20_000

# Told of each part and file: what it is about, how many are done.
OnProgress = Callable[[str, int], None]

Item = TypeVar("Item")


def make_backup(
    target: BackupTarget,
    *,
    encrypt: bool = False,
    keep: int = 0,
    on_progress: OnProgress = lambda what, done: None,
) -> BackupRecord:
    """Everything but the index and the secrets of the environment. Beside a running Cassandre too.
    Afterwards, with `keep`, all but so many are given up at the target.

    Whatever ends it early leaves no backup behind; files that were copied already are found by the
    next one. Raises BackupRunning, KeyMissing, KeyWrong, Unavailable.
    """
    name = new_name(target)
    cipher: Cipher = cipher_for_writing(target) if encrypt else Plain()
    running = records.begin(name=name, target=target.address, encrypted=encrypt)
    writing = _Writing(target, name, cipher, running, on_progress)
    try:
        manifest = writing.run()
    except BaseException as error:
        _give_up(target, name, running, error)
        raise
    try:
        if keep:  # while no other may begin, which would count on files that go here
            keep_newest(target, keep)
    finally:
        running.end(
            rows=manifest.rows,
            files=manifest.files,
            files_missing=len(manifest.missing),
            bytes=writing.bytes,
        )
    running.record.refresh_from_db()
    return running.record


def _give_up(
    target: BackupTarget, name: str, running: records.Running, error: BaseException
) -> None:
    """As far as target and database still answer: what ended it may be that they do not."""
    for step in (partial(discard, target, name), partial(running.fail, error)):
        try:
            step()
        except Exception:
            logger.exception("giving up backup %s", name)


class _Writing:
    def __init__(
        self,
        target: BackupTarget,
        name: str,
        cipher: Cipher,
        running: records.Running,
        on_progress: OnProgress,
    ) -> None:
        self._target = target
        self._name = name
        self._cipher = cipher
        self._running = running
        self._on_progress = on_progress
        self._parts: list[Part] = []
        self._tables: dict[str, int] = {}
        self._objects: list[str] = []
        self._missing: list[str] = []
        self._files = 0
        self.bytes = 0

    def run(self) -> Manifest:
        with snapshot() as alias:
            leaves = applied_leaves(connections[alias])
            for model in kept_models(apps):
                self._write_table(model, alias)
            self._write_files(alias)
            vendor = connections[alias].vendor
        self._part(OBJECTS, (f"{each}\n".encode() for each in self._objects), plain=True)
        manifest = Manifest(
            format=FORMAT,
            version=VERSION,
            name=self._name,
            cassandre=CASSANDRE,
            created_at=self._running.record.started_at,
            database=vendor,
            migrations=leaves,
            tables=self._tables,
            parts=self._parts,
            files=self._files,
            missing=self._missing,
        )
        path = f"{FOLDER}{self._name}/{MANIFEST}{self._cipher.suffix}"
        self._store(path, [encode(manifest)], self._cipher)
        return manifest

    def _write_table(self, model: Any, alias: str) -> None:
        label = model._meta.label
        rows = encoded_rows(model, alias)
        self._tables[label] = 0
        while first := next(rows, None):
            some = _Counted(chain([first], islice(rows, ROWS_PER_PART - 1)))
            number = len(self._parts) + 1
            lines = (line + b"\n" for line in chain([header_of(model)], some))
            self._part(
                f"database/{number:04}-{label.lower()}.jsonl{PACKED}", lines, model=label, rows=some
            )
            self._tables[label] += some.count
            self._on_progress(label, self._tables[label])

    def _write_files(self, alias: str) -> None:
        kept = self._kept_files(alias)
        while first := next(kept, None):
            some = _Counted(chain([first], islice(kept, ROWS_PER_PART - 1)))
            number = self._files // ROWS_PER_PART + 1
            lines = (msgspec.json.encode(each) + b"\n" for each in some)
            self._part(f"files/{number:04}.jsonl{PACKED}", lines, rows=some)

    def _kept_files(self, alias: str) -> Iterator[StoredFile]:
        """Each file as it is at the target by then."""
        for named in named_files(alias):
            try:
                sha256, name = self._keep(named)
            except FileNotFoundError:
                if not named.optional:
                    logger.warning("backup: the storage has no %s", named.name)
                    self._missing.append(named.name)
                continue
            self._files += 1
            self._objects.append(name)
            self._running.beat()
            self._on_progress("files", self._files)
            yield StoredFile(name=named.name, object=name, sha256=sha256)

    def _keep(self, named: Named) -> tuple[str, str]:
        """Its content's hash, and its name at the target. What is there already is not read."""
        sha256 = named.sha256 or self._hash(named)
        for _try in range(2):
            name = self._cipher.object_name(sha256) + (PACKED if named.packs else "")
            name += self._cipher.suffix
            if self._target.exists(object_path(name)):
                return sha256, name
            with default_storage.open(named.name, "rb") as stored:
                content = Hashed(blocks_of(stored))
                try:
                    packed = gzipped(content) if named.packs else content
                    self._store(object_path(name), _checked(packed, content, sha256), self._cipher)
                    return sha256, name
                except _OtherContent:
                    logger.warning("backup: %s is not what its row says", named.name)
                    sha256 = content.sha256
        raise FileNotFoundError(named.name)  # it changes while it is read

    def _hash(self, named: Named) -> str:
        with default_storage.open(named.name, "rb") as stored:
            content = Hashed(blocks_of(stored))
            for _block in content:
                self._running.beat()
        return content.sha256

    def _part(
        self,
        name: str,
        lines: Iterable[bytes],
        *,
        model: str = "",
        rows: _Counted[Any] | None = None,
        plain: bool = False,
    ) -> None:
        cipher: Cipher = Plain() if plain else self._cipher
        name += cipher.suffix
        stored = self._store(f"{FOLDER}{self._name}/{name}", gzipped(lines), cipher)
        self._parts.append(
            Part(
                name=name,
                rows=rows.count if rows else 0,
                bytes=stored.bytes,
                sha256=stored.sha256,
                model=model,
            )
        )
        self._running.beat()

    def _store(self, path: str, blocks: Iterable[bytes], cipher: Cipher) -> Measured:
        with self._target.writing(path) as to:
            measured = Measured(to)
            cipher.write(blocks, measured)
        self.bytes += measured.bytes
        return measured


class _Counted(Generic[Item]):
    def __init__(self, items: Iterable[Item]) -> None:
        self._items = items
        self.count = 0

    def __iter__(self) -> Iterator[Item]:
        for item in self._items:
            self.count += 1
            yield item


class _OtherContent(Exception):
    """A file's content is not what its row says."""


def _checked(blocks: Iterable[bytes], content: Hashed, sha256: str) -> Iterator[bytes]:
    yield from blocks
    if content.sha256 != sha256:
        raise _OtherContent
