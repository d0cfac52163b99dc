"""What a run notes about itself, and the row that is made of it at its end.

While an answer is being written nothing is done here but keeping references; the row is made in
the transaction that saves the answer. Rows outlive neither their conversation nor TURN_LOG_DAYS.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
from django.conf import settings
from django.utils import timezone

from ai.budget import without
from ai.ports import ChatRequest, Switched, Trimmed, Usage, Waiting
from ai.prompts import build_messages
from ai.services import chat_model_names
from chat.filters import Filters
from chat.frames import PassageView
from chat.models import Message, TurnLog
from chat.writing import Checkpoint
from common.prepared_writes import insert
from documents.models import DocumentVersion
from documents.retrieval import Degraded, FoundPassage, SearchResult, SearchScope

if TYPE_CHECKING:
    from chat.records import FinishedAnswer

Notice = Waiting | Switched | Trimmed | Degraded
_NOTICES: dict[str, type[Notice]] = {
    "degraded": Degraded,
    "waiting": Waiting,
    "switched": Switched,
    "trimmed": Trimmed,
}


@dataclass(frozen=True, slots=True)
class TurnPolicy:
    """Whether turns are logged, and what the default model costs (0: not known)."""

    kept: bool
    priced_model: str = ""
    prompt_price: float = 0.0  # for 1,000 tokens
    completion_price: float = 0.0

    def cost(self, model: str, usage: Usage) -> float | None:
        if model != self.priced_model or not (self.prompt_price or self.completion_price):
            return None
        if not (usage.prompt_tokens or usage.completion_tokens):  # a server that does not count
            return None
        prompt = usage.prompt_tokens * self.prompt_price
        return (prompt + usage.completion_tokens * self.completion_price) / 1000


NOT_KEPT = TurnPolicy(kept=False)


def turn_policy() -> TurnPolicy:
    """As the settings say."""
    if not settings.TURN_LOG_DAYS:
        return NOT_KEPT
    return TurnPolicy(
        kept=True,
        priced_model=chat_model_names()[0],
        prompt_price=settings.MODEL_COST_PER_1K_PROMPT,
        completion_price=settings.MODEL_COST_PER_1K_COMPLETION,
    )


@dataclass(frozen=True, slots=True)
class Changes:
    """What a replay does otherwise than the question was first answered. None: as ever."""

    searched_for: str | None = None  # the question as it was rewritten then
    instructions: str | None = None
    passages_read: int | None = None


NO_CHANGES = Changes()


@dataclass(slots=True)
class TurnTrace:
    """References to what passes through a run, so that nothing is copied while it writes."""

    policy: TurnPolicy
    question: str
    scope: SearchScope
    model_asked: str
    has_history: bool
    is_language_model: bool
    searched_for: str = ""
    result: SearchResult | None = None
    kept: tuple[FoundPassage, ...] = ()
    passages_read: int = 0
    request: ChatRequest | None = None
    notices: list[Notice] = field(default_factory=list)

    def sent(self) -> ChatRequest | None:
        """The request less what did not fit the model."""
        trims = [notice for notice in self.notices if isinstance(notice, Trimmed)]
        if self.request is None or not trims:
            return self.request
        return without(self.request, trims[-1])


class LoggedPassage(msgspec.Struct, frozen=True, kw_only=True):
    """A passage of a turn: its number is its rank."""

    view: PassageView
    score: float | None  # None: taken over from the answer that this one goes on with
    sent: bool  # False: found, but not read by the model


def save_turn(finished: FinishedAnswer, trace: TurnTrace) -> None:
    """The log of an answer that has just come to its end, which it does once: to go on with one
    makes another. Call it in the same transaction."""
    answer = finished.checkpoint.answer
    corpora, known = _corpora_of(trace, finished.checkpoint)
    turn = TurnLog(
        pk=answer,
        answer_id=answer,
        corpora_count=len(corpora) if known else None,
        **fields_of(finished, trace),
    )
    insert([turn])
    link_corpora(answer, corpora)


def link_corpora(turn: UUID, corpora: Iterable[UUID]) -> None:
    through = TurnLog.corpora.through
    insert(through(turnlog_id=turn, corpus_id=pk) for pk in corpora)


def fields_of(finished: FinishedAnswer, trace: TurnTrace) -> dict[str, Any]:
    """What there is to say of an answer and of a replay alike."""
    sent = trace.sent()
    result = trace.result
    return {
        "question": trace.question,
        "searched_for": "" if trace.searched_for == trace.question else trace.searched_for,
        "searched": [str(corpus.pk) for corpus in result.corpora] if result else [],
        "filters": Filters.of_scope(trace.scope).to_json(),
        "evidence": result.evidence if result else None,
        "passages": _passages(trace, finished.checkpoint.passages, sent),
        "passages_read": trace.passages_read,
        "instructions": trace.request.instructions if trace.request else "",
        # Without a language model there is no prompt: passages are quoted.
        "messages": build_messages(sent) if sent and trace.is_language_model else [],
        "model_asked": trace.model_asked,
        "model": finished.model,
        "notices": [_noted(notice) for notice in (*_notices(result), *trace.notices)],
        "status": finished.status,
        "text": finished.checkpoint.text,
        "cited": list(finished.cited),
        "error_code": finished.error_code,
        "error_params": finished.error_params or {},
        "timings": finished.timings,
        "prompt_tokens": finished.usage.prompt_tokens,
        "completion_tokens": finished.usage.completion_tokens,
        "cost": trace.policy.cost(finished.model, finished.usage),
    }


def _passages(
    trace: TurnTrace, views: Iterable[PassageView], sent: ChatRequest | None
) -> list[dict[str, Any]]:
    read = len(sent.passages) if sent else 0
    # Where else a passage stands may be closed to those who see the turn.
    views = [msgspec.structs.replace(view, also_in=()) for view in views]
    scores = {found.chunk: round(found.score, 4) for found in trace.kept}
    logged = [
        LoggedPassage(view=view, score=scores.get(view.chunk), sent=rank <= read)
        for rank, view in enumerate(views, start=1)  # numbers have gaps where a right is gone
    ]
    passages: list[dict[str, Any]] = msgspec.to_builtins(logged)
    return passages


def passages_of(turn: TurnLog) -> tuple[LoggedPassage, ...]:
    return msgspec.convert(turn.passages, tuple[LoggedPassage, ...])


def resting_on(trace: TurnTrace, views: Iterable[PassageView]) -> tuple[set[UUID], bool]:
    """The corpora of the passages, those that were searched where none was found, and whether
    they are all known: what was taken over may be gone."""
    if trace.kept:
        return {passage.corpus for passage in trace.kept}, True
    versions = {view.version for view in views}
    if versions:
        found = DocumentVersion.objects.filter(pk__in=versions)
        corpora = dict(found.values_list("pk", "document__corpus"))
        return set(corpora.values()), len(corpora) == len(versions)
    return {corpus.pk for corpus in trace.result.corpora} if trace.result else set(), True


def _corpora_of(trace: TurnTrace, checkpoint: Checkpoint) -> tuple[set[UUID], bool]:
    """What the turn rests on, and whether that is all known.

    The history stands in the prompt: what earlier answers of the conversation rest on counts too.
    """
    corpora, known = resting_on(trace, checkpoint.passages)
    if not trace.has_history:
        return corpora, known
    earlier = (
        Message.objects.filter(
            conversation__messages=checkpoint.answer, role=Message.Role.ASSISTANT
        )
        .exclude(pk=checkpoint.answer)
        .values_list("turn__corpora_count", "turn__corpora")
        .order_by()
    )
    for count, corpus in earlier:
        known = known and count is not None
        if corpus is not None:
            corpora.add(corpus)
    return corpora, known


def _notices(result: SearchResult | None) -> tuple[Degraded, ...]:
    """What the search was done without."""
    return result.notices if result else ()


def _noted(notice: Notice) -> dict[str, Any]:
    return {"kind": type(notice).__name__.lower(), **asdict(notice)}


def notices_of(turn: TurnLog) -> list[Notice]:
    return [_notice(noted) for noted in turn.notices]


def _notice(noted: Mapping[str, Any]) -> Notice:
    fields = {name: value for name, value in noted.items() if name != "kind"}
    return _NOTICES[noted["kind"]](**fields)


def purge_turns(days: int) -> int:
    """Remove what is older than so many days, with its replays; returns how many rows went."""
    old = TurnLog.objects.filter(
        replay_of=None, created_at__lt=timezone.now() - timedelta(days=days)
    )
    rows, _by_model = old.delete()
    return rows
