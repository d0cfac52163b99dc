"""Formats that are read as another one: pictures as PDF; DOC and RTF as ODT, by LibreOffice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from documents.adapters.extractors.formats import DOC, IMAGES, ODT, PDF, RTF
from documents.adapters.extractors.packages import is_locked_doc
from documents.adapters.tools import pictures
from documents.adapters.tools.office import find_office, save_as_odt
from documents.adapters.tools.runner import ToolBounds, ToolFailed, run_module, tool_folder
from documents.errors import ArchiveBomb, CorruptFile, EncryptedFile, IngestionFailed, TooManyPages

_SUFFIXES = {DOC: ".doc", RTF: ".rtf"}
_PICTURES = "documents.adapters.tools.pictures"

CONVERTED = IMAGES | frozenset(_SUFFIXES)


@contextmanager
def as_read(
    path: Path,
    media_type: str,
    *,
    bounds: ToolBounds,
    max_pages: int,
    on_wait: Callable[[], None] = lambda: None,
) -> Iterator[tuple[Path, str]]:
    """The file and its media type as an extractor reads it: the file itself, or what was made of
    it, which is there as long as the block lasts. Raises FileRefused, IngestionFailed."""
    # Without LibreOffice an RTF has a reader of its own.
    if media_type not in CONVERTED or (media_type == RTF and not find_office()):
        yield path, media_type
        return
    if media_type == DOC and is_locked_doc(path):
        raise EncryptedFile
    with tool_folder() as folder:
        if media_type in IMAGES:
            made = folder / "pages.pdf"
            _as_pdf(path, made, bounds, max_pages, on_wait)
            yield made, PDF
        else:
            suffix = _SUFFIXES[media_type]
            yield save_as_odt(path, suffix, folder, bounds, on_wait), ODT


def _as_pdf(
    path: Path, target: Path, bounds: ToolBounds, max_pages: int, on_wait: Callable[[], None]
) -> None:
    try:
        arguments = [str(target), str(max_pages)]
        run_module(_PICTURES, path, arguments, target.parent, bounds, on_wait)
    except ToolFailed as failure:
        if failure.status == pictures.TOO_MANY:
            raise TooManyPages(limit=max_pages) from failure
        if failure.status == pictures.TOO_LARGE:
            raise ArchiveBomb(cause="pixels") from failure
        if failure.status == 1:  # a traceback: ours, whatever the file holds
            raise IngestionFailed(cause=str(failure)) from failure
        raise CorruptFile(cause=str(failure)) from failure
