"""Which error a refusal is, where servers differ in how they say it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ai import errors
from ai.providers.faults import (
    RETRY_AFTER_DEFAULT_S,
    RETRY_AFTER_MAX_S,
    error_for,
    read_refusal,
    retry_after,
)

NOON = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7),
        ("0.2", 1),
        ("0", 1),
        ("Fri, 20 Nov 2026 12:00:30 GMT", 30),
        ("Fri, 20 Nov 2026 12:00:30 -0000", 30),
        ("Fri, 20 Nov 2026 11:59:00 GMT", RETRY_AFTER_DEFAULT_S),  # already past
        ("999999", RETRY_AFTER_MAX_S),
        ("-3", RETRY_AFTER_DEFAULT_S),
        ("nan", RETRY_AFTER_DEFAULT_S),
        ("soon", RETRY_AFTER_DEFAULT_S),
        ("", RETRY_AFTER_DEFAULT_S),
        (None, RETRY_AFTER_DEFAULT_S),
    ],
)
def test_retry_after_is_seconds_or_a_date(value, seconds):
    assert retry_after(value, now=NOON) == seconds


@pytest.mark.parametrize(
    "body",
    [
        b'{"error": {"code": "context_length_exceeded", "message": ""}}',
        b'{"error": {"code": 400, "type": "exceed_context_size_error", "message":'
        b' "the request exceeds the available context size"}}',
        b'{"object": "error", "message": "This model\'s maximum context length is 8192"}',
        b'{"error": "prompt is too long: 9000 tokens"}',
    ],
)
def test_a_prompt_too_long_is_known_in_the_words_of_each_server(body):
    error = error_for(400, {}, read_refusal(body), server="alice.example")

    assert type(error) is errors.ModelContextTooLong


def test_a_body_too_large_is_a_prompt_too_long():
    error = error_for(413, {}, read_refusal(b""), server="alice.example")

    assert type(error) is errors.ModelContextTooLong


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"error": {"code": [1]}}', b"\xff"])
def test_a_refusal_without_sense_is_known_by_its_status(body):
    error = error_for(500, {}, read_refusal(body), server="alice.example")

    assert type(error) is errors.ModelUnavailable
    assert error.cause == "alice.example answered 500"


def test_an_account_without_credit_is_not_merely_busy():
    refusal = read_refusal(b'{"error": {"code": "insufficient_quota"}}')

    error = error_for(429, {}, refusal, server="alice.example")

    assert type(error) is errors.ModelRequestRefused
    assert "insufficient_quota" in error.cause
