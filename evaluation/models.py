"""Questions whose answers are known, and how well search found them."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from common.errors import sentence_for
from documents.models import Corpus, Document, IndexGeneration

# Without any progress.
LOST_AFTER = timedelta(minutes=5)


class QuestionSet(models.Model):
    """What a corpus is measured with."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    corpus = models.ForeignKey(Corpus, on_delete=models.CASCADE, related_name="question_sets")
    name = models.CharField(_("name"), max_length=120)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint("corpus", Lower("name"), name="question_set_name_unique")
        ]

    def __str__(self) -> str:
        return self.name


class Question(models.Model):
    """Its answer stands on any of the pages expected; an unanswerable one has none, and is
    answered rightly by “not found”."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    question_set = models.ForeignKey(
        QuestionSet, on_delete=models.CASCADE, related_name="questions"
    )
    number = models.PositiveIntegerField()  # its place in the set
    text = models.CharField(_("question"), max_length=500)
    answerable = models.BooleanField(default=True)
    gold_answer = models.TextField(_("right answer"), max_length=4000, blank=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["question_set", "text"], name="question_text_unique")
        ]

    def __str__(self) -> str:
        return self.text


class ExpectedPage(models.Model):
    """Of the document, whatever its version: a new file of it is expected to answer as well."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    question = models.ForeignKey(Question, on_delete=models.CASCADE, related_name="expected")
    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="+")
    page = models.PositiveIntegerField(validators=[MinValueValidator(1)])

    class Meta:
        ordering = ["document__title", "page"]
        constraints = [
            models.UniqueConstraint(
                fields=["question", "document", "page"], name="expected_page_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.document} p. {self.page}"


class Measurement(models.Model):
    """Search asked questions whose answers are known, in the background: how far it is, and how
    it ended."""

    class State(models.TextChoices):
        RUNNING = "running", _("Being measured")
        DONE = "done", _("Measured")
        FAILED = "failed", _("Failed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # With whose rights; None: the account has gone since.
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    state = models.CharField(max_length=10, choices=State, default=State.RUNNING)
    # Questions asked, of all: for the progress.
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    error_code = models.CharField(max_length=60, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now_add=True)  # its last progress, and its end

    class Meta:
        abstract = True
        ordering = ["-created_at"]

    @property
    def is_running(self) -> bool:
        return self.state == self.State.RUNNING and not self.is_lost

    @property
    def is_lost(self) -> bool:
        """Its process has died, and the message about it with its broker."""
        silent = timezone.now() - self.changed_at > LOST_AFTER
        return self.state == self.State.RUNNING and silent

    @property
    def error_sentence(self) -> str:
        return sentence_for(self.error_code, {}) if self.error_code else ""


class MeasuredRun(Measurement):
    """One measurement of a set: what search made of each of its questions."""

    question_set = models.ForeignKey(QuestionSet, on_delete=models.CASCADE, related_name="runs")
    threshold = models.FloatField()  # of the corpus, then
    figures = models.JSONField(default=dict)  # measuring.Figures without its outcomes
    outcomes = models.JSONField(default=list)  # measuring.Outcome

    def __str__(self) -> str:
        return f"{self.question_set} {self.created_at:%Y-%m-%d %H:%M}"


class Comparison(Measurement):
    """Two generations of the index, measured with the same sets of questions: those that `by`
    curates."""

    generation = models.ForeignKey(
        IndexGeneration, on_delete=models.CASCADE, related_name="comparisons"
    )
    # The one that was live then.
    beside = models.ForeignKey(IndexGeneration, on_delete=models.CASCADE, related_name="+")
    # [{"set": id, "beside": figures, "generation": figures}]: measuring.Figures each
    rows = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"{self.generation} {self.created_at:%Y-%m-%d %H:%M}"
