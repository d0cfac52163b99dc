"""The search page. The view is synchronous: each request under ASGI has a thread of its own, a
search is a few milliseconds of CPU, and nothing here waits for a model; the answer streams over
the socket."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_POST

from accounts.http import AuthenticatedRequest
from chat.errors import QuestionTooLong
from chat.forms import SearchForm
from chat.frames import MAX_QUESTION_CHARACTERS
from chat.results import (
    Choice,
    corpus_choices,
    groups_of,
    nearest,
    question_words,
    type_choices,
)
from chat.selectors import recent_searches
from chat.services import continue_in_chat
from common.errors import NotFound
from common.parameters import read_parameters
from documents.kinds import KEYS
from documents.models import Corpus
from documents.retrieval import SearchResult, SearchScope, search
from documents.selectors import (
    corpora_readable_by,
    corpora_with_contents,
    get_corpus_for_reader,
    live_versions_readable_by,
    media_types_readable_by,
)

RECENT = 4
LIMIT = 50


@require_GET
def search_page(request: AuthenticatedRequest, slug: str = "") -> HttpResponse:
    """One field; with `q`, the passages found and, over the socket, the answer above them."""
    parameters = read_parameters(SearchForm, request.GET)
    if slug and not parameters["corpus"]:
        parameters["corpus"] = [get_corpus_for_reader(request.user, slug).slug]
    if not parameters["q"]:
        return _home(request, slug)
    return _results(request, parameters)


def _home(request: AuthenticatedRequest, slug: str) -> HttpResponse:
    corpora = list(corpora_with_contents(request.user))
    context = {
        "corpora": corpora,
        "corpus": next((corpus for corpus in corpora if corpus.slug == slug), None),
        "recent": recent_searches(request.user, limit=RECENT),
    }
    return render(request, "chat/search_home.html", context)


def _results(request: AuthenticatedRequest, parameters: dict[str, Any]) -> HttpResponse:
    question: str = parameters["q"]
    if len(question) > MAX_QUESTION_CHARACTERS:
        raise QuestionTooLong(limit=MAX_QUESTION_CHARACTERS)
    readable = list(corpora_readable_by(request.user))
    corpora = _chosen(readable, parameters["corpus"])
    types = frozenset(KEYS[key] for key in parameters["type"])
    scope = SearchScope(corpora=frozenset(corpora), media_types=types)
    started = time.perf_counter()
    result = search(request.user, question, scope=scope, limit=LIMIT)
    milliseconds = round((time.perf_counter() - started) * 1000)
    found, answerable = result.passages, result.has_evidence
    versions = (
        live_versions_readable_by(request.user)
        .select_related(None)
        .only("media_type", "page_count", "finished_at")
        .in_bulk({passage.version for passage in found})
    )
    context = {
        "question": question,
        "groups": groups_of(found, versions) if answerable else [],
        "nearest": [] if answerable else nearest(found, question, result.language),
        "passage_count": len(found),
        "is_cut": len(found) == LIMIT,
        "milliseconds": milliseconds,
        "has_evidence": answerable,
        "searched": _searched(result, question),
        "asking": {
            "text": question,
            "corpora": [str(pk) for pk in corpora],
            "media_types": sorted(types),
        },
        **_filters(
            question,
            corpus_choices(found, readable, corpora),
            type_choices(found, media_types_readable_by(request.user), types),
        ),
    }
    return render(request, "chat/search.html", context)


def _filters(question: str, corpora: list[Choice], types: list[Choice]) -> dict[str, Any]:
    """The boxes of the facets, and the addresses that a change of them leads to."""
    checked = [
        *(("corpus", choice) for choice in corpora if choice.checked),
        *(("type", choice) for choice in types if choice.checked),
    ]
    return {
        "corpus_choices": corpora,
        "type_choices": types,
        "filters": len(checked),
        "kept": [(name, choice.value) for name, choice in checked],
        "chips": [
            {"label": choice.label, "url": _address(question, checked, without=choice)}
            for _name, choice in checked
        ],
        "unfiltered_url": _address(question, []),
    }


def _address(
    question: str, filters: Sequence[tuple[str, Choice]], without: Choice | None = None
) -> str:
    kept = [(name, choice.value) for name, choice in filters if choice is not without]
    return f"{reverse('chat:search')}?{urlencode([('q', question), *kept])}"


def _chosen(readable: Sequence[Corpus], slugs: Sequence[str]) -> list[UUID]:
    """A corpus that is not open to the reader is not left out in silence: the search would be
    wider than its address says."""
    by_slug = {corpus.slug: corpus.pk for corpus in readable}
    for slug in slugs:
        if slug not in by_slug:
            raise NotFound(cause=f"corpus {slug}")
    return [by_slug[slug] for slug in dict.fromkeys(slugs)]


def _searched(result: SearchResult, question: str) -> dict[str, list[str]]:
    """What was looked for and where, for the reader who found nothing."""
    words = question_words(question, result.language).values()
    return {
        "words": list(dict.fromkeys(words)),
        "corpora": [corpus.name for corpus in result.corpora],
    }


@require_POST
def continue_search(request: AuthenticatedRequest, pk: UUID) -> HttpResponseRedirect:
    """The search's question and answer become a conversation."""
    return redirect("chat:conversation", continue_in_chat(request.user, pk).pk)
