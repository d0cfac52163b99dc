"""What a reader is told beside an answer, or in place of one."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import override

from ai.errors import ModelBusy
from ai.ports import Switched, Trimmed, Waiting
from documents.retrieval import Degraded, SearchResult


def notice_fields(event: Waiting | Switched | Trimmed | Degraded) -> dict[str, Any]:
    """Of frames.Notice, in the language that is active now: a fault of the model, while there is
    still something to be done about it."""
    match event:
        case Waiting(seconds=seconds, code=ModelBusy.code):
            sentence = _("The language model is busy. It is asked again in %(seconds)s s.")
            sentence %= {"seconds": seconds}
            return {"code": "waiting", "sentence": sentence, "retry_after": seconds}
        case Waiting(seconds=seconds):
            sentence = _("The language model does not answer. It is asked again.")
            return {"code": "waiting", "sentence": sentence, "retry_after": seconds}
        case Degraded(part="reranking"):
            sentence = _("The reranker did not answer: the passages are in the search's own order.")
            return {"code": "degraded", "sentence": sentence}
        case Degraded():
            sentence = _("The embedding model did not answer: the search went by words alone.")
            return {"code": "degraded", "sentence": sentence}
        case Switched(model=model):
            sentence = _("Another language model answers, because the first does not: %(model)s.")
            return {"code": "switched", "sentence": sentence % {"model": model}}
        case Trimmed(passages=passages, turns=turns):
            sentence = _(
                "This is more than the language model can read at once. Left out: passages:"
                " %(passages)s, earlier messages: %(turns)s."
            )
            return {
                "code": "trimmed",
                "sentence": sentence % {"passages": passages, "turns": turns},
            }


def not_found_sentence(result: SearchResult) -> str:
    """An honest refusal, in the question's language."""
    with override(result.language):
        if result.passages:
            return _(
                "I did not find this in the documents that I searched. The nearest passages"
                " are shown; none of them holds the answer."
            )
        return _("I did not find this in the documents that I searched.")
