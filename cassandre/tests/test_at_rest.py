from __future__ import annotations

import json
import subprocess
import sys

from django.conf import settings

HEAVY = [
    "aiohttp",
    "bs4",
    "docx",
    "langchain_core",
    "minio",
    "openai",
    "openpyxl",
    "opentelemetry.exporter",
    "opentelemetry.sdk.trace",  # redis looks for the metrics of it by itself
    "pptx",
    "prometheus_client",
    "pypdfium2",
    "qdrant_client",
    "sentry_sdk",
    "twisted",
]
PROGRAM = """
import json, sys
import cassandre.asgi, cassandre.urls
from django.urls import get_resolver
get_resolver().url_patterns
print(json.dumps(sorted(name for name in {heavy!r} if name in sys.modules)))
"""


def test_a_web_process_at_rest_has_loaded_nothing_heavy(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(heavy=HEAVY)],
        cwd=settings.BASE_DIR,
        env={
            "PATH": "",
            "CASSANDRE_DATA": str(tmp_path),
            "DJANGO_SETTINGS_MODULE": "cassandre.prod_settings",
            "SECRET_KEY": "a-secret-of-more-than-thirty-two-characters",
            "ALLOWED_HOSTS": "localhost",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == []
