"""Corpora: what belongs together, and who may read it."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation, Team


class Language(models.TextChoices):
    FRENCH = "fr", _("French")
    ENGLISH = "en", _("English")


class Corpus(models.Model):
    """A collection of documents with its own readers, curators and settings."""

    class Visibility(models.TextChoices):
        ALL_MEMBERS = "all", _("Everyone in the organisation")
        GRANTED = "granted", _("Only the chosen teams and people")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="corpora")
    name = models.CharField(_("name"), max_length=120)
    slug = models.SlugField(max_length=60)
    language = models.CharField(
        _("language"), max_length=2, choices=Language, default=Language.FRENCH
    )
    welcome_message = models.TextField(_("welcome message"), max_length=500, blank=True)
    instructions = models.TextField(_("instructions"), max_length=2000, blank=True)
    passages_read = models.PositiveSmallIntegerField(
        _("passages read"), default=6, validators=[MinValueValidator(1), MaxValueValidator(20)]
    )
    # Share of the question's distinct terms that one of the first passages must hold, 0 to 1;
    # below it the answer is an honest "not found".
    evidence_threshold = models.FloatField(
        default=0.35, validators=[MinValueValidator(0.0), MaxValueValidator(1.0)]
    )
    # How much the cosine of the dense vectors counts beside the words, whose best score is 1.
    dense_weight = models.FloatField(
        _("weight of meaning"),
        default=1.5,
        validators=[MinValueValidator(0.0), MaxValueValidator(10.0)],
    )
    # A lighter index: without what forgives typing errors and relates kindred words.
    words_only = models.BooleanField(_("whole words only"), default=False)
    # Pages without text are read by OCR where a program for it is there.
    ocr = models.BooleanField(_("read scans"), default=True)
    # While set, its files wait.
    paused_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Counts the changes of its glossary, so that what is remembered of it is known to be old.
    glossary_changes = models.PositiveIntegerField(default=0, editable=False)
    visibility = models.CharField(
        _("who may read"), max_length=10, choices=Visibility, default=Visibility.GRANTED
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("corpus")
        verbose_name_plural = _("corpora")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["organisation", "slug"], name="corpus_slug_unique"),
            models.UniqueConstraint(fields=["organisation", "name"], name="corpus_name_unique"),
        ]

    def __str__(self) -> str:
        return self.name


class GlossaryEntry(models.Model):
    """An acronym or a word of the house, and what it stands for: both are searched for where a
    question says one of them."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    corpus = models.ForeignKey(Corpus, on_delete=models.CASCADE, related_name="glossary")
    term = models.CharField(_("term"), max_length=120)
    expansions = models.JSONField(_("stands for"))  # a list of texts, at least one
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["term"]
        constraints = [
            models.UniqueConstraint("corpus", Lower("term"), name="glossary_term_unique")
        ]

    def __str__(self) -> str:
        return f"{self.term}: {', '.join(self.expansions)}"


class CorpusGrant(models.Model):
    class Right(models.TextChoices):
        READ = "read", _("Reads")
        CURATE = "curate", _("Curates")  # reads too

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    corpus = models.ForeignKey(Corpus, on_delete=models.CASCADE, related_name="grants")
    team = models.ForeignKey(Team, on_delete=models.CASCADE, null=True, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, blank=True
    )
    right = models.CharField(max_length=10, choices=Right, default=Right.READ)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(team__isnull=False, user__isnull=True)
                | Q(team__isnull=True, user__isnull=False),
                name="grant_to_team_or_user",
            ),
            models.UniqueConstraint(
                fields=["corpus", "team"], condition=Q(team__isnull=False), name="grant_team_once"
            ),
            models.UniqueConstraint(
                fields=["corpus", "user"], condition=Q(user__isnull=False), name="grant_user_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.team or self.user} {self.right} {self.corpus}"
