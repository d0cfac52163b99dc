"""Questions that were asked: the list, and one of them with what was made of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from accounts.http import AuthenticatedRequest
from ai.services import chat_model_names
from backoffice.access import curator_only, standing
from backoffice.exports import csv_response
from backoffice.forms import ReplayForm
from backoffice.requests import turn_filter, uuids
from backoffice.turns import EXPORT_HEAD, export_rows, result_label, result_of, turns_context
from chat.models import TurnLog
from chat.replays import begin_replay, stop_replay
from chat.turns import get_replay_for, get_turn_for, replays_seen_by


@require_safe
@curator_only
def turns(request: AuthenticatedRequest) -> HttpResponse:
    return render(request, "backoffice/turns.html", turns_context(request))


@require_safe
@curator_only
def export(request: AuthenticatedRequest) -> HttpResponse:
    rows = export_rows(request.user, turn_filter(request.GET))
    return csv_response("questions", EXPORT_HEAD, rows)


@require_safe
@curator_only
def turn(request: AuthenticatedRequest, answer: UUID) -> HttpResponse:
    found = get_turn_for(request.user, answer)
    return render(
        request, "backoffice/turn.html", _page(request, found, ReplayForm(initial=_as_was(found)))
    )


@require_POST
@curator_only
def begin(request: AuthenticatedRequest, answer: UUID) -> HttpResponseBase:
    """Runs the question again; the page that follows can be reloaded."""
    found = get_turn_for(request.user, answer)
    # The other forms of the page keep what they had.
    form = ReplayForm({**_as_was(found), **request.POST.dict()})
    if not form.is_valid():
        return render(request, "backoffice/turn.html", _page(request, found, form))
    return redirect(_beside_address(answer, begin_replay(request.user, answer, form.asked())))


@require_POST
@curator_only
def stop(request: AuthenticatedRequest, answer: UUID, replay: UUID) -> HttpResponse:
    return redirect(_beside_address(answer, stop_replay(request.user, answer, replay)))


def _beside_address(answer: UUID, replay: TurnLog) -> str:
    query = urlencode({"replay": str(replay.pk)})
    return f"{reverse('backoffice:turn', args=[answer])}?{query}#again"


@require_safe
@curator_only
def replay(request: AuthenticatedRequest, answer: UUID, replay: UUID) -> HttpResponse:
    """The result as far as it has come; at its end htmx loads the page again, with both of them."""
    found = get_turn_for(request.user, answer)
    again = result_of(get_replay_for(request.user, found, replay), beside=found)
    context = {"answer": answer, "again": again}
    response = render(request, "backoffice/_turn_again.html", context)
    if not again.is_running:
        response.headers["HX-Refresh"] = "true"
    return response


def _page(request: AuthenticatedRequest, found: TurnLog, form: ReplayForm) -> dict[str, Any]:
    asked = uuids(request.GET.getlist("replay")[:1])
    conversation = found.answer.conversation if found.answer else None
    beside: dict[str, Any] = {"first": result_of(found), "again": None}
    if asked:
        beside = _beside(request, found, asked[0])
    return {
        "turn": found,
        "answer": found.answer_id,
        # Questions are personal data: who asked is for administrators alone.
        "asked_by": conversation.user if conversation and standing(request).is_admin else None,
        "form": form,
        "replays": [(each, result_label(each)) for each in replays_seen_by(request.user, found)],
        **beside,
    }


def _beside(request: AuthenticatedRequest, found: TurnLog, pk: UUID) -> dict[str, Any]:
    again = get_replay_for(request.user, found, pk)
    return {
        "first": result_of(found, beside=again if again.passages else None),
        "again": result_of(again, beside=found),
    }


def _as_was(turn: TurnLog) -> dict[str, Any]:
    """The form begins with what was, so that what is changed is seen."""
    names = chat_model_names()
    return {
        "model": turn.model_asked if turn.model_asked in names else names[0],
        "instructions": turn.instructions,
        "passages": turn.passages_read or None,
    }
