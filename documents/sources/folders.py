"""A folder of this machine, as a place that files are gathered from."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from common.errors import CassandreError
from documents.errors import FileTooLarge
from documents.sources.errors import EntryOutside, FolderMissing
from documents.sources.ports import (
    Beat,
    Fetched,
    Gone,
    Later,
    Listed,
    Validators,
    is_litter,
)

# A file that changed a moment ago is looked at once more after this long, in seconds.
SETTLE_S = 1.0


@dataclass
class FolderPlace:
    root: Path
    limit_mb: int
    beat: Beat = lambda: None
    pause: Callable[[float], None] = time.sleep
    total: int = field(default=0, init=False)
    _paths: dict[str, Path] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        if not self.root.is_dir() or not os.access(self.root, os.R_OK | os.X_OK):
            raise FolderMissing(address=str(self.root))
        self.root = self.root.resolve()

    def listed(self) -> Generator[Listed, None, None]:
        found = sorted(self._walk(), key=lambda item: item.path)
        self.total = len(found)
        yield from found

    def _walk(self) -> Iterator[Listed]:
        for folder, folders, names in os.walk(self.root, onerror=_refuse):
            self.beat()
            here = Path(folder)
            relative = here.relative_to(self.root)
            for name in list(folders):
                if is_litter((name,)):
                    folders.remove(name)
                elif (here / name).is_symlink():
                    folders.remove(name)
                    # One that stays inside is walked where it lies.
                    if not self._is_inside(here / name):
                        yield self._refused(relative / name)
            for name in names:
                if not is_litter((name,)) and self._is_file(here / name):
                    yield self._item(here / name, relative / name)

    def _item(self, path: Path, relative: Path) -> Listed:
        if path.is_symlink() and not self._is_inside(path):
            return self._refused(relative)
        text = _text(relative)
        self._paths[text] = path
        return Listed(text, folder=text.rpartition("/")[0])

    def _refused(self, relative: Path) -> Listed:
        return Listed(_text(relative), refusal=EntryOutside(file=_text(relative)))

    def _is_inside(self, path: Path) -> bool:
        try:
            return path.resolve(strict=True).is_relative_to(self.root)
        except (OSError, RuntimeError):
            return False

    def _is_file(self, path: Path) -> bool:
        """No pipes, no devices; a link that leads nowhere is refused like one that leads out."""
        try:
            return path.is_symlink() or stat.S_ISREG(path.lstat().st_mode)
        except OSError:
            return False

    @contextmanager
    def fetch(self, item: Listed, known: Validators) -> Iterator[Fetched | None]:
        path = self._paths[item.path]
        with tempfile.NamedTemporaryFile() as copy:
            try:
                validators = self._copied(path, item, Path(copy.name), known)
            except FileNotFoundError as error:
                raise Gone from error
            if validators is None:
                yield None
            else:
                yield Fetched(Path(copy.name), Path(item.path).name, validators)

    def _copied(self, path: Path, item: Listed, to: Path, known: Validators) -> Validators | None:
        """A copy that nobody writes to meanwhile; None where it is as it was."""
        with self._opened(path, item) as opened:
            before = os.fstat(opened)
            if known.etag and known.etag == _mark(before):
                return None
            if before.st_size > self.limit_mb * 1_000_000:
                raise FileTooLarge(file=path.name, limit=self.limit_mb)
            self._wait_until_settled(opened, before)
            with os.fdopen(os.dup(opened), "rb") as source, to.open("wb") as target:
                shutil.copyfileobj(source, target)
            if _mark(os.fstat(opened)) != _mark(before):
                raise Later
        return Validators(etag=_mark(before))

    def _wait_until_settled(self, opened: int, before: os.stat_result) -> None:
        if time.time() - before.st_mtime < SETTLE_S:
            self.pause(SETTLE_S)
            if _mark(os.fstat(opened)) != _mark(before):
                raise Later

    @contextmanager
    def _opened(self, path: Path, item: Listed) -> Iterator[int]:
        """What is opened is what lies inside: a link may be put in its place at any moment."""
        resolved = path.resolve(strict=True)
        if not resolved.is_relative_to(self.root):
            raise EntryOutside(file=item.path)
        opened = os.open(resolved, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            told = Path(f"/proc/self/fd/{opened}")
            if told.exists() and not told.resolve().is_relative_to(self.root):
                raise EntryOutside(file=item.path)
            if not stat.S_ISREG(os.fstat(opened).st_mode):
                raise Gone
            yield opened
        finally:
            os.close(opened)


def _mark(found: os.stat_result) -> str:
    return f"{found.st_size}-{found.st_mtime_ns}"


def _text(path: Path) -> str:
    """As a row can hold it: names of files may be any bytes."""
    return os.fsencode(path.as_posix()).decode("utf-8", "backslashreplace")


def _refuse(error: OSError) -> None:
    """A folder below that cannot be listed ends the look: its files would seem to have vanished."""
    refusal: CassandreError = FolderMissing(address=str(error.filename), cause=str(error))
    raise refusal from error
