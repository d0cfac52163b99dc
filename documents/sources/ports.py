"""What a place that files are gathered from must be able to do."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from common.errors import CassandreError

# As the column is wide; longer ones are told apart by a digest at their end.
_PATH_CHARACTERS = 1000
# What machines leave in folders and archives beside the files of people.
_LITTER = frozenset({"thumbs.db", "desktop.ini", "__macosx"})

# Called while nothing else shows that the work goes on; raises LeaseLost where it must end.
Beat = Callable[[], None]


class Gone(Exception):
    """The entry is listed, but is there no more; `refusal` says so of one that never was."""

    def __init__(self, refusal: CassandreError | None = None) -> None:
        super().__init__(refusal)
        self.refusal = refusal


class Later(Exception):
    """The entry cannot be read yet: it is still being written."""


@dataclass(frozen=True, slots=True)
class Validators:
    """What tells without fetching that an entry is as it was (RFC 9110, section 8.8)."""

    etag: str = ""
    last_modified: str = ""


UNKNOWN = Validators()


@dataclass(frozen=True, slots=True)
class Listed:
    """One entry of a place."""

    path: str  # within the place; a page's address
    folder: str = ""  # the folders above it, “/” between them
    refusal: CassandreError | None = None  # why it is not to be fetched


@dataclass(frozen=True, slots=True)
class Fetched:
    """An entry's bytes, in a file that is nobody else's while it is looked at."""

    file: Path
    name: str  # its ending agrees with its content
    validators: Validators = UNKNOWN


class Place(Protocol):
    """Raises CassandreError where the place as a whole cannot be read."""

    total: int  # entries, as far as it is known; it may grow while they are listed

    def listed(self) -> Generator[Listed, None, None]: ...

    def fetch(self, item: Listed, known: Validators) -> AbstractContextManager[Fetched | None]:
        """None where it is as `known` says. Raises Gone, Later, or CassandreError for this entry
        alone."""


def key_of(path: str) -> str:
    if len(path) <= _PATH_CHARACTERS:
        return path
    digest = hashlib.sha256(path.encode()).hexdigest()
    return f"{path[: _PATH_CHARACTERS - len(digest) - 1]} {digest}"


def is_litter(parts: tuple[str, ...]) -> bool:
    """Hidden files, what operating systems leave behind, and the lock files of office programs."""
    return any(
        part.startswith((".", "~$")) or part.lower() in _LITTER for part in parts if part != ".."
    )
