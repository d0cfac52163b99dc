"""Encryption in the format of age (age-encryption.org/v1), by pyrage, which is Rust's `rage`.

A passphrase does not encrypt the parts themselves: scrypt takes a second each time. It encrypts
one key of the target's own, `key.age`, for which the parts are encrypted; whoever has the `age`
program opens them without Cassandre.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import IO, Any, Protocol, cast

from django.conf import settings
from django.utils.crypto import salted_hmac

from backups.errors import KeyMissing, KeyWrong
from backups.ports import BackupTarget, Writer
from backups.streams import Reader

KEY_NAME = "key.age"
SUFFIX = ".age"


class Cipher(Protocol):
    @property
    def suffix(self) -> str:
        """Of the names of what it has written."""

    def write(self, blocks: Iterable[bytes], to: Writer) -> None: ...

    def read(self, blocks: Iterable[bytes], to: IO[bytes]) -> None:
        """Raises ValueError where a byte is not what was written, or something is missing."""

    def object_name(self, sha256: str) -> str:
        """The same content has the same name, with the same key."""


@dataclass(frozen=True, slots=True)
class Plain:
    suffix: str = ""

    def write(self, blocks: Iterable[bytes], to: Writer) -> None:
        for block in blocks:
            to.write(block)

    def read(self, blocks: Iterable[bytes], to: IO[bytes]) -> None:
        for block in blocks:
            to.write(block)

    def object_name(self, sha256: str) -> str:
        return sha256


@dataclass(frozen=True, slots=True)
class Age:
    recipient: Any = None
    identity: Any = None
    suffix: str = SUFFIX

    def write(self, blocks: Iterable[bytes], to: Writer) -> None:
        import pyrage  # noqa: PLC0415 (only where used)

        kept = _Kept(Reader(blocks), to)
        try:
            pyrage.encrypt_io(cast(Any, kept), cast(Any, kept), [self.recipient])
        except pyrage.EncryptError as error:
            raise kept.failure or error from error

    def read(self, blocks: Iterable[bytes], to: IO[bytes]) -> None:
        import pyrage  # noqa: PLC0415 (only where used)

        kept = _Kept(Reader(blocks), to)
        try:
            pyrage.decrypt_io(cast(Any, kept), cast(Any, kept), [self.identity])
        except (pyrage.DecryptError, OSError) as error:
            if kept.failure is not None:
                raise kept.failure from error
            if "No matching keys" in str(error):
                raise KeyWrong from error
            raise ValueError(str(error)) from error

    def object_name(self, sha256: str) -> str:
        """Nobody who sees the target can tell from it whether a file that he has is in there, and
        what another key has encrypted is not taken for this one's."""
        keyed = salted_hmac("cassandre.backups", f"{self.recipient} {sha256}", algorithm="sha256")
        return keyed.hexdigest()


class _Kept:
    """What goes wrong in reading or writing, which pyrage would make a text of: a Ctrl-C too."""

    def __init__(self, source: Reader, to: Writer | IO[bytes]) -> None:
        self._source = source
        self._to = to
        self.failure: BaseException | None = None

    def read(self, size: int) -> bytes:
        try:
            return self._source.read(size) or b""
        except BaseException as error:
            self.failure = error
            raise

    def write(self, data: bytes) -> int:
        try:
            return self._to.write(data)
        except BaseException as error:
            self.failure = error
            raise

    def flush(self) -> None:
        self._to.flush()


def cipher_for_writing(target: BackupTarget) -> Cipher:
    """With BACKUP_RECIPIENT, or BACKUP_PASSPHRASE. Raises KeyMissing, or KeyWrong where another
    passphrase was used at this target before."""
    from pyrage import RecipientError, x25519  # noqa: PLC0415 (only where used)

    if settings.BACKUP_RECIPIENT:
        try:
            return Age(recipient=x25519.Recipient.from_str(settings.BACKUP_RECIPIENT))
        except RecipientError as error:
            raise KeyWrong(cause=f"BACKUP_RECIPIENT: {error}") from error
    if not settings.BACKUP_PASSPHRASE:
        raise KeyMissing
    identity = _locked_identity(target) if target.exists(KEY_NAME) else _make_key(target)
    return Age(recipient=identity.to_public(), identity=identity)


def cipher_for_reading(target: BackupTarget) -> Cipher:
    """With BACKUP_IDENTITY, or BACKUP_PASSPHRASE. Raises KeyMissing, or KeyWrong."""
    from pyrage import IdentityError, x25519  # noqa: PLC0415 (only where used)

    if settings.BACKUP_IDENTITY:
        try:
            return Age(identity=x25519.Identity.from_str(settings.BACKUP_IDENTITY))
        except IdentityError as error:
            raise KeyWrong(cause=f"BACKUP_IDENTITY: {error}") from error
    if not settings.BACKUP_PASSPHRASE or not target.exists(KEY_NAME):
        raise KeyMissing
    return Age(identity=_locked_identity(target))


def _make_key(target: BackupTarget) -> Any:
    from pyrage import passphrase, x25519  # noqa: PLC0415 (only where used)

    identity = x25519.Identity.generate()
    locked = passphrase.encrypt(str(identity).encode(), settings.BACKUP_PASSPHRASE)
    with target.writing(KEY_NAME) as to:
        to.write(locked)
    return identity


def _locked_identity(target: BackupTarget) -> Any:
    from pyrage import DecryptError, passphrase, x25519  # noqa: PLC0415 (only where used)

    with target.reading(KEY_NAME) as blocks:
        locked = b"".join(blocks)
    try:
        key = passphrase.decrypt(locked, settings.BACKUP_PASSPHRASE)
    except DecryptError as error:
        raise KeyWrong(cause=f"{KEY_NAME}: {error}") from error
    return x25519.Identity.from_str(key.decode().strip())
