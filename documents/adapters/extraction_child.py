"""The process that reads a stranger's file: bounded, without network, without Django's settings.

`python -m documents.adapters.extraction_child` takes one line of JSON on standard input
(`path`, `media_type`, `limits`, `memory_bytes`, `cpu_seconds`, `attachments`) and answers in lines
of JSON:

    {"ready": true, "network": "blocked" | "unavailable", "files": "closed" | "open"}
    {"count": 12}
    {"page": {...}}                        once for each page
    {"remark": {"code": "file-repaired", "params": {}, "cause": ""}}
    {"attachment": {"number": 1, "name": "plan.pdf"}}     instead of pages, where `attachments`
                                           names a folder: it holds the file now, as “1”; number 0
                                           where it was left out
    {"end": true}  or  {"error": {"code": "file-corrupt", "params": {}, "cause": ""}}

It ends with its parent: standard input stays open as long as anybody waits for the answer.
Any other exception ends it with a traceback, which the parent takes for a damaged file.
"""

from __future__ import annotations

import base64
import json
import mimetypes
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from documents.adapters.confinement import (
    close_network,
    exit_with_parent,
    first_line,
    limit_resources,
    memory_ran_short,
)
from documents.adapters.extractors import get_extractor
from documents.adapters.landlock import close_files
from documents.errors import CorruptFile, ExtractionExceeded, FileRefused
from documents.ports import (
    Carrier,
    ExtractedPage,
    ExtractionLimits,
    Extractor,
    PagedExtractor,
)

Message = dict[str, Any]


def main() -> None:
    request = json.loads(first_line())
    network = "blocked" if close_network() else "unavailable"
    files = "closed" if _close_files(request) else "open"
    exit_with_parent()
    ready = {"ready": True, "network": network, "files": files}
    if not request:  # only asked what it is confined to
        _send(ready)
        return
    try:
        # Before "ready": a parser that is not installed is no fault of the file.
        extractor = get_extractor(request["media_type"])
        bounds = {"memory_bytes": request["memory_bytes"], "cpu_seconds": request["cpu_seconds"]}
        if request["attachments"]:
            bounds["file_bytes"] = request["limits"]["max_attachment_bytes"]
        limit_resources(**bounds)
        _send(ready)
        answer = _hand_out if request["attachments"] else _answer
        for message in answer(extractor, request):
            _send(message)
    except (FileRefused, MemoryError) as error:
        _send({"error": _error_values(error)})


def _close_files(request: Message) -> bool:
    # Many libraries ask this table at their import; the machine's own ones are out of reach.
    mimetypes.init(())
    readable = [Path(request["path"])] if request else []
    writable = [Path(request["attachments"])] if request and request["attachments"] else []
    return close_files(readable, writable)


def _answer(extractor: Extractor, request: Message) -> Iterator[Message]:
    path, limits = Path(request["path"]), ExtractionLimits(**request["limits"])
    if isinstance(extractor, PagedExtractor):
        yield {"count": extractor.page_count(path, limits)}
        pages: Iterator[ExtractedPage] = extractor.extract(path, limits)
    else:
        # Sections are only known once all is read: counting first would read it twice.
        sections = list(extractor.extract(path, limits))
        yield {"count": len(sections)}
        pages = iter(sections)
    for page in pages:
        yield {"page": _page_values(page)}
    for remark in getattr(extractor, "remarks", ()):
        yield {"remark": {"code": remark.code, "params": remark.params, "cause": remark.cause}}
    yield {"end": True}


def _hand_out(extractor: Extractor, request: Message) -> Iterator[Message]:
    path, limits = Path(request["path"]), ExtractionLimits(**request["limits"])
    folder = Path(request["attachments"])
    inside = cast("Carrier", extractor).attachments(path, limits)
    for number, one in enumerate(inside, start=1):
        content = one.content() if number <= limits.max_attachments else b""
        is_taken = number <= limits.max_attachments and len(content) <= limits.max_attachment_bytes
        if is_taken:
            (folder / str(number)).write_bytes(content)
        yield {"attachment": {"number": number if is_taken else 0, "name": one.name}}
    yield {"end": True}


def _page_values(page: ExtractedPage) -> Message:
    return {
        "number": page.number,
        "text": page.text,
        "width": page.width,
        "height": page.height,
        "rotation": page.rotation,
        "headings": [[heading.level, heading.text, heading.start] for heading in page.headings],
        "label": page.label,
        "words": base64.b64encode(page.words).decode(),
        "is_scan": page.is_scan,
    }


def _error_values(error: FileRefused | MemoryError) -> Message:
    if isinstance(error, MemoryError) or (isinstance(error, CorruptFile) and memory_ran_short()):
        error = ExtractionExceeded(cause=f"out of memory: {error}")
    return {"code": error.code, "params": error.params, "cause": error.cause}


def _send(message: Message) -> None:
    sys.stdout.write(json.dumps(message, ensure_ascii=False) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
