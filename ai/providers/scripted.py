"""Fakes for both ports: a chat model that says what it was told to, vectors out of hashed words."""

from __future__ import annotations

import asyncio
import math
import re
import zlib
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass

from ai.errors import ModelError
from ai.ports import ChatRequest, Finished, ModelEvent, TextDelta


@dataclass(frozen=True, slots=True)
class Pause:
    seconds: float


# An asyncio.Event is a point at which the script waits until the test sets it.
Step = ModelEvent | Pause | asyncio.Event | ModelError | str


class ScriptedModel:
    """Plays one enqueued script per question, and remembers what it was asked.

    A str is text; a script without Finished or an error ends with Finished("stop").
    """

    def __init__(
        self,
        *,
        name: str = "scripted",
        is_language_model: bool = True,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.name = name
        self.is_language_model = is_language_model
        self.requests: list[ChatRequest] = []
        self.prompts: list[str] = []
        self.closed_early = 0  # streams left before their end
        self._sleep = sleep
        self._scripts: deque[tuple[Step, ...]] = deque()
        self._completions: deque[str | ModelError] = deque()

    def enqueue(self, *steps: Step) -> None:
        self._scripts.append(steps)

    def enqueue_completion(self, answer: str | ModelError) -> None:
        self._completions.append(answer)

    async def stream(self, request: ChatRequest) -> AsyncGenerator[ModelEvent, None]:
        self.requests.append(request)
        script = self._scripts.popleft()
        over = False
        try:
            for step in script:
                over = isinstance(step, Finished | ModelError)
                event = await self._play(step)
                if event is not None:
                    yield event
            if not over:
                over = True
                yield Finished("stop")
        finally:
            self.closed_early += not over

    async def complete(self, prompt: str, *, max_tokens: int) -> str:
        self.prompts.append(prompt)
        answer = self._completions.popleft()
        if isinstance(answer, ModelError):
            raise answer
        return answer

    async def _play(self, step: Step) -> ModelEvent | None:
        match step:
            case str():
                return TextDelta(step)
            case Pause():
                await self._sleep(step.seconds)
            case asyncio.Event():
                await step.wait()
            case ModelError():
                raise step
            case _:
                return step
        return None


class ScriptedEmbedder:
    """A signed, hashed bag of words of length 1: texts that share words are near."""

    def __init__(self, *, model: str = "scripted", dimensions: int = 64) -> None:
        self.model = model
        self.dimensions = dimensions

    def embed_passages(self, texts: Sequence[str]) -> list[tuple[float, ...]]:
        return [self._embed(text) for text in texts]

    def embed_query(self, text: str) -> tuple[float, ...]:
        return self._embed(text)

    def _embed(self, text: str) -> tuple[float, ...]:
        vector = [0.0] * self.dimensions
        for word in re.findall(r"\w+", text.lower()) or [text]:
            digest = zlib.crc32(word.encode())
            vector[digest % self.dimensions] += 1.0 if digest & 0x80000000 else -1.0
        norm = math.sqrt(sum(x * x for x in vector)) or 1.0
        return tuple(x / norm for x in vector)
