"""Answers that a person answers for."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class ApprovedAnswer(models.Model):
    """The answer to a question, fixed by a curator together with the passages it rests on."""

    class Status(models.TextChoices):
        DRAFT = "draft", pgettext_lazy("approved answer", "Draft")  # proposed; nobody is served it
        APPROVED = "approved", pgettext_lazy("approved answer", "Approved")  # served first
        TO_REVIEW = (
            "to_review",
            _("To review"),
        )  # a document has changed; not served until confirmed
        RETIRED = "retired", pgettext_lazy("approved answer", "Retired")  # kept, never served

    class Origin(models.TextChoices):
        SCRATCH = "scratch", _("Written by a curator")
        ANSWER = "answer", _("From an answer")
        ENQUIRY = "enquiry", _("From an enquiry")
        CORRECTION = "correction", _("Correction by a reader")

    class Reason(models.TextChoices):
        """Why it is to be reviewed."""

        REPLACED = "replaced", _("A document it rests on has a newer version.")
        DELETED = "deleted", _("A document it rests on was deleted.")
        MOVED = "moved", _("Not all of its passages were found when the corpus was taken in.")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    corpus = models.ForeignKey(
        "documents.Corpus", on_delete=models.CASCADE, related_name="approved_answers"
    )
    question = models.CharField(_("question"), max_length=500)
    alternatives = models.JSONField(default=list, blank=True)  # other wordings of the question
    text = models.TextField(_("answer"), max_length=8000)  # with markers “[n]” of its passages
    language = models.CharField(max_length=2, default="fr")
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT, db_index=True)
    reason = models.CharField(max_length=10, choices=Reason, blank=True)
    origin = models.CharField(max_length=10, choices=Origin, default=Origin.SCRATCH)
    # The answer of a conversation that it was made of: an id alone, conversations live above.
    source = models.UUIDField(null=True, blank=True)
    note = models.TextField(blank=True)  # of whoever proposes a correction
    owner = models.ForeignKey(  # who answers for it, by name
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    reviewed_at = models.DateTimeField(null=True)  # approved, or confirmed, for the last time
    review_on = models.DateField(null=True)  # past: due, still served, and said so
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-updated_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "author"],
                condition=models.Q(origin="correction"),
                name="one_correction_of_an_answer",
            )
        ]

    def __str__(self) -> str:
        return f"{self.question} ({self.status})"

    @property
    def is_due(self) -> bool:
        return self.review_on is not None and self.review_on < timezone.localdate()

    @property
    def wordings(self) -> list[str]:
        return [self.question, *self.alternatives]


class ApprovedPassage(models.Model):
    """A numbered passage that an approved answer rests on. The quote outlives the version."""

    approved = models.ForeignKey(ApprovedAnswer, on_delete=models.CASCADE, related_name="passages")
    number = models.PositiveSmallIntegerField()
    version = models.ForeignKey(
        "documents.DocumentVersion", on_delete=models.SET_NULL, null=True, related_name="+"
    )
    title = models.CharField(max_length=300)  # of the document, for when it is gone
    page = models.PositiveIntegerField()
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    quote = models.TextField()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(
                fields=["approved", "number"], name="approved_passage_number_unique"
            )
        ]

    def __str__(self) -> str:
        return f"[{self.number}] {self.title}, p. {self.page}"
