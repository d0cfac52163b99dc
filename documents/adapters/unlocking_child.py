"""The process that opens a file with its password: bounded, without network and other files, like
the one that reads it.

`python -m documents.adapters.unlocking_child` takes one line of JSON on standard input (`path`,
`target`, `password`, `memory_bytes`, `cpu_seconds`, `file_bytes`), writes the same file without
protection to `target` and answers with one line of JSON:

    {"unlocked": true}  or  {"error": {"code": "file-password-wrong", "cause": ""}}

The password comes through the pipe alone: arguments and environment can be read by others.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

from documents.adapters.confinement import close_network, limit_resources
from documents.adapters.extractors.locked import is_locked_office
from documents.adapters.landlock import close_files
from documents.errors import (
    CorruptFile,
    EncryptedFile,
    ExtractionExceeded,
    FileRefused,
    WrongPassword,
)

Unlock = Callable[[Path, Path, str], None]


def main() -> None:
    request = json.loads(sys.stdin.readline())
    source, target = Path(request["path"]), Path(request["target"])
    # Before the bounds: a library that is not installed is no fault of the file.
    unlock = _office_unlocker() if is_locked_office(source) else _pdf_unlocker()
    close_network()
    close_files([source], [target.parent])
    limit_resources(
        memory_bytes=request["memory_bytes"],
        cpu_seconds=request["cpu_seconds"],
        file_bytes=request["file_bytes"],
    )
    try:
        unlock(source, target, _encodable(request["password"]))
        answer: dict[str, object] = {"unlocked": True}
    except FileRefused as error:
        answer = {"error": {"code": error.code, "cause": error.cause}}
    except MemoryError:
        answer = {"error": {"code": ExtractionExceeded.code, "cause": "out of memory"}}
    sys.stdout.write(json.dumps(answer))


def _encodable(password: str) -> str:
    """None, or half a character, is no password; the libraries would say so in other words."""
    if not password:
        raise WrongPassword
    try:
        password.encode()
    except UnicodeEncodeError as error:
        raise WrongPassword from error
    return password


def _pdf_unlocker() -> Unlock:
    import pikepdf  # noqa: PLC0415 (each library only for its own files)

    def unlock(source: Path, target: Path, password: str) -> None:
        try:
            with pikepdf.open(source, password=password) as document:
                document.save(target, encryption=False)
        except pikepdf.PasswordError as error:
            raise WrongPassword from error
        except pikepdf.PdfError as error:
            # A protection of another kind (certificates, rights servers) has no password.
            kind = EncryptedFile if "encryption" in str(error).lower() else CorruptFile
            raise kind(cause=str(error)) from error

    return unlock


def _office_unlocker() -> Unlock:
    import msoffcrypto  # noqa: PLC0415
    from msoffcrypto import exceptions  # noqa: PLC0415

    def unlock(source: Path, target: Path, password: str) -> None:
        with source.open("rb") as file, target.open("wb") as opened:
            try:
                document = msoffcrypto.OfficeFile(file)
                document.load_key(password=password, verify_password=True)
                document.decrypt(opened)
            except exceptions.InvalidKeyError as error:
                raise WrongPassword from error
            except exceptions.DecryptionError as error:
                raise EncryptedFile(cause=str(error)) from error
            except (exceptions.FileFormatError, exceptions.ParseError) as error:
                raise CorruptFile(cause=str(error)) from error

    return unlock


if __name__ == "__main__":
    main()
