"""Documents, their versions and the pages these have."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from common.errors import sentence_for
from documents.errors import HOPELESS, EncryptedFile, PagesNotRead, UnlockedFile
from documents.models.corpora import Corpus, Language
from documents.ports import UNLOCKABLE

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
    source_path = models.CharField(max_length=1000)
    # The folders above it in a zip or a watched folder, “/” between them: the outermost sections.
    folder = models.CharField(max_length=500, blank=True)
    # The mail that it was attached to.
    parent = models.ForeignKey(
        "self", on_delete=models.CASCADE, null=True, blank=True, related_name="attachments"
    )
    source = models.ForeignKey(
        "documents.Source", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    # When its source had it no more; it stays in the search until a curator decides.
    vanished_at = models.DateTimeField(null=True, blank=True)
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
        OCR = "ocr", _("Reading of scans")  # pages without text → their text
        CHUNK = "chunk", _("Chunking")  # pages → Chunk rows
        INDEX = "index", _("Indexing")  # chunks → hidden points
        PUBLISH = "publish", _("Going online")  # points and version visible all at once

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="versions")
    # Whose turn it is when several people's files wait.
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
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
    # What its curators should know although it went online: [{"code": ..., "params": {...}}].
    remarks = models.JSONField(default=list, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_owner = models.CharField(max_length=80, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    # When a worker took it last.
    started_at = models.DateTimeField(null=True, blank=True)
    # Until then a queued version is left alone after a failure; None: it may be taken now.
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
        # Whose turn it is (documents/queueing.py).
        indexes = [
            models.Index(fields=["state", "created_by", "created_at"], name="version_waiting"),
            models.Index(fields=["created_by", "started_at"], name="version_served"),
        ]

    def __str__(self) -> str:
        return f"{self.file_name} ({self.state})"

    @property
    def error_sentence(self) -> str:
        return sentence_for(self.error_code, self.error_params) if self.error_code else ""

    @property
    def remark_sentences(self) -> list[str]:
        return [sentence_for(remark["code"], remark["params"]) for remark in self.remarks]

    @property
    def has_unread_pages(self) -> bool:
        """Whether it is online without some of its scans."""
        remarked = any(remark["code"] == PagesNotRead.code for remark in self.remarks)
        return self.live and self.state == self.State.READY and remarked

    @property
    def can_be_retried(self) -> bool:
        """Not where the file itself is at fault: then another one is needed."""
        if self.has_unread_pages:
            return True
        is_hopeless = self.state == self.State.FAILED and self.error_code in HOPELESS
        return self.state in {self.State.FAILED, self.State.CANCELLED} and not is_hopeless

    @property
    def stored_sha256(self) -> str:
        """Of the file as it is kept: another one than the original's where a password opened it."""
        opened = (kept for kept in self.remarks if kept["code"] == UnlockedFile.code)
        return next((str(kept["params"]["sha256"]) for kept in opened), self.sha256)

    @property
    def can_be_unlocked(self) -> bool:
        """Whether it waits for its password. Of some formats none is of use here."""
        is_locked = self.state == self.State.FAILED and self.error_code == EncryptedFile.code
        return is_locked and self.media_type in UNLOCKABLE

    @property
    def steps_done(self) -> int:
        """0 to 5, for the five-segment progress: scans are read in the extraction's segment."""
        steps = [step for step in self.Step.values if step != self.Step.OCR]
        if self.state == self.State.READY:
            return len(steps)
        return steps.index(self.Step.EXTRACT if self.step == self.Step.OCR else self.step)


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
    # A picture in place of text, to be read by OCR.
    is_scan = models.BooleanField(default=False)
    # 0 to 1, how sure OCR is of the words of a scan; null where it was not read.
    ocr_confidence = models.FloatField(null=True)

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
