"""Where a corpus takes files from, beside what people upload one by one."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from common.errors import sentence_for
from documents.models.corpora import Corpus
from documents.models.documents import Document
from documents.transfer import errors as _transfer_errors  # noqa: F401 (likewise)


class Source(models.Model):
    """A zip, a page or sitemap of the web, a folder, a prefix of an object store."""

    class Kind(models.TextChoices):
        ARCHIVE = "archive", _("Zip archive")
        PAGE = "page", _("Web page")
        SITEMAP = "sitemap", _("Sitemap")
        FOLDER = "folder", _("Folder")
        BUCKET = "bucket", _("Object store")
        TRANSFER = "transfer", _("Corpus from elsewhere")  # it came with the corpus itself

    class State(models.TextChoices):
        IDLE = "idle", _("Up to date")
        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("In progress")  # a worker holds the lease
        FAILED = "failed", _("Failed")  # error_code says why; what came before stays
        CANCELLED = "cancelled", _("Cancelled")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    corpus = models.ForeignKey(Corpus, on_delete=models.CASCADE, related_name="sources")
    kind = models.CharField(max_length=10, choices=Kind)
    # The URL, the folder's path, “bucket/prefix”, or the archive's name.
    address = models.CharField(_("address"), max_length=1000)
    # An archive's bytes, until it is unpacked.
    file = models.FileField(max_length=300, upload_to="sources", blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    # How often it is looked at again; null: once.
    every_hours = models.PositiveIntegerField(_("again every (hours)"), null=True, blank=True)
    next_at = models.DateTimeField(null=True, blank=True, db_index=True)
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED, db_index=True)
    progress_done = models.PositiveIntegerField(default=0)
    progress_total = models.PositiveIntegerField(default=0)
    error_code = models.CharField(max_length=60, blank=True)
    error_params = models.JSONField(default=dict, blank=True)
    lease_owner = models.CharField(max_length=80, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.address

    @property
    def error_sentence(self) -> str:
        return sentence_for(self.error_code, self.error_params) if self.error_code else ""


class SourceEntry(models.Model):
    """One file of a source as it was last seen there."""

    class State(models.TextChoices):
        TAKEN = "taken", _("Taken")
        KNOWN = "known", _("Already there")
        REFUSED = "refused", _("Refused")  # error_code says why
        VANISHED = "vanished", _("No longer there")

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="entries")
    path = models.CharField(max_length=1000)
    document = models.ForeignKey(Document, on_delete=models.SET_NULL, null=True, related_name="+")
    state = models.CharField(max_length=10, choices=State)
    sha256 = models.CharField(max_length=64, blank=True)
    # What HTTP calls validators (RFC 9110, section 8.8), or what stands for them in a store.
    etag = models.CharField(max_length=300, blank=True)
    last_modified = models.CharField(max_length=100, blank=True)
    error_code = models.CharField(max_length=60, blank=True)
    error_params = models.JSONField(default=dict, blank=True)
    seen_at = models.DateTimeField()

    class Meta:
        ordering = ["path"]
        constraints = [
            models.UniqueConstraint(fields=["source", "path"], name="source_entry_path_unique")
        ]

    def __str__(self) -> str:
        return self.path

    @property
    def error_sentence(self) -> str:
        return sentence_for(self.error_code, self.error_params) if self.error_code else ""


class IngestionPause(models.Model):
    """There is at most one: while it stands all files wait for a service that fails them all."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    error_code = models.CharField(max_length=60)
    error_params = models.JSONField(default=dict, blank=True)
    since = models.DateTimeField()
    next_try_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="one_ingestion_pause")]

    def __str__(self) -> str:
        return self.error_code

    @property
    def error_sentence(self) -> str:
        return sentence_for(self.error_code, self.error_params)
