from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Organisation
from common.errors import sentence_for
from common.naming import named
from documents.models import Chunk, Corpus, DocumentVersion


class Conversation(models.Model):
    class Kind(models.TextChoices):
        CHAT = "chat", _("Chat")
        SEARCH = "search", _("Search")  # one question; "continue in chat" makes it a chat

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="conversations"
    )
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.CHAT)
    # Empty: every corpus that the user may read when the question is asked.
    corpora = models.ManyToManyField(Corpus, blank=True, related_name="+")
    title = models.CharField(max_length=200, blank=True)
    pinned = models.BooleanField(default=False)
    # The end of the version that its reader has stepped to. None: the newest message is shown.
    leaf = models.ForeignKey(
        "Message", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-updated_at"]
        indexes = [models.Index(fields=["user", "kind", "-updated_at"])]

    def __str__(self) -> str:
        return self.title or str(self.pk)


class Message(models.Model):
    class Role(models.TextChoices):
        USER = "user", _("Question")
        ASSISTANT = "assistant", _("Answer")

    class Status(models.TextChoices):
        STREAMING = "streaming", _("Being written")  # a run of `owner` appends to it
        DONE = "done", _("Complete")
        NOT_FOUND = "not_found", _("Not found")  # an honest refusal: no passage holds it
        STOPPED = "stopped", _("Stopped")  # by the reader; what came is kept
        FAILED = "failed", _("Failed")  # error_code says why; what came is kept
        INTERRUPTED = "interrupted", _("Interrupted")  # its process died; can be asked again

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="messages"
    )
    role = models.CharField(max_length=10, choices=Role)
    parent = models.ForeignKey("self", on_delete=models.CASCADE, null=True, related_name="children")
    text = models.TextField(blank=True)
    status = models.CharField(max_length=12, choices=Status, default=Status.DONE, db_index=True)
    # The browser's own id of what it asked for, on the first row made for it (the question, or
    # another version of an answer): sent again, it is recognised by it.
    client_id = models.CharField(max_length=64, null=True, blank=True)
    language = models.CharField(max_length=2, blank=True)
    # Of a question: to what it is limited in all its versions (chat.filters.Filters).
    filters = models.JSONField(default=dict, blank=True)
    # The process that writes the answer, and when it last said so.
    owner = models.CharField(max_length=80, blank=True)
    heartbeat = models.DateTimeField(null=True, blank=True)
    last_event = models.PositiveIntegerField(default=0)
    stop_requested = models.BooleanField(default=False)
    # What the answer rests on: the passages that were sent, as shown ([PassageView, ...]).
    passages = models.JSONField(default=list, blank=True)
    # Of an answer that a person answers for, what was said of it then (frames.ApprovedView).
    approved = models.JSONField(null=True, blank=True)
    model = models.CharField(max_length=120, blank=True)
    timings = models.JSONField(default=dict, blank=True)  # milliseconds per stage
    prompt_tokens = models.PositiveIntegerField(default=0)
    completion_tokens = models.PositiveIntegerField(default=0)
    error_code = models.CharField(max_length=60, blank=True)
    error_params = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["conversation", "client_id"], name="message_client_id_unique"
            )
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.pk} ({self.status})"

    @property
    def error_sentence(self) -> str:
        return sentence_for(self.error_code, self.error_params) if self.error_code else ""


class Citation(models.Model):
    """One number of an answer and the place it points to. The quote outlives the chunk."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="citations")
    number = models.PositiveSmallIntegerField()
    version = models.ForeignKey(DocumentVersion, on_delete=models.CASCADE, related_name="+")
    chunk = models.ForeignKey(Chunk, on_delete=models.SET_NULL, null=True, related_name="+")
    page = models.PositiveIntegerField()
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    quote = models.TextField()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["message", "number"], name="citation_number_unique")
        ]

    def __str__(self) -> str:
        return f"[{self.number}] p. {self.page}"


class TurnLog(models.Model):
    """How an answer came about: written once, when it has ended, and kept for TURN_LOG_DAYS.

    A replay is the same question asked again by a curator with one thing changed; it belongs to
    the turn that it is compared with, and to no conversation.
    """

    class Change(models.TextChoices):
        MODEL = "model", _("Model")
        INSTRUCTIONS = "instructions", _("Instructions")
        PASSAGES = "passages", _("Number of passages")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    answer = models.OneToOneField(Message, on_delete=models.CASCADE, null=True, related_name="turn")
    replay_of = models.ForeignKey(
        "self", on_delete=models.CASCADE, null=True, related_name="replays"
    )
    by = models.ForeignKey(  # who runs a replay, with whose rights it searches
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="+"
    )
    change = models.CharField(max_length=12, choices=Change, blank=True)
    heartbeat = models.DateTimeField(null=True)  # of a replay under way
    question = models.TextField()
    searched_for = models.TextField(blank=True)  # the question made to stand alone
    # Where was searched: ids as text, because a corpus may go and the record of it stays.
    searched = models.JSONField(default=list)
    filters = models.JSONField(default=dict)  # of the question, as in Message
    # What prompt and answer rest on, earlier turns included, decides who may see this.
    corpora = models.ManyToManyField(Corpus, related_name="+")
    # None: it is not known of all; then administrators alone may.
    corpora_count = models.PositiveSmallIntegerField(null=True)
    evidence = models.FloatField(null=True)
    passages = models.JSONField(default=list)  # [LoggedPassage, ...]
    passages_read = models.PositiveSmallIntegerField(default=0)
    instructions = models.TextField(blank=True)
    messages = models.JSONField(default=list)  # the prompt, as the model got it
    model_asked = models.CharField(max_length=120, blank=True)
    model = models.CharField(max_length=120, blank=True)
    notices = models.JSONField(default=list)
    status = models.CharField(max_length=12, choices=Message.Status)
    text = models.TextField(blank=True)
    cited = models.JSONField(default=list)
    error_code = models.CharField(max_length=60, blank=True)
    error_params = models.JSONField(default=dict)
    timings = models.JSONField(default=dict)  # milliseconds per stage
    prompt_tokens = models.PositiveIntegerField(default=0)
    completion_tokens = models.PositiveIntegerField(default=0)
    cost = models.FloatField(null=True)  # None: no price is configured for this model
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.change or 'turn'} {self.pk} ({self.status})"

    @property
    def error_sentence(self) -> str:
        return sentence_for(self.error_code, self.error_params) if self.error_code else ""


class Enquiry(models.Model):
    """A question sent on to the people in charge of the corpora that were searched for it."""

    class Kind(models.TextChoices):
        UNANSWERED = "unanswered", _("Nothing was found")
        COLLEAGUE = "colleague", _("Asks a colleague")
        WRONG = "wrong", _("Reported as wrong")

    class Status(models.TextChoices):
        OPEN = "open", pgettext_lazy("enquiry", "Open")  # waits for a reply
        ANSWERED = "answered", pgettext_lazy("enquiry", "Answered")  # `reply` has reached the asker
        CLOSED = "closed", pgettext_lazy("enquiry", "Closed")  # no (further) reply will come

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    asker = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="enquiries"
    )
    # One per answer. What was sent stays when the conversation goes.
    answer = models.OneToOneField(
        Message, on_delete=models.SET_NULL, null=True, related_name="enquiry"
    )
    kind = models.CharField(max_length=12, choices=Kind)
    question = models.TextField()
    note = models.TextField(blank=True)
    corpora = models.ManyToManyField(Corpus, blank=True, related_name="+")  # that were searched
    # [documents.spans.Span, ...]: read anew for whoever opens it, so that no right is passed by.
    passages = models.JSONField(default=list)
    sent_to = models.JSONField(default=list)  # names, as the asker was told
    status = models.CharField(max_length=10, choices=Status, default=Status.OPEN, db_index=True)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    reply = models.TextField(blank=True)
    replied_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    replied_at = models.DateTimeField(null=True)
    unread = models.BooleanField(default=False)  # a reply that the asker has not seen
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-created_at"]
        verbose_name_plural = "enquiries"
        indexes = [
            models.Index(fields=["asker"], condition=Q(unread=True), name="enquiry_unread_of")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk} ({self.status})"

    @property
    def recipients(self) -> str:
        return named(self.sent_to)
