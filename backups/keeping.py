"""Which backups a target has, and what is given up."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from django.utils import timezone

from backups.adapters.age import SUFFIX
from backups.manifest import FOLDER, MANIFEST, OBJECTS, object_path
from backups.ports import BackupTarget
from backups.streams import gunzipped, lines_of

logger = logging.getLogger(__name__)

_MANIFESTS = {MANIFEST, MANIFEST + SUFFIX}


def complete_backups(target: BackupTarget) -> list[str]:
    """Their names, the oldest first. One without a manifest is none."""
    parts = (path.split("/") for path in target.names(FOLDER))
    return sorted(path[1] for path in parts if len(path) == 3 and path[2] in _MANIFESTS)


def new_name(target: BackupTarget) -> str:
    """By the time of day in UTC, so that names are in order."""
    name = timezone.now().strftime("%Y%m%d-%H%M%S")
    taken = {path.split("/")[1] for path in target.names(FOLDER)}
    number = 1
    while (wanted := name if number == 1 else f"{name}-{number}") in taken:
        number += 1
    return wanted


def discard(target: BackupTarget, name: str) -> None:
    """The manifest first: half a backup is none."""
    paths = sorted(target.names(f"{FOLDER}{name}/"), key=lambda path: "manifest" not in path)
    for path in paths:
        target.delete(path)


def keep_newest(target: BackupTarget, number: int) -> list[str]:
    """Give up the older ones, what ended early, and files that no backup needs any more; returns
    the names of those that were complete. While no other is being made: it would lose its files.
    """
    complete = complete_backups(target)
    given_up = complete[: max(0, len(complete) - number)]
    kept = set(complete) - set(given_up)
    begun = {path.split("/")[1] for path in target.names(FOLDER)}
    for name in sorted(begun - kept):
        discard(target, name)
    needed = {object_path(name) for each in kept for name in _objects(target, each)}
    # All of them first: a listing that is read while it changes skips some.
    for path in [path for path in target.names("files/") if path not in needed]:
        target.delete(path)
    logger.info("backups at %s: %s kept, %s given up", target.address, len(kept), len(given_up))
    return given_up


def _objects(target: BackupTarget, name: str) -> Iterator[str]:
    with target.reading(f"{FOLDER}{name}/{OBJECTS}") as blocks:
        for line in lines_of(gunzipped(blocks)):
            yield line.decode()
