"""What of questions and answers is counted: once for each answer, nothing for a token."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from ai.ports import Usage
from chat.writing import AnswerWriter
from common import metrics, tracing
from common.errors import CassandreError


@contextmanager
def model_at_work(writer: AnswerWriter, model: str) -> Iterator[None]:
    """Around the stream of a model: a span, and when its first text came."""
    began_at, before = time.monotonic(), writer.first_text_at
    with tracing.span("answer model", model=model) as span:
        try:
            yield
        finally:
            if before is None and writer.first_text_at is not None:
                waited = writer.first_text_at - began_at
                metrics.MODEL_FIRST_TOKEN.observe(waited, model=model)
                if span is not None:
                    span.set_attribute("cassandre.first_token_ms", round(waited * 1000))


def count_answer(
    status: str,
    error: CassandreError | None,
    *,
    model: str,
    usage: Usage,
    timings: Mapping[str, int],
) -> None:
    """An answer has come to its end. `timings` in milliseconds, as its row keeps them."""
    metrics.ANSWERS.inc(status=status)
    metrics.ANSWER_SECONDS.observe(timings["total"] / 1000)
    if "first_text" in timings:
        metrics.ANSWER_FIRST_TOKEN.observe(timings["first_text"] / 1000)
    if error is not None:
        metrics.ERRORS.inc(code=error.code, where="answer")
    if model:
        metrics.TOKENS.inc(usage.prompt_tokens, model=model, direction="prompt")
        metrics.TOKENS.inc(usage.completion_tokens, model=model, direction="completion")
