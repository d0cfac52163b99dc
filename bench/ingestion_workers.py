"""How ingestion grows with worker processes: pages a second with one and with several of them.

    python -m bench.ingestion_workers --data FOLDER_OF_FILES [--workers 1 2] [--pages 500] [--json]

PostgreSQL, Redis, one web process, and as many Celery workers of one file at a time as are asked
for, all on this machine. The index is the stand-in of bench.qdrant_stand_in, which answers one call
at a time and is not Qdrant: what is left of the growth is told with it in the way.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench.ingestion import measure
from bench.processes import free_port, running
from bench.scratch import say
from bench.site import EMAIL, PASSWORD
from scripts import services


@contextmanager
def site_with_workers(folder: Path, workers: int) -> Iterator[str]:
    """The address of a Cassandre on services, and its workers."""
    with ExitStack() as parts:
        environment = environment_of(folder)
        taken: set[int] = set()
        ports = {
            name: services.free_port(services.FIRST_PORT[name], taken=taken)
            for name in ("postgres", "redis")
        }
        environment |= parts.enter_context(services.postgres(folder, ports["postgres"]))
        environment |= parts.enter_context(services.redis(folder, ports["redis"]))
        broker = environment["CHANNEL_REDIS"].removesuffix("/0") + "/1"
        environment["CELERY_BROKER_URL"] = broker
        environment["QDRANT_URL"] = parts.enter_context(stand_in(folder))
        prepare = [sys.executable, "manage.py", "prepare"]
        subprocess.run(
            prepare, env={**os.environ, **environment}, check=True, stdout=subprocess.DEVNULL
        )
        celery = [sys.executable, "-m", "celery", "-A", "cassandre"]
        commands = {
            f"worker-{number}": [*celery, "worker", "--concurrency", "1", "-n", f"w{number}@%h"]
            for number in range(workers)
        }
        commands["beat"] = [*celery, "beat", "--schedule", str(folder / "beat")]
        for name, command in commands.items():
            log, url = folder / f"{name}.log", broker.replace("redis:", "tcp:")
            parts.enter_context(running(command, environment=environment, url=url, log=log))
        url = f"http://127.0.0.1:{environment['PORT']}"
        serve = [sys.executable, "-m", "cassandre.serve"]
        log = folder / "web.log"
        web = running(serve, environment=environment, url=f"{url}/healthz", log=log)
        parts.enter_context(web)
        yield url


def environment_of(folder: Path) -> dict[str, str]:
    models = ("OPENAI_API_KEY", "OPENAI_BASE_URL", "PARADIGM_HOST", "EMBEDDING_MODEL")
    return {
        **dict.fromkeys(("MINIO_URL", *models), ""),
        "SHARED_FILES": "true",
        "CASSANDRE_DATA": str(folder / "data"),
        "DJANGO_SETTINGS_MODULE": "cassandre.prod_settings",
        "DJANGO_SUPERUSER_EMAIL": EMAIL,
        "DJANGO_SUPERUSER_PASSWORD": PASSWORD,
        "SECRET_KEY": "a-secret-for-the-length-of-one-benchmark",
        "ALLOWED_HOSTS": "127.0.0.1",
        "HTTPS": "false",
        "HOST": "127.0.0.1",
        "PORT": str(free_port()),
        "LOG_LEVEL": "WARNING",
    }


@contextmanager
def stand_in(folder: Path) -> Iterator[str]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "bench.qdrant_stand_in", "--port", str(port)]
    with running(command, environment={}, url=f"{url}/readyz", log=folder / "qdrant.log"):
        yield url


def main() -> int:
    parser = argparse.ArgumentParser(description="ingestion with several worker processes")
    parser.add_argument("--data", type=Path, required=True, help="folder of files")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--pages", type=int, default=500)
    parser.add_argument("--json", action="store_true", help="last line: one JSON object")
    arguments = parser.parse_args()
    files = sorted(path for path in arguments.data.iterdir() if path.is_file())
    figures = {}
    for workers in arguments.workers:
        with tempfile.TemporaryDirectory(prefix="cassandre-bench-") as scratch:
            folder = Path(scratch)
            folder.chmod(0o711)  # the user postgres must be able to pass through
            with site_with_workers(folder, workers) as url:
                found = asyncio.run(measure(url, files, arguments.pages, 0))
        figures[f"pages_per_s_{workers}"] = found["pages_per_s"]
        figures[f"pages_{workers}"] = found["pages"]
        say(f"{workers} workers: {found}")
    for name, value in figures.items():
        print(f"{name:16} {value}")
    if arguments.json:
        print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
