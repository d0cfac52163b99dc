"""What the mock answers: deltas, whole completions, errors, embeddings."""

from __future__ import annotations

import json
import re
import time
from typing import Any

from bench.mock_model.embedding import embeddings_answer
from bench.mock_model.plan import Defaults, Plan, plan_for
from bench.mock_model.stats import Stats

Json = dict[str, Any]
Reply = tuple[int, Json, dict[str, str]]

_CODES = {
    400: ("invalid_request_error", "bad_request"),
    401: ("invalid_request_error", "invalid_api_key"),
    403: ("invalid_request_error", "forbidden"),
    404: ("invalid_request_error", "model_not_found"),
    429: ("rate_limit_error", "rate_limit_exceeded"),
    500: ("server_error", "internal_error"),
    503: ("server_error", "overloaded"),
}
_MARKDOWN = (
    "# Title\n\nSome **bold** text with `code` and [1] a source.\n\n"
    "- first item\n- second item\n\n```python\nprint('hello')\n```\n\n"
    "| a | b |\n|---|---|\n| 1 | 2 |\n\n"
)
_MODELS = ("mock", "mock-200t-20ms", "mock-200t-0ms", "mock-embed", "mock-embed-384")


class Mock:
    """The answers, shared by all connections."""

    def __init__(
        self, *, defaults: Defaults | None = None, models: tuple[str, ...] = (), keep: bool = True
    ) -> None:
        self.stats = Stats()
        self.keep = keep  # whether request bodies are kept for GET /requests
        self.models = models or _MODELS
        self._defaults = defaults or Defaults()
        self._plans: dict[str, Plan] = {}
        self._also = ""
        self._serial = 0

    def plan(self, model: str) -> Plan:
        name = f"{model}-{self._also}"
        plan = self._plans.get(name)
        if plan is None:
            plan = self._plans[name] = plan_for(name, self._defaults)
        return plan

    def change(self, options: str) -> None:
        """From the next request on, every model's name is read as if it ended so."""
        self._also = options

    def next_id(self) -> str:
        self._serial += 1
        return f"chatcmpl-mock-{self._serial}"

    def fault(self, body: Json, plan: Plan) -> Reply | None:
        if plan.ctx or (plan.window is not None and _asked_tokens(body) > plan.window):
            size = 8192 if plan.window is None else plan.window
            message = f"mock: this model's maximum context length is {size} tokens"
            return error(400, message=message, name="context_length_exceeded")
        if plan.nousage and "stream_options" in body:
            return error(400, message="mock: unknown field stream_options")
        if plan.nomax and "max_tokens" in body:
            message = "mock: use max_completion_tokens instead of max_tokens"
            return error(400, message=message, name="unsupported_parameter")
        if plan.nodims and "dimensions" in body:
            return error(400, message="mock: this model does not support dimensions")
        often = self.stats.models[body["model"]]
        if plan.code and (plan.code_times is None or often <= plan.code_times):
            return error(plan.code, after=plan.after)
        return None

    def embeddings(self, body: Json) -> Json:
        answer = embeddings_answer(body)
        self.stats.counts["embedded"] += len(answer["data"])
        return answer


def last_user(body: Json) -> str:
    for message in reversed(body.get("messages") or []):
        if message.get("role") == "user":
            content = message.get("content")
            if isinstance(content, list):
                content = " ".join(p.get("text", "") for p in content if isinstance(p, dict))
            return content or ""
    return ""


def pieces(body: Json, plan: Plan) -> list[Json] | None:
    """The deltas of an answer; None: plain tokens, which are made on the fly."""
    messages = body.get("messages") or [{}]
    if plan.tool and body.get("tools") and messages[-1].get("role") != "tool":
        return _tool_call(body)
    reasoning = [{"reasoning_content": f"think{i} "} for i in range(plan.reason)]
    if plan.echo:
        return reasoning + [{"content": f"{word} "} for word in last_user(body).split()]
    if plan.md:
        text = _MARKDOWN * (plan.tokens // 30 + 1)
        return reasoning + [{"content": p} for p in re.findall(r"\S*\s", text)[: plan.tokens]]
    if reasoning:
        return reasoning + [{"content": f"tok{i} "} for i in range(plan.tokens)]
    return None


def _tool_call(body: Json) -> list[Json]:
    function = body["tools"][0]["function"]
    wanted = (function.get("parameters") or {}).get("properties") or {}
    values = {
        name: last_user(body)
        for name, schema in wanted.items()
        if schema.get("type", "string") == "string"
    }
    arguments = json.dumps(values)
    call = {
        "index": 0,
        "id": "call_mock_1",
        "type": "function",
        "function": {"name": function["name"], "arguments": ""},
    }
    parts = [arguments[i : i + 8] for i in range(0, len(arguments), 8)]
    return [
        {"tool_calls": [call]},
        *({"tool_calls": [{"index": 0, "function": {"arguments": part}}]} for part in parts),
    ]


def _asked_tokens(body: Json) -> int:
    answer: int = body.get("max_tokens") or body.get("max_completion_tokens") or 0
    return _prompt_tokens(body) + answer


def _prompt_tokens(body: Json) -> int:
    return sum(len(str(m.get("content") or "")) // 4 + 4 for m in body.get("messages") or [])


def usage(body: Json, plan: Plan) -> dict[str, int]:
    prompt = _prompt_tokens(body)
    return {
        "prompt_tokens": prompt,
        "completion_tokens": plan.tokens,
        "total_tokens": prompt + plan.tokens,
    }


def error(code: int, *, message: str = "", name: str = "", after: int = 1) -> Reply:
    kind, default = _CODES[code]
    headers = {"retry-after": str(after)} if code in (429, 503) else {}
    detail = {"message": message or f"mock: {default}", "type": kind, "param": None}
    return code, {"error": {**detail, "code": name or default}}, headers


def completion(body: Json, plan: Plan, ident: str) -> Json:
    """The whole answer of a request that does not stream."""
    deltas = pieces(body, plan)
    message: Json = {"role": "assistant", "content": None}
    finish = plan.finish
    if deltas and "tool_calls" in deltas[-1]:
        call = json.loads(json.dumps(deltas[0]["tool_calls"][0]))
        call["function"]["arguments"] = "".join(
            delta["tool_calls"][0]["function"]["arguments"] for delta in deltas
        )
        call.pop("index")
        message["tool_calls"], finish = [call], "tool_calls"
    elif deltas is None:
        message["content"] = "".join(f"tok{i} " for i in range(plan.tokens))
    else:
        message["content"] = "".join(delta.get("content", "") for delta in deltas)
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": finish}
    return {
        "id": ident,
        "object": "chat.completion",
        "created": int(time.time()),
        "model": body["model"],
        "choices": [choice],
        "usage": usage(body, plan),
    }
