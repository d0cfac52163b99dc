"""Log lines, as JSON for whoever collects them or as text for a terminal, with the ids of whose
work it is.

Nobody's words are in them at INFO and above. Call sites log ids and codes; what they cannot know
is what an exception says (a database quotes the row that it refuses), so that of exceptions type,
code and frames are written and the message is not, except where it is of a machine. With
LOG_LEVEL=DEBUG messages are written too.
"""

from __future__ import annotations

import copy
import json
import logging
import os
import time
import traceback
from types import TracebackType
from typing import Any

from common.context import ids
from common.errors import CassandreError
from common.process import VERSION, role

# What connections, disks and services say; by name, so that nothing is loaded to be recognised.
_OF_MACHINES = frozenset(
    {"OperationalError", "InterfaceError", "ImproperlyConfigured", "RedisError", "PoolTimeout"}
)
# Parameters of our own errors that name parts of the installation.
_OF_OURS = frozenset({"component", "model", "retry_after"})
# Their causes are statuses and hosts (ai/providers/faults.py).
_PLAIN_CAUSES = frozenset({"Unavailable", "ModelError"})
_MESSAGES_FROM = logging.DEBUG

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]


def described(error: BaseException) -> str:
    """What may be written down of an exception, whoever reads the log."""
    name = type(error).__name__
    kinds = {kind.__name__ for kind in type(error).__mro__}
    if isinstance(error, CassandreError):
        cause = f": {error.cause}" if error.cause and kinds & _PLAIN_CAUSES else ""
        named = {
            key: value
            for key, value in error.params.items()
            if key in _OF_OURS or isinstance(value, int | float)
        }
        return f"{error.code}{f' {named}' if named else ''}{cause}"
    if isinstance(error, OSError) and error.filename is not None:
        return f"{name}: {error.strerror}"  # not the name of the file
    if isinstance(error, OSError) or kinds & _OF_MACHINES:
        return f"{name}: {error}"
    return name


class _Discreet(logging.Formatter):
    """Ids in, words out."""

    def format(self, record: logging.LogRecord) -> str:
        return self.line(record if _may_say_all() else _without_words(record))

    def line(self, record: logging.LogRecord) -> str:
        raise NotImplementedError

    def exception(self, record: logging.LogRecord) -> str:
        if not record.exc_info or record.exc_info[1] is None:
            return ""
        if _may_say_all():
            return self.formatException(record.exc_info)
        return _frames_of(record.exc_info[1])


class JsonFormatter(_Discreet):
    """One object a line: https://jsonlines.org."""

    def line(self, record: logging.LogRecord) -> str:
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        fields: dict[str, Any] = {
            "time": f"{moment}.{int(record.msecs):03d}Z",
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **ids(),
            **getattr(record, "fields", {}),
            "role": role(),
            "pid": os.getpid(),
            "version": VERSION,
        }
        if exception := self.exception(record):
            fields["exception"] = exception
        return json.dumps(fields, ensure_ascii=False, default=str)


class LineFormatter(_Discreet):
    """For people at a terminal."""

    def line(self, record: logging.LogRecord) -> str:
        moment = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(record.created))
        whose = " ".join(f"{name}={value}" for name, value in ids().items()) or "-"
        told = " ".join(f"{name}={value}" for name, value in getattr(record, "fields", {}).items())
        text = (
            f"{moment},{int(record.msecs):03d} {record.levelname} {record.name} [{whose}]"
            f" {record.getMessage()}{' ' if told else ''}{told}"
        )
        exception = self.exception(record)
        return f"{text}\n{exception}" if exception else text


def _may_say_all() -> bool:
    return logging.getLogger().isEnabledFor(_MESSAGES_FROM)


def _without_words(record: logging.LogRecord) -> logging.LogRecord:
    """A copy: other handlers, and tests, have the record as it was made."""
    args = record.args
    if not args:
        return record
    record = copy.copy(record)
    if isinstance(args, dict):  # as Celery's lines about failed tasks
        error = record.exc_info[1] if record.exc_info else None
        told = {"exc": described(error) if error else "", "traceback": "", "args": "", "kwargs": ""}
        record.args = {name: told.get(name, value) for name, value in args.items()}
        return record
    path = getattr(getattr(record, "request", None), "path", None)
    record.args = tuple(_said(arg, path, record) for arg in args)
    return record


def _said(argument: object, path: str | None, record: logging.LogRecord) -> object:
    if isinstance(argument, BaseException):
        return described(argument)
    if path and argument == path:  # of Django's own lines: corpora and people stand in paths
        return route_of(record.request)  # type: ignore[attr-defined]
    return argument


def route_of(request: Any) -> str:
    """The pattern of a request's address; "(none)" where it has none."""
    match = getattr(request, "resolver_match", None)
    return f"/{match.route}" if match is not None else "(none)"


def _frames_of(error: BaseException) -> str:
    """A traceback as Python writes it, with `described` in the place of messages."""
    parts = []
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        frames = "".join(traceback.format_tb(current.__traceback__))
        parts.append(f"Traceback (most recent call last):\n{frames}{described(current)}")
        hidden = current.__suppress_context__
        current = current.__cause__ or (None if hidden else current.__context__)
    return "\n\nwhich came of:\n\n".join(parts)
