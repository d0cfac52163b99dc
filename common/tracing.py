"""Spans for OpenTelemetry, where OTEL_EXPORTER_OTLP_ENDPOINT names a collector.

Without it nothing is loaded and a span costs a look at an empty list. The only module that knows
the library. Attributes are ids, codes, counts and routes; exceptions leave their type alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from django.conf import settings

from common import context
from common.process import VERSION, role

P = ParamSpec("P")
R = TypeVar("R")

_tracer: list[Any] = []
_provider: list[Any] = []


def start(exporter: Any = None) -> None:
    """Send what is traced to the collector that the settings name, or to `exporter` at once. The
    other variables of OpenTelemetry (OTEL_SERVICE_NAME, OTEL_TRACES_SAMPLER, ...) hold too."""
    if exporter is None and not settings.OTEL_EXPORTER_OTLP_ENDPOINT:
        return
    from opentelemetry.sdk.resources import (  # noqa: PLC0415 (where it is wanted)
        OTELResourceDetector,
        Resource,
    )
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import (  # noqa: PLC0415
        BatchSpanProcessor,
        SimpleSpanProcessor,
    )

    named = {"service.name": "cassandre", "service.version": VERSION, "cassandre.role": role()}
    provider = TracerProvider(resource=Resource(named).merge(OTELResourceDetector().detect()))
    if exporter is not None:
        provider.add_span_processor(SimpleSpanProcessor(exporter))
    else:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415
            OTLPSpanExporter,
        )

        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    _provider[:] = [provider]
    _tracer[:] = [provider.get_tracer("cassandre", VERSION)]


def stop() -> None:
    """What has not left yet leaves now."""
    _tracer.clear()
    while _provider:
        _provider.pop().shutdown()


def is_on() -> bool:
    return bool(_tracer)


@contextmanager
def span(name: str, *, kind: str = "internal", **attributes: Any) -> Iterator[Any]:
    """A piece of work, inside the one that it is called in, or of another process that sent it.
    `kind`: internal, server, consumer. Attribute names have their dots as double underscores."""
    if not _tracer:
        yield None
        return
    from opentelemetry.trace import SpanKind, Status, StatusCode  # noqa: PLC0415 (loaded by start)

    given = {**context.ids(), **attributes}
    named = {
        key.replace("__", ".") if "__" in key else f"cassandre.{key}": value
        for key, value in given.items()
    }
    with _tracer[0].start_as_current_span(
        name,
        context=_parent(),
        kind=SpanKind[kind.upper()],
        attributes=named,
        record_exception=False,
        set_status_on_exception=False,
    ) as current:
        token = context.traceparent.set(_written(current))
        try:
            yield current
        except BaseException as error:
            current.set_status(Status(StatusCode.ERROR))
            current.set_attribute("error.type", getattr(error, "code", "") or type(error).__name__)
            raise
        finally:
            context.traceparent.reset(token)


def spanned(
    name: str,
) -> Callable[[Callable[P, Coroutine[Any, Any, R]]], Callable[P, Coroutine[Any, Any, R]]]:
    """Each call of a coroutine function a span."""

    def decorated(call: Callable[P, Coroutine[Any, Any, R]]) -> Callable[P, Coroutine[Any, Any, R]]:
        @wraps(call)
        async def traced(*args: P.args, **kwargs: P.kwargs) -> R:
            with span(name):
                return await call(*args, **kwargs)

        return traced

    return decorated


def past(name: str, seconds: float, **attributes: Any) -> None:
    """A span of work that has ended just now."""
    if not _tracer:
        return
    ended = time.time_ns()
    begun = ended - int(seconds * 1e9)
    named = {f"cassandre.{key}": value for key, value in {**context.ids(), **attributes}.items()}
    one = _tracer[0].start_span(name, context=_parent(), start_time=begun, attributes=named)
    one.end(end_time=ended)


def _parent() -> Any:
    """None: the current one of this process. Else that of the process which sent the work."""
    from opentelemetry.trace import get_current_span  # noqa: PLC0415 (loaded by start)
    from opentelemetry.trace.propagation.tracecontext import (  # noqa: PLC0415
        TraceContextTextMapPropagator,
    )

    sent = context.traceparent.get()
    if not sent or get_current_span().get_span_context().is_valid:
        return None
    return TraceContextTextMapPropagator().extract({"traceparent": sent})


def _written(current: Any) -> str:
    known = current.get_span_context()
    return f"00-{known.trace_id:032x}-{known.span_id:016x}-{int(known.trace_flags):02x}"
