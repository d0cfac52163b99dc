from __future__ import annotations

import uuid
from datetime import UTC, datetime

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation, Team
from common.errors import sentence_for
from documents.approved_models import ApprovedAnswer as ApprovedAnswer
from documents.approved_models import ApprovedPassage as ApprovedPassage
from documents.errors import HOPELESS


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


# When a document was deleted that is to be removed now: long before any that can be restored.
FOR_GOOD = datetime(1970, 1, 1, tzinfo=UTC)


class Document(models.Model):
    """What readers know under one title; its content is its live version."""

    class Stale(models.TextChoices):
        """What the index has not been told of yet."""

        STANDING = "standing", _("Dates")  # who finds it, and for which days
        VECTORS = "vectors", _("Words")  # and the words that it is found by

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    corpus = models.ForeignKey(Corpus, on_delete=models.CASCADE, related_name="documents")
    title = models.CharField(_("title"), max_length=300)
    # Where it came from, e.g. the file's name; with the content's hash it is the identity.
    source_path = models.CharField(max_length=500)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    # Hidden at once when set; a purge removes rows, file and vectors later.
    deleted_at = models.DateTimeField(null=True, blank=True, db_index=True)
    # For the search alone: “page 3: ...; pages 1-4: ...” (documents/hints.py).
    hints = models.TextField(_("hints"), max_length=10_000, blank=True)
    # Only what is in force is searched, unless an earlier or later day is asked for.
    valid_from = models.DateField(_("in force from"), null=True, blank=True)
    valid_until = models.DateField(_("in force until"), null=True, blank=True)  # that day too
    # Set with the change, cleared by documents/refreshing.py. `stale_since` tells two changes
    # apart, `refresh_until` is the lease of who writes the points.
    stale = models.CharField(max_length=10, choices=Stale, blank=True)
    stale_since = models.DateTimeField(null=True, blank=True, db_index=True)
    refresh_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_from=None)
                | Q(valid_until=None)
                | Q(valid_until__gte=F("valid_from")),
                name="document_valid_from_before_until",
            )
        ]

    def __str__(self) -> str:
        return self.title


class DocumentVersion(models.Model):
    class State(models.TextChoices):
        QUEUED = "queued", _("Waiting")  # row and file are there, no worker has it
        RUNNING = "running", _("In progress")  # a worker holds the lease
        READY = "ready", _("Online")  # searchable
        FAILED = "failed", _("Failed")  # error_code says why; retry makes it queued
        CANCELLED = "cancelled", _("Cancelled")  # by a person; nothing of it is visible

    class Step(models.TextChoices):
        """The step that is under way, or that failed."""

        UPLOAD = "upload", _("Upload")
        EXTRACT = "extract", _("Extraction")  # file → Page rows
        CHUNK = "chunk", _("Chunking")  # pages → Chunk rows
        INDEX = "index", _("Indexing")  # chunks → hidden points
        PUBLISH = "publish", _("Going online")  # points and version visible all at once

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="versions")
    file = models.FileField(max_length=300, upload_to="documents")
    file_name = models.CharField(max_length=300)
    media_type = models.CharField(max_length=120)
    bytes = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64, db_index=True)
    language = models.CharField(max_length=2, choices=Language, blank=True)
    page_count = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED, db_index=True)
    step = models.CharField(max_length=10, choices=Step, default=Step.UPLOAD)
    # Units of the current step (pages, then chunks): done of all; 0 of 0 where unknown.
    progress_done = models.PositiveIntegerField(default=0)
    progress_total = models.PositiveIntegerField(default=0)
    error_code = models.CharField(max_length=60, blank=True)
    error_params = models.JSONField(default=dict, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_owner = models.CharField(max_length=80, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    # When the sweep enqueues a queued version (again): after a failure, or because the message
    # may have been lost with its broker.
    enqueue_at = models.DateTimeField(null=True, blank=True)
    live = models.BooleanField(default=False)
    # The days on which it took an earlier version's place, and a newer one its own; None: never.
    took_over_on = models.DateField(null=True, blank=True)
    replaced_on = models.DateField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["document"], condition=Q(live=True), name="one_live_version"
            )
        ]

    def __str__(self) -> str:
        return f"{self.file_name} ({self.state})"

    @property
    def error_sentence(self) -> str:
        return sentence_for(self.error_code, self.error_params) if self.error_code else ""

    @property
    def can_be_retried(self) -> bool:
        """Not where the file itself is at fault: then another one is needed."""
        is_hopeless = self.state == self.State.FAILED and self.error_code in HOPELESS
        return self.state in {self.State.FAILED, self.State.CANCELLED} and not is_hopeless

    @property
    def steps_done(self) -> int:
        """0 to 5, for the five-segment progress."""
        if self.state == self.State.READY:
            return len(self.Step.values)
        return self.Step.values.index(self.step)


class Page(models.Model):
    """A page's text as extracted. Spans everywhere are code-point offsets into `text`."""

    version = models.ForeignKey(DocumentVersion, on_delete=models.CASCADE, related_name="pages")
    number = models.PositiveIntegerField()
    label = models.CharField(max_length=200, blank=True)
    text = models.TextField()
    # [[level, start, text], ...]; kept so that chunking can be redone without the file.
    headings = models.JSONField(default=list)
    # PDF points of the unrotated page; null where the format has no pages.
    width = models.FloatField(null=True)
    height = models.FloatField(null=True)
    rotation = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["version", "number"], name="page_number_unique")
        ]

    def __str__(self) -> str:
        return f"{self.version_id} p. {self.number}"


class PageWords(models.Model):
    """Where the words of a PDF page stand (documents/geometry.py). Apart from the page, which is
    read much more often."""

    page = models.OneToOneField(
        Page, on_delete=models.CASCADE, primary_key=True, related_name="words"
    )
    packed = models.BinaryField()

    def __str__(self) -> str:
        return f"words of {self.page_id}"


class IndexGeneration(models.Model):
    """How the index was built. One is live; a new one is built beside it."""

    class State(models.TextChoices):
        BUILDING = "building", _("Being built")
        LIVE = "live", _("Live")  # searched
        RETIRED = "retired", _("Retired")  # kept for the way back

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    state = models.CharField(max_length=10, choices=State, default=State.BUILDING)
    # {"parts": "w", "averages": [words, grams, bigrams]}: fixed for the generation's life, so
    # that a chunk's weights do not depend on when it was indexed.
    analyser = models.JSONField()
    embedding_model = models.CharField(max_length=200, blank=True)
    dimensions = models.PositiveIntegerField(default=0)
    chunk_size = models.PositiveIntegerField()
    chunk_overlap = models.PositiveIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["state"], condition=Q(state="live"), name="one_live_generation"
            )
        ]

    def __str__(self) -> str:
        return f"{self.created_at:%Y-%m-%d} ({self.state})"


class Chunk(models.Model):
    """A passage. Its id is derived from version, generation and number, so that indexing it
    again writes the same point."""

    id = models.UUIDField(primary_key=True, editable=False)
    version = models.ForeignKey(DocumentVersion, on_delete=models.CASCADE, related_name="chunks")
    generation = models.ForeignKey(IndexGeneration, on_delete=models.CASCADE, related_name="chunks")
    number = models.PositiveIntegerField()
    page = models.PositiveIntegerField()
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    section = models.CharField(max_length=500, blank=True)  # heading path, " › " between
    text = models.TextField()
    # Its page's hints, as they were indexed with it; never shown nor quoted.
    hint = models.TextField(blank=True)
    page_label: str  # of its page; only where selectors.live_chunks_readable_by has read the row

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(
                fields=["version", "generation", "number"], name="chunk_number_unique"
            )
        ]

    def __str__(self) -> str:
        return f"{self.version_id} #{self.number}"
