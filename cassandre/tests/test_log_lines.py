"""Log lines: whose work it is in each of them, and nobody's words in any."""

from __future__ import annotations

import asyncio
import json
import logging
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError
from django.test import Client
from django.urls import reverse

from ai.errors import ModelRequestRefused
from ai.providers.scripted import ScriptedModel
from cassandre.celery import app
from cassandre.observing import HEADER
from cassandre.tests.telling import caught
from cassandre.worker_process import worker_process
from chat.tests.streaming import Socket, use_model
from common import context, process
from common.errors import InvalidInput, Unavailable
from common.logs import JsonFormatter, LineFormatter, described
from documents.ingestion import ingest
from documents.models import DocumentVersion
from documents.tests.builders import grant, make_corpus
from documents.tests.pipeline import bring_online

ROOT = Path(__file__).resolve().parents[2]
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


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ValueError("zyzzyva"), "ValueError"),
        (OperationalError("connection refused"), "OperationalError: connection refused"),
        (ConnectionRefusedError(111, "refused"), "ConnectionRefusedError: [Errno 111] refused"),
        (FileNotFoundError(2, "No such file", "zyzzyva.pdf"), "FileNotFoundError: No such file"),
        (ImproperlyConfigured("X=1"), "ImproperlyConfigured: X=1"),
        (InvalidInput(field="name", reason="zyzzyva", cause="zyzzyva"), "invalid-input"),
        (Unavailable(component="S3", cause="503"), "unavailable {'component': 'S3'}: 503"),
    ],
)
def test_an_exception_says_what_is_of_machines_and_not_what_may_be_of_people(error, said):
    assert described(error) == said


def record_of(message: str, *args: object, error: BaseException | None = None):
    info = (type(error), error, error.__traceback__) if error else None
    return logging.LogRecord("room", logging.ERROR, "file.py", 1, message, args, info)


def test_at_debug_level_messages_are_written_too():
    error = ValueError("zyzzyva")
    with caught(logging.DEBUG):
        line = json.loads(JsonFormatter().format(record_of("it: %s", error)))
        assert line["message"] == "it: zyzzyva"
        assert "zyzzyva" in LineFormatter().format(record_of("it", error=error))


def test_a_chain_of_exceptions_is_told_from_the_last_to_the_first():
    try:
        try:
            raise KeyError("zyzzyva")
        except KeyError as cause:
            raise RuntimeError("quokka") from cause
    except RuntimeError as error:
        line = json.loads(JsonFormatter().format(record_of("it", error=error)))
    assert line["exception"].index("RuntimeError") < line["exception"].index("KeyError")
    assert "zyzzyva" not in line["exception"].replace('raise KeyError("zyzzyva")', "")


def test_a_line_for_a_terminal_has_the_ids_and_the_fields():
    record = record_of("request")
    record.fields = {"status": 200}
    with context.carrying({"request": "r1"}):
        text = LineFormatter().format(record)
    assert text.endswith("ERROR room [request=r1] request status=200")


def test_every_library_writes_in_our_form():
    """uvicorn's own configuration is off, Celery's is ours, and Django's handlers are gone."""
    from cassandre.serve import _configuration

    assert _configuration("127.0.0.1", 1).log_config is None
    named = [logging.getLogger(name) for name in ("django", "django.server", "celery", "allauth")]
    assert [logger.name for logger in named if logger.handlers or not logger.propagate] == []


def test_the_form_follows_from_whether_there_are_several_processes(boot):
    services = {
        "CELERY_BROKER_URL": "redis://127.0.0.1:1/0",
        "CHANNEL_REDIS": "redis://127.0.0.1:1/1",
        "DB_HOST": "127.0.0.1",
        "QDRANT_URL": "http://127.0.0.1:1",
        "SHARED_FILES": "true",
    }
    assert (boot()["LOG_FORMAT"], boot()["ACCESS_LOG"]) == ("line", False)
    assert (boot(**services)["LOG_FORMAT"], boot(**services)["ACCESS_LOG"]) == ("json", True)
    assert boot(LOG_FORMAT="json")["LOGGING"]["handlers"]["stderr"]["formatter"] == "json"
    with pytest.raises(ImproperlyConfigured, match="LOG_FORMAT"):
        boot(LOG_FORMAT="xml")


def test_the_version_is_that_of_the_project():
    assert f'version = "{process.VERSION}"' in (ROOT / "pyproject.toml").read_text()
