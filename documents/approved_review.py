"""Approved answers whose documents change wait for a curator, and are not served meanwhile."""

from __future__ import annotations

from uuid import UUID

from documents.models import ApprovedAnswer


def send_to_review(document: UUID, reason: ApprovedAnswer.Reason) -> int:
    """Those that rest on a document, in one statement; returns how many."""
    resting = ApprovedAnswer.objects.filter(
        status=ApprovedAnswer.Status.APPROVED, passages__version__document=document
    )
    served = ApprovedAnswer.objects.filter(pk__in=resting.values("pk"))
    return served.update(status=ApprovedAnswer.Status.TO_REVIEW, reason=reason)
