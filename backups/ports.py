"""Where backups are kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Protocol


class Writer(Protocol):
    def write(self, data: bytes, /) -> int: ...

    def flush(self) -> None: ...


class BackupTarget(Protocol):
    """Names have “/” between their parts. Raises Unavailable where it does not answer."""

    @property
    def address(self) -> str:
        """For people, without any secret."""

    def writing(self, name: str) -> AbstractContextManager[Writer]:
        """What is written is there under its name once the block ends well, and never in part."""

    def reading(self, name: str) -> AbstractContextManager[Iterator[bytes]]:
        """In blocks. Raises FileNotFoundError."""

    def exists(self, name: str) -> bool: ...

    def names(self, prefix: str) -> Iterator[str]:
        """Below a prefix that ends in “/”, in no order."""

    def delete(self, name: str) -> None:
        """It may be gone already."""
