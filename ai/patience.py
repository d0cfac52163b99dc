"""What is done about a model's faults before the first text of an answer: ask again, wait as it
says, send less, go on with the next model. After it nothing is: the reader has begun to read.
"""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from ai.budget import fit, left_out, shortened
from ai.errors import (
    ModelBusy,
    ModelContextTooLong,
    ModelError,
    ModelRefusedKey,
    ModelRequestRefused,
    ModelTimedOut,
)
from ai.health import Key, observations, observed
from ai.ports import ChatModel, ChatRequest, ModelEvent, Switched, TextDelta, Trimmed, Waiting

# A time-out has already cost the reader the whole bound on the first token.
_TRIES_AFTER_TIMEOUT = 2
# A model that has just been given up is asked after the others for so long.
REST_S = 60.0

_NOTHING_HELPS = (ModelRefusedKey, ModelRequestRefused)
_FAULTS_OF_THE_REQUEST = (ModelContextTooLong, ModelRequestRefused)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    context_tokens: int = 16_000  # prompt and answer together
    tries: int = 3  # of one model
    max_wait_s: float = 30  # a longer Retry-After is not waited for
    backoff_s: float = 0.5  # before the second try, doubled for each further one
    patience_s: float = 300  # since the question; nothing is begun anew after it


class PatientModel:
    """The first of `models` that answers. One object serves many answers at a time."""

    def __init__(
        self,
        models: Sequence[ChatModel],
        policy: RetryPolicy,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = models[0].name
        self.is_language_model = models[0].is_language_model
        self._models = tuple(models)
        self._policy = policy
        self._sleep = sleep
        self._clock = clock
        self._rests: dict[str, tuple[float, str]] = {}  # until when, and the error's code

    async def stream(self, request: ChatRequest) -> AsyncGenerator[ModelEvent, None]:
        order = self._in_order()
        if order[0] is not self._models[0]:
            yield Switched(model=order[0].name, code=self._rests[self.name][1])
        fitting, trimmed = fit(request, self._policy.context_tokens)
        if trimmed is not None:
            yield trimmed
        course = _Course(order, request, fitting, self._policy)
        end = self._clock() + self._policy.patience_s
        while True:
            written = False
            try:
                async with aclosing(course.model.stream(course.request)) as events:
                    async for event in events:
                        written = written or isinstance(event, TextDelta)
                        yield event
                observations.succeeded(Key("chat", course.model.name))
                return
            except ModelError as error:
                observations.failed(Key("chat", course.model.name), error)
                if written:
                    raise
                asked = course.model
                step = course.after(error) if self._clock() < end else None
                if step is None or isinstance(step.notice, Switched):
                    self._give_rest(asked, error)
                if step is None:
                    raise
            yield step.notice
            if step.wait_s:
                await self._sleep(step.wait_s)

    async def complete(self, prompt: str, *, max_tokens: int) -> str:
        """Each model once: what is asked here is worth no wait."""
        *others, last = self._in_order()
        for model in others:
            try:
                with observed("chat", model.name):
                    return await model.complete(prompt, max_tokens=max_tokens)
            except ModelError as error:
                self._give_rest(model, error)
        with observed("chat", last.name):
            return await last.complete(prompt, max_tokens=max_tokens)

    def _in_order(self) -> tuple[ChatModel, ...]:
        """Those that rest last; as configured where all of them do."""
        now = self._clock()
        return tuple(
            sorted(self._models, key=lambda model: self._rests.get(model.name, (now, ""))[0] > now)
        )

    def _give_rest(self, model: ChatModel, error: ModelError) -> None:
        if not isinstance(error, _FAULTS_OF_THE_REQUEST):
            self._rests[model.name] = (self._clock() + REST_S, error.code)


@dataclass(frozen=True, slots=True)
class _Step:
    notice: Waiting | Switched | Trimmed
    wait_s: float = 0


class _Course:
    """Which model is asked what next: one answer's way through the faults."""

    def __init__(
        self,
        models: Sequence[ChatModel],
        whole: ChatRequest,
        request: ChatRequest,
        policy: RetryPolicy,
    ) -> None:
        self.model, *self._others = models
        self.request = request
        self._whole = whole
        self._policy = policy
        self._tries = 0

    def after(self, error: ModelError) -> _Step | None:
        """None: everything has been tried."""
        self._tries += 1
        if isinstance(error, ModelContextTooLong):
            step = self._send_less()
        else:
            step = self._ask_again(error)
        return step or self._go_on(error)

    def _send_less(self) -> _Step | None:
        shorter = shortened(self.request) if self._tries < self._policy.tries else None
        if shorter is None:
            return None
        self.request = shorter
        return _Step(left_out(self._whole, shorter))

    def _ask_again(self, error: ModelError) -> _Step | None:
        if self._tries >= self._tries_for(error):
            return None
        if isinstance(error, ModelBusy):
            wait_s = float(error.params.get("retry_after", 0))
            if wait_s > self._policy.max_wait_s:
                return None
        else:
            wait_s = self._policy.backoff_s * 2 ** (self._tries - 1)
        # Answers that were refused together must not all come back together.
        wait_s += self._policy.backoff_s * random.random()  # noqa: S311 (no secret)
        return _Step(Waiting(seconds=math.ceil(wait_s), code=error.code), wait_s)

    def _tries_for(self, error: ModelError) -> int:
        if isinstance(error, _NOTHING_HELPS):
            return 1
        if isinstance(error, ModelTimedOut):
            return min(_TRIES_AFTER_TIMEOUT, self._policy.tries)
        return self._policy.tries

    def _go_on(self, error: ModelError) -> _Step | None:
        if not self._others:
            return None
        self.model, *self._others = self._others
        self._tries = 0
        return _Step(Switched(model=self.model.name, code=error.code))
