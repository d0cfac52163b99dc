"""Whether files and index are what this Cassandre needs; docs/upgrading.md has the table.

W001 asks the database alone and runs with `migrate`; the others ask the network, and run where the
tag `services` is asked for (`manage.py check --tag services`, the pre-flight).
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import DatabaseError

from common.errors import CassandreError
from documents.generations import differences_from_live
from documents.models import IndexGeneration


def check_generation(
    app_configs: Sequence[Any] | None = None,
    databases: Sequence[str] | None = None,
    **_options: Any,
) -> list[CheckMessage]:
    """W001: the settings want another index than the live one is."""
    try:
        found = differences_from_live() if databases else []
    except DatabaseError:  # before the first migration
        return []
    if not found:
        return []
    told = ", ".join(f"{one.name}: {one.was} → {one.wanted}" for one in found)
    return [
        Warning(
            f"The settings differ from the live index ({told}).",
            hint="It keeps its own until a new one is built: manage.py reindex --new-generation.",
            id="documents.W001",
        )
    ]


def check_files(app_configs: Sequence[Any] | None = None, **_options: Any) -> list[CheckMessage]:
    """E001: a file cannot be written, read again and removed. Makes the bucket where the key may,
    as the first upload does."""
    text = secrets.token_bytes(16)
    try:
        name = default_storage.save(f"preflight/{secrets.token_hex(8)}", ContentFile(text))
        with default_storage.open(name) as file:
            same = file.read() == text
        default_storage.delete(name)
    except (OSError, CassandreError) as error:
        return [_files_error(f"{type(error).__name__}: {error}")]
    return [] if same else [_files_error("what was written is not what is read")]


def _files_error(cause: str) -> CheckMessage:
    if settings.MINIO_URL:
        where = f"The bucket at {settings.MINIO_URL}"
        hint = "Is the server there, does the bucket exist, and may the key write and delete in it?"
    else:
        where = f"The folder {settings.CASSANDRE_DATA}/files"
        hint = "It must belong to Cassandre's user, on a disk with space."
    return Error(f"{where} takes no files ({cause}).", hint=hint, id="documents.E001")


def check_index(app_configs: Sequence[Any] | None = None, **_options: Any) -> list[CheckMessage]:
    """E002: the Qdrant server does not answer, or is too old. E003: its vectors are not as long as
    the live generation says."""
    if not settings.QDRANT_URL:
        return []
    from documents.adapters import qdrant_state  # noqa: PLC0415 (heavy, only where it is used)

    live = _live()
    collection = f"cassandre_{live.pk.hex}_chunks" if live else "cassandre"
    key = getattr(settings, "QDRANT_API_KEY", "")
    try:
        found = qdrant_state.ask_server(settings.QDRANT_URL, key, collection)
    except CassandreError as error:
        return [
            Error(
                f"The Qdrant server at {settings.QDRANT_URL} does not answer ({error}).",
                hint="Is it started, and are QDRANT_URL and its key right?",
                id="documents.E002",
            )
        ]
    if not found.is_new_enough:
        return [
            Error(
                f"The Qdrant server at {settings.QDRANT_URL} is of version {found.version}.",
                hint="Version 1.19 or later is needed; upgrade it one minor version at a time.",
                id="documents.E002",
            )
        ]
    if live and found.dimensions is not None and found.dimensions != live.dimensions:
        return [
            Error(
                f"The vectors at {settings.QDRANT_URL} have {found.dimensions} numbers, those of "
                f"the live index in the database {live.dimensions}.",
                hint="Database and Qdrant are not of the same installation or moment: restore "
                "both from one backup, or build anew (manage.py reindex --new-generation).",
                id="documents.E003",
            )
        ]
    return []


def _live() -> IndexGeneration | None:
    try:
        return IndexGeneration.objects.filter(state=IndexGeneration.State.LIVE).first()
    except DatabaseError:  # before the first migration, or away: said by another check
        return None
