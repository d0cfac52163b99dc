"""Whether a file may come in at all: asked of a virus scanner, where one is configured, before
anything of the file is stored."""

from __future__ import annotations

import logging
from typing import IO, cast

from django.conf import settings
from django.core.files.base import File

from documents.adapters.clamav import Scanner, ScannerSilent, ScanRefused
from documents.errors import InfectedFile, ScannerUnavailable, UnscannableFile

logger = logging.getLogger(__name__)


def scan_file(file: File[bytes], name: str) -> None:
    """Does nothing without CLAMAV_HOST. Raises InfectedFile; UnscannableFile where the scanner will
    not scan it; ScannerUnavailable where it does not answer: no file is let through unseen."""
    if not settings.CLAMAV_HOST:
        return
    try:
        found = configured_scanner().scan(cast("IO[bytes]", file))
    except ScanRefused as refusal:
        raise UnscannableFile(file=name, reason=str(refusal)) from refusal
    except ScannerSilent as silence:
        logger.warning("virus scanner: %s", silence)
        raise ScannerUnavailable(file=name, cause=str(silence)) from silence
    finally:
        file.seek(0)
    if found:
        logger.warning("virus scanner found %s", found)
        raise InfectedFile(file=name, found=found)


def configured_scanner() -> Scanner:
    return Scanner(settings.CLAMAV_HOST, settings.CLAMAV_PORT)
