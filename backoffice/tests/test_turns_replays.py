"""Asking a logged question again: with the curator's rights, once, beside the first."""

from __future__ import annotations

import asyncio
import re
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from asgiref.sync import sync_to_async
from django.test import AsyncClient
from django.urls import reverse
from django.utils import timezone

from ai.errors import ModelConnectionLost
from ai.ports import Usage
from ai.providers.scripted import ScriptedModel
from chat import replays
from chat.models import Conversation, Message, TurnLog
from chat.runs import AnswerRuns, runs
from chat.tests.streaming import RULES, Socket, eventually, use_model
from chat.turnlog import passages_of
from documents.models import CorpusGrant, Document
from documents.tests.builders import grant, make_corpus
from documents.tests.pipeline import bring_online

pytestmark = pytest.mark.django_db(transaction=True)

QUESTION = "How many days of annual leave do employees have?"
Status = Message.Status


@pytest.fixture
def corpus(organisation, alice, bob, erin):
    corpus = make_corpus(organisation, "Rules", instructions="Be polite.")
    grant(corpus, bob)
    grant(corpus, erin, CorpusGrant.Right.CURATE)
    bring_online(alice, corpus, "rules.md", RULES)
    return corpus


@pytest.fixture
def model(monkeypatch):
    """Answers first and replays alike; `model.asked` are the names that replays asked for."""
    model = ScriptedModel()
    model.asked = []
    use_model(monkeypatch, model)

    def named(name):
        model.asked.append(name)
        return model

    monkeypatch.setattr(replays, "get_chat_model", named)
    return model


@pytest.fixture
async def turn(bob, corpus, model):
    model.enqueue("Employees have 25 days [1].", Usage(100, 10))
    async with Socket(bob) as socket:
        accepted = await socket.ask(QUESTION)
        await socket.to_the_end()
    return await TurnLog.objects.aget(answer=accepted["answer"])


class Desk:
    """A person's browser on the page of one turn."""

    def __init__(self, turn: TurnLog) -> None:
        self.client = AsyncClient()
        self.turn = turn

    async def again(self, change, value="", *, pk=None):
        url = reverse("backoffice:turn_replay", args=[self.turn.answer_id])
        form = {"id": pk or uuid4(), "change": change, change: value}
        return await self.client.post(url, form)

    async def result(self, response):
        """The replay that a form has started, when it has ended."""
        pk = re.search(r"replay=([0-9a-f-]{36})", response.url)[1]

        async def ended():
            return not await TurnLog.objects.filter(pk=pk, status=Status.STREAMING).aexists()

        await eventually(ended)
        await eventually(lambda: pk not in {str(answer) for answer in runs._runs})
        return await TurnLog.objects.aget(pk=pk)


async def desk_of(user, turn) -> Desk:
    desk = Desk(turn)
    await sync_to_async(desk.client.force_login)(user)
    return desk


async def test_other_instructions_are_the_only_thing_that_changes(turn, erin, model):
    model.enqueue("Twenty-five [1].", Usage(90, 4))
    desk = await desk_of(erin, turn)
    replay = await desk.result(await desk.again("instructions", "Answer in one word."))
    first, second = model.requests
    assert (first.instructions, second.instructions) == ("Be polite.", "Answer in one word.")
    assert first.passages == second.passages
    assert first.question == second.question
    assert (replay.status, replay.text) == (Status.DONE, "Twenty-five[1].")
    assert (replay.replay_of_id, replay.by_id) == (turn.pk, erin.pk)
    assert (replay.prompt_tokens, replay.cited) == (90, [1])
    assert "Answer in one word." in replay.messages[0]["content"]
    assert replay.corpora_count == 1


async def test_fewer_passages_are_sent(turn, erin, model):
    model.enqueue("25 [1].")
    desk = await desk_of(erin, turn)
    replay = await desk.result(await desk.again("passages", "1"))
    assert len(passages_of(turn)) == 2
    assert len(passages_of(replay)) == len(model.requests[1].passages) == 1
    assert model.requests[1].instructions == "Be polite."


async def test_a_replay_looks_where_the_question_was_asked_of(bob, erin, corpus, model):
    """On a day before the document was in force."""
    await Document.objects.aupdate(valid_from=date(2020, 1, 1))
    async with Socket(bob) as socket:
        accepted = await socket.ask(QUESTION, as_of="2019-12-31")
        await socket.to_the_end()
    turn = await TurnLog.objects.aget(answer=accepted["answer"])
    assert turn.filters == {"as_of": "2019-12-31"}
    desk = await desk_of(erin, turn)
    replay = await desk.result(await desk.again("passages", "3"))
    assert (replay.status, replay.filters) == (Status.NOT_FOUND, turn.filters)


async def test_another_model_is_asked(turn, erin, model, monkeypatch):
    names = ["scripted", "other"]
    monkeypatch.setattr("chat.replays.chat_model_names", lambda: names)
    monkeypatch.setattr("backoffice.forms.chat_model_names", lambda: names)
    monkeypatch.setattr("backoffice.views.turns.chat_model_names", lambda: names)
    model.enqueue("25 [1].")
    desk = await desk_of(erin, turn)
    await desk.result(await desk.again("model", "other"))
    assert model.asked == ["other"]


async def test_a_replay_is_no_message_and_changes_nothing_of_the_first(turn, erin, model):
    before = [m async for m in Message.objects.order_by("pk").values()]
    model.enqueue("Other words [1].")
    desk = await desk_of(erin, turn)
    await desk.result(await desk.again("passages", "1"))
    assert [m async for m in Message.objects.order_by("pk").values()] == before
    assert await Conversation.objects.acount() == 1
    again = await TurnLog.objects.aget(pk=turn.pk)
    assert (again.text, again.messages) == (turn.text, turn.messages)


async def test_it_searches_with_the_rights_of_who_runs_it(
    bob, erin, alice, corpus, model, organisation
):
    """bob reads a corpus that erin does not: nothing of it comes to her."""
    other = await sync_to_async(make_corpus)(organisation, "Other")
    await sync_to_async(grant)(other, bob)
    await sync_to_async(bring_online)(
        alice, other, "secret.md", "Employees have 99 secret days of annual leave."
    )
    async with Socket(bob) as socket:
        model.enqueue("25 [1].")
        accepted = await socket.ask(QUESTION)
        await socket.to_the_end()
    turn = await TurnLog.objects.aget(answer=accepted["answer"])
    assert any("secret" in passage.view.text for passage in passages_of(turn))
    desk = await desk_of(erin, turn)
    assert (await desk.again("passages", "3")).status_code == 404
    # As if only the open part of it had been read: the search is hers all the same.
    await turn.corpora.aremove(other)
    await TurnLog.objects.filter(pk=turn.pk).aupdate(corpora_count=1)
    model.enqueue("25 [1].")
    replay = await desk.result(await desk.again("passages", "10"))
    assert passages_of(replay)
    assert not any("secret" in passage.view.text for passage in passages_of(replay))


async def test_it_searches_where_the_question_was_searched(bob, turn, alice, model, organisation):
    """alice reads everything; what bob did not search stays out of the comparison."""
    other = await sync_to_async(make_corpus)(organisation, "Other")
    await sync_to_async(bring_online)(
        alice, other, "secret.md", "Employees have 99 secret days of annual leave."
    )
    model.enqueue("25 [1].")
    desk = await desk_of(alice, turn)
    replay = await desk.result(await desk.again("passages", "20"))
    assert {passage.view.corpus for passage in passages_of(replay)} == {"Rules"}


async def test_the_same_form_sent_twice_runs_once(turn, erin, model):
    model.enqueue("25 [1].")
    desk, pk = await desk_of(erin, turn), uuid4()
    first = await desk.again("passages", "1", pk=pk)
    second = await desk.again("passages", "1", pk=pk)
    assert first.url == second.url
    await desk.result(first)
    assert await TurnLog.objects.filter(replay_of=turn).acount() == 1
    assert len(model.requests) == 2


async def test_somebody_elses_form_is_not_taken_over(turn, erin, alice, model):
    model.enqueue("25 [1].")
    pk = uuid4()
    hers = await desk_of(erin, turn)
    await hers.result(await hers.again("passages", "1", pk=pk))
    other = await desk_of(alice, turn)
    assert (await other.again("passages", "1", pk=pk)).status_code == 404


@pytest.mark.parametrize(
    ("change", "value"),
    [("passages", "0"), ("passages", "21"), ("passages", ""), ("model", "unknown"), ("all", "1")],
)
async def test_nonsense_is_shown_beside_its_field_and_runs_nothing(
    turn, erin, model, change, value
):
    desk = await desk_of(erin, turn)
    response = await desk.again(change, value)
    assert response.status_code == 200
    assert response.context["form"].errors
    assert not await TurnLog.objects.filter(replay_of=turn).aexists()


async def test_while_it_is_written_the_page_asks_for_it_and_then_is_loaded_again(
    turn, erin, model, monkeypatch
):
    monkeypatch.setattr(replays, "PROGRESS_S", 0.01)
    gate = asyncio.Event()
    model.enqueue("So far. ", gate, "And more.")
    desk = await desk_of(erin, turn)
    started = await desk.again("instructions", "Slowly.")
    page = await desk.client.get(started.url)
    assert 'hx-trigger="every 1s"' in page.content.decode()
    pk = re.search(r"replay=([0-9a-f-]{36})", started.url)[1]
    url = reverse("backoffice:turn_result", args=[turn.answer_id, pk])

    async def shows_the_text():
        return "So far." in (await desk.client.get(url)).content.decode()

    await eventually(shows_the_text)
    assert "HX-Refresh" not in (await desk.client.get(url)).headers
    gate.set()
    await desk.result(started)
    assert (await desk.client.get(url)).headers["HX-Refresh"] == "true"
    assert "every 1s" not in (await desk.client.get(started.url)).content.decode()


async def test_a_failing_model_is_said_on_the_page(turn, erin, model):
    model.enqueue("Half ", ModelConnectionLost())
    desk = await desk_of(erin, turn)
    started = await desk.again("passages", "1")
    replay = await desk.result(started)
    assert (replay.status, replay.error_code) == (Status.FAILED, "model-connection-lost")
    assert replay.error_sentence in (await desk.client.get(started.url)).content.decode()


async def test_a_follow_up_is_asked_again_with_its_history_and_the_same_search(
    bob, erin, turn, model
):
    model.enqueue("Two days [1].")
    model.enqueue_completion("How many days of telework are allowed per week?")
    answer = await Message.objects.aget(pk=turn.answer_id)
    async with Socket(bob) as socket:
        accepted = await socket.ask("And telework?", conversation=str(answer.conversation_id))
        await socket.to_the_end()
    second = await TurnLog.objects.aget(answer=accepted["answer"])
    model.enqueue("Two [1].")
    desk = await desk_of(erin, second)
    replay = await desk.result(await desk.again("instructions", ""))
    assert len(model.prompts) == 1  # it was not rewritten anew
    assert model.requests[2].history == model.requests[1].history
    assert replay.searched_for == second.searched_for


async def test_replays_are_limited_like_questions(turn, erin, model, settings):
    settings.QUESTIONS_PER_MINUTE = 1
    model.enqueue("25 [1].")
    desk = await desk_of(erin, turn)
    await desk.result(await desk.again("passages", "1"))
    assert (await desk.again("passages", "2")).status_code == 429


async def test_too_many_at_a_time_are_refused_until_one_ends(turn, erin, model, settings):
    settings.CONCURRENT_ANSWERS = 1
    gate = asyncio.Event()
    model.enqueue("Slow. ", gate)
    desk = await desk_of(erin, turn)
    started = await desk.again("passages", "1")
    assert (await desk.again("passages", "2")).status_code == 429
    gate.set()
    await desk.result(started)


@pytest.fixture
async def running(turn, erin, model):
    """One of erin's that has begun and does not end by itself: her desk and its id."""
    model.enqueue("Twenty-", asyncio.Event())
    desk = await desk_of(erin, turn)
    response = await desk.again("passages", "1")
    pk = re.search(r"replay=([0-9a-f-]{36})", response.url)[1]
    await eventually(lambda: len(model.requests) == 2)
    yield desk, pk
    await runs.drain(grace_s=0)
    runs.closing = False


async def stop(desk, pk):
    return await desk.client.post(reverse("backoffice:turn_stop", args=[desk.turn.answer_id, pk]))


async def test_a_replay_is_stopped_from_its_page_and_keeps_what_came(running):
    desk, pk = running
    page = reverse("backoffice:turn", args=[desk.turn.answer_id])
    shown = (await desk.client.get(page, {"replay": pk})).content.decode()
    assert reverse("backoffice:turn_stop", args=[desk.turn.answer_id, pk]) in shown
    replay = await desk.result(await stop(desk, pk))
    assert (replay.status, replay.text) == (Status.STOPPED, "Twenty-")
    shown = (await desk.client.get(page, {"replay": pk})).content.decode()
    assert "/stop/" not in shown
    assert (await stop(desk, pk)).status_code == 302  # too late, and no harm
    assert (await TurnLog.objects.aget(pk=pk)).status == Status.STOPPED


async def test_a_replay_that_another_process_runs_is_stopped_there(running, monkeypatch):
    told = []

    async def tell(kind, **said):
        told.append((kind, said))

    desk, pk = running
    monkeypatch.setattr(replays, "runs", AnswerRuns())
    monkeypatch.setattr(replays, "tell_neighbours", tell)
    await stop(desk, pk)
    assert told == [("stop", {"answer": pk})]


async def test_who_may_not_see_a_replay_cannot_stop_it(
    running, alice, bob, charlie, dana, organisation
):
    desk, pk = running
    curator = await sync_to_async(other_curator)(organisation, charlie)
    for stranger in (bob, curator, dana):
        theirs = await desk_of(stranger, desk.turn)
        assert (await stop(theirs, pk)).status_code in (403, 404)
    assert UUID(pk) in runs
    await desk.result(await stop(await desk_of(alice, desk.turn), pk))


def other_curator(organisation, person):
    """Of a corpus that has nothing to do with it."""
    grant(make_corpus(organisation, "Elsewhere"), person, CorpusGrant.Right.CURATE)
    return person


async def test_a_replay_whose_process_has_died_is_shown_as_interrupted(turn, erin):
    replay = await TurnLog.objects.acreate(
        replay_of=turn,
        by=erin,
        change=TurnLog.Change.PASSAGES,
        question=QUESTION,
        status=Status.STREAMING,
        heartbeat=timezone.now() - timedelta(minutes=1),
    )
    desk = await desk_of(erin, turn)
    url = f"{reverse('backoffice:turn', args=[turn.answer_id])}?replay={replay.pk}"
    text = (await desk.client.get(url)).content.decode()
    assert "Interrupted" in text
    assert "every 1s" not in text


async def test_while_the_server_goes_down_nothing_is_begun(turn, erin, model, monkeypatch):
    monkeypatch.setattr(runs, "closing", True)
    desk = await desk_of(erin, turn)
    assert (await desk.again("passages", "1")).status_code == 503
    assert not await TurnLog.objects.filter(replay_of=turn).aexists()


async def test_what_was_never_searched_cannot_be_asked_again(turn, erin, model):
    await TurnLog.objects.filter(pk=turn.pk).aupdate(searched=[])
    desk = await desk_of(erin, turn)
    assert (await desk.again("passages", "1")).status_code == 400
