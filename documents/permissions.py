"""Who may do what with a corpus: one truth table. docs/permissions.md prints it.

A member reads what is visible to all or granted; a grant of curate curates; an administrator
does both everywhere in the organisation. Outside the organisation nobody does anything.
"""

from __future__ import annotations

from enum import StrEnum

from accounts.models import Membership
from documents.models import Corpus, CorpusGrant

Role = Membership.Role
Right = CorpusGrant.Right
Visibility = Corpus.Visibility


class Action(StrEnum):
    READ = "read"  # search, ask, open the pages, download the file
    CURATE = "curate"  # upload, delete, change settings and grants


def may(role: Role, grant: Right | None, visibility: Visibility, action: Action) -> bool:
    """Whether a member with `role` and `grant` may do `action` on a corpus of `visibility`."""
    if role == Role.ADMIN or grant == Right.CURATE:
        return True
    if action == Action.CURATE:
        return False
    return grant == Right.READ or visibility == Visibility.ALL_MEMBERS


def truth_table() -> list[tuple[Role, Right | None, Visibility, Action, bool]]:
    """Every row of the table, for the documentation and the generated leak tests."""
    return [
        (role, grant, visibility, action, may(role, grant, visibility, action))
        for role in Role
        for grant in (None, Right.READ, Right.CURATE)
        for visibility in Visibility
        for action in Action
    ]
