"""The way from a document back to the answer that cites it.

Answers live a floor above, which this app must not know. Who keeps them registers one function
here (chat.apps does); without one, a document simply has no trail.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:  # chat.apps imports this module before there are models
    from accounts.models import User


@dataclass(frozen=True, slots=True)
class CitedPassage:
    number: int
    document: UUID
    version: UUID
    title: str
    page: int
    reference: str  # “p. 7”
    section: str
    quote: str
    spans: tuple[tuple[int, int], ...]  # what is marked of its page; empty: nothing was located
    url: str  # the source viewer on it, the trail kept


@dataclass(frozen=True, slots=True)
class Trail:
    """What one answer cites, as far as the reader may see it now."""

    question: str
    url: str  # back to the answer
    passages: tuple[CitedPassage, ...]


TrailFinder = Callable[["User", UUID], Trail]

_finder: TrailFinder | None = None


def register_trail_finder(finder: TrailFinder) -> None:
    """`finder(user, answer)` raises NotFound for an answer that is not the user's."""
    global _finder
    _finder = finder


def find_trail(user: User, answer: UUID) -> Trail | None:
    return _finder(user, answer) if _finder is not None else None
