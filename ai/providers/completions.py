"""The wire of an OpenAI-compatible chat completion, as far as it is read here.

Partial on purpose: fields that are not named cost nothing, because msgspec skips them.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from ai.errors import ModelContextTooLong, ModelError, ModelUnavailable
from ai.ports import Usage
from ai.providers.faults import is_too_long, read_refusal
from ai.providers.sse import EventReader


class _Delta(msgspec.Struct, gc=False):
    # A list where a server sends parts (Mistral's thinking): no text of the answer.
    content: str | list[Any] | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None


class _Choice(msgspec.Struct, gc=False):
    delta: _Delta | None = None
    finish_reason: str | None = None


class _Counts(msgspec.Struct, gc=False):
    prompt_tokens: int = 0
    completion_tokens: int = 0


class _Chunk(msgspec.Struct, gc=False):
    choices: list[_Choice] | None = None
    usage: _Counts | None = None
    error: Any = None


class _Message(msgspec.Struct):
    content: str | None = None


class _WholeChoice(msgspec.Struct):
    message: _Message


class _Whole(msgspec.Struct):
    choices: list[_WholeChoice]


_decode_chunk = msgspec.json.Decoder(_Chunk).decode
_decode_whole = msgspec.json.Decoder(_Whole).decode


def text_of(body: bytes) -> str:
    """The text of an answer that was not streamed."""
    try:
        choices = _decode_whole(body).choices
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise ModelUnavailable(cause="the answer is no chat completion") from None
    return (choices[0].message.content or "") if choices else ""


class StreamedAnswer:
    """What a stream has said so far, fed with network reads.

    `room`: of more characters than these, the rest is cut off.
    """

    def __init__(self, *, room: int) -> None:
        self.usage: Usage | None = None
        self.finish: Literal["stop", "length"] | None = None
        self.done = False  # [DONE] came
        self.error: ModelError | None = None  # the server says so in mid-stream
        self.lively = False  # the last read held text or reasoning, not only a keep-alive
        self.unreadable = 0  # events that were no JSON
        self.cut = False  # on our side, because it ran on
        self.has_text = False
        self._room = room
        self._events = EventReader()

    @property
    def over(self) -> bool:
        return self.done or self.cut or self.error is not None

    @property
    def complete(self) -> bool:
        return self.done or self.finish is not None

    def take(self, data: bytes) -> str:
        """All text that came in one read: it leaves together."""
        self.lively = False
        return self._bounded(self._read(self._events.feed(data)))

    def end(self) -> str:
        return self._bounded(self._read(self._events.end()))

    def cut_off(self) -> None:
        self.cut, self.finish = True, "length"

    def _bounded(self, text: str) -> str:
        if not text:
            return text
        self.has_text = True
        self._room -= len(text)
        if self._room >= 0:
            return text
        self.cut_off()
        return text[: self._room]

    def _read(self, payloads: list[bytes]) -> str:
        texts: list[str] = []
        for payload in payloads:
            if payload == b"[DONE]":
                self.done = True
                break
            try:
                chunk = _decode_chunk(payload)
            except (msgspec.MsgspecError, UnicodeDecodeError):
                self.unreadable += 1
                continue
            if chunk.choices:
                self._read_choice(chunk.choices[0], texts)
            if chunk.usage:
                counts = chunk.usage
                self.usage = Usage(counts.prompt_tokens, counts.completion_tokens)
            if chunk.error:
                self.error = _error_in(payload)
                break
        return "".join(texts)

    def _read_choice(self, choice: _Choice, texts: list[str]) -> None:
        delta = choice.delta
        if delta:
            if delta.content and isinstance(delta.content, str):
                texts.append(delta.content)
                self.lively = True
            elif delta.content or delta.reasoning_content or delta.reasoning:
                self.lively = True
        if choice.finish_reason:
            self.finish = "length" if choice.finish_reason == "length" else "stop"


def _error_in(payload: bytes) -> ModelError:
    refusal = read_refusal(payload)
    cause = f"an error in the stream: {refusal.code}"
    return (ModelContextTooLong if is_too_long(refusal) else ModelUnavailable)(cause=cause)
