"""Server-sent events out of network reads, on bytes: decoded once a whole event is there."""

from __future__ import annotations

from ai.errors import ModelUnavailable

# An answer's event is a few hundred bytes; a server that never ends one must not fill the memory.
MAX_EVENT_BYTES = 1_000_000


class EventReader:
    """Gives the data of each event that a read completes; comments and other fields are dropped."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[bytes]:
        data = self._rest + data if self._rest else data
        if b"\r" in data:
            data = _with_newlines(data)
        events = data.split(b"\n\n")
        self._rest = events.pop()
        if len(self._rest) > MAX_EVENT_BYTES:
            raise ModelUnavailable(cause=f"an event of more than {MAX_EVENT_BYTES} bytes")
        payloads = []
        for event in events:
            # Nearly every event is one data line: no call for it on the token path.
            if event.startswith(b"data: ") and b"\n" not in event:
                payloads.append(event[6:])
            elif (payload := _data_of(event)) is not None:
                payloads.append(payload)
        return payloads

    def end(self) -> list[bytes]:
        """What a server left that forgot the blank line after its last event."""
        rest, self._rest = self._rest.strip(b"\r\n"), b""
        payload = _data_of(rest)
        return [] if payload is None else [payload]


def _with_newlines(data: bytes) -> bytes:
    # A CR at the very end may be half of a CR LF that the next read completes.
    tail = b"\r" if data.endswith(b"\r") else b""
    body = data[: len(data) - len(tail)]
    return body.replace(b"\r\n", b"\n").replace(b"\r", b"\n") + tail


def _data_of(event: bytes) -> bytes | None:
    lines = [
        line[5:].removeprefix(b" ") for line in event.split(b"\n") if line.startswith(b"data:")
    ]
    return b"\n".join(lines) if lines else None
