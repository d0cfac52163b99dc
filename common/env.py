"""Typed readers of environment variables: nonsense is refused with its name and value."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured


def env_str(name: str, default: str = "") -> str:
    """Empty is as good as unset: .env files and docker-compose pass on empty variables."""
    return os.environ.get(name, "").strip() or default


def env_secret(name: str, default: str = "") -> str:
    """`NAME`, or the content of the file that `NAME_FILE` points to (docker secrets);
    the file wins."""
    path = env_str(f"{name}_FILE")
    if not path:
        return env_str(name, default)
    try:
        value = Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE={path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ImproperlyConfigured(f"{name}_FILE={path}: expected text in UTF-8") from error
    if not value:
        # An empty secret would mean "none", and open what it is there to close.
        raise ImproperlyConfigured(f"{name}_FILE={path}: the file is empty")
    return value


def env_file(name: str) -> str:
    """The path of a file that can be read; empty where unset."""
    path = env_str(name)
    if not path:
        return ""
    try:
        with Path(path).open("rb"):
            return path
    except OSError as error:
        raise ImproperlyConfigured(f"{name}={path}: {error.strerror}") from error


def env_choice(name: str, choices: tuple[str, ...], default: str = "") -> str:
    value = env_str(name, default)
    if value and value not in choices:
        raise ImproperlyConfigured(f"{name}={value}: expected {', '.join(choices)}")
    return value


def env_bool(name: str, default: bool) -> bool:
    value = env_str(name, "true" if default else "false").lower()
    if value not in {"true", "false", "1", "0", "yes", "no"}:
        raise ImproperlyConfigured(f"{name}={value}: expected true or false")
    return value in {"true", "1", "yes"}


def env_int(name: str, default: int, *, minimum: int = 0, maximum: int = 2**31) -> int:
    value = env_str(name) or str(default)
    try:
        number = int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name}={value}: expected a whole number") from None
    if not minimum <= number <= maximum:
        raise ImproperlyConfigured(f"{name}={value}: expected {minimum} to {maximum}")
    return number


def env_float(name: str, default: float, *, minimum: float, maximum: float) -> float:
    value = env_str(name) or str(default)
    try:
        number = float(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name}={value}: expected a number") from None
    if not minimum <= number <= maximum:
        raise ImproperlyConfigured(f"{name}={value}: expected {minimum} to {maximum}")
    return number


def env_list(name: str, default: str = "") -> list[str]:
    return [item.strip() for item in env_str(name, default).split(",") if item.strip()]


def env_url(name: str, schemes: tuple[str, ...], default: str = "", *, secret: bool = False) -> str:
    """A URL with one of `schemes` and a host, without a trailing slash; empty where unset.

    `secret`: it may hold a password, and can come from a file as any secret."""
    value = (env_secret(name, default) if secret else env_str(name, default)).rstrip("/")
    if not value:
        return ""
    parts = urlsplit(value)
    if parts.scheme not in schemes or not parts.hostname:
        expected = ", ".join(f"{scheme}://host" for scheme in schemes)
        raise ImproperlyConfigured(f"{name}={without_password(value)}: expected {expected}")
    return value


def without_password(url: str) -> str:
    """For messages and logs."""
    before, at, host = url.rpartition("@")
    if not at:
        return url
    scheme, slashes, user = before.rpartition("//")
    return f"{scheme}{slashes}{user.partition(':')[0]}{':***' if ':' in user else ''}@{host}"
