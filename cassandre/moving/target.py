"""The services that a file of variables names, read as Cassandre itself will read them."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import runpy
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import environ
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import Storage
from django.db import OperationalError, connections
from django.utils.module_loading import import_string

from cassandre.moving.errors import TargetWrong
from common.errors import Unavailable
from common.storage import MinioStorage

ALIAS = "services"
_SETTINGS = Path(__file__).parents[1] / "services_settings.py"
NEEDED = ("DB_HOST", "MINIO_URL", "QDRANT_URL")

# What servers say, and the variable that is to be looked at. The first that fits.
_DATABASE = (
    ("password", "DB_PASSWORD"),
    ("role", "DB_USER"),
    ("database", "DB_NAME"),
    ("certificate", "DB_SSLROOTCERT"),
    ("ssl", "DB_SSLMODE"),
    ("", "DB_HOST, DB_PORT"),
)
_STORE = (
    ("InvalidAccessKeyId", "MINIO_ACCESS_KEY_ID"),
    ("SignatureDoesNotMatch", "MINIO_ACCESS_KEY_ID, MINIO_SECRET_ACCESS_KEY"),
    ("AccessDenied", "MINIO_ACCESS_KEY_ID, MINIO_SECRET_ACCESS_KEY"),
    ("InvalidBucketName", "MINIO_STORAGE_BUCKET_NAME"),
    ("", "MINIO_URL"),
)
_INDEX = (("401", "QDRANT_API_KEY"), ("403", "QDRANT_API_KEY"), ("", "QDRANT_URL"))


class _File(environ.Env):  # type: ignore[misc]
    """Of one file, apart from the environment."""

    ENVIRON: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class Target:
    file: Path
    variables: dict[str, str]  # of the file
    database: dict[str, Any]
    files: MinioStorage
    qdrant_url: str
    qdrant_api_key: str

    @property
    def bucket(self) -> str:
        return self.variables.get("MINIO_STORAGE_BUCKET_NAME", "").strip() or "cassandre"

    @property
    def fingerprint(self) -> str:
        """Of where it is, not of how one gets in: a corrected password goes on."""
        options = [self.database[name] for name in ("HOST", "PORT", "NAME")]
        bucket = self.variables.get("MINIO_STORAGE_BUCKET_NAME", "")
        whole = "\n".join(
            map(str, [*options, self.variables["MINIO_URL"], bucket, self.qdrant_url])
        )
        return hashlib.sha256(whole.encode()).hexdigest()

    @contextlib.contextmanager
    def open_database(self) -> Iterator[str]:
        """The alias to read and write it by. Raises TargetWrong where it does not let us in."""
        own = connections.configure_settings({"default": dict(self.database)})["default"]
        # One connection; and what copies whole tables takes longer than a page may.
        own["OPTIONS"] = {
            name: value for name, value in own["OPTIONS"].items() if name not in {"pool", "options"}
        }
        connections.settings[ALIAS] = own
        try:
            with _named(_DATABASE):
                connections[ALIAS].ensure_connection()
            yield ALIAS
        finally:
            connections[ALIAS].close()
            del connections[ALIAS]
            del connections.settings[ALIAS]


def read_target(path: Path) -> Target:
    """Raises TargetWrong where the file does not name all three services, or names one wrongly."""
    variables = _variables(path)
    missing = [name for name in NEEDED if not variables.get(name, "").strip()]
    if missing:
        raise TargetWrong(reason=f"{path}: {', '.join(missing)}")
    settings = _settings(variables)
    storage = settings["DOCUMENTS_STORAGE"]
    files: Storage = import_string(storage["BACKEND"])(**storage["OPTIONS"])
    return Target(
        file=path,
        variables=variables,
        database=settings["DATABASES"]["default"],
        files=cast(MinioStorage, files),
        qdrant_url=settings["QDRANT_URL"],
        qdrant_api_key=settings["QDRANT_API_KEY"],
    )


def _variables(path: Path) -> dict[str, str]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise TargetWrong(reason=f"{path}: {error}") from error
    _File.ENVIRON = {}
    _File.read_env(io.StringIO(text), overwrite=True)
    return dict(_File.ENVIRON)


def _settings(variables: dict[str, str]) -> dict[str, Any]:
    """The program's own reading of the variables, so that nothing is understood in two ways."""
    with environment(variables):
        try:
            return runpy.run_path(str(_SETTINGS))
        except ImproperlyConfigured as error:
            raise TargetWrong(reason=str(error)) from error


@contextlib.contextmanager
def environment(variables: dict[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def check_files(target: Target) -> None:
    """Raises TargetWrong where the store does not let us in."""
    with _named(_STORE):
        next(target.files.objects(), None)


@contextlib.contextmanager
def index_named() -> Iterator[None]:
    with _named(_INDEX):
        yield


@contextlib.contextmanager
def _named(causes: tuple[tuple[str, str], ...]) -> Iterator[None]:
    try:
        yield
    except (OperationalError, Unavailable) as error:
        said = " ".join(str(error).split())
        variable = next(name for sign, name in causes if sign.lower() in said.lower())
        raise TargetWrong(reason=f"{variable}: {said}") from error
