"""An approved answer takes the model's place, and is called what it is."""

from __future__ import annotations

import json
from uuid import UUID

import pytest
from asgiref.sync import sync_to_async
from django.test import Client
from django.urls import reverse

from chat import services
from chat.models import Citation, Message, TurnLog
from chat.tests.streaming import Socket, answer_row, text_of
from documents.models import ApprovedAnswer, CorpusGrant
from documents.tests.approved import approve
from documents.tests.builders import ready_document

pytestmark = pytest.mark.django_db(transaction=True)

QUESTION = "How many annual leave days do I get?"


@pytest.fixture
def leave(handbook):
    return ready_document(handbook, title="Leave", pages=["Employees have 25 days of leave."])


@pytest.fixture
def approved(erin, handbook, leave):
    return approve(erin, handbook, [leave])


async def test_it_is_streamed_with_its_label_and_citations_and_no_model_is_asked(
    bob, approved, model
):
    async with Socket(bob) as socket:
        accepted = await socket.ask(QUESTION)
        frames = await socket.to_the_end()
    kinds = [frame["type"] for frame in frames]
    assert kinds.index("approved") < kinds.index("passages") < kinds.index("text")
    assert kinds[-1] == "done"
    assert [frame["n"] for frame in frames] == list(range(1, len(frames) + 1))
    label = next(frame for frame in frames if frame["type"] == "approved")["approved"]
    assert (label["owner"], label["question"]) == ("Erin", approved.question)
    assert text_of(frames) == "They have 25 days[1]."
    assert model.requests == []
    row = await answer_row(accepted["answer"])
    assert (row.status, row.model, row.approved) == ("done", "", label)
    citation = await Citation.objects.aget(message=row)
    assert citation.quote == "Employees have 25 days of leave."
    turn = await TurnLog.objects.aget(answer=row)
    assert turn.corpora_count == 1


async def test_another_version_asks_the_documents(bob, approved, model):
    async with Socket(bob) as socket:
        accepted = await socket.ask(QUESTION)
        await socket.to_the_end()
        await socket.begin("regenerate", answer=accepted["answer"])
        frames = await socket.to_the_end()
    assert "approved" not in [frame["type"] for frame in frames]
    assert "They have 25 days" not in text_of(frames)


async def test_a_question_that_is_edited_is_given_it(bob, approved, model):
    async with Socket(bob) as socket:
        accepted = await socket.ask("What is the weather?")
        await socket.to_the_end()
        await socket.begin("edit", question=accepted["question"], text=QUESTION)
        frames = await socket.to_the_end()
    assert text_of(frames) == "They have 25 days[1]."


async def test_who_may_not_read_the_corpus_is_not_given_it(charlie, dana, approved, model):
    for user in (charlie, dana):
        async with Socket(user) as socket:
            await socket.ask(QUESTION)
            frames = await socket.to_the_end()
        assert "25 days" not in text_of(frames)
        assert "approved" not in [frame["type"] for frame in frames]


async def test_a_late_reader_gets_the_label_in_the_snapshot(bob, approved, model):
    async with Socket(bob) as socket:
        accepted = await socket.ask(QUESTION)
        await socket.to_the_end()
    snapshot = json.loads(await services.snapshot(bob.pk, UUID(accepted["answer"])))
    assert snapshot["approved"]["owner"] == "Erin"


async def test_the_page_says_who_approved_it_and_hides_the_quote_without_the_right(
    bob, approved, model
):
    async with Socket(bob) as socket:
        accepted = await socket.ask(QUESTION)
        await socket.to_the_end()

    def page() -> str:
        client = Client()
        client.force_login(bob)
        url = reverse("chat:conversation", args=[accepted["conversation"]])
        return client.get(url).content.decode()

    text = await sync_to_async(page)()
    assert "by Erin, reviewed on" in text
    assert "Ask the documents instead" in text
    await CorpusGrant.objects.filter(user=bob).adelete()
    assert "Employees have" not in await sync_to_async(page)()


async def test_while_it_waits_for_a_review_the_documents_are_asked(bob, approved, model):
    await ApprovedAnswer.objects.aupdate(status=ApprovedAnswer.Status.TO_REVIEW)
    async with Socket(bob) as socket:
        accepted = await socket.ask(QUESTION)
        frames = await socket.to_the_end()
    assert "They have 25 days" not in text_of(frames)
    assert (await Message.objects.aget(pk=accepted["answer"])).approved is None
