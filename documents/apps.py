from __future__ import annotations

import os
from pathlib import Path

from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.core.files.storage import default_storage

from common import service_checks
from common.health import register_component


class DocumentsConfig(AppConfig):
    name = "documents"

    def ready(self) -> None:
        register_component("files", _check_files)
        register_component("index", _check_index, needed=True)
        register_component("extraction", _check_extraction)
        if settings.CLAMAV_HOST:
            register_component("virus scanner", _check_scanner)
        register_component("ocr", _check_ocr)
        register_component("office", _check_office)
        from documents.figures import register  # noqa: PLC0415 (needs the models)

        register()
        from documents.checks import (  # noqa: PLC0415 (needs the models)
            check_files,
            check_generation,
            check_index,
        )

        # With `migrate` and before each start: it asks the database.
        checks.register(check_generation, checks.Tags.database)
        service_checks.offer(check_files)
        service_checks.offer(check_index)


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
    # Imported when asked: it spawns a child.
    from documents.adapters.sandbox import file_isolation, network_isolation  # noqa: PLC0415

    if not network_isolation():
        return "network isolation unavailable"
    return "no network, no other files" if file_isolation() else "no network, but other files"


def _check_ocr() -> str:
    """What is missing is told of each file that would need it; it is no fault of the instance."""
    from documents.adapters.tools.tesseract import find_tesseract  # noqa: PLC0415 (as above)

    return "tesseract" if find_tesseract() else "not installed"


def _check_office() -> str:
    from documents.adapters.tools.office import find_office  # noqa: PLC0415 (as above)

    return "libreoffice" if find_office() else "not installed"


def _check_scanner() -> str:
    """What is online is searched all the same: without it no file comes in, but the instance is
    not to be taken out of service."""
    from documents.adapters.clamav import ScannerSilent  # noqa: PLC0415 (as above)
    from documents.scanning import configured_scanner  # noqa: PLC0415 (models come first)

    try:
        configured_scanner().ping()
    except ScannerSilent:
        return "clamav does not answer"
    return "clamav"
