"""What Cassandre stands on: PostgreSQL, Redis, an S3 server, an index server, models."""

from __future__ import annotations

import getpass
import os
import shutil
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from functools import partial
from pathlib import Path

from bench.processes import free_port
from bench.stack.part import Part
from scripts import swift_node
from scripts.services import program

BUCKET = "cassandre"
# Numbers of a vector: enough for a search that costs something.
DIMENSIONS = 384


def listens(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


def answers(url: str) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        opener.open(url, timeout=5).close()
    except (OSError, urllib.error.URLError):
        return False
    return True


def postgres(folder: Path) -> tuple[Part, dict[str, str]]:
    """A database as it comes from the package: what is committed is on the disk."""
    port = free_port()
    user = "postgres" if os.geteuid() == 0 else None  # it refuses to run as root
    data = folder / "postgres" / "data"
    data.mkdir(parents=True, mode=0o700)
    if user:
        shutil.chown(data, user, user)
    init = [program("initdb", package="postgresql"), "-D", str(data), "-U", "cassandre"]
    identity = {"user": user, "group": user, "extra_groups": []} if user else {}
    subprocess.run(
        [*init, "-A", "trust", "-E", "UTF8", "--no-sync"],
        check=True,
        stdout=subprocess.DEVNULL,
        cwd="/",
        **identity,  # type: ignore[call-overload]
    )
    command = [program("postgres", package="postgresql"), "-D", str(data), "-p", str(port)]
    command += ["-h", "127.0.0.1", "-k", ""]
    # The port opens before the server takes connections.
    ask = [program("pg_isready", package="postgresql"), "-q", "-h", "127.0.0.1", "-p", str(port)]
    part = Part(
        "postgres",
        command,
        lambda: subprocess.run(ask, check=False).returncode == 0,
        folder,
        user=user,
        end_signal=signal.SIGINT,  # its fast shutdown
    )
    return part, {
        "DB_HOST": "127.0.0.1",
        "DB_PORT": str(port),
        "DB_NAME": "postgres",
        "DB_USER": "cassandre",
        "DB_PASSWORD": "",
    }


def redis(folder: Path) -> tuple[Part, dict[str, str]]:
    """As in docker-compose.yml: what it was told is in a file, and nothing is evicted."""
    port = free_port()
    (folder / "redis").mkdir()
    command = [program("redis-server", package="redis-server"), "--port", str(port)]
    command += ["--bind", "127.0.0.1", "--appendonly", "yes", "--maxmemory-policy", "noeviction"]
    part = Part("redis", [*command, "--dir", str(folder / "redis")], partial(_pongs, port), folder)
    address = f"redis://127.0.0.1:{port}"
    return part, {"CHANNEL_REDIS": f"{address}/0", "CELERY_BROKER_URL": f"{address}/1"}


def _pongs(port: int) -> bool:
    """It listens before it has read its file."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as line:
            line.sendall(b"PING\r\n")
            return line.recv(5) == b"+PONG"
    except OSError:
        return False


def s3(folder: Path) -> tuple[list[Part], dict[str, str]]:
    """Swift's four servers as one S3 server; the proxy comes last."""
    home = folder / "s3"
    home.mkdir(exist_ok=True)
    ports = {name: free_port() for name in swift_node.STORES}
    proxy = free_port()
    swift_node.write_configuration(home, proxy_port=proxy, ports=ports, user=getpass.getuser())
    parts = []
    for name, port in (ports | {"proxy": proxy}).items():
        server = program(f"swift-{name}-server", package=f"swift-{name}")
        command = [server, str(home / f"{name}.conf"), "-v"]
        parts.append(Part(f"s3-{name}", command, partial(listens, port), folder))
    return parts, {
        "MINIO_URL": f"http://127.0.0.1:{proxy}",
        "MINIO_ACCESS_KEY_ID": swift_node.ACCESS_KEY,
        "MINIO_SECRET_ACCESS_KEY": swift_node.SECRET_KEY,
        "MINIO_STORAGE_BUCKET_NAME": BUCKET,
    }


def qdrant(folder: Path) -> tuple[Part, dict[str, str]]:
    """The stand-in, which is not Qdrant (bench/qdrant_stand_in.py)."""
    port = free_port()
    command = [sys.executable, "-m", "bench.qdrant_stand_in", "--port", str(port)]
    command += ["--folder", str(folder / "qdrant")]
    url = f"http://127.0.0.1:{port}"
    return _python("qdrant", command, f"{url}/readyz", folder), {"QDRANT_URL": url}


def mock_model(folder: Path, model: str) -> tuple[Part, dict[str, str]]:
    part, url = _mock("model", folder)
    return part, {
        "OPENAI_BASE_URL": url,
        "OPENAI_API_KEY": "mock",
        "OPENAI_MODEL": model,
        "PARADIGM_HOST": "",
        "MODEL_FALLBACKS": "",
        "RERANK_URL": "",
    }


def embedding_server(folder: Path) -> tuple[Part, dict[str, str]]:
    part, url = _mock("embedding", folder)
    return part, {
        "EMBEDDING_MODEL": f"mock-embed-{DIMENSIONS}",
        "EMBEDDING_BASE_URL": url,
        "EMBEDDING_API_KEY": "mock",
        "EMBEDDING_DIMENSIONS": str(DIMENSIONS),
    }


def _mock(name: str, folder: Path) -> tuple[Part, str]:
    port = free_port()
    command = [sys.executable, "-m", "bench.mock_model", "--port", str(port), "--no-keep"]
    url = f"http://127.0.0.1:{port}"
    return _python(name, command, f"{url}/health", folder), f"{url}/v1"


def _python(name: str, command: list[str], url: str, folder: Path) -> Part:
    is_ready: Callable[[], bool] = partial(answers, url)
    return Part(name, command, is_ready, folder)
