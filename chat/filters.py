"""To what a question is limited, beside the corpora of its conversation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

import msgspec

from ai.lexical import Language
from chat.frames import Ask
from documents.retrieval import SearchScope


class Filters(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """As rows keep it. Empty: limited to nothing."""

    media_types: tuple[str, ...] = ()
    documents: tuple[UUID, ...] = ()
    languages: tuple[Language, ...] = ()
    sections: tuple[str, ...] = ()  # outermost headings
    as_of: date | None = None  # what was in force then; None: what is today

    @classmethod
    def of_ask(cls, ask: Ask) -> Filters:
        return cls(**{name: getattr(ask, name) for name in cls.__struct_fields__})

    @classmethod
    def of_scope(cls, scope: SearchScope) -> Filters:
        return cls(
            media_types=tuple(sorted(scope.media_types)),
            documents=tuple(sorted(scope.documents)),
            languages=tuple(sorted(scope.languages)),  # type: ignore[arg-type]
            sections=tuple(sorted(scope.sections)),
            as_of=scope.as_of,
        )

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Filters:
        return msgspec.convert(values, cls)

    def to_json(self) -> dict[str, Any]:
        values: dict[str, Any] = msgspec.to_builtins(self)
        return values

    def scope(self, corpora: Iterable[UUID]) -> SearchScope:
        return SearchScope(
            corpora=frozenset(corpora),
            media_types=frozenset(self.media_types),
            documents=frozenset(self.documents),
            languages=frozenset(self.languages),
            sections=frozenset(self.sections),
            as_of=self.as_of,
        )
