"""The figures of a load, the aims, and the tables of docs/operations.md."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from bench.load.people import Pace, Seen
from bench.metrics import percentile

TTFT_P95_MS, SEARCH_P95_MS = 500, 150
BEGIN, END = "<!-- load: begin -->", "<!-- load: end -->"
_SHARES = (0.5, 0.95, 0.99)


def figures(seen: Seen, people: int, pace: Pace, model_ttft_ms: float) -> dict[str, Any]:
    errors = Counter(stream.error for stream in seen.streams if stream.error)
    done = [stream for stream in seen.streams if not stream.error]
    over = [
        (stream.text_at[0] - stream.asked_at) * 1000 - model_ttft_ms
        for stream in seen.streams
        if stream.text_at
    ]
    tried = len(seen.streams) + len(seen.searches_s) + seen.search_errors.total()
    failed = errors.total() + seen.search_errors.total()
    return {
        "people": people,
        "ask_every_s": pace.ask_every_s,
        "search_every_s": pace.search_every_s,
        "minutes": round(pace.seconds / 60, 1),
        "questions": len(seen.streams),
        "answers_done": len(done),
        "late_questions": seen.late_questions,
        "tokens": sum(stream.tokens for stream in seen.streams),
        "events_lost": sum(stream.lost for stream in seen.streams),
        "events_doubled": sum(stream.doubled for stream in seen.streams),
        "searches": len(seen.searches_s),
        "errors": dict(errors + seen.search_errors),
        "error_rate": round(failed / max(1, tried), 5),
        **_percentiles("ttft_over_model_ms", over),
        **_percentiles("search_ms", [took * 1000 for took in seen.searches_s]),
        **_stages(done),
    }


def _stages(streams: Sequence[Any]) -> dict[str, int]:
    """What the server itself says of its answers."""
    found: dict[str, int] = {}
    for stage in ("search", "first_text"):
        took = [stream.timings[stage] for stream in streams if stage in stream.timings]
        found |= _percentiles(f"server_{stage}_ms", took)
    return found


def _percentiles(name: str, values: Sequence[float]) -> dict[str, int]:
    return {f"{name}_p{share * 100:.0f}": round(percentile(values, share)) for share in _SHARES}


def missed(found: Mapping[str, Any]) -> list[str]:
    """The aims that were not reached."""
    aims = {
        "error rate 0": found["error_rate"] == 0,
        f"time to first token p95 under {TTFT_P95_MS} ms above the model's": found[
            "ttft_over_model_ms_p95"
        ]
        < TTFT_P95_MS,
        f"search p95 under {SEARCH_P95_MS} ms": found["search_ms_p95"] < SEARCH_P95_MS,
    }
    return [aim for aim, reached in aims.items() if not reached]


def tables_of(found: Mapping[str, Any]) -> str:
    lines = ["| figure | measured | aim |", "|---|---|---|"]
    every, search = found["ask_every_s"], found["search_every_s"]
    lines += [
        f"| people; a question every, a search every | {found['people']}; {every:g} s, {search:g} s"
        f" for {found['minutes']:g} minutes | |",
        f"| questions, answers done | {found['questions']}, {found['answers_done']} | all |",
        f"| searches | {found['searches']} | |",
        f"| error rate | {found['error_rate']:g} | 0 |",
        f"| time to first token above the model's, p50 / p95 / p99 | "
        f"{_three(found, 'ttft_over_model_ms')} ms | p95 < {TTFT_P95_MS} ms |",
        f"| search page, p50 / p95 / p99 | {_three(found, 'search_ms')} ms"
        f" | p95 < {SEARCH_P95_MS} ms |",
        "",
        "| process | cores | memory, MiB |",
        "|---|---|---|",
    ]
    lines += [
        f"| {name} | {its['cores']:.2f} | {its['mib']:.0f} |"
        for name, its in found["processes"].items()
    ]
    return "\n".join([*lines, ""])


def _three(found: Mapping[str, Any], name: str) -> str:
    return " / ".join(str(found[f"{name}_p{share * 100:.0f}"]) for share in _SHARES)
