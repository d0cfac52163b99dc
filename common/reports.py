"""Errors for Sentry, or what speaks its protocol, where SENTRY_DSN is set.

Without it nothing is loaded. The only module that knows the library. What is logged as an error is
reported: type, code, frames without their variables, and the ids of whose work it was. Neither the
request nor the words of log lines and exceptions leave.
"""

from __future__ import annotations

import logging
from typing import Any

from django.conf import settings

from common import context
from common.logs import described
from common.process import VERSION, role

_KEPT = ("event_id", "timestamp", "level", "logger", "platform", "release", "environment", "sdk")
_KEPT_OF_A_FRAME = ("filename", "abs_path", "function", "module", "lineno", "in_app")
# What the library would gather: https://docs.sentry.io/platforms/python/data-management/
_NOTHING: Any = {
    "user_info": False,
    "cookies": {"mode": "off"},
    "http_headers": {"request": {"mode": "off"}, "response": {"mode": "off"}},
    "http_bodies": [],
    "url_query_params": {"mode": "off"},
    "database_query_data": False,
    "queues": False,
    "gen_ai": {"inputs": False, "outputs": False},
    "stack_frame_variables": False,
    "frame_context_lines": 0,
}


def start(transport: Any = None) -> None:
    """`transport` stands for the network in tests."""
    if not settings.SENTRY_DSN:
        return
    import sentry_sdk  # noqa: PLC0415 (where it is wanted)
    from sentry_sdk.integrations.atexit import AtexitIntegration  # noqa: PLC0415
    from sentry_sdk.integrations.dedupe import DedupeIntegration  # noqa: PLC0415
    from sentry_sdk.integrations.excepthook import ExcepthookIntegration  # noqa: PLC0415
    from sentry_sdk.integrations.logging import LoggingIntegration  # noqa: PLC0415

    sentry_sdk.init(
        dsn=settings.SENTRY_DSN,
        release=f"cassandre@{VERSION}",
        environment=settings.SENTRY_ENVIRONMENT,
        transport=transport,
        before_send=discreet,
        before_breadcrumb=lambda _crumb, _hint: None,
        max_breadcrumbs=0,
        data_collection=_NOTHING,
        # Requests and tasks that fail are logged, which is what is reported. Other integrations
        # add bodies, queries and prompts, and headers to what is asked of model servers.
        default_integrations=False,
        auto_enabling_integrations=False,
        integrations=[
            AtexitIntegration(callback=lambda _pending, _timeout: None),
            DedupeIntegration(),
            ExcepthookIntegration(),
            LoggingIntegration(level=None, event_level=logging.ERROR, sentry_logs_level=None),
        ],
        auto_session_tracking=False,
        send_client_reports=False,
    )


def stop() -> None:
    """What has not left yet leaves now."""
    if settings.SENTRY_DSN:
        import sentry_sdk  # noqa: PLC0415 (loaded by start)

        sentry_sdk.flush(timeout=2)
        sentry_sdk.get_client().close(timeout=0)
        sentry_sdk.get_global_scope().set_client(None)


def discreet(event: Any, hint: dict[str, Any]) -> Any:
    """The event made anew out of what may leave, so that a field that a later release of the
    library adds does not."""
    error = (hint.get("exc_info") or (None, None))[1]
    record = hint.get("log_record")
    sent = {name: event[name] for name in _KEPT if name in event}
    sent["tags"] = {"role": role(), **context.ids()}
    if user := context.user_id.get():
        sent["user"] = {"id": user}
    if record is not None:
        sent["logentry"] = {"message": str(record.msg)}  # as it stands in the code
    if "exception" in event:
        said = _descriptions(error)
        values = event["exception"].get("values", [])
        sent["exception"] = {"values": [_without_words(one, said) for one in values]}
    return sent


def _descriptions(error: BaseException | None) -> dict[str, str]:
    said: dict[str, str] = {}
    while error is not None and len(said) < 20:
        said.setdefault(type(error).__name__, described(error))
        error = error.__cause__ or error.__context__
    return said


def _without_words(value: dict[str, Any], said: dict[str, str]) -> dict[str, Any]:
    frames = (value.get("stacktrace") or {}).get("frames", [])
    kept = [{name: frame.get(name) for name in _KEPT_OF_A_FRAME} for frame in frames]
    name = value.get("type")
    return {
        "type": name,
        "module": value.get("module"),
        "value": said.get(str(name), ""),
        "stacktrace": {"frames": kept},
    }
