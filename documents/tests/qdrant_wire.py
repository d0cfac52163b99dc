"""Qdrant's REST interface as the pinned client describes it, whose request builders and models
are generated from the OpenAPI description of the release of the same number."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from pydantic import TypeAdapter
from qdrant_client.http import api, models

_METHOD, _URL = re.compile(r'method="(\w+)"'), re.compile(r'url="([^"]+)"')
_REPLY, _QUERY = re.compile(r"type_=(.+),\n"), re.compile(r'query_params\["(\w+)"\]')
_BODY = re.compile(r"body = jsonable_encoder\((\w+)\)|$")


@dataclass(frozen=True)
class Operation:
    """One of the documented; `body` and `reply` are types of its models."""

    method: str
    url: str
    query: frozenset[str]
    body: Any
    reply: Any

    def takes(self, method: str, path: str) -> bool:
        pattern = re.sub(r"\{\w+\}", "[^/]+", self.url)
        return method == self.method and re.fullmatch(pattern, path) is not None


def _documented() -> Iterator[Operation]:
    for _name, module in inspect.getmembers(api, inspect.ismodule):
        for _class, kind in inspect.getmembers(module, inspect.isclass):
            if not kind.__name__.startswith("_"):
                continue
            for name, builder in inspect.getmembers(kind, inspect.isfunction):
                if name.startswith("_build_for_") and "snapshot" not in name:
                    yield _operation(builder)


def _operation(builder: Any) -> Operation:
    source = inspect.getsource(builder)
    body = _only(_BODY, source)
    annotation = inspect.signature(builder).parameters[body].annotation if body else None
    return Operation(
        method=_only(_METHOD, source),
        url=_only(_URL, source),
        query=frozenset(_QUERY.findall(source)),
        body=_typed(annotation),
        reply=_typed(_only(_REPLY, source)),
    )


def _only(pattern: re.Pattern[str], source: str) -> str:
    return str(pattern.findall(source)[0])


def _typed(named: Any) -> Any:
    return eval(named, {"m": models, **vars(models)}) if isinstance(named, str) else named


OPERATIONS = tuple(_documented())


def hold(method: str, address: str, request: bytes, reply: bytes) -> Operation:
    """Fails where the exchange is not as one of the documented operations has it: its path, the
    names of its query, its body, and its reply, unknown fields refused."""
    parts = urlsplit(address)
    [operation] = [one for one in OPERATIONS if one.takes(method, parts.path)]
    query = parse_qs(parts.query)
    assert query.keys() <= operation.query, (address, operation)
    if operation.body is None:
        assert not request, (address, request)
    else:
        TypeAdapter(operation.body).validate_json(request)
    TypeAdapter(operation.reply).validate_json(reply)
    return operation
