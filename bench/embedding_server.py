"""An embedding model on this machine's CPU behind OpenAI's wire, to measure search with.

    python -m bench.minilm MODELS/sentence-transformers/all-MiniLM-L6-v2
    python -m bench.embedding_server --models MODELS --cache vectors.sqlite3

Vectors are kept in the cache, so that measuring again does not wait for them. One thread computes:
a benchmark should leave a core to what it measures.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import sqlite3
import sys
import threading
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.minilm import MODEL

BATCH_TEXTS = 16

Vector = NDArray[np.float32]


class CachedModel:
    """One text at a time is looked up, those that are new are computed in batches."""

    def __init__(self, models: Path, name: str, cache: str) -> None:
        from fastembed import TextEmbedding

        self.name = name
        self._lock = threading.Lock()
        self._model = TextEmbedding(
            name, threads=1, cuda=False, specific_model_path=str(models / name)
        )
        self._cache = sqlite3.connect(cache, check_same_thread=False)
        self._cache.execute("CREATE TABLE IF NOT EXISTS vectors (key TEXT PRIMARY KEY, v BLOB)")

    def vectors(self, texts: Sequence[str]) -> list[Vector]:
        with self._lock:
            keys = [hashlib.sha256(f"{self.name}\n{text}".encode()).hexdigest() for text in texts]
            known = {key: kept for key in keys if (kept := self._kept(key)) is not None}
            # Of like length together: a batch is as long as its longest text.
            wanted = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
            new = sorted(wanted, key=lambda key: len(wanted[key]))
            made = self._model.embed([wanted[key] for key in new], batch_size=BATCH_TEXTS)
            for key, vector in zip(new, made, strict=True):
                known[key] = vector.astype(np.float32)
                row = (key, known[key].tobytes())
                self._cache.execute("INSERT OR REPLACE INTO vectors VALUES (?, ?)", row)
            self._cache.commit()
            return [known[key] for key in keys]

    def _kept(self, key: str) -> Vector | None:
        row = self._cache.execute("SELECT v FROM vectors WHERE key = ?", (key,)).fetchone()
        return np.frombuffer(row[0], np.float32) if row else None


def answer(model: CachedModel, body: dict[str, Any]) -> dict[str, Any]:
    """To a request for embeddings, as OpenAI describes it."""
    texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
    as_bytes = body.get("encoding_format") == "base64"
    data = [
        {
            "object": "embedding",
            "index": index,
            "embedding": base64.b64encode(v.tobytes()).decode() if as_bytes else v.tolist(),
        }
        for index, v in enumerate(model.vectors(texts))
    ]
    usage = {"prompt_tokens": 0, "total_tokens": 0}
    return {"object": "list", "data": data, "model": model.name, "usage": usage}


def handler_of(model: CachedModel) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            content = json.dumps(answer(model, body)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_arguments: Any) -> None:
            """Silent: a set asks thousands of times."""

    return Handler


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--models", type=Path, required=True, help="folder of bench.minilm")
    parser.add_argument("--cache", default=":memory:", help="SQLite file that keeps the vectors")
    parser.add_argument("--port", type=int, default=8199)
    arguments = parser.parse_args()
    model = CachedModel(arguments.models, MODEL, arguments.cache)
    server = ThreadingHTTPServer(("127.0.0.1", arguments.port), handler_of(model))
    print(f"{MODEL} at http://127.0.0.1:{arguments.port}/v1", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
