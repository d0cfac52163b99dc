"""A conversation is a tree: versions of a question or of an answer are siblings, nothing is
overwritten, and one path from the root to a leaf is shown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from chat.models import Conversation


class Node(NamedTuple):
    pk: UUID
    parent: UUID | None


@dataclass(frozen=True, slots=True)
class Versions:
    """A message among its siblings, the oldest first."""

    ids: tuple[UUID, ...]
    position: int  # from 1

    @property
    def previous(self) -> UUID | None:
        return self.ids[self.position - 2] if self.position > 1 else None

    @property
    def next(self) -> UUID | None:
        return self.ids[self.position] if self.position < len(self.ids) else None


class Branches:
    """The shape of a conversation. `nodes`: all its messages, the oldest first."""

    def __init__(self, nodes: Iterable[Node]) -> None:
        self._parents: dict[UUID, UUID | None] = {}
        self._children: dict[UUID | None, list[UUID]] = {}
        for node in nodes:
            self._parents[node.pk] = node.parent
            self._children.setdefault(node.parent, []).append(node.pk)

    def __contains__(self, pk: UUID | None) -> bool:
        return pk in self._parents

    @property
    def newest(self) -> UUID | None:
        return next(reversed(self._parents), None)

    def end_of(self, pk: UUID) -> UUID:
        """The newest message that follows from `pk`; itself where none does."""
        below, end = {pk}, pk
        for node, parent in self._parents.items():
            if parent in below:
                below.add(node)
                end = node
        return end

    def path_to(self, leaf: UUID | None) -> list[UUID]:
        """From the first message to `leaf`."""
        path: list[UUID] = []
        while leaf is not None:
            path.append(leaf)
            leaf = self._parents[leaf]
        return path[::-1]

    def versions_of(self, pk: UUID) -> Versions:
        siblings = self._children[self._parents[pk]]
        return Versions(tuple(siblings), siblings.index(pk) + 1)


def branches_of(conversation: Conversation) -> Branches:
    messages = conversation.messages.order_by("created_at", "-role")
    return Branches(Node(*row) for row in messages.values_list("pk", "parent_id"))


def shown_leaf(conversation: Conversation, branches: Branches) -> UUID | None:
    """Where what is shown ends: the version that was stepped to, else the newest message."""
    return conversation.leaf_id if conversation.leaf_id in branches else branches.newest
