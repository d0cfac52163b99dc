"""The event reader, read by read."""

from __future__ import annotations

import pytest

from ai.errors import ModelUnavailable
from ai.providers.sse import MAX_EVENT_BYTES, EventReader


def read_all(*reads: bytes) -> list[bytes]:
    reader = EventReader()
    return [event for data in reads for event in reader.feed(data)] + reader.end()


def test_several_events_in_one_read_are_told_apart():
    assert read_all(b"data: 1\n\ndata: 2\n\n") == [b"1", b"2"]


def test_an_event_over_many_reads_is_put_together():
    assert read_all(*[bytes([byte]) for byte in b"data: one\r\n\r\ndata: two\n\n"]) == [
        b"one",
        b"two",
    ]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_every_line_end_of_the_standard_is_understood(end):
    assert read_all(b"data: 1" + end + end + b"data: 2" + end + end) == [b"1", b"2"]


def test_a_cr_lf_cut_in_two_is_one_line_end():
    assert read_all(b"data: a\r", b"\ndata: b\r", b"\n\r", b"\n") == [b"a\nb"]


def test_data_over_several_lines_is_joined():
    assert read_all(b'data: {"a":\ndata: 1}\n\n') == [b'{"a":\n1}']


def test_comments_and_other_fields_are_dropped():
    assert read_all(b": ping\n\nevent: message\nid: 7\ndata: 1\nretry: 5\n\n") == [b"1"]


def test_the_space_after_the_colon_may_be_missing():
    assert read_all(b"data:1\n\n") == [b"1"]


def test_a_last_event_without_its_blank_line_is_read():
    assert read_all(b"data: 1\n\ndata: [DONE]\n") == [b"1", b"[DONE]"]


def test_an_event_without_end_is_refused():
    with pytest.raises(ModelUnavailable):
        read_all(b"data: ", b"x" * (MAX_EVENT_BYTES + 1))
