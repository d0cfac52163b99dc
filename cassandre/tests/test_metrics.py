"""/metrics: what is counted, and what a scrape costs."""

from __future__ import annotations

import asyncio
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver

from ai.ports import Usage
from ai.providers.scripted import ScriptedModel
from cassandre.tests.scraping import TOKEN, bearer, scrape, values
from chat.runs import runs
from chat.tests.streaming import Socket, eventually, use_model
from common import exposition, metrics
from common.errors import known_errors
from documents.models import DocumentVersion
from documents.tests.builders import grant, make_corpus
from documents.tests.pipeline import bring_online, upload


@pytest.fixture
def library(organisation, alice, bob):
    corpus = make_corpus(organisation, "Rules")
    grant(corpus, bob)
    return corpus


@pytest.mark.django_db(transaction=True)
def test_questions_tokens_searches_and_ingestion_are_counted(
    counting, library, alice, bob, monkeypatch
):
    model = ScriptedModel()
    use_model(monkeypatch, model)
    model.enqueue("25 days. [1]", Usage(prompt_tokens=70, completion_tokens=5))
    bring_online(alice, library, "rules.md", "# Leave\n\nEmployees have 25 days of leave.\n")

    async def converse():
        async with Socket(bob) as browser:
            await browser.ask("How many days of leave do employees have?")
            await browser.to_the_end()
            await browser.send(type="nonsense")
            await browser.until("refused")
            await eventually(lambda: not len(runs))
            return (await scrape([bearer(TOKEN)]))[1]

    found = values(asyncio.run(converse()))
    once = {
        ("cassandre_questions_total", 'kind="ask"'),
        ("cassandre_answers_total", 'status="done"'),
        ("cassandre_answer_seconds_count", ""),
        ("cassandre_answer_first_token_seconds_count", ""),
        ("cassandre_model_first_token_seconds_count", 'model="scripted"'),
        ("cassandre_retrieval_seconds_count", 'stage="all"'),
        ("cassandre_retrieval_seconds_count", 'stage="words"'),
        ("cassandre_ingestion_steps_total", 'outcome="done",step="extract"'),
        ("cassandre_ingestion_step_seconds_count", 'step="publish"'),
        ("cassandre_ingestion_versions", 'state="ready",step="publish"'),
        ("cassandre_errors_total", 'code="bad-frame",where="socket"'),
        ("cassandre_sockets_open", ""),
    }
    assert {key: found.get(key) for key in once} == dict.fromkeys(once, 1.0)
    assert found["cassandre_model_tokens_total", 'direction="prompt",model="scripted"'] == 70
    assert found["cassandre_model_tokens_total", 'direction="completion",model="scripted"'] == 5
    assert found["cassandre_answers_running", ""] == 0
    assert found["cassandre_ingestion_oldest_waiting_seconds", ""] == 0


@pytest.mark.django_db(transaction=True)
def test_a_long_answer_counts_no_more_often_than_a_short_one(
    counting, library, alice, bob, monkeypatch
):
    bring_online(alice, library, "rules.md", "# Leave\n\nEmployees have 25 days of leave.\n")
    counted = []
    for kind in (metrics.Counter, metrics.Histogram):
        monkeypatch.setattr(kind, "_series", lambda self, _labels: counted.append(self.name))
    model = ScriptedModel()
    use_model(monkeypatch, model)

    def counts_of(words):
        counted.clear()
        model.enqueue(*(f"word{number} " for number in range(words)))

        async def converse():
            async with Socket(bob) as browser:
                await browser.ask("How many days of leave do employees have?")
                await browser.to_the_end()

        asyncio.run(converse())
        return sorted(counted)

    assert counts_of(2) == counts_of(400)


@pytest.mark.django_db(transaction=True)
def test_a_scrape_asks_the_database_three_things_once_in_ten_seconds(counting, library, alice):
    for number in range(3):
        upload(alice, library, f"{number}.md", f"# Rules {number}")
    DocumentVersion.objects.filter(file_name="0.md").update(state="failed", error_code="file-empty")
    exposition.figures.forget()
    own = {"ingestion_versions", "ingestion_oldest_waiting_seconds", "ingestion_paused"}
    others = [m for m in metrics.declared() if m.name.removeprefix("cassandre_") not in own]
    with pytest.MonkeyPatch.context() as patch:
        for metric in others:
            if isinstance(metric, metrics.Gauge):
                patch.setattr(metric, "read", None)
        with CaptureQueriesContext(connection) as first:
            exposition.figures.refresh()
        with CaptureQueriesContext(connection) as second:
            exposition.figures.refresh()
    assert (len(first), len(second)) == (3, 0), first.captured_queries
    found = values(exposition.exposed().decode())
    assert found["cassandre_ingestion_versions", 'state="queued",step="upload"'] == 2
    assert found["cassandre_ingestion_versions", 'state="failed",step="upload"'] == 1
    assert found["cassandre_ingestion_oldest_waiting_seconds", ""] > 0


def test_a_figure_that_cannot_be_read_hides_no_other(counting, monkeypatch):
    def away():
        raise OSError("no database")

    monkeypatch.setattr(metrics.INGESTION_PAUSED, "read", away)
    monkeypatch.setattr(metrics.INGESTION_VERSIONS, "read", away)
    monkeypatch.setattr(metrics.INGESTION_OLDEST_WAITING, "read", lambda: 7.0)
    exposition.figures.forget()
    exposition.figures.refresh()
    found = values(exposition.exposed().decode())
    assert found["cassandre_ingestion_oldest_waiting_seconds", ""] == 7.0
    assert ("cassandre_ingestion_paused", "") not in found


@pytest.mark.django_db
def test_requests_are_counted_by_the_pattern_of_their_address(counting, bob):
    browser = Client()
    browser.force_login(bob)
    for number in range(5):
        browser.get(f"/documents/00000000-0000-0000-0000-{number:012}/")
        browser.get(f"/nowhere/{number}/")
        browser.get("/search/", {"q": f"{number}"})
    browser.generic("BREW", "/search/")
    found = values(exposition.exposed().decode())
    requests = {labels: n for (name, labels), n in found.items() if name.endswith("requests_total")}
    assert requests['method="GET",route="/documents/<uuid:pk>/",status="404"'] == 5
    assert requests['method="GET",route="(none)",status="404"'] == 5
    assert requests['method="GET",route="/search/",status="200"'] == 5
    assert {re.search('method="(.*?)"', labels)[1] for labels in requests} == {"GET", "other"}
    assert len(requests) == 4


BOUNDED = {
    "status": 40,
    "kind": 4,
    "code": len(known_errors()),
    "where": 5,
    "stage": 6,
    "step": 7,
    "outcome": 6,
    "state": 5,
    "direction": 2,
    "method": 8,
    "route": 400,
    "task": 100,
    "queue": 3,
    "job": 20,
    "model": 10,  # as configured
}


def test_each_label_takes_few_values_and_names_follow_the_conventions():
    assert len(list(get_resolver().reverse_dict)) < BOUNDED["route"]
    for metric in metrics.declared():
        assert set(metric.labels) <= BOUNDED.keys(), metric.name
        assert re.fullmatch(r"cassandre_[a-z_]+", metric.name)
        assert metric.about.endswith(".")
        if isinstance(metric, metrics.Counter):
            assert metric.name.endswith("_total")
        elif isinstance(metric, metrics.Histogram):
            assert metric.name.endswith("_seconds")
        else:
            assert not metric.name.endswith("_total")


def test_where_nobody_reads_nothing_is_loaded_or_kept():
    assert not metrics.live
    metrics.QUESTIONS.inc(kind="ask")
    metrics.ANSWER_SECONDS.observe(1.0)
    assert not exposition.is_on()
