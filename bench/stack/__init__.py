"""The whole production stack on this machine, for as long as a `with` or a terminal lasts.

    python -m bench.stack            prints the address and a session cookie, serves until Ctrl-C

PostgreSQL, Redis, an S3 server that checks signatures (Swift), the stand-in for Qdrant, a mock
model and a mock embedding server; two web processes, two Celery workers and beat with
cassandre.prod_settings; nginx.conf with TLS before them. Everything is on loopback ports below
32768 and in a scratch folder. What ends by itself is started again after a second and a half, as
docker's restart policy does.
"""

from __future__ import annotations

from bench.stack.running import Seeded, Stack, Wanted, scratch_folder, stack

__all__ = ["Seeded", "Stack", "Wanted", "scratch_folder", "stack"]
