"""What a model's name asks of the mock."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import Any

_CODE = re.compile(r"(400|401|403|404|429|500|503)(?:x(\d+))?")
_COUNT = re.compile(r"(jitter|reason|hang|drop|err|bad|after|window)(\d+)")
_TOKENS = re.compile(r"(\d+)t")
_DELAY = re.compile(r"(ttft)?(\d+(?:\.\d+)?)ms")


@dataclass(frozen=True, slots=True)
class Defaults:
    tokens: int = 50
    gap: float = 0.0
    ttft: float | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    tokens: int
    gap: float
    ttft: float
    ts: bool = False
    echo: bool = False
    md: bool = False
    tool: bool = False
    ctx: bool = False
    crlf: bool = False
    nousage: bool = False
    nomax: bool = False
    nodims: bool = False
    nodone: bool = False
    nofinish: bool = False
    notrailer: bool = False
    lateend: bool = False
    html: bool = False
    finish: str = "stop"
    jitter: int = 0
    reason: int = 0
    after: int = 1
    window: int | None = None
    code: int | None = None
    code_times: int | None = None
    hang: int | None = None  # -1: never answers at all
    drop: int | None = None
    err: int | None = None
    bad: int | None = None


_FLAGS = {field.name for field in fields(Plan) if field.default is False}


def plan_for(model: str, defaults: Defaults) -> Plan:
    fields: dict[str, Any] = {
        "tokens": defaults.tokens,
        "gap": defaults.gap,
        "ttft": defaults.ttft,
    }
    for option in model.split("-")[1:]:
        fields.update(_read(option))
    if fields["ttft"] is None:
        fields["ttft"] = fields["gap"]
    return Plan(**fields)


def _read(option: str) -> dict[str, Any]:
    if option in _FLAGS:
        return {option: True}
    if option == "length":
        return {"finish": "length"}
    if option == "hang":
        return {"hang": -1}
    if match := _CODE.fullmatch(option):
        return {"code": int(match[1]), "code_times": int(match[2]) if match[2] else None}
    if match := _TOKENS.fullmatch(option):
        return {"tokens": int(match[1])}
    if match := _DELAY.fullmatch(option):
        return {"ttft" if match[1] else "gap": float(match[2]) / 1000}
    if match := _COUNT.fullmatch(option):
        return {match[1]: int(match[2])}
    return {}
