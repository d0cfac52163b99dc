"""Each fault of a model's server, done by one, as the reader of an answer sees it."""

from __future__ import annotations

import asyncio
import logging
import socket

import pytest
from django.utils.translation import get_language

from ai.patience import PatientModel, RetryPolicy
from ai.providers.endpoints import ModelEndpoint
from ai.providers.openai_compatible import OpenAICompatible
from ai.providers.sessions import close_session
from bench.mock_model import serving
from chat.models import Message
from chat.tests.streaming import Socket, answer_row, text_of, use_model
from documents.tests.pipeline import bring_online

pytestmark = pytest.mark.django_db(transaction=True)

Status = Message.Status
QUESTION = "How many days of annual leave do employees have?"
TEN = "".join(f"tok{i} " for i in range(10))


@pytest.fixture(scope="module")
def _server():
    with serving() as server:
        yield server


@pytest.fixture
def server(_server):
    _server.reset()
    return _server


@pytest.fixture
async def answered_by(server, monkeypatch):
    """Lets answers be written by the mock's models with the given names; nobody really waits."""

    def use(*models: str, url: str = "", whole: float = 60, sleep=_no_sleep) -> None:
        endpoints = [
            ModelEndpoint(
                name=model,
                base_url=url or server.url,
                model=model,
                api_key="sk-bob-secret",
                first_token_timeout_s=0.2,
                gap_timeout_s=0.2,
                max_answer_s=whole,
            )
            for model in models
        ]
        providers = [OpenAICompatible(endpoint) for endpoint in endpoints]
        use_model(monkeypatch, PatientModel(providers, RetryPolicy(), sleep=sleep))

    yield use
    await close_session()


async def _no_sleep(_seconds: float) -> None:
    await asyncio.sleep(0)


async def asked(bob):
    """The frames of an answer and its row."""
    async with Socket(bob) as browser:
        accepted = await browser.ask(QUESTION)
        frames = await browser.to_the_end()
    return frames, await answer_row(accepted["answer"])


def notices(frames) -> list[tuple[str, int]]:
    assert all(frame["sentence"] for frame in frames if frame["type"] == "notice")
    return [(f["code"], f["retry_after"]) for f in frames if f["type"] == "notice"]


@pytest.mark.parametrize(
    ("model", "code", "kept"),
    [
        ("mock-401", "model-refused-key", ""),
        ("mock-404", "model-request-refused", ""),
        ("mock-429", "model-busy", ""),
        ("mock-500", "model-unavailable", ""),
        ("mock-drop0", "model-unavailable", ""),
        ("mock-hang", "model-timed-out", ""),
        ("mock-ctx", "model-context-too-long", ""),
        ("mock-20t-hang10", "model-timed-out", TEN),
        ("mock-20t-drop10", "model-connection-lost", TEN),
        ("mock-20t-err10", "model-unavailable", TEN),
    ],
)
async def test_a_fault_that_patience_does_not_heal_is_said_kept_and_logged(
    model, code, kept, bob, corpus, answered_by, caplog
):
    answered_by(model)

    frames, row = await asked(bob)

    assert (frames[-1]["type"], frames[-1]["code"]) == ("failed", code)
    assert frames[-1]["sentence"] == row.error_sentence
    assert (row.status, row.error_code) == (Status.FAILED, code)
    assert (text_of(frames), row.text) == (kept, kept)
    said = [error for one in caplog.records for error in one.args or ()]
    assert code in [getattr(error, "code", "") for error in said]
    assert "sk-bob-secret" not in caplog.text


async def test_a_busy_model_is_waited_for_in_sight_of_the_reader(
    bob, corpus, answered_by, server, caplog
):
    answered_by("mock-5t-429x2-after7")

    frames, row = await asked(bob)

    assert notices(frames) == [("waiting", 8), ("waiting", 8)]
    assert "8 s" in next(f["sentence"] for f in frames if f["type"] == "notice")
    assert (frames[-1]["type"], row.status) == ("done", Status.DONE)
    assert text_of(frames).count(" ") == 5
    assert "the answer: Waiting(seconds=8, code='model-busy')" in caplog.text


async def test_a_wait_that_is_too_long_is_left_to_the_reader(bob, corpus, answered_by, server):
    answered_by("mock-429-after99")

    frames, row = await asked(bob)

    assert "99" in frames[-1]["sentence"]
    assert row.error_params == {"retry_after": 99}
    assert server.get("/stats")["requests"] == 1


async def test_stopping_ends_the_wait_for_a_busy_model(bob, corpus, answered_by, server):
    answered_by("mock-429-after20", sleep=asyncio.sleep)

    async with Socket(bob) as browser:
        accepted = await browser.ask(QUESTION)
        await browser.until("notice")
        await browser.send(type="stop", answer=accepted["answer"])
        frames = await browser.to_the_end()

    assert frames[-1]["type"] == "stopped"
    assert (await answer_row(accepted["answer"])).status == Status.STOPPED
    assert server.get("/stats")["requests"] == 1


async def test_a_server_that_comes_back_is_not_a_failure(bob, corpus, answered_by, server):
    answered_by("mock-5t-500x2")

    frames, row = await asked(bob)

    assert [code for code, _wait in notices(frames)] == ["waiting", "waiting"]
    assert (row.status, row.text.count(" ")) == (Status.DONE, 5)


@pytest.mark.parametrize("fault", ["mock-401", "mock-429-after99", "mock-500", "mock-hang"])
async def test_the_row_names_the_model_that_really_answered(
    fault, bob, corpus, answered_by, caplog
):
    answered_by(fault, "mock-5t")

    frames, row = await asked(bob)

    assert notices(frames)[-1] == ("switched", 0)
    assert "mock-5t" in [f["sentence"] for f in frames if f["type"] == "notice"][-1]
    usage = next(frame for frame in frames if frame["type"] == "usage")
    assert (usage["model"], row.model) == ("mock-5t", "mock-5t")
    assert "the answer: Switched(model='mock-5t'" in caplog.text


async def test_a_server_that_is_not_there_is_unavailable(bob, corpus, answered_by):
    with socket.socket() as held:  # bound but not listening: nobody else can take the port
        held.bind(("127.0.0.1", 0))
        answered_by("mock", url=f"http://127.0.0.1:{held.getsockname()[1]}/v1")
        frames, _row = await asked(bob)

    assert frames[-1]["code"] == "model-unavailable"


async def test_passages_that_are_left_out_are_told_and_cannot_be_cited(
    bob, alice, corpus, answered_by, server, settings
):
    every = "".join(f"[{number}]" for number in range(1, 9))
    long = "\n\n".join(  # each of its own words: copies would be folded
        f"# Leave {n}\n\n{every} {f'annual leave days kind{n} ' * 32}" for n in range(1, 9)
    )
    await asyncio.to_thread(bring_online, alice, corpus, "long.md", long)
    settings.MODEL_MAX_TOKENS = 400
    answered_by("mock-echo-window1300")  # repeats, and so cites, what is in the passages

    frames, row = await asked(bob)

    assert ("trimmed", 0) in notices(frames)
    shown = next(frame for frame in frames if frame["type"] == "passages")["passages"]
    sent = server.get("/requests")[-1]["body"]["messages"][-1]["content"].count("</passage>")
    cited = {frame["citation"]["number"] for frame in frames if frame["type"] == "citation"}
    assert row.status == Status.DONE
    assert sent < len(shown)
    assert cited == set(range(1, sent + 1))


async def test_an_answer_that_runs_on_is_cut_off_and_says_so(
    bob, corpus, answered_by, server, settings, caplog
):
    settings.MODEL_MAX_TOKENS = 20
    answered_by("mock-9999999t")

    frames, row = await asked(bob)

    assert (frames[-1]["type"], frames[-1]["code"]) == ("done", "answer-cut")
    assert frames[-1]["sentence"] == row.error_sentence
    assert (row.status, row.error_code, len(row.text)) == (Status.DONE, "answer-cut", 200)
    assert "answer-cut" in caplog.text


async def test_an_answer_that_takes_too_long_is_cut_off(bob, corpus, answered_by):
    answered_by("mock-9999999t-10ms", whole=0.3)

    frames, row = await asked(bob)

    assert (frames[-1]["code"], row.status) == ("answer-cut", Status.DONE)
    assert row.text


async def test_a_complete_answer_says_nothing_of_the_kind(bob, corpus, answered_by):
    answered_by("mock-5t")

    frames, row = await asked(bob)

    assert (frames[-1]["code"], frames[-1]["sentence"], row.error_code) == ("", "", "")


async def test_notices_are_in_the_readers_language(bob, corpus, answered_by, monkeypatch):
    monkeypatch.setattr("chat.sockets.language_of", lambda _headers, _cookies: "fr")
    answered_by("mock-5t-500x1")
    monkeypatch.setattr(
        "chat.answering.notice_fields",
        lambda _event: {"code": "waiting", "sentence": get_language()},
    )

    frames, _row = await asked(bob)

    assert [f["sentence"] for f in frames if f["type"] == "notice"] == ["fr"]


async def test_the_settings_lead_to_patience(bob, corpus, server, settings, caplog):
    caplog.set_level(logging.WARNING)
    settings.OPENAI_BASE_URL, settings.OPENAI_MODEL = server.url, "mock-401"
    settings.MODEL_FALLBACKS = ["mock-5t"]

    frames, row = await asked(bob)
    await close_session()

    assert (frames[-1]["type"], row.model) == ("done", "mock-5t")
