"""A damaged PDF made whole, as far as its parts can still be found."""

from __future__ import annotations

import io
from pathlib import Path

from documents.errors import CorruptFile, EncryptedFile

# Where a file was cut off, what it was cut off in is ended.
_END = b"\nendstream\nendobj\ntrailer\n"


def repaired(path: Path) -> bytes:
    """A copy with what QPDF finds of the file. Raises CorruptFile where that is nothing, and
    EncryptedFile."""
    # Only for the few files that need it.
    import pikepdf  # noqa: PLC0415

    buffer = io.BytesIO()
    try:
        with pikepdf.open(io.BytesIO(path.read_bytes() + _END)) as document:
            if not len(document.pages):
                raise CorruptFile(cause="no pages")
            document.save(buffer)
    except pikepdf.PasswordError as error:
        raise EncryptedFile(cause=str(error)) from error
    except (pikepdf.PdfError, RuntimeError, ValueError, TypeError) as error:
        raise CorruptFile(cause=str(error)) from error
    return buffer.getvalue()
