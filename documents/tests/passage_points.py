"""Points and questions for the tests of the passage indexes."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid5

from ai.lexical import Analyser, encode_passage, encode_question
from documents.ports import IndexPoint, IndexQuery, Shown, Standing

ANALYSER = Analyser()
SHOWN = Standing(Shown.LIVE)
PDF, HTML = "application/pdf", "text/html"


def key(name: str) -> UUID:
    return uuid5(UUID(int=0), name)


ALICES, BOBS = key("alice's corpus"), key("bob's corpus")


def point(text: str, *, version: str = "v1", name: str = "", **changes: Any) -> IndexPoint:
    made = IndexPoint(
        id=key(f"{version}/{name or text}"),
        corpus=ALICES,
        document=key(f"document of {version}"),
        version=key(version),
        media_type=PDF,
        language="en",
        lexical=encode_passage(text, "", "en", ANALYSER),
    )
    return replace(made, **changes)


def asking(
    question: str, *, corpora: frozenset[UUID] = frozenset({ALICES}), **more: Any
) -> IndexQuery:
    lexical = encode_question(question, "en", ANALYSER)
    return IndexQuery(corpora=corpora, lexical=lexical, **more)


WORDS = (
    *("budget", "leave", "travel", "pension", "safety", "training"),
    *("laptop", "badge", "visitor", "contract", "invoice"),
)


def random_points() -> list[IndexPoint]:
    dice = random.Random(42)
    texts = [" ".join(dice.choices(WORDS, k=dice.randint(3, 40))) for _ in range(80)]
    return [point(text, name=str(number)) for number, text in enumerate(texts)]
