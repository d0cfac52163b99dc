"""Which error a server's refusal is. Causes carry codes alone, never a key or a user's text."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import msgspec

from ai.errors import (
    ModelBusy,
    ModelContextTooLong,
    ModelError,
    ModelRefusedKey,
    ModelRequestRefused,
    ModelUnavailable,
)

RETRY_AFTER_DEFAULT_S = 5
# A server that says "tomorrow" is reported, but nobody is told to wait longer than this.
RETRY_AFTER_MAX_S = 3_600

# Servers that do not use OpenAI's code say it in words (vLLM, llama.cpp, TGI).
_TOO_LONG = re.compile(
    r"context.?(length|size|window)|maximum context|prompt is too long|exceed\w*.{0,40}tokens",
    re.IGNORECASE,
)
_CODE = re.compile(r"[A-Za-z_]{1,60}")


class _Detail(msgspec.Struct):
    code: str | int | None = None
    type: str | None = None
    message: str | None = None


class _Body(msgspec.Struct):
    error: _Detail | str | None = None
    message: str | None = None  # vLLM before 0.10 puts the detail at the top
    detail: str | None = None


class Refusal(msgspec.Struct, frozen=True):
    """What a server said beside its status. `message` may hold user text: never logged."""

    code: str = ""
    message: str = ""


def read_refusal(body: bytes) -> Refusal:
    try:
        parsed = msgspec.json.decode(body, type=_Body)
    except msgspec.MsgspecError:
        return Refusal()
    error = parsed.error
    if isinstance(error, _Detail):
        names = [str(name) for name in (error.code, error.type) if name]
        code = next((name for name in names if _CODE.fullmatch(name)), "")
        return Refusal(code=code, message=error.message or "")
    return Refusal(message=error or parsed.message or parsed.detail or "")


def error_for(
    status: int, headers: Mapping[str, str], refusal: Refusal, *, server: str
) -> ModelError:
    """`headers` is case-insensitive, as HTTP libraries give it; `server` is a host, for the log."""
    cause = f"{server} answered {status} {refusal.code}".rstrip()
    if status in (401, 403):
        return ModelRefusedKey(cause=cause)
    if status == 413 or (status in (400, 422) and is_too_long(refusal)):
        return ModelContextTooLong(cause=cause)
    # Waiting does not help where the account has no credit left.
    if status == 429 and refusal.code != "insufficient_quota":
        return ModelBusy(cause=cause, retry_after=retry_after(headers.get("retry-after")))
    if status >= 500:
        return ModelUnavailable(cause=cause)
    return ModelRequestRefused(cause=cause)


def is_too_long(refusal: Refusal) -> bool:
    return refusal.code == "context_length_exceeded" or bool(_TOO_LONG.search(refusal.message))


def retry_after(value: str | None, *, now: datetime | None = None) -> int:
    """Whole seconds out of a Retry-After header: a number or an HTTP date."""
    seconds = _seconds(value or "", now or datetime.now(UTC))
    if seconds is None or not math.isfinite(seconds) or seconds < 0:
        return RETRY_AFTER_DEFAULT_S
    return min(max(math.ceil(seconds), 1), RETRY_AFTER_MAX_S)


def _seconds(value: str, now: datetime) -> float | None:
    try:
        return float(value)
    except ValueError:
        pass
    try:
        when = parsedate_to_datetime(value)
    except ValueError:
        return None
    if when.tzinfo is None:  # "-0000": the header's dates are GMT by definition
        when = when.replace(tzinfo=UTC)
    return (when - now).total_seconds()
