"""What is told of the running program: logs, metrics, traces, errors (docs/observability.md)."""

from __future__ import annotations

import ipaddress
from importlib.util import find_spec
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from cassandre.services_settings import EMBEDDED_WORKER
from common.env import env_bool, env_int, env_list, env_secret, env_str, env_url

LOG_LEVEL = env_str("LOG_LEVEL", "INFO")
# Several processes are read by a collector, one in a terminal by a person.
LOG_FORMAT = env_str("LOG_FORMAT", "line" if EMBEDDED_WORKER else "json")
if LOG_FORMAT not in {"json", "line"}:
    raise ImproperlyConfigured(f"LOG_FORMAT={LOG_FORMAT}: expected json or line")
ACCESS_LOG = env_bool("ACCESS_LOG", LOG_FORMAT == "json")
# A proxy in front sets X-Request-ID itself, whatever its clients send.
TRUST_REQUEST_ID = env_bool("TRUST_REQUEST_ID", False)

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {"()": "common.logs.JsonFormatter"},
        "line": {"()": "common.logs.LineFormatter"},
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        # Django's own handlers would write every line in a second form.
        "django": {"handlers": [], "propagate": True},
        "django.server": {"handlers": [], "propagate": True},
        # The access line says it, with less.
        "django.request": {"level": "ERROR"},
        "cassandre.access": {"level": LOG_LEVEL if ACCESS_LOG else "WARNING"},
        "celery": {"level": "WARNING"},
        "kombu": {"level": "WARNING"},
        "amqp": {"level": "WARNING"},
        "uvicorn": {"level": "WARNING"},
        "httpx": {"level": "WARNING"},
        "httpcore": {"level": "WARNING"},
        "openai": {"level": "WARNING"},
        "urllib3": {"level": "WARNING"},
        "asyncio": {"level": "WARNING"},
    },
}

# --- metrics: closed to everybody where neither is set ----------------------------------------
METRICS_TOKEN = env_secret("METRICS_TOKEN")
if METRICS_TOKEN and len(METRICS_TOKEN) < 16:
    raise ImproperlyConfigured("METRICS_TOKEN: at least 16 characters")
try:
    METRICS_ALLOWED = [ipaddress.ip_network(one) for one in env_list("METRICS_ALLOWED")]
except ValueError as error:
    raise ImproperlyConfigured(f"METRICS_ALLOWED: {error}") from None
METRICS_PORT = env_int("METRICS_PORT", 0, maximum=65535)

# --- traces and errors ------------------------------------------------------------------------
OTEL_EXPORTER_OTLP_ENDPOINT = env_url("OTEL_EXPORTER_OTLP_ENDPOINT", ("http", "https"))
SENTRY_DSN = env_url("SENTRY_DSN", ("http", "https"), secret=True)
SENTRY_ENVIRONMENT = env_str("SENTRY_ENVIRONMENT", "production")
for _name, _wanted, _package in (
    ("OTEL_EXPORTER_OTLP_ENDPOINT", OTEL_EXPORTER_OTLP_ENDPOINT, "opentelemetry"),
    ("SENTRY_DSN", SENTRY_DSN, "sentry_sdk"),
):
    if _wanted and find_spec(_package) is None:
        raise ImproperlyConfigured(f"{_name} needs: pip install -r requirements/prod.txt")
