"""Log lines: whose work it is in each of them, and nobody's words in any."""

from __future__ import annotations

import asyncio
import logging
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from kombu.connection import Connection
from kombu.entity import Queue

from ai.errors import ModelRequestRefused
from ai.providers.scripted import ScriptedModel
from cassandre.celery import app
from cassandre.observing import HEADER
from cassandre.tests.telling import caught
from cassandre.worker_process import worker_process
from chat.tests.streaming import Socket, use_model
from common import context, process
from documents.ingestion import ingest
from documents.models import DocumentVersion
from documents.tests.builders import grant, make_corpus
from documents.tests.pipeline import bring_online

SECRETS = ("zyzzyva", "quokka", "xylotomy", "brouhaha", "dubbing-list", "jacquard")


@pytest.fixture
def model(monkeypatch):
    model = ScriptedModel()
    use_model(monkeypatch, model)
    return model


@pytest.mark.django_db(transaction=True)
def test_no_line_holds_a_word_of_a_question_a_file_a_search_or_a_failure(
    organisation, alice, bob, model, monkeypatch
):
    corpus = make_corpus(organisation, "Jacquard rules")
    grant(corpus, bob)
    with caught() as lines:
        version = bring_online(
            alice,
            corpus,
            "dubbing-list.md",
            "# Rules\n\nEmployees have 25 days of zyzzyva leave.\n",
        )
        _upload(alice, corpus)
        _ask_and_fail(bob, model)
        browser = Client(raise_request_exception=False)
        browser.force_login(bob)
        assert browser.get("/search/", {"q": "brouhaha leave"}).status_code == 200
        assert browser.get("/nowhere/quokka/").status_code == 404
        assert browser.get(f"/documents/{version.document_id}/").status_code == 200
        _break_search(monkeypatch)
        assert browser.get("/search/", {"q": "xylotomy"}).status_code == 500
    assert lines.of("cassandre.access")
    assert lines.of("chat.answering")
    assert lines.of("documents.ingestion")
    assert lines.of("django.request")
    said = lines.text.lower()
    assert [secret for secret in SECRETS if secret in said] == []


def _upload(alice, corpus):
    """One that is refused, and one at which the reading fails."""
    browser = Client()
    browser.force_login(alice)
    for name, content in (("brouhaha.exe", b"MZ zyzzyva"), ("quokka.md", b"# xylotomy")):
        file = SimpleUploadedFile(name, content)
        browser.post(reverse("backoffice:upload"), {"corpus": corpus.pk, "file": file})
    failing = DocumentVersion.objects.get(file_name="quokka.md")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("documents.ingestion.steps_from", lambda _step: [("extract", _fail)])
        ingest(failing.pk)


def _fail(_run):
    raise ValueError(f"{SECRETS[0]} in {SECRETS[1]}.md")


def _ask_and_fail(bob, model):
    """A question that is answered, one that the model fails, one of another's conversation."""
    model.enqueue("Employees have 25 days of zyzzyva leave. [1]")
    model.enqueue(ModelRequestRefused(cause="host answered 400"))

    async def converse():
        async with Socket(bob) as socket:
            for _question in range(2):
                await socket.ask("How many days of leave, brouhaha?")
                await socket.to_the_end()
            await socket.ask("xylotomy", conversation=bob.pk)
            await socket.send(type="ask", id="quokka", xylotomy=1)
            await socket.receive()

    asyncio.run(converse())


def _break_search(monkeypatch):
    def broken(*_args, **_kwargs):
        raise RuntimeError(f"no {SECRETS[0]} in {SECRETS[5]}")

    monkeypatch.setattr("chat.views.search.search", broken)


@pytest.mark.django_db(transaction=True)
def test_an_answer_carries_its_own_id_and_those_of_socket_and_person(
    organisation, alice, bob, model
):
    corpus = make_corpus(organisation, "Rules")
    grant(corpus, bob)
    bring_online(alice, corpus, "rules.md", "# Leave\n\nEmployees have 25 days of leave.\n")
    model.enqueue(ModelRequestRefused())
    model.enqueue(ModelRequestRefused())

    async def converse():
        async with Socket(bob) as socket:
            accepted = []
            for _question in range(2):
                await socket.send(type="ask", id=uuid4().hex, text="How many days of leave?")
                accepted += await socket.until("accepted")
                await socket.to_the_end()
            return [frame["answer"] for frame in accepted if frame["type"] == "accepted"]

    with caught() as lines:
        answers = asyncio.run(converse())
    failed = [line for line in lines.of("chat.answering") if "failed" in line["message"]]
    assert [line["answer"] for line in failed] == answers
    assert {line["user"] for line in failed} == {str(bob.pk)}
    assert len({line["request"] for line in failed}) == 1, "the socket's"


@pytest.mark.django_db
def test_a_request_is_one_line_with_its_route_and_without_its_query(client, bob):
    client.force_login(bob)
    with caught() as lines:
        response = client.get("/search/?q=zyzzyva")
    (line,) = lines.of("cassandre.access")
    assert (line["method"], line["route"], line["status"]) == ("GET", "/search/", 200)
    assert line["bytes"] == len(response.content)
    assert line["ms"] >= 0
    assert line["user"] == str(bob.pk)
    assert line["request"] == response.headers["X-Request-ID"]
    assert (line["role"], line["version"]) == (process.role(), process.VERSION)


@pytest.mark.django_db
def test_probes_are_not_worth_a_line(client):
    with caught() as lines:
        client.get("/healthz")
    assert lines.of("cassandre.access") == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("trusted", "given", "is_taken"),
    [
        (True, "c0ffee00c0ffee00", True),
        (True, "short", False),
        (True, "a" * 65, False),
        (True, "x y\nlevel=ERROR", False),
        (False, "c0ffee00c0ffee00", False),
    ],
)
def test_the_id_of_a_request_is_its_proxys_only_where_one_is_trusted(
    client, settings, trusted, given, is_taken
):
    settings.TRUST_REQUEST_ID = trusted
    response = client.get("/healthz", headers={"X-Request-ID": given})
    assert (response.headers["X-Request-ID"] == given) is is_taken


def test_a_task_takes_the_ids_of_who_enqueued_it_to_the_worker(monkeypatch):
    class Pipe:
        sent = []

        def send(self, message):
            self.sent.append(message)

    monkeypatch.setattr(worker_process, "_tasks", Pipe())
    with context.carrying({"request": "r1", "user": "u1", "answer": "a1"}):
        worker_process.send("common.tests", args=("x",))
    ((name, options),) = Pipe.sent
    carried = options["headers"][HEADER]
    assert (name, options["args"]) == ("common.tests", ("x",))
    assert {key: carried[key] for key in ("request", "user", "answer")} == {
        "request": "r1",
        "user": "u1",
        "answer": "a1",
    }


def test_a_message_to_a_broker_has_the_ids_of_who_sent_it():
    broker = Connection("memory://ids")
    with broker.channel() as channel, broker.Producer(channel) as producer:
        Queue("short", channel=channel).declare()
        with context.carrying({"request": "r1", "user": "u1"}):
            app.send_task("documents.refresh_index", args=["x"], queue="short", producer=producer)
        message = Queue("short", channel=channel).get(no_ack=True)
    carried = message.headers[HEADER]
    assert (carried["request"], carried["user"]) == ("r1", "u1")
    assert carried["sent_at"] > 0


def test_a_task_logs_with_its_own_id_and_those_it_was_sent_with():
    @app.task(name="tests.telling")
    def telling():
        logging.getLogger("tests.telling").info("working")

    with caught() as lines, context.carrying({"request": "r1", "user": "u1"}):
        header = {HEADER: context.carried()}
        with context.carrying({}):
            result = telling.apply(headers=header)
    app.tasks.unregister("tests.telling")
    (working,), (ended,) = lines.of("tests.telling"), lines.of("cassandre.observing")
    for line in (working, ended):
        assert (line["request"], line["user"], line["task"]) == ("r1", "u1", result.id)
    assert (ended["name"], ended["outcome"]) == ("tests.telling", "success")
    assert context.ids() == {}, "nothing is left to the next task"


def test_a_failed_task_leaves_its_frames_and_not_its_words():
    @app.task(name="tests.failing")
    def failing(word):
        raise ValueError(word)

    with caught() as lines:
        failing.apply(args=("zyzzyva",))
    app.tasks.unregister("tests.failing")
    (line,) = lines.of("celery.app.trace")
    assert "tests.failing" in line["message"]
    assert line["exception"].startswith("Traceback (most recent call last):")
    assert line["exception"].endswith("ValueError")
    assert "zyzzyva" not in lines.text
