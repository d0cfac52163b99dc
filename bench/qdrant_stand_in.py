"""A stand-in for a Qdrant server: `python -m bench.qdrant_stand_in --port 16333 [--folder DIR]`.

Answers the REST calls of documents.adapters.qdrant_server from Qdrant Edge, the same engine as a
library, so that several processes share one index where no server is to be had, and a search costs
about what the engine takes (one call at a time holds the interpreter, which a server does not).
With `--folder` it keeps what it was told through kill -9; without, everything goes with it. Its
faults, and its answers to what the adapter does not send, say nothing about Qdrant's.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit

from qdrant_edge import CountRequest, EdgeShard, UpdateOperation

from bench import qdrant_translation as translate
from bench.qdrant_translation import Json

VERSION = "1.20.0"  # whose requests it takes
DONE = {"operation_id": 1, "status": "completed"}
CONFIG = {
    "hnsw_config": {"m": 16, "ef_construct": 100, "full_scan_threshold": 10_000},
    "optimizer_config": {
        "deleted_threshold": 0.2,
        "vacuum_min_vector_number": 1_000,
        "default_segment_number": 0,
        "flush_interval_sec": 5,
    },
}
# The log of what was written since the last flush is read again at the next start.
POINTS_PER_FLUSH = 4_096


class Refused(Exception):
    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


class Collection:
    """One shard in a folder, with the request that made it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._wanted: Json = json.loads((folder / "collection.json").read_text())
        self._schema: Json = self._wanted.setdefault("payload_schema", {})
        config = translate.collection(self._wanted)
        self.shard = EdgeShard.load(str(folder / "shard"), config)
        self._unflushed = 0

    @classmethod
    def make(cls, folder: Path, wanted: Json) -> Collection:
        """Under another name first: a folder that is there is complete."""
        building = folder.with_name(f"{folder.name}.new")
        shutil.rmtree(building, ignore_errors=True)
        (building / "shard").mkdir(parents=True)
        EdgeShard.create(str(building / "shard"), translate.collection(wanted)).close()
        (building / "collection.json").write_text(json.dumps(wanted))
        building.rename(folder)
        return cls(folder)

    def info(self, _body: Json) -> Json:
        known = self.shard.info()
        params = {name: self._wanted.get(name) for name in ("vectors", "sparse_vectors")}
        return {
            "status": "green",
            "optimizer_status": "ok",
            "segments_count": known.segments_count,
            "points_count": known.points_count,
            "indexed_vectors_count": known.indexed_vectors_count,
            "config": {"params": params, **CONFIG},
            "payload_schema": {
                field: {"data_type": kind, "points": known.points_count}
                for field, kind in self._schema.items()
            },
        }

    def index(self, body: Json) -> Json:
        field, schema = body["field_name"], body["field_schema"]
        index = translate.payload_index(schema)
        self._update(UpdateOperation.create_field_index(field, index))
        self._schema[field] = schema if isinstance(schema, str) else schema["type"]
        path = self._folder / "collection.json"
        path.with_suffix(".new").write_text(json.dumps(self._wanted))
        path.with_suffix(".new").rename(path)
        return DONE

    def upsert(self, body: Json) -> Json:
        points = [translate.point(point) for point in body["points"]]
        self._update(UpdateOperation.upsert_points(points), count=len(points))
        return DONE

    def query(self, body: Json) -> Json:
        found = self.shard.query(translate.query(body))
        return {"points": [translate.scored(point) for point in found]}

    def count(self, body: Json) -> Json:
        wanted = CountRequest(exact=True, filter=translate.conditions(body.get("filter")))
        return {"count": self.shard.count(wanted)}

    def set_payload(self, body: Json) -> Json:
        chosen = translate.conditions(body["filter"])
        self._update(UpdateOperation.set_payload_by_filter(chosen, body["payload"]))
        return DONE

    def delete(self, body: Json) -> Json:
        if "filter" in body:
            chosen = translate.conditions(body["filter"])
            self._update(UpdateOperation.delete_points_by_filter(chosen))
        else:
            self._update(UpdateOperation.delete_points(translate.ids(body["points"])))
        return DONE

    def scroll(self, body: Json) -> Json:
        points, following = self.shard.scroll(translate.scroll(body))
        offset = str(following) if following is not None else None
        return {"points": [translate.written(one) for one in points], "next_page_offset": offset}

    def _update(self, operation: UpdateOperation, *, count: int = POINTS_PER_FLUSH // 16) -> None:
        self.shard.update(operation)
        self._unflushed += count
        if self._unflushed >= POINTS_PER_FLUSH:
            self.shard.flush()
            self._unflushed = 0

    def remove(self) -> None:
        self.shard.close()
        leaving = self._folder.with_name(f"{self._folder.name}.old")
        self._folder.rename(leaving)
        shutil.rmtree(leaving)


OF_A_COLLECTION: dict[tuple[str, str], Callable[[Collection, Json], Json]] = {
    ("GET", ""): Collection.info,
    ("PUT", "index"): Collection.index,
    ("PUT", "points"): Collection.upsert,
    ("POST", "points/query"): Collection.query,
    ("POST", "points/count"): Collection.count,
    ("POST", "points/payload"): Collection.set_payload,
    ("POST", "points/delete"): Collection.delete,
    ("POST", "points/scroll"): Collection.scroll,
}


class Collections:
    """All that one folder holds."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._aliases_file = folder / "aliases.json"
        self._aliases: dict[str, str] = {}
        with contextlib.suppress(FileNotFoundError):
            self._aliases = json.loads(self._aliases_file.read_text())
        complete = [
            path.parent for path in folder.glob("*/collection.json") if not path.parent.suffix
        ]
        self._open = {path.name: Collection(path) for path in complete}
        self._changing = threading.Lock()

    def answer(self, method: str, path: str, body: Json) -> object:
        """Raises Refused with the status that Qdrant gives."""
        if path in {"/aliases", "/collections/aliases"}:
            return self._name(body) if method == "POST" else self._names()
        if path == "/collections":
            return {"collections": [{"name": name} for name in self._open]}
        name, _, action = path.removeprefix("/collections/").partition("/")
        match method, action:
            case "GET", "exists":
                return {"exists": name in self._open}
            case "PUT", "":
                return self._make(name, body)
            case "DELETE", "":
                return self._remove(name)
        call = OF_A_COLLECTION.get((method, action))
        found = self._open.get(self._aliases.get(name, name))
        if call is None or found is None:
            raise Refused(404, f"Not found: Collection `{name}` doesn't exist!")
        return call(found, body)

    def _make(self, name: str, body: Json) -> bool:
        with self._changing:
            if name in self._open:
                raise Refused(409, f"Wrong input: Collection `{name}` already exists!")
            self._open[name] = Collection.make(self._folder / name, body)
        return True

    def _remove(self, name: str) -> bool:
        with self._changing:
            found = self._open.pop(name, None)
            if found is not None:
                found.remove()
        return found is not None

    def _names(self) -> Json:
        known = self._aliases.items()
        return {"aliases": [{"alias_name": a, "collection_name": c} for a, c in known]}

    def _name(self, body: Json) -> bool:
        with self._changing:
            for action in body["actions"]:
                if "delete_alias" in action:
                    self._aliases.pop(action["delete_alias"]["alias_name"], None)
                else:
                    made = action["create_alias"]
                    self._aliases[made["alias_name"]] = made["collection_name"]
            self._aliases_file.write_text(json.dumps(self._aliases))
        return True

    def close(self) -> None:
        for collection in self._open.values():
            collection.shard.close()


# Method, path with its query, body of the request, status, and body of the reply.
Told = Callable[[str, str, bytes, int, bytes], object]


def handler(
    collections: Collections, api_key: str = "", tell: Told | None = None
) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body in one packet

        def answer(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            path = urlsplit(self.path).path
            code = 200
            reply: Json = {"result": None, "status": "ok", "time": 0.001}
            try:
                if api_key and path != "/readyz" and self.headers.get("api-key") != api_key:
                    raise Refused(401, "Must provide an API key or an Authorization bearer token")
                if path == "/":
                    reply = {"title": "a stand-in for qdrant", "version": VERSION}
                elif path != "/readyz":
                    body = json.loads(raw) if raw else {}
                    reply["result"] = collections.answer(self.command, path, body)
            except Refused as refusal:
                code, reply["status"] = refusal.status, {"error": str(refusal)}
            except Exception as error:  # noqa: BLE001 (the binding raises nothing more precise)
                code, reply["status"] = 500, {"error": f"Service internal error: {error}"}
                sys.stderr.write(f"{self.command} {path}: {error!r}\n")
            data = json.dumps(reply).encode()
            if tell is not None:
                tell(self.command, self.path, raw, code, data)
            self._send(code, data)

        def _send(self, code: int, data: bytes) -> None:
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_PUT = do_POST = do_DELETE = answer

        def log_message(self, format: str, *args: object) -> None:
            """A line per search would be all that the log holds."""

    return Handler


def leave(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


@contextlib.contextmanager
def standing_in(folder: Path, api_key: str = "", tell: Told | None = None) -> Iterator[str]:
    """In this process, on a port of its own; yields its address. `tell` hears every exchange."""
    collections = Collections(folder)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(collections, api_key, tell))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        collections.close()


def main() -> None:
    parser = argparse.ArgumentParser(description="stand-in for a Qdrant server")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--folder", type=Path, help="where it keeps its points")
    parser.add_argument("--api-key", default="", help="refuse requests without it")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, leave)
    with contextlib.ExitStack() as parts:
        folder = options.folder or Path(parts.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        collections = Collections(folder)
        parts.callback(collections.close)
        made = handler(collections, options.api_key)
        server = ThreadingHTTPServer(("127.0.0.1", options.port), made)
        server.daemon_threads = True
        server.serve_forever()


if __name__ == "__main__":
    main()
