"""What curators see of the queue."""

from __future__ import annotations

from accounts.models import User
from common.errors import NotAllowed
from documents.models import IngestionPause
from documents.selectors import standing_of


def ingestion_pause(user: User) -> IngestionPause | None:
    """Why all files wait, with the time of the next try, for whoever curates anything; None: they
    do not wait."""
    return IngestionPause.objects.first() if standing_of(user).may_curate else None


def require_curation(user: User) -> None:
    """Raises NotAllowed for whoever curates nothing."""
    if not standing_of(user).may_curate:
        raise NotAllowed(cause=f"user {user.pk} curates nothing")
