"""Traces: one from the page or the socket to the worker, with ids and nobody's words."""

from __future__ import annotations

import asyncio
import gzip
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from ai.errors import ModelRequestRefused
from ai.providers.scripted import ScriptedModel
from cassandre.celery import app
from cassandre.observing import HEADER
from chat.tests.streaming import Socket, use_model
from common import context, tracing
from documents.tests.builders import grant, make_corpus
from documents.tests.pipeline import bring_online

SECRET = "zyzzyva"


@pytest.fixture
def traced():
    exporter = InMemorySpanExporter()
    tracing.start(exporter)
    yield exporter
    tracing.stop()


@pytest.fixture
def library(organisation, alice, bob):
    corpus = make_corpus(organisation, f"Rules of {SECRET}")
    grant(corpus, bob)
    return corpus


def ask(bob, question):
    async def converse():
        async with Socket(bob) as socket:
            await socket.ask(question)
            await socket.to_the_end()

    asyncio.run(converse())


def by_name(exporter):
    return {span.name: span for span in exporter.get_finished_spans()}


def written(spans):
    return "".join(span.to_json() for span in spans).lower()


@pytest.mark.django_db(transaction=True)
def test_an_answer_is_a_trace_of_its_search_and_its_model(traced, library, alice, bob, monkeypatch):
    bring_online(alice, library, f"{SECRET}.md", f"# Leave\n\nEmployees have 25 days {SECRET}.\n")
    model = ScriptedModel()
    use_model(monkeypatch, model)
    model.enqueue(f"25 days {SECRET}. [1]")
    ask(bob, f"How many days of leave do employees have, {SECRET}?")
    spans = by_name(traced)
    answer = spans["answer"]
    within = {
        name for name, one in spans.items() if one.context.trace_id == answer.context.trace_id
    }
    assert within >= {"answer search", "search words", "search rows", "answer model"}
    assert spans["search words"].parent.span_id == spans["answer search"].context.span_id
    assert spans["answer model"].parent.span_id == answer.context.span_id
    assert answer.attributes["cassandre.user"] == str(bob.pk)
    assert answer.attributes["cassandre.answer"]
    assert spans["answer model"].attributes["cassandre.first_token_ms"] >= 0
    assert {"ingestion extract", "ingestion index", "ingestion publish"} <= spans.keys()
    assert SECRET not in written(traced.get_finished_spans())


@pytest.mark.django_db(transaction=True)
def test_a_span_that_fails_says_the_code_and_not_the_words(
    traced, library, bob, monkeypatch, alice
):
    bring_online(alice, library, "rules.md", "# Leave\n\nEmployees have 25 days of leave.\n")
    model = ScriptedModel()
    use_model(monkeypatch, model)
    model.enqueue(ModelRequestRefused(cause=SECRET))
    ask(bob, "How many days of leave do employees have?")
    failed = by_name(traced)["answer model"]
    assert not failed.status.is_ok
    assert failed.attributes["error.type"] == "model-request-refused"
    assert SECRET not in written([failed])


@pytest.mark.django_db
def test_a_request_is_a_span_with_its_route(traced, client, bob):
    client.force_login(bob)
    client.get(f"/search/?q={SECRET}")
    (span,) = [one for one in traced.get_finished_spans() if one.name == "GET /search/"]
    assert span.attributes["http.route"] == "/search/"
    assert span.attributes["http.response.status_code"] == 200
    assert SECRET not in written(traced.get_finished_spans())


def test_a_task_goes_on_with_the_trace_of_who_sent_it(traced):
    @app.task(name="tests.traced")
    def task():
        with tracing.span("inner"):
            pass

    with tracing.span("request"):
        headers = {HEADER: context.carried()}
    with context.carrying({}):  # in another process
        task.apply(headers=headers)
        task.apply()
    app.tasks.unregister("tests.traced")
    spans = traced.get_finished_spans()
    (request,) = [one for one in spans if one.name == "request"]
    first, second = [one for one in spans if one.name == "task tests.traced"]
    inner = next(one for one in spans if one.name == "inner")
    assert first.context.trace_id == request.context.trace_id == inner.context.trace_id
    assert first.parent.span_id == request.context.span_id
    assert inner.parent.span_id == first.context.span_id
    assert second.context.trace_id != request.context.trace_id
    assert context.traceparent.get() == ""


def test_without_a_collector_a_span_is_nothing(settings):
    settings.OTEL_EXPORTER_OTLP_ENDPOINT = ""
    tracing.start()
    assert not tracing.is_on()
    with tracing.span("work") as span:
        assert span is None
    tracing.past("work", 1.0)
    assert context.traceparent.get() == ""


@pytest.fixture
def collector():
    """An OTLP receiver over HTTP; what it was sent."""
    received = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            assert self.path == "/v1/traces"
            received.append(ExportTraceServiceRequest.FromString(body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", received
    server.shutdown()
    server.server_close()


def test_spans_leave_for_a_collector_over_http(collector, settings, monkeypatch):
    url, received = collector
    settings.OTEL_EXPORTER_OTLP_ENDPOINT = url
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", url)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    tracing.start()
    with context.carrying({"request": "r1"}), tracing.span("request", count=2):
        pass
    tracing.stop()
    (sent,) = received
    (resource,) = sent.resource_spans
    named = {one.key: one.value.string_value for one in resource.resource.attributes}
    assert named["service.name"] == "cassandre"
    (span,) = resource.scope_spans[0].spans
    assert span.name == "request"
    attributes = {one.key: one.value for one in span.attributes}
    assert attributes["cassandre.request"].string_value == "r1"
    assert attributes["cassandre.count"].int_value == 2
