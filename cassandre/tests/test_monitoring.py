"""Dashboard and alerts name metrics and labels that exist, and the page lists all of them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from chat.models import Message
from common import metrics
from common.metrics import Counter, Gauge, Histogram
from scripts.metrics_table import PAGE, page_with_table

ROOT = Path(__file__).resolve().parents[2]
DASHBOARD = ROOT / "monitoring" / "grafana" / "dashboards" / "cassandre.json"
ALERTS = ROOT / "monitoring" / "alerts.yml"

SELECTOR = re.compile(r"\b(cassandre_\w+|process_\w+|up)\b(?:\{(.*?)\})?")
GROUPED = re.compile(r"by \(([^)]*)\)")
# Of whoever scrapes, and of prometheus-client.
FOREIGN = {
    "up": {"job", "instance"},
    "process_cpu_seconds_total": {"job", "instance"},
    "process_resident_memory_bytes": {"job", "instance"},
    "cassandre_build_info": {"version", "role"},
}


def exposed():
    """Names as they are scraped, with their labels."""
    names = dict(FOREIGN)
    for metric in metrics.declared():
        labels = {*metric.labels, "instance", "job"}
        if isinstance(metric, Histogram):
            names[f"{metric.name}_bucket"] = labels | {"le"}
            names[f"{metric.name}_count"] = names[f"{metric.name}_sum"] = labels
        else:
            names[metric.name] = labels
    return names


def dashboard() -> Any:
    return json.loads(DASHBOARD.read_text())


def rules() -> Any:
    (group,) = yaml.safe_load(ALERTS.read_text())["groups"]
    return group["rules"]


EXPRESSIONS = [
    *(t["expr"] for panel in dashboard()["panels"] for t in panel.get("targets", [])),
    *(one["expr"] for one in dashboard()["annotations"]["list"]),
    *(rule["expr"] for rule in rules()),
]


def unknown_in(expression):
    found = SELECTOR.findall(expression)
    assert found, f"no metric in {expression}"
    known = exposed()
    unknown = [name for name, _given in found if name not in known]
    labels = set().union(*(known.get(name, set()) for name, _given in found))
    for name, given in found:
        used = set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", given))
        unknown += [f"{name}{{{label}}}" for label in used - known.get(name, set())]
    grouped = {
        label.strip() for labels_of in GROUPED.findall(expression) for label in labels_of.split(",")
    }
    return unknown + sorted(grouped - labels)


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_each_expression_names_metrics_and_labels_that_exist(expression):
    assert unknown_in(expression) == []
    assert expression.count("(") == expression.count(")")


@pytest.mark.parametrize(
    ("expression", "unknown"),
    [
        ("sum(cassandre_qestions_total)", ["cassandre_qestions_total"]),
        ('cassandre_answers_total{state="x"}', ["cassandre_answers_total{state}"]),
        ("sum by (colour) (cassandre_answers_total)", ["colour"]),
        ("cassandre_answer_seconds", ["cassandre_answer_seconds"]),
    ],
)
def test_an_expression_that_is_out_of_date_is_found(expression, unknown):
    assert unknown_in(expression) == unknown


def test_alerts_name_ends_of_answers_that_there_are():
    named = re.findall(r'cassandre_answers_total\{status=~?"([^"]*)"', "".join(EXPRESSIONS))
    assert named
    assert {status for one in named for status in one.split("|")} <= set(Message.Status.values)


def test_every_figure_has_somebody_who_reads_it():
    gauges = [metric for metric in metrics.declared() if isinstance(metric, Gauge)]
    unread = {metric.name for metric in gauges if metric.read is None}
    assert unread <= {metrics.QUEUE_MESSAGES.name}, "which takes a broker"


def test_every_metric_is_shown():
    shown = {name for expression in EXPRESSIONS for name, _given in SELECTOR.findall(expression)}
    shown = {re.sub("_(bucket|count|sum)$", "", name) for name in shown}
    assert {metric.name for metric in metrics.declared()} - shown == set()


def test_each_alert_says_what_it_is_and_the_page_what_to_do():
    page = PAGE.read_text()
    for rule in rules():
        assert rule["annotations"]["summary"].endswith((".", "?"))
        assert rule["labels"]["severity"] in {"critical", "warning"}
        assert f"`{rule['alert']}`" in page, rule["alert"]


def test_panels_have_ids_of_their_own_and_do_not_overlap():
    panels = dashboard()["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken = set()
    for panel in panels:
        place = panel["gridPos"]
        cells = {
            (place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])
        }
        assert not cells & taken, panel["title"]
        assert place["x"] + place["w"] <= 24
        taken |= cells


def test_the_table_of_metrics_is_that_of_the_code():
    assert PAGE.read_text() == page_with_table(), "python -m scripts.metrics_table writes it anew"
    assert {type(metric) for metric in metrics.declared()} == {Counter, Gauge, Histogram}
