"""The chat page, and the small verbs of its list."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_POST

from accounts.http import AuthenticatedRequest
from chat.filters import Filters
from chat.forms import ConversationListForm, TitleForm, VersionForm
from chat.limits_shown import Limit, documents_of
from chat.models import Conversation
from chat.selectors import (
    get_conversation_for,
    listed_conversations,
    messages_of,
    passages_for,
)
from chat.services import (
    delete_conversation,
    pin_conversation,
    rename_conversation,
    restore_conversation,
    show_version,
)
from chat.thread import Turn, grouped, turns_of
from common.errors import InvalidInput
from common.parameters import read_parameters
from documents.models import Corpus
from documents.selectors import corpora_readable_by, titles_readable_by

LISTED = 100


@require_GET
def new_conversation(request: AuthenticatedRequest) -> HttpResponse:
    return render(request, "chat/chat.html", _page(request, None))


@require_GET
def conversation(request: AuthenticatedRequest, pk: UUID) -> HttpResponse:
    found = get_conversation_for(request.user, pk)
    return render(request, "chat/chat.html", _page(request, found))


def _page(request: AuthenticatedRequest, current: Conversation | None) -> dict[str, Any]:
    parameters = read_parameters(ConversationListForm, request.GET)
    find: str = parameters["find"]
    turns: list[Turn] = []
    limits: tuple[Limit, ...] = ()
    if current is not None:
        shown = messages_of(request.user, current, through=parameters["answer"])
        answers = [message for message in shown.messages if message.passages]
        asked = [Filters.from_json(message.filters) for message in shown.messages]
        titles = titles_readable_by(request.user, documents_of(asked))
        turns = turns_of(shown, passages_for(request.user, answers), titles)
        limits = turns[-1].limits if turns else ()
    readable = list(corpora_readable_by(request.user))
    return {
        "conversation": current,
        "groups": grouped(listed_conversations(request.user, find=find, limit=LISTED)),
        "find": find,
        "deleted": parameters["deleted"],
        "renaming": parameters["rename"],
        "turns": turns,
        "last": turns[-1] if turns else None,
        "corpora": readable,
        "scope": _scope_of(current, readable),
        # A question that follows is limited as the one before it, until its asker changes that.
        "limits": limits,
        "as_of": Filters.from_json(turns[-1].question.filters).as_of if turns else None,
        "today": timezone.localdate(),
        "live": _live(turns),
    }


def _scope_of(current: Conversation | None, readable: list[Corpus]) -> list[Corpus]:
    """What a conversation was limited to when it began; empty: nothing."""
    if current is None:
        return []
    chosen = set(current.corpora.values_list("pk", flat=True))
    return [corpus for corpus in readable if corpus.pk in chosen]


def _live(turns: list[Turn]) -> dict[str, Any] | None:
    """The answer that is being written, for the script to go on with."""
    if not turns or not turns[-1].is_streaming:
        return None
    turn = turns[-1]
    return {
        "answer": str(turn.answer.pk),
        "n": turn.answer.last_event,
        "text": turn.answer.text,
        "passages": msgspec.to_builtins(turn.passages),
    }


@require_POST
def show(request: AuthenticatedRequest, pk: UUID) -> HttpResponseRedirect:
    parameters = read_parameters(VersionForm, request.POST)
    end = show_version(request.user, pk, parameters["message"])
    return redirect(f"{reverse('chat:conversation', args=[pk])}#answer-{end}")


@require_POST
def rename(request: AuthenticatedRequest, pk: UUID) -> HttpResponseRedirect:
    form = TitleForm(request.POST)
    if not form.is_valid():
        reason = " ".join(form.errors.as_data()["title"][0].messages)
        raise InvalidInput(field="title", reason=reason)
    rename_conversation(request.user, pk, form.cleaned_data["title"])
    return redirect("chat:conversation", pk)


@require_POST
def pin(request: AuthenticatedRequest, pk: UUID) -> HttpResponseRedirect:
    pin_conversation(request.user, pk, pinned=True)
    return redirect("chat:conversation", pk)


@require_POST
def unpin(request: AuthenticatedRequest, pk: UUID) -> HttpResponseRedirect:
    pin_conversation(request.user, pk, pinned=False)
    return redirect("chat:conversation", pk)


@require_POST
def delete(request: AuthenticatedRequest, pk: UUID) -> HttpResponseRedirect:
    delete_conversation(request.user, pk)
    return redirect(f"{reverse('chat:new')}?{urlencode({'deleted': str(pk)})}")


@require_POST
def restore(request: AuthenticatedRequest, pk: UUID) -> HttpResponseRedirect:
    restore_conversation(request.user, pk)
    return redirect("chat:conversation", pk)
