"""Everything that crosses the websocket, declared once. docs/protocol.md explains it.

A frame is one JSON object with a `type`; unknown types and unknown fields are refused. Frames
about an answer carry its id and, where they are events, their number `n` in that answer: a
reader that has seen 1..n asks for the rest with `watch` and `after: n`.

asking.py   from the browser to the server
telling.py  from the server to the browser
views.py    what these hold of passages
"""

from __future__ import annotations

import msgspec

from chat.frames.asking import (
    MAX_FILTER_VALUES,
    MAX_QUESTION_CHARACTERS,
    Ask,
    Asking,
    ClientFrame,
    Continue,
    Edit,
    Ping,
    Regenerate,
    Stop,
    Watch,
)
from chat.frames.base import (
    Frame,
)
from chat.frames.telling import (
    Accepted,
    AnswerFrame,
    Approved,
    Banners,
    Change,
    Cited,
    ConversationChanged,
    Done,
    Failed,
    Interrupted,
    Located,
    Notice,
    Passages,
    Pong,
    Refused,
    ServerFrame,
    Snapshot,
    Stage,
    Stopped,
    Text,
    UsageReport,
)
from chat.frames.views import (
    ApprovedView,
    BannerView,
    CitationView,
    DifferenceView,
    PassageView,
    PlaceView,
)

MAX_FRAME_BYTES = 32_768

__all__ = [
    "MAX_FILTER_VALUES",
    "MAX_FRAME_BYTES",
    "MAX_QUESTION_CHARACTERS",
    "Accepted",
    "AnswerFrame",
    "Approved",
    "ApprovedView",
    "Ask",
    "Asking",
    "BannerView",
    "Banners",
    "Change",
    "CitationView",
    "Cited",
    "ClientFrame",
    "Continue",
    "ConversationChanged",
    "DifferenceView",
    "Done",
    "Edit",
    "Failed",
    "Frame",
    "Interrupted",
    "Located",
    "Notice",
    "PassageView",
    "Passages",
    "Ping",
    "PlaceView",
    "Pong",
    "Refused",
    "Regenerate",
    "ServerFrame",
    "Snapshot",
    "Stage",
    "Stop",
    "Stopped",
    "Text",
    "UsageReport",
    "Watch",
    "decode",
    "encode",
]

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(ClientFrame)


def encode(frame: ServerFrame) -> str:
    return _encoder.encode(frame).decode()


def decode(text: str | bytes) -> ClientFrame:
    """Raises msgspec.ValidationError or msgspec.DecodeError, which name the field."""
    frame: ClientFrame = _decoder.decode(text)
    return frame
