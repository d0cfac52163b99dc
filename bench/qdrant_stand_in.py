"""A stand-in for a Qdrant server: `python -m bench.qdrant_stand_in --port 16333`.

Answers the REST calls of documents.adapters.qdrant_server from the local mode of qdrant-client,
in memory, so that several processes share one index where no server is to be had. It searches
as Qdrant does; nothing about its speed or its faults says anything about Qdrant's.
"""

from __future__ import annotations

import argparse
import json
import threading
import warnings
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from qdrant_client import QdrantClient, models

DONE = {"operation_id": 1, "status": "completed"}
INFO = {
    "status": "green",
    "optimizer_status": "ok",
    "segments_count": 1,
    "config": {
        "params": {},
        "hnsw_config": {"m": 16, "ef_construct": 100, "full_scan_threshold": 10_000},
        "optimizer_config": {
            "deleted_threshold": 0.2,
            "vacuum_min_vector_number": 1_000,
            "default_segment_number": 0,
            "flush_interval_sec": 5,
        },
    },
    "payload_schema": {},
}
CONFLICT = 409


class Collections:
    """The local mode is not made for threads: one call at a time."""

    def __init__(self) -> None:
        self._client = QdrantClient(":memory:")
        self._one_at_a_time = threading.Lock()
        self._calls: dict[tuple[str, str], Callable[[str, Any], object]] = {
            ("GET", "exists"): lambda name, _body: {"exists": self._exists(name)},
            ("GET", ""): lambda _name, _body: INFO,
            ("PUT", ""): self._create,
            ("PUT", "index"): lambda _name, _body: DONE,  # the local mode has no payload indexes
            ("PUT", "points"): self._upsert,
            ("POST", "points/query"): self._query,
            ("POST", "points/count"): self._count,
            ("POST", "points/payload"): self._set_payload,
            ("POST", "points/delete"): self._delete,
            ("POST", "points/scroll"): self._scroll,
            ("DELETE", ""): lambda name, _body: self._client.delete_collection(name),
            ("GET", "aliases"): self._aliases,
            ("POST", "aliases"): self._change_aliases,
        }

    def answer(self, method: str, path: str, body: Any) -> tuple[int, object]:
        name, _, action = path.removeprefix("/collections/").partition("/")
        if path in {"/aliases", "/collections/aliases"}:
            name, action = "", "aliases"
        with self._one_at_a_time:
            if (method, action) == ("PUT", "") and self._exists(name):
                return CONFLICT, None
            call = self._calls.get((method, action))
            return (404, None) if call is None else (200, call(name, body))

    def _exists(self, name: str) -> bool:
        return self._client.collection_exists(name)

    def _create(self, name: str, body: Any) -> object:
        wanted = models.CreateCollection.model_validate(body)
        return self._client.create_collection(
            name,
            vectors_config=wanted.vectors or {},
            sparse_vectors_config=wanted.sparse_vectors,
        )

    def _upsert(self, name: str, body: Any) -> object:
        self._client.upsert(name, models.PointsList.model_validate(body).points)
        return DONE

    def _query(self, name: str, body: Any) -> object:
        wanted = models.QueryRequest.model_validate(body)
        found = self._client.query_points(
            name,
            query=wanted.query,
            using=wanted.using,
            query_filter=wanted.filter,
            search_params=wanted.params,
            limit=wanted.limit or 10,
            with_payload=wanted.with_payload or False,
        )
        return found.model_dump(mode="json")

    def _count(self, name: str, body: Any) -> object:
        wanted = models.CountRequest.model_validate(body)
        return self._client.count(name, wanted.filter).model_dump(mode="json")

    def _set_payload(self, name: str, body: Any) -> object:
        wanted = models.SetPayload.model_validate(body)
        self._client.set_payload(name, wanted.payload, points=wanted.filter or wanted.points or [])
        return DONE

    def _delete(self, name: str, body: Any) -> object:
        by_filter = "filter" in body
        selector = models.FilterSelector if by_filter else models.PointIdsList
        self._client.delete(name, selector.model_validate(body))
        return DONE

    def _scroll(self, name: str, body: Any) -> object:
        wanted = models.ScrollRequest.model_validate(body)
        points, following = self._client.scroll(
            name,
            scroll_filter=wanted.filter,
            limit=wanted.limit or 10,
            offset=wanted.offset,
            with_payload=wanted.with_payload or False,
        )
        found = [point.model_dump(mode="json") for point in points]
        return {"points": found, "next_page_offset": following}

    def _aliases(self, _name: str, _body: Any) -> object:
        return self._client.get_aliases().model_dump(mode="json")

    def _change_aliases(self, _name: str, body: Any) -> object:
        wanted = models.ChangeAliasesOperation.model_validate(body)
        return self._client.update_collection_aliases(wanted.actions)


def handler(collections: Collections) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body in one packet

        def answer(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            path = urlsplit(self.path).path
            status, result = 200, None
            if path != "/readyz":
                body = json.loads(raw) if raw else None
                status, result = collections.answer(self.command, path, body)
            data = json.dumps({"result": result, "status": "ok", "time": 0.001}).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_PUT = do_POST = do_DELETE = answer

        def log_message(self, format: str, *args: object) -> None:
            """A line per search would be all that the log holds."""

    return Handler


def main() -> None:
    parser = argparse.ArgumentParser(description="stand-in for a Qdrant server")
    parser.add_argument("--port", type=int, required=True)
    port = parser.parse_args().port
    warnings.filterwarnings("ignore", message="Payload indexes have no effect")
    server = ThreadingHTTPServer(("127.0.0.1", port), handler(Collections()))
    server.daemon_threads = True
    server.serve_forever()


if __name__ == "__main__":
    main()
