"""What is wrong with the installation: said on the pages, and live in open ones."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from asgiref.sync import sync_to_async
from django.test import Client
from django.utils import timezone
from django.utils.translation import override

from ai import health
from ai.health import FailingModel, Key
from ai.watching import Due, Look
from chat import consumers, watching
from chat.banners import banners_of
from chat.models import Message
from chat.tests.streaming import Socket, answer_row, eventually
from chat.watching import StatusWatch
from common import maintenance
from common.maintenance import CLOSED, READ_ONLY, Maintenance

QUESTION = "How many days of annual leave do employees have?"
SINCE = datetime(2026, 3, 4, 13, 5, tzinfo=UTC)
NONE_DUE = Look((), ())


def failing(kind, name="gpt", since=SINCE):
    return FailingModel(kind, name, "model-unavailable", "10.0.0.7:443 answered 503", since)


@pytest.fixture
def two_models(settings):
    settings.OPENAI_BASE_URL, settings.OPENAI_MODEL = "http://127.0.0.1:9/v1", "gpt"
    settings.MODEL_FALLBACKS = ["spare"]
    yield
    health.now_failing(())


def titles(state=None, models=()):
    return [banner.title for banner in banners_of(state, models)]


def test_without_a_language_model_it_is_said_what_still_works(two_models):
    both = [failing("chat", "gpt"), failing("chat", "spare", SINCE + timedelta(minutes=2))]
    (banner,) = banners_of(None, both)
    assert "has not answered since" in banner.title
    assert "quote the best sentences" in banner.text
    assert banner.dismissible
    (banner,) = banners_of(None, both[:1])
    assert "Another language model answers" in banner.title
    assert "spare" in banner.text
    assert banners_of(None, both[1:]) == ()


def test_causes_and_codes_are_for_administrators_alone(two_models):
    every = [failing("chat", "gpt"), failing("chat", "spare"), failing("embedding", "bge")]
    shown = banners_of(None, [*every, failing("reranker", "judge")])
    assert len(shown) == 3
    assert "10.0.0.7" not in str(shown)
    assert "model-unavailable" not in str(shown)


def test_a_model_that_fails_again_later_is_another_matter(two_models):
    first, again = (
        banners_of(None, [failing("embedding", "bge", since)])[0].key
        for since in (SINCE, SINCE + timedelta(hours=1))
    )
    assert first != again


def test_maintenance_stays_and_its_announcement_can_be_put_away(two_models):
    soon = Maintenance(CLOSED, timezone.now() + timedelta(days=2), None, "New server.")
    (banner,) = banners_of(soon, ())
    assert banner.dismissible
    assert banner.text == "From then on Cassandre is closed. New server."
    on = Maintenance(READ_ONLY, SINCE, timezone.now() + timedelta(days=3))
    (banner,) = banners_of(on, ())
    assert not banner.dismissible
    assert "Until " in banner.text
    every = [failing("embedding", "bge"), failing("reranker", "judge")]
    assert titles(on, every)[0] == "Cassandre is being maintained."
    assert titles(soon, every)[1].startswith("Maintenance on")


def test_in_french(two_models):
    with override("fr"):
        (banner,) = banners_of(None, [failing("embedding", "bge")])
    assert "words alone" not in banner.title


@pytest.fixture
def reader(bob):
    client = Client()
    client.force_login(bob)
    return client


def test_a_page_bears_it_until_its_reader_puts_it_away(reader, two_models):
    health.now_failing([failing("embedding", "bge")])
    page = reader.get("/search/").content.decode()
    assert "Search has gone by words alone" in page
    ((shown,),) = [reader.get("/status/").json()["banners"]]
    reader.cookies["put-away"] = f"older%2C{shown['key']}"
    assert "Search has gone by words alone" not in reader.get("/search/").content.decode()
    health.now_failing([failing("embedding", "bge", SINCE + timedelta(days=1))])
    assert "Search has gone by words alone" in reader.get("/search/").content.decode()


def look_of(monkeypatch, seen):
    """What the watch finds, in turn; the last again and again."""

    def look(_models):
        return seen.pop(0) if len(seen) > 1 else seen[0]

    monkeypatch.setattr(watching, "_look", look)
    monkeypatch.setattr(watching, "_ping", lambda: None)


@pytest.mark.django_db(transaction=True)
async def test_open_pages_are_told_once_of_what_changes(bob, charlie, monkeypatch, two_models):
    embedding = Look((failing("embedding", "bge"),), ())
    look_of(monkeypatch, [(None, NONE_DUE), (None, embedding), (None, embedding), (None, NONE_DUE)])
    watch = StatusWatch()
    async with Socket(bob) as one, Socket(charlie) as two:
        await watch.look()
        for _look in range(3):
            await watch.look()
        for socket in (one, two):
            assert "words alone" in (await socket.receive())["banners"][0]["title"]
            assert (await socket.receive())["banners"] == []


@pytest.mark.django_db(transaction=True)
async def test_who_connects_is_told_what_is_known(bob, two_models):
    health.now_failing([failing("embedding", "bge")])
    async with Socket(bob) as socket:
        assert (await socket.receive())["type"] == "banners"


@pytest.mark.django_db(transaction=True)
async def test_during_maintenance_no_question_is_taken_and_answers_under_way_end(
    bob, corpus, model, monkeypatch, settings
):
    settings.ANSWER_GRACE_S = 0
    model.enqueue("Begun. ", asyncio.Event())
    monkeypatch.setattr(watching, "_look", lambda _models: (maintenance.current(), NONE_DUE))
    watch = StatusWatch()
    async with Socket(bob) as socket:
        accepted = await socket.ask(QUESTION)
        await socket.until("text")
        await sync_to_async(maintenance.begin)(READ_ONLY)
        refused = await socket.ask(QUESTION)
        assert (refused["code"], refused["retry_after"]) == ("maintenance", 60)
        await watch.look()
        await watch.look()
        frames = await socket.to_the_end()
        assert frames[-1]["type"] == "interrupted"
    assert (await answer_row(accepted["answer"])).status == Message.Status.INTERRUPTED


@pytest.mark.django_db(transaction=True)
async def test_closed_sockets_are_for_operators_alone(alice, bob, monkeypatch):
    monkeypatch.setattr(consumers, "GUARD_INTERVAL_S", 0.01)
    async with Socket(bob) as reading, Socket(alice) as operating:
        await sync_to_async(maintenance.begin)(CLOSED)
        await sync_to_async(maintenance.current)()
        assert (await reading.receive())["code"] == "maintenance-closed"
        assert (await reading.communicator.receive_output(5))["code"] == consumers.CLOSED
        async with Socket(bob) as late:
            assert (await late.receive())["code"] == "maintenance-closed"
        await operating.send(type="ping")
        assert (await operating.receive())["type"] == "pong"


async def test_a_model_is_asked_once_at_a_time(monkeypatch):
    asked = []

    async def ask(due):
        asked.append(due)

    due = Due(Key("chat", "gpt"), is_whole=False)
    look_of(monkeypatch, [(None, Look((), (due,)))])
    monkeypatch.setattr(watching, "ask", ask)
    watch = StatusWatch()
    watch._ask(due)
    watch._ask(due)
    await eventually(lambda: asked)
    assert asked == [due]
    await watch.look()
    await eventually(lambda: len(asked) == 2)
