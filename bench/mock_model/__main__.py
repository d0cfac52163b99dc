"""python -m bench.mock_model: the mock in a process of its own, for load tests."""

from __future__ import annotations

import argparse
import asyncio
import contextlib

from bench.mock_model.answers import Mock
from bench.mock_model.plan import Defaults
from bench.mock_model.serving import serve


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="mock OpenAI-compatible server")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=9100, help="0: a free one, printed")
    parser.add_argument("--tokens", type=int, default=50)
    parser.add_argument("--gap-ms", type=float, default=0)
    parser.add_argument("--ttft-ms", type=float, default=None)
    parser.add_argument("--models", default="", help="comma-separated list for /v1/models")
    parser.add_argument("--no-keep", action="store_true", help="do not keep request bodies")
    return parser.parse_args()


def main() -> None:
    arguments = _arguments()
    ttft = None if arguments.ttft_ms is None else arguments.ttft_ms / 1000
    mock = Mock(
        defaults=Defaults(tokens=arguments.tokens, gap=arguments.gap_ms / 1000, ttft=ttft),
        models=tuple(name for name in arguments.models.split(",") if name),
        keep=not arguments.no_keep,
    )

    def ready(port: int) -> None:
        print(f"mock model on http://{arguments.host}:{port}/v1", flush=True)

    try:
        import uvloop
    except ImportError:
        run = asyncio.run
    else:
        run = uvloop.run
    with contextlib.suppress(KeyboardInterrupt):
        run(serve(mock, arguments.host, arguments.port, ready))


if __name__ == "__main__":
    main()
