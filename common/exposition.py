"""The metrics in the format of Prometheus: https://prometheus.io/docs/instrumenting/exposition_formats/

The only module that knows prometheus-client, which it loads when it is started.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from common import metrics
from common.metrics import Gauge, Histogram, Reading, Scope
from common.process import VERSION, role

logger = logging.getLogger(__name__)

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
# A scrape that comes sooner is given the same figures.
FIGURES_KEPT_S = 10.0

_registry: list[Any] = []


class Figures:
    """What belongs to the installation: read from rows, for whoever scrapes next."""

    def __init__(self) -> None:
        self._known: dict[str, Reading] = {}
        self._read_at = -FIGURES_KEPT_S
        self._reading = threading.Lock()

    def refresh(self) -> None:
        """In a thread with database access. One reads at a time; who comes meanwhile is given
        what was read before."""
        if not self._reading.acquire(blocking=False):
            return
        try:
            if time.monotonic() - self._read_at >= FIGURES_KEPT_S:
                self._known = dict(_readings("installation"))
                self._read_at = time.monotonic()
        finally:
            self._reading.release()

    def forget(self) -> None:
        self._known, self._read_at = {}, -FIGURES_KEPT_S

    def collect(self) -> Iterator[Any]:
        yield from _families({**self._known, **dict(_readings("process"))})


figures = Figures()


def start(*, shared: Path | None = None) -> None:
    """From now on rooms count. `shared`: an empty folder where this process's children, forked
    later, count together with it."""
    from prometheus_client import (  # noqa: PLC0415 (see above)
        CollectorRegistry,
        ProcessCollector,
        disable_created_metrics,
    )
    from prometheus_client.multiprocess import MultiProcessCollector  # noqa: PLC0415

    if shared is not None:
        _count_together(shared)
    disable_created_metrics()  # type: ignore[no-untyped-call]  # a series more for each, which nothing reads
    registry = CollectorRegistry()
    counting = registry if shared is None else None
    for metric in metrics.declared():
        if not isinstance(metric, Gauge):
            metrics.live[metric.name] = _made(metric, counting)
    if shared is not None:
        MultiProcessCollector(registry, str(shared))  # type: ignore[no-untyped-call]
    ProcessCollector(registry=registry)
    registry.register(figures)
    _registry[:] = [registry]


def stop() -> None:
    metrics.live.clear()
    _registry.clear()
    figures.forget()


def is_on() -> bool:
    return bool(_registry)


def exposed() -> bytes:
    """What a scraper is given. Raises LookupError where `start` was not called."""
    from prometheus_client import generate_latest  # noqa: PLC0415 (loaded by start)

    return generate_latest(_registry[0])


def _count_together(folder: Path) -> None:
    """A file for each place in the pool, not for each process that has ever had it."""
    from prometheus_client import values  # noqa: PLC0415 (as above)

    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
    make = values.MultiProcessValue
    values.ValueClass = make(process_identifier=_place)  # type: ignore[no-untyped-call]


def _place() -> str:
    from billiard import current_process  # type: ignore[import-untyped]  # noqa: PLC0415

    return str(getattr(current_process(), "index", "main"))


def _made(metric: metrics.Metric, registry: Any) -> Any:
    from prometheus_client import Counter as TheirCounter  # noqa: PLC0415 (as above)
    from prometheus_client import Histogram as TheirHistogram  # noqa: PLC0415

    if isinstance(metric, Histogram):
        return TheirHistogram(
            metric.name, metric.about, metric.labels, buckets=metric.buckets, registry=registry
        )
    return TheirCounter(metric.name, metric.about, metric.labels, registry=registry)


def _readings(scope: Scope) -> Iterator[tuple[str, Reading]]:
    for metric in metrics.declared():
        if isinstance(metric, Gauge) and metric.scope == scope and metric.read is not None:
            try:
                yield metric.name, metric.read()
            except Exception as error:  # noqa: BLE001 (one that fails must not hide the others)
                logger.warning("%s was not read: %s", metric.name, error)


def _families(readings: dict[str, Reading]) -> Iterator[Any]:
    from prometheus_client.core import GaugeMetricFamily  # noqa: PLC0415 (as above)

    build = GaugeMetricFamily("cassandre_build_info", "1.", labels=("version", "role"))
    build.add_metric((VERSION, role()), 1)
    yield build
    for metric in metrics.declared():
        reading = readings.get(metric.name)
        if reading is None:
            continue
        family = GaugeMetricFamily(metric.name, metric.about, labels=metric.labels)
        values = reading if not isinstance(reading, int | float) else {(): reading}
        for labels, value in values.items():
            family.add_metric(labels, value)
        yield family
