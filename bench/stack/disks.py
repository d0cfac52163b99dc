"""Disks that can be filled without filling the machine's."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

SIZE_MB = 512
_BALLAST = ".ballast"
_PIECE = b"\0" * (1 << 20)


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """`folder` as a disk of SIZE_MB of its own, in memory. Raises RuntimeError where the machine
    does not let us mount one (it takes root)."""
    folder.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE_MB}m,mode=755", "tmpfs", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"no disk of its own for {folder.name}: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=False)


def fill(folder: Path) -> None:
    """Until not a byte more fits."""
    ballast = os.open(folder / _BALLAST, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        size = len(_PIECE)
        while size:
            try:
                while True:
                    os.write(ballast, _PIECE[:size])
            except OSError:
                size //= 2
    finally:
        os.close(ballast)


def empty(folder: Path) -> None:
    with suppress(FileNotFoundError):
        (folder / _BALLAST).unlink()
