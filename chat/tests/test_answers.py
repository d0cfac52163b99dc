from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async

from ai.errors import ModelConnectionLost, ModelRefusedKey
from ai.ports import Usage
from chat.models import Citation, Conversation, Message
from chat.tests.streaming import Socket, answer_row, eventually, text_of
from documents.tests.builders import grant, make_corpus

pytestmark = pytest.mark.django_db(transaction=True)

Status = Message.Status
QUESTION = "How many days of annual leave do employees have?"


async def test_an_answer_streams_with_its_stages_passages_and_citations(bob, corpus, model):
    model.enqueue("Employees have ", "25 days [1]", ".", Usage(100, 7))
    async with Socket(bob) as socket:
        accepted = await socket.ask(QUESTION)
        frames = await socket.to_the_end()
    kinds = [frame["type"] for frame in frames]
    assert [frame["stage"] for frame in frames if frame["type"] == "stage"] == [
        "searching",
        "reading",
        "answering",
    ]
    assert kinds.index("passages") < kinds.index("text")
    assert kinds.index("citation") <= kinds.index("text") + 1
    assert kinds[-3:] == ["located", "usage", "done"]
    assert [frame["n"] for frame in frames] == list(range(1, len(frames) + 1))
    assert text_of(frames) == "Employees have 25 days[1]."
    row = await answer_row(accepted["answer"])
    assert (row.status, row.text) == (Status.DONE, "Employees have 25 days[1].")
    assert (row.prompt_tokens, row.completion_tokens) == (100, 7)
    citation = await Citation.objects.aget(message=row)
    assert citation.quote == "Employees have 25 days of annual leave."
    passage = row.passages[0]
    (span,) = passage["cited"]
    assert (citation.start, citation.end) == tuple(span)
    assert passage["start"] <= citation.start < citation.end <= passage["end"]
    (located,) = next(frame for frame in frames if frame["type"] == "located")["citations"]
    assert (located["cited"], located["url"]) == ([span], passage["url"])


async def test_the_model_gets_the_question_its_language_and_the_passages(bob, corpus, model):
    model.enqueue("25 [1].")
    async with Socket(bob) as socket:
        await socket.ask(QUESTION)
        await socket.to_the_end()
    (request,) = model.requests
    assert (request.question, request.language) == (QUESTION, "en")
    assert request.passages[0].number == 1
    assert "25 days" in request.passages[0].text


async def test_markers_of_passages_that_were_not_sent_are_dropped(bob, corpus, model):
    model.enqueue("Yes [9]. ", "No [1, 77].")
    async with Socket(bob) as socket:
        await socket.ask(QUESTION)
        frames = await socket.to_the_end()
    assert text_of(frames) == "Yes. No[1]."


async def test_a_second_tab_sees_each_event_once(bob, corpus, model):
    gate = asyncio.Event()
    model.enqueue("First. ", gate, "Second.")
    async with Socket(bob) as one, Socket(bob) as two:
        accepted = await one.ask(QUESTION)
        seen_by_one = await one.until("text")
        await two.send(type="watch", answer=accepted["answer"], after=0)
        seen_by_two = await two.until("text")
        gate.set()
        seen_by_one += await one.to_the_end()
        seen_by_two += await two.to_the_end()
    assert seen_by_one == seen_by_two


async def test_a_reader_goes_on_from_the_number_it_has(bob, corpus, model):
    gate = asyncio.Event()
    model.enqueue("First. ", gate, "Second.")
    async with Socket(bob) as socket:
        accepted = await socket.ask(QUESTION)
        before = await socket.until("text")
    async with Socket(bob) as socket:
        await socket.send(type="watch", answer=accepted["answer"], after=before[-1]["n"])
        gate.set()
        after = await socket.to_the_end()
    assert text_of(before) + text_of(after) == "First. Second."
    numbers = [frame["n"] for frame in before + after]
    assert numbers == list(range(1, len(numbers) + 1))


async def test_a_finished_answer_is_read_from_the_database(bob, corpus, model, monkeypatch):
    model.enqueue("25 days [1].")
    async with Socket(bob) as socket:
        accepted = await socket.ask(QUESTION)
        await socket.to_the_end()
        from chat import services
        from chat.adapters.memory_log import MemoryEventLog

        monkeypatch.setattr(services, "get_event_log", MemoryEventLog)  # the log is gone
        await socket.send(type="watch", answer=accepted["answer"], after=2)
        snapshot = await socket.receive()
    assert snapshot["type"] == "snapshot"
    assert (snapshot["status"], snapshot["text"]) == ("done", "25 days[1].")
    assert [citation["number"] for citation in snapshot["citations"]] == [1]


async def test_stop_closes_the_model_and_keeps_what_came(bob, corpus, model):
    model.enqueue("Kept. ", asyncio.Event(), "Never.")
    async with Socket(bob) as socket:
        accepted = await socket.ask(QUESTION)
        await socket.until("text")
        await socket.send(type="stop", answer=accepted["answer"])
        frames = await socket.to_the_end()
    assert frames[-1]["type"] == "stopped"
    row = await answer_row(accepted["answer"])
    assert (row.status, row.text.strip()) == (Status.STOPPED, "Kept.")
    assert model.closed_early == 1


async def test_leaving_the_socket_does_not_end_the_answer(bob, corpus, model):
    gate = asyncio.Event()
    model.enqueue("First. ", gate, "Second.")
    async with Socket(bob) as socket:
        accepted = await socket.ask(QUESTION)
        await socket.until("text")
    gate.set()

    async def done():
        return (await answer_row(accepted["answer"])).status == Status.DONE

    await eventually(done)
    assert (await answer_row(accepted["answer"])).text == "First. Second."


async def test_a_retried_ask_is_not_asked_twice(bob, corpus, model):
    model.enqueue("25 days [1].")
    identity = uuid4().hex
    async with Socket(bob) as socket:
        await socket.send(type="ask", id=identity, text=QUESTION)
        first = await socket.receive()
        await socket.to_the_end()
        await socket.send(type="ask", id=identity, text=QUESTION)
        second = await socket.receive()
        again = await socket.to_the_end()
    assert second == first
    assert text_of(again) == "25 days[1]."
    assert len(model.requests) == 1
    assert await Conversation.objects.acount() == 1


async def test_what_no_document_holds_is_not_invented(bob, corpus, model):
    async with Socket(bob) as socket:
        accepted = await socket.ask("Who won the chess championship in Reykjavik?")
        frames = await socket.to_the_end()
    assert frames[-1] == frames[-1] | {"type": "done", "status": "not_found"}
    assert "did not find" in text_of(frames)
    assert model.requests == []
    assert (await answer_row(accepted["answer"])).status == Status.NOT_FOUND


async def test_not_found_is_said_in_the_questions_language(bob, corpus, model):
    async with Socket(bob) as socket:
        await socket.ask("Qui a gagné le championnat d’échecs de Reykjavik ?")
        frames = await socket.to_the_end()
    assert "did not find" not in text_of(frames)


@pytest.mark.parametrize(
    ("error", "code"),
    [(ModelRefusedKey(), "model-refused-key"), (ModelConnectionLost(), "model-connection-lost")],
)
async def test_a_failing_model_is_said_and_what_came_is_kept(bob, corpus, model, error, code):
    model.enqueue("Half an ", error)
    async with Socket(bob) as socket:
        accepted = await socket.ask(QUESTION)
        frames = await socket.to_the_end()
    assert frames[-1]["type"] == "failed"
    assert frames[-1]["code"] == code
    assert frames[-1]["sentence"]
    row = await answer_row(accepted["answer"])
    assert (row.status, row.text.strip(), row.error_code) == (Status.FAILED, "Half an", code)


async def test_a_follow_up_is_searched_as_a_question_that_stands_alone(bob, corpus, model):
    model.enqueue("25 days [1].")
    model.enqueue("Two days [1].")
    model.enqueue_completion("How many days of telework are allowed per week?")
    async with Socket(bob) as socket:
        accepted = await socket.ask(QUESTION)
        await socket.to_the_end()
        await socket.ask("And telework?", conversation=accepted["conversation"])
        frames = await socket.to_the_end()
    passages = next(frame for frame in frames if frame["type"] == "passages")["passages"]
    assert "Telework" in passages[0]["text"]
    assert [turn.text for turn in model.requests[1].history] == [QUESTION, "25 days[1]."]


async def test_a_second_question_waits_for_the_first_answer(bob, corpus, model):
    model.enqueue("First. ", asyncio.Event())
    async with Socket(bob) as socket:
        accepted = await socket.ask(QUESTION)
        await socket.until("text")
        refused = await socket.ask("And now?", conversation=accepted["conversation"])
        assert (refused["type"], refused["code"]) == ("refused", "answer-under-way")
        await socket.send(type="stop", answer=accepted["answer"])
        await socket.to_the_end()


async def test_corpora_chosen_for_a_conversation_limit_its_search(bob, corpus, model, organisation):
    other = await sync_to_async(make_corpus)(organisation, "Other")
    await sync_to_async(grant)(other, bob)
    async with Socket(bob) as socket:
        await socket.ask(QUESTION, corpora=[str(other.pk)])
        frames = await socket.to_the_end()
    assert frames[-1]["status"] == "not_found"
