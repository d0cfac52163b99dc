"""A fast mock of an OpenAI-compatible server, for tests and load tests.

It speaks the real wire from a raw `asyncio.Protocol`, so that one token costs a few
microseconds and the mock is never what a load test measures; `GET /stats` says how late it was.

    python -m bench.mock_model --port 9100
    OPENAI_BASE_URL=http://127.0.0.1:9100/v1  OPENAI_API_KEY=anything

In a test: `with serving() as server: ... server.url, server.get("/stats")`.

Endpoints
    POST /v1/chat/completions   stream true/false, stream_options.include_usage, tools
    POST /v1/embeddings         str | [str] | [int] | [[int]]; float or base64; dimensions
    GET  /v1/models, /v1/models/{id}
    GET  /stats                 counters since the start or since POST /reset; aborted_after: how
                                many tokens the last streams had sent when their client left
    POST /reset                 forgets the counters and the last requests
    POST /also                  {"options": "500"}: from now on every name is read as if it ended in
                                "-500"; "" ends it
    GET  /requests              the last 100 request bodies: what did the app send?
    GET  /health

The behaviour is spelled in the model's name: `mock`, then options joined by "-" in any order.
Unknown options are ignored, so `mock-large` is a plain mock.

    200t        tokens in the answer (default 50). Every token ends with exactly one space, so
                that a client counts tokens by counting spaces whatever the servers in between
                merged or split
    20ms        time between two tokens (default 0: one event-loop turn per token). The
                schedule is absolute: a late loop catches up and does not drift
    ttft300ms   delay before the first token (default: the gap)
    jitter50    each gap is drawn in +-50 %, seeded by the model's name: repeatable
    ts          each token is the sender's CLOCK_MONOTONIC in seconds ("1234.567890 "), which a
                client on the same machine subtracts from its own clock
    echo        the answer is the last user message, one word per token
    md          the answer is Markdown: heading, list, code block, table
    reason20    20 tokens of delta.reasoning_content first
    tool        if the request has tools and its last message is not from a tool: streams a
                call of the first one; answers in text once the tool's message is there
    length      finish_reason is "length" (default "stop")
    crlf        events end in CR LF CR LF
  faults
    429 500 503 401 403 400 404   answers so; 429 and 503 with Retry-After
    429x2       only the first 2 requests of this model's name, then it works (any code)
    after7      Retry-After says 7 seconds (default 1)
    ctx         400 context_length_exceeded
    window2000  the same where prompt (4 characters a token) and max_tokens exceed 2000 tokens
    nousage     400 as long as the request carries stream_options
    nomax       400 as long as the request carries max_tokens (max_completion_tokens is taken)
    nodims      400 as long as an embedding request carries dimensions
    hang        accepts the request and never answers
    hang10      stops after 10 tokens, the connection stays open
    drop10      cuts the TCP connection after 10 tokens (drop0: before the headers)
    err10       after 10 tokens sends an SSE {"error": ...} event and ends
    html        answers 200 with a page instead of what was asked for
    bad10       after 10 tokens sends a line which is no JSON, then goes on
    nodone      ends without "data: [DONE]"
    nofinish    ends without a finish_reason
    notrailer   sends nothing after the finish_reason, the connection stays open
    lateend     the end of the body comes 20 ms after "data: [DONE]", in a packet of its own

Embedding models: `mock-embed` is 1536 wide, `mock-embed-384` 384 (or the request's
`dimensions`). The vector is a signed, hashed bag of words of length 1: deterministic, and texts
which share words are close. Options ms (latency of a call) and the error codes hold here too.
"""

from __future__ import annotations

from bench.mock_model.serving import Serving, serving

__all__ = ["Serving", "serving"]
