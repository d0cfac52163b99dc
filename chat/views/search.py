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
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts.http import AuthenticatedRequest
from accounts.models import User
from chat.errors import QuestionTooLong
from chat.facets import Chosen, facets_of
from chat.forms import SearchForm
from chat.frames import MAX_QUESTION_CHARACTERS
from chat.results import groups_of, nearest, question_words
from chat.selectors import recent_searches
from chat.services import continue_in_chat
from common.errors import NotFound
from common.parameters import read_parameters
from documents.models import Corpus
from documents.retrieval import SearchResult, search
from documents.selectors import (
    corpora_with_contents,
    get_corpus_for_reader,
    media_types_readable_by,
    readable_corpora_among,
    titles_readable_by,
)

RECENT = 4
# Who has not found it among these asks otherwise, or narrows the search; a page of twice as many
# takes twice as long to make.
LIMIT = 30


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
    readable = readable_corpora_among(request.user, ())
    chosen = _chosen(request.user, readable, parameters)
    if parameters["as_of"] == timezone.localdate():
        # What is in force today: tomorrow the same address is to mean tomorrow's.
        return redirect(chosen.address())
    started = time.perf_counter()
    scope = chosen.filters.scope(corpus.pk for corpus in chosen.corpora)
    result = search(request.user, question, scope=scope, limit=LIMIT)
    milliseconds = round((time.perf_counter() - started) * 1000)
    context = {
        "question": question,
        "milliseconds": milliseconds,
        "asking": {
            "text": question,
            "corpora": [str(corpus.pk) for corpus in chosen.corpora],
            **chosen.filters.to_json(),
        },
        "facets": facets_of(
            chosen, result.passages, readable, media_types_readable_by(request.user)
        ),
        "chips": chosen.chips,
        "kept": chosen.kept,
        "unfiltered_url": chosen.address([]),
        "as_of": chosen.as_of,
        "today": timezone.localdate(),
        **_found(result, chosen),
    }
    return render(request, "chat/search.html", context)


def _found(result: SearchResult, chosen: Chosen) -> dict[str, Any]:
    question, found, answerable = chosen.question, result.passages, result.has_evidence
    day = chosen.as_of
    return {
        "groups": groups_of(found, day) if answerable else [],
        "nearest": [] if answerable else nearest(found, question, result.language, day),
        "passage_count": len(found),
        "is_cut": len(found) == LIMIT,
        "has_evidence": answerable,
        "searched": _searched(result, question),
    }


def _chosen(user: User, readable: Sequence[Corpus], parameters: dict[str, Any]) -> Chosen:
    """What is not open to the reader is not left out in silence: the search would be wider than
    its address says. Raises NotFound, as for what there is not."""
    by_slug = {corpus.slug: corpus for corpus in readable}
    slugs, documents = dict.fromkeys(parameters["corpus"]), parameters["document"]
    titles = titles_readable_by(user, documents)
    for missing in [*(slugs.keys() - by_slug), *(set(documents) - titles.keys())]:
        raise NotFound(cause=f"corpus or document {missing}")
    today = timezone.localdate()
    return Chosen(
        question=parameters["q"],
        corpora=tuple(by_slug[slug] for slug in slugs),
        documents={pk: titles[pk] for pk in documents},
        types=tuple(parameters["type"]),
        languages=tuple(parameters["language"]),
        sections=tuple(parameters["section"]),
        as_of=None if parameters["as_of"] == today else parameters["as_of"],
    )


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
