"""The floor: a socket in, the model's stream out, one frame per token; no Django, no database.

    python -m bench.bare_proxy --port P --model-url URL --model NAME

Speaks just enough of docs/protocol.md for bench.streaming_client to read it.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import AsyncIterator

from aiohttp import ClientSession, ClientTimeout, TCPConnector, web

MODEL_URL = web.AppKey("model_url", str)
MODEL = web.AppKey("model", str)
SESSION = web.AppKey("session", ClientSession)


async def socket(request: web.Request) -> web.WebSocketResponse:
    response = web.WebSocketResponse(compress=False)
    await response.prepare(request)
    question = json.loads(await response.receive_str())
    body = {
        "model": request.app[MODEL],
        "stream": True,
        "messages": [{"role": "user", "content": question["text"]}],
    }
    n = 0
    url = f"{request.app[MODEL_URL]}/chat/completions"
    async with request.app[SESSION].post(url, json=body) as stream:
        async for line in stream.content:
            if not line.startswith(b"data: ") or line.startswith(b"data: [DONE]"):
                continue
            choices = json.loads(line[6:])["choices"]
            if choices and (text := choices[0]["delta"].get("content")):
                n += 1
                await response.send_str(json.dumps({"type": "text", "n": n, "text": text}))
    await response.send_str(json.dumps({"type": "done", "n": n + 1}))
    await response.close()
    return response


async def keep_session(app: web.Application) -> AsyncIterator[None]:
    app[SESSION] = ClientSession(connector=TCPConnector(limit=0), timeout=ClientTimeout(total=None))
    yield
    await app[SESSION].close()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--model-url", required=True)
    parser.add_argument("--model", required=True)
    arguments = parser.parse_args()
    app = web.Application()
    app[MODEL_URL], app[MODEL] = arguments.model_url, arguments.model
    app.cleanup_ctx.append(keep_session)
    app.router.add_get("/ws/answers/", socket)
    web.run_app(app, host="127.0.0.1", port=arguments.port, print=None)


if __name__ == "__main__":
    main()
