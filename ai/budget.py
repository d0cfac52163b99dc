"""What of a request is sent, where a model cannot read it all.

Rules, instructions and question always are. Of the history the oldest turns go first, down to
the last exchange, without which a follow-up makes no sense; then the last passages, because the
best ones come first; then that exchange. One passage stays: an answer without any would be made
up, or be a false "not found".
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from ai.errors import ModelContextTooLong
from ai.ports import ChatRequest, Trimmed
from ai.prompts import build_messages

# UTF-8 bytes for one token; a guess on the safe side instead of a tokenizer for each model.
# Prose has more: English some 4 characters by OpenAI's rule of thumb and 4.8 by Cohere's count on
# Wikipedia, French 4.4 by the same count (README of Cohere/multilingual-22-12). With GPT-4's some
# 145 tokens for 100 French words, service-public.fr (6.05 characters for a word, measured) has
# 4.3 bytes. Figures, tables and addresses have about 3; DeepSeek documents 3.3 for all English.
_BYTES_PER_TOKEN = 3.3
# A message's role and delimiters.
_TOKENS_PER_MESSAGE = 4
_LAST_EXCHANGE = 2


def estimated_tokens(request: ChatRequest) -> int:
    """Of the prompt, rather too many than too few."""
    messages = build_messages(request)
    size = sum(len(message["content"].encode()) for message in messages)
    return math.ceil(size / _BYTES_PER_TOKEN) + _TOKENS_PER_MESSAGE * len(messages)


def fit(request: ChatRequest, budget: int) -> tuple[ChatRequest, Trimmed | None]:
    """The most of a request for which prompt and answer together stay within `budget` tokens.

    Trimmed says what was left out, None: nothing. Raises ModelContextTooLong where not even the
    question and its best passage fit.
    """
    room = budget - request.max_tokens
    for shorter in _ever_shorter(request):
        if estimated_tokens(shorter) <= room:
            return shorter, None if shorter is request else left_out(request, shorter)
    raise ModelContextTooLong(
        cause=f"the question does not fit {budget} tokens, {request.max_tokens} of them to answer"
    )


def shortened(request: ChatRequest) -> ChatRequest | None:
    """About half of a request that a model has refused as too long; None: nothing can go."""
    half = estimated_tokens(request) // 2
    shorter = request
    for shorter in _ever_shorter(request):
        if estimated_tokens(shorter) <= half:
            break
    return None if shorter is request else shorter


def left_out(request: ChatRequest, shorter: ChatRequest) -> Trimmed:
    return Trimmed(
        passages=len(request.passages) - len(shorter.passages),
        turns=len(request.history) - len(shorter.history),
    )


def without(request: ChatRequest, trimmed: Trimmed) -> ChatRequest:
    """What is sent of a request of which `trimmed` is left out."""
    return replace(
        request,
        passages=request.passages[: len(request.passages) - trimmed.passages],
        history=request.history[trimmed.turns :],
    )


def _ever_shorter(request: ChatRequest) -> Iterator[ChatRequest]:
    """From the request itself to the least that may be sent of it."""
    yield request
    turns, most = len(request.history), max(len(request.passages) - 1, 0)
    older = max(turns - _LAST_EXCHANGE, 0)
    cuts = [Trimmed(passages=0, turns=count) for count in range(1, older + 1)]
    cuts += [Trimmed(passages=count, turns=older) for count in range(1, most + 1)]
    cuts += [Trimmed(passages=most, turns=count) for count in range(older + 1, turns + 1)]
    for cut in cuts:
        yield without(request, cut)
