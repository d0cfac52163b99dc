"""Whose work is being done: ids that log lines, traces and tasks carry from process to process.

Ids alone, so that they may be written down anywhere: no name, no address, no text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar, Token

# The page, the socket or the command that began it; "" where nobody did, as for periodic work.
request_id: ContextVar[str] = ContextVar("request_id", default="")
answer_id: ContextVar[str] = ContextVar("answer_id", default="")
task_id: ContextVar[str] = ContextVar("task_id", default="")
user_id: ContextVar[str] = ContextVar("user_id", default="")
# https://www.w3.org/TR/trace-context/: of work that came from another process.
traceparent: ContextVar[str] = ContextVar("traceparent", default="")

# By the names that they have in log lines and in the headers of tasks.
IDS: dict[str, ContextVar[str]] = {
    "request": request_id,
    "answer": answer_id,
    "task": task_id,
    "user": user_id,
}
_CARRIED = {**IDS, "traceparent": traceparent}


def ids() -> dict[str, str]:
    """Those that are known here."""
    return {name: value for name, variable in IDS.items() if (value := variable.get())}


def carried() -> dict[str, str]:
    """What another process needs in order to go on in the same name."""
    return {name: value for name, variable in _CARRIED.items() if (value := variable.get())}


Tokens = list[tuple[ContextVar[str], Token[str]]]


def enter(given: Mapping[str, str]) -> Tokens:
    """Go on in the name of what `carried` gave elsewhere; what it does not say is nobody's."""
    return [
        (variable, variable.set(str(given.get(name, "")))) for name, variable in _CARRIED.items()
    ]


def leave(tokens: Tokens) -> None:
    """In the thread, or the task of asyncio, that entered."""
    for variable, token in reversed(tokens):
        variable.reset(token)


@contextmanager
def carrying(given: Mapping[str, str]) -> Iterator[None]:
    tokens = enter(given)
    try:
        yield
    finally:
        leave(tokens)
