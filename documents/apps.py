from __future__ import annotations

import os
from pathlib import Path

from django.apps import AppConfig
from django.conf import settings
from django.core.files.storage import default_storage

from common.health import register_component


class DocumentsConfig(AppConfig):
    name = "documents"

    def ready(self) -> None:
        register_component("files", _check_files)
        register_component("index", _check_index)
        register_component("extraction", _check_extraction)


def _check_files() -> str:
    if settings.MINIO_URL:
        default_storage.exists("readyz")
        return "s3"
    folder = Path(settings.CASSANDRE_DATA)
    if not os.access(folder, os.W_OK):
        raise PermissionError(folder)
    return "filesystem"


def _check_index() -> str:
    # Imported when asked: the probe must not load the engine into a process at rest.
    from documents.adapters.registry import check_index  # noqa: PLC0415

    return check_index()


def _check_extraction() -> str:
    from documents.adapters.sandbox import network_isolation  # noqa: PLC0415 (spawns a child)

    return "no network" if network_isolation() else "network isolation unavailable"
