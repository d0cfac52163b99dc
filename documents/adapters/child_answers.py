"""What the extraction child says (extraction_child.py), read without believing it."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from common.errors import known_errors
from documents.errors import FileRefused
from documents.ports import ExtractedPage, Heading

Message = dict[str, Any]


class Unreadable(Exception):
    """The child does not speak the protocol."""


@dataclass(frozen=True, slots=True)
class HandedOut:
    """A file that the child took out of another; None: it was too large, or one too many."""

    name: str
    path: Path | None


@dataclass(frozen=True, slots=True)
class Remark:
    """What is wrong with a file that could be read all the same."""

    error: FileRefused


# A page, the number of pages, a file from inside, or what is wrong all the same.
Answer = ExtractedPage | HandedOut | Remark | int


def understood(line: bytes, folder: Path | None) -> Answer | FileRefused | str:
    """A page, a file, a refusal, the number of pages, or the name of a bare announcement. Raises
    Unreadable."""
    try:
        message = json.loads(line)
        if "page" in message:
            return _page(message["page"])
        if "attachment" in message:
            return _handed_out(message["attachment"], folder)
        if "remark" in message:
            return Remark(_refusal(message["remark"]))
        if "error" in message:
            return _refusal(message["error"])
        return int(message["count"]) if "count" in message else str(next(iter(message)))
    except (ValueError, KeyError, TypeError, StopIteration) as error:
        raise Unreadable(repr(error)) from error


def _page(values: Message) -> ExtractedPage:
    headings = tuple(Heading(level, text, start) for level, text, start in values.pop("headings"))
    words = base64.b64decode(values.pop("words", ""))
    return ExtractedPage(headings=headings, words=words, **values)


def _handed_out(values: Message, folder: Path | None) -> HandedOut:
    """By its number: a child that has been taken over cannot name any other file of ours."""
    if folder is None:
        raise ValueError("not asked for files")
    number = int(values["number"])
    return HandedOut(str(values["name"])[:300], folder / str(number) if number else None)


def _refusal(error: Message) -> FileRefused:
    kind = known_errors()[error["code"]]
    refusal = kind(cause=error["cause"], **error["params"])
    if not isinstance(refusal, FileRefused):
        raise TypeError(error["code"])
    return refusal
