"""Other versions of questions and answers, stepping through them, going on with an answer."""

from __future__ import annotations

import asyncio
import json
from datetime import date
from uuid import UUID, uuid4

import pytest
from asgiref.sync import sync_to_async
from django.test import Client
from django.urls import reverse

from ai.errors import AnswerCut, ModelConnectionLost
from ai.ports import Finished
from ai.prompts import build_messages
from ai.providers.quoting import QuotingAssistant
from chat import services
from chat.models import Conversation, Message
from chat.selectors import messages_of
from chat.tests.streaming import Socket, answer_row, text_of, use_model
from documents.models import CorpusGrant, Document
from documents.tests.builders import grant, make_corpus
from documents.tests.pipeline import bring_online

pytestmark = pytest.mark.django_db(transaction=True)

Status = Message.Status
QUESTION = "How many days of annual leave do employees have?"
EDITED = "How many days of telework are there a week?"


async def finished(socket, kind, **fields):
    """Begin an answer, read it to its end: the reply, the frames."""
    accepted = await socket.begin(kind, **fields)
    assert accepted["type"] == "accepted", accepted
    return accepted, await socket.to_the_end()


async def shown(user, conversation):
    found = await Conversation.objects.aget(pk=conversation)
    path = await sync_to_async(messages_of)(user, found)
    return [message.text for message in path.messages], path


async def step(user, conversation, message):
    def post():
        client = Client()
        client.force_login(user)
        return client.post(reverse("chat:show", args=[conversation]), {"message": message})

    return await sync_to_async(post)()


async def test_a_regenerated_answer_stands_beside_the_first(bob, corpus, model):
    model.enqueue("First [1].")
    model.enqueue("Second [1].")
    async with Socket(bob) as socket:
        first, _ = await finished(socket, "ask", text=QUESTION)
        second, frames = await finished(socket, "regenerate", answer=first["answer"])
    assert text_of(frames) == "Second[1]."
    assert second["question"] == first["question"]
    assert (await answer_row(first["answer"])).text == "First[1]."
    texts, path = await shown(bob, first["conversation"])
    assert texts == [QUESTION, "Second[1]."]
    versions = path.versions[path.messages[-1].pk]
    assert [str(pk) for pk in versions.ids] == [first["answer"], second["answer"]]
    assert (versions.position, str(versions.previous), versions.next) == (2, first["answer"], None)


async def test_an_edited_question_begins_a_branch_and_keeps_the_old_one(bob, corpus, model):
    model.enqueue("25 [1].")
    model.enqueue("More [1].")
    model.enqueue("Two [1].")
    model.enqueue_completion("How many days?")
    async with Socket(bob) as socket:
        first, _ = await finished(socket, "ask", text=QUESTION)
        await finished(socket, "ask", text="And?", conversation=first["conversation"])
        edited, _ = await finished(socket, "edit", question=first["question"], text=EDITED)
    assert edited["question"] != first["question"]
    texts, _ = await shown(bob, first["conversation"])
    assert texts == [EDITED, "Two[1]."]
    assert model.requests[-1].history == ()  # the branch it stands beside is not its past
    await step(bob, first["conversation"], first["question"])
    texts, _ = await shown(bob, first["conversation"])
    assert texts == [QUESTION, "25[1].", "And?", "More[1]."]


@pytest.mark.parametrize(
    "narrowed",
    [
        {"media_types": ["application/pdf"]},
        {"documents": [str(UUID(int=1))]},
        {"languages": ["fr"]},
        {"sections": ["Travel"]},
        {"as_of": "2019-12-31"},
    ],
    ids=lambda narrowed: next(iter(narrowed)),
)
async def test_a_question_looks_where_it_is_asked_of(bob, corpus, model, narrowed):
    await Document.objects.aupdate(valid_from=date(2020, 1, 1))
    async with Socket(bob) as socket:
        first, frames = await finished(socket, "ask", text=QUESTION, **narrowed)
        assert frames[-1]["status"] == Status.NOT_FOUND
        assert not [frame for frame in frames if frame.get("passages")]
    question = await Message.objects.aget(pk=first["question"])
    assert question.filters == narrowed


@pytest.mark.parametrize("verb", ["regenerate", "edit", "continue"])
async def test_every_version_looks_where_the_question_was_asked_of(bob, corpus, model, verb):
    """On a day on which nothing was in force yet."""
    await Document.objects.aupdate(valid_from=date(2020, 1, 1))
    async with Socket(bob) as socket:
        first, frames = await finished(socket, "ask", text=QUESTION, as_of="2019-12-31")
        assert frames[-1]["status"] == Status.NOT_FOUND
        assert first["as_of"] == "2019-12-31"
        await Message.objects.filter(pk=first["answer"]).aupdate(status=Status.INTERRUPTED)
        about = {
            "regenerate": {"answer": first["answer"]},
            "edit": {"question": first["question"], "text": f"{QUESTION} Please."},
            "continue": {"answer": first["answer"]},
        }
        again, frames = await finished(socket, verb, **about[verb])
        assert frames[-1]["status"] == Status.NOT_FOUND
        assert again["as_of"] == "2019-12-31"
        snapshot = json.loads(await services.snapshot(bob.pk, UUID(again["answer"])))
        assert snapshot["as_of"] == "2019-12-31"
        model.enqueue("25 [1].")
        _other, frames = await finished(socket, "ask", text=QUESTION)
    assert frames[-1]["status"] == Status.DONE
    assert len(model.requests) == 1


async def test_a_question_follows_the_version_that_is_shown(bob, corpus, model):
    for text in ("First [1].", "Second [1].", "Third [1]."):
        model.enqueue(text)
    model.enqueue_completion("And telework?")
    async with Socket(bob) as socket:
        first, _ = await finished(socket, "ask", text=QUESTION)
        await finished(socket, "regenerate", answer=first["answer"])
        await step(bob, first["conversation"], first["answer"])
        await finished(socket, "ask", text="And telework?", conversation=first["conversation"])
    assert [turn.text for turn in model.requests[-1].history] == [QUESTION, "First[1]."]
    texts, _ = await shown(bob, first["conversation"])
    assert texts == [QUESTION, "First[1].", "And telework?", "Third[1]."]


async def test_a_question_may_say_which_answer_it_follows(bob, corpus, model):
    for text in ("First [1].", "Second [1].", "Third [1]."):
        model.enqueue(text)
    model.enqueue_completion("And telework?")
    async with Socket(bob) as socket:
        first, _ = await finished(socket, "ask", text=QUESTION)
        await finished(socket, "regenerate", answer=first["answer"])
        where = {"conversation": first["conversation"], "parent": first["answer"]}
        await finished(socket, "ask", text="And telework?", **where)
        stranger = await socket.begin("ask", text="And?", **where | {"parent": uuid4()})
    assert stranger["code"] == "not-found"
    assert model.requests[-1].history[-1].text == "First[1]."


async def test_stepping_is_kept_and_the_newest_is_shown_without_it(bob, corpus, model):
    model.enqueue("First [1].")
    model.enqueue("Second [1].")
    async with Socket(bob) as socket:
        first, _ = await finished(socket, "ask", text=QUESTION)
        second, _ = await finished(socket, "regenerate", answer=first["answer"])
    response = await step(bob, first["conversation"], first["answer"])
    assert response.headers["Location"].endswith(f"#answer-{first['answer']}")
    assert (await shown(bob, first["conversation"]))[0][-1] == "First[1]."
    await step(bob, first["conversation"], second["answer"])
    assert (await Conversation.objects.aget()).leaf_id is None


@pytest.mark.parametrize("kind", ["regenerate", "edit", "continue"])
async def test_a_retried_frame_makes_no_second_version(bob, corpus, model, kind):
    model.enqueue("Half ", ModelConnectionLost())
    model.enqueue("Whole [1].")
    async with Socket(bob) as socket:
        first, _ = await finished(socket, "ask", text=QUESTION)
        frame = {"id": uuid4().hex}
        if kind == "edit":
            frame |= {"question": first["question"], "text": QUESTION}
        else:
            frame |= {"answer": first["answer"]}
        once, _ = await finished(socket, kind, **frame)
        again, _ = await finished(socket, kind, **frame)
    assert again == once
    assert len(model.requests) == 2
    assert await Message.objects.filter(role="assistant").acount() == 2


async def test_a_retried_ask_names_its_own_answer_though_another_was_made(bob, corpus, model):
    model.enqueue("First [1].")
    model.enqueue("Second [1].")
    identity = uuid4().hex
    async with Socket(bob) as socket:
        first, _ = await finished(socket, "ask", id=identity, text=QUESTION)
        await finished(socket, "regenerate", answer=first["answer"])
        again, _ = await finished(socket, "ask", id=identity, text=QUESTION)
    assert again == first


async def test_a_stopped_answer_goes_on_with_its_text_and_passages(bob, corpus, model):
    model.enqueue("Employees have twenty", asyncio.Event())
    model.enqueue("twenty-five", " days [1].")
    async with Socket(bob) as socket:
        first = await socket.ask(QUESTION)
        await socket.until("text")
        await socket.send(type="stop", answer=first["answer"])
        await socket.to_the_end()
        second, frames = await finished(socket, "continue", answer=first["answer"])
    assert text_of(frames) == "Employees have twenty-five days[1]."
    assert [frame["n"] for frame in frames] == list(range(1, len(frames) + 1))
    old, new = await answer_row(first["answer"]), await answer_row(second["answer"])
    assert (old.status, old.text) == (Status.STOPPED, "Employees have twenty")
    assert (new.status, new.text) == (Status.DONE, "Employees have twenty-five days[1].")
    assert new.parent_id == old.parent_id
    assert [p["chunk"] for p in new.passages] == [p["chunk"] for p in old.passages]
    assert [c.number async for c in new.citations.all()] == [1]
    request = model.requests[-1]
    assert request.begun == "Employees have twenty"
    *_, question, begun, go_on = build_messages(request)
    assert QUESTION in question["content"]
    assert begun == {"role": "assistant", "content": "Employees have twenty"}
    assert (go_on["role"], "(twenty)" in go_on["content"]) == ("user", True)


async def test_citations_of_the_earlier_part_are_kept(bob, corpus, model):
    model.enqueue("There are 25 [1]. ", ModelConnectionLost())
    model.enqueue("Telework too [2].")
    async with Socket(bob) as socket:
        first, _ = await finished(socket, "ask", text=QUESTION)
        second, frames = await finished(socket, "continue", answer=first["answer"])
    assert [f["citation"]["number"] for f in frames if f["type"] == "citation"] == [1, 2]
    row = await answer_row(second["answer"])
    assert row.text == "There are 25[1]. Telework too[2]."
    assert [c.number async for c in row.citations.all()] == [1, 2]


async def test_an_answer_that_was_cut_off_can_go_on_a_complete_one_cannot(bob, corpus, model):
    model.enqueue("So far [1],", Finished("length"))
    model.enqueue("and no further.")
    async with Socket(bob) as socket:
        first, frames = await finished(socket, "ask", text=QUESTION)
        assert frames[-1]["code"] == AnswerCut.code
        second, frames = await finished(socket, "continue", answer=first["answer"])
        assert text_of(frames) == "So far[1], and no further."
        refused = await socket.begin("continue", answer=second["answer"])
    assert (refused["type"], refused["code"]) == ("refused", "answer-complete")


async def test_passages_that_may_no_longer_be_read_are_left_out(
    bob, alice, corpus, model, organisation
):
    @sync_to_async
    def another():
        other = make_corpus(organisation, "Secret")
        grant(other, bob)
        bring_online(alice, other, "secret.md", "# Leave\n\nDays of annual leave: 31.\n")
        return other

    other = await another()
    model.enqueue("It is 25 or 31 [1][2][3]. ", ModelConnectionLost())
    model.enqueue("Ask [1][2][3].")
    async with Socket(bob) as socket:
        first, frames = await finished(socket, "ask", text=QUESTION)
        views = next(f["passages"] for f in frames if f["type"] == "passages")
        assert {"Rules", "Secret"} <= {view["corpus"] for view in views}
        await CorpusGrant.objects.filter(corpus=other).adelete()
        second, frames = await finished(socket, "continue", answer=first["answer"])
    kept = {view["number"] for view in views if view["corpus"] == "Rules"}
    assert {passage.number for passage in model.requests[-1].passages} == kept
    row = await answer_row(second["answer"])
    assert {view["number"] for view in row.passages} == kept
    cited = "".join(f"[{number}]" for number in sorted(kept))
    assert row.text == f"It is 25 or 31{cited}. Ask{cited}."


async def test_an_answer_without_a_beginning_begins_anew(bob, corpus, model):
    model.enqueue(ModelConnectionLost())
    model.enqueue("25 [1].")
    async with Socket(bob) as socket:
        first, _ = await finished(socket, "ask", text=QUESTION)
        _, frames = await finished(socket, "continue", answer=first["answer"])
    assert frames[0]["stage"] == "searching"
    assert model.requests[-1].begun == ""
    assert text_of(frames) == "25[1]."


async def test_the_quoting_assistant_begins_anew(bob, corpus, model, monkeypatch):
    model.enqueue("Employees have", ModelConnectionLost())
    async with Socket(bob) as socket:
        first, _ = await finished(socket, "ask", text=QUESTION)
        use_model(monkeypatch, QuotingAssistant())
        _, frames = await finished(socket, "continue", answer=first["answer"])
    assert frames[0]["stage"] == "searching"
    assert "25 days" in text_of(frames)


async def test_one_answer_of_a_conversation_is_written_at_a_time(bob, corpus, model):
    model.enqueue("First [1].")
    model.enqueue("Second ", asyncio.Event())
    async with Socket(bob) as socket:
        first, _ = await finished(socket, "ask", text=QUESTION)
        second = await socket.begin("regenerate", answer=first["answer"])
        await socket.until("text")
        # Though what is shown ends with a finished one:
        await step(bob, first["conversation"], first["answer"])
        where = {"conversation": first["conversation"]}
        for refused in (
            await socket.begin("ask", text="And?", **where),
            await socket.begin("regenerate", answer=first["answer"]),
            await socket.begin("edit", question=first["question"], text=EDITED),
            await socket.begin("continue", answer=second["answer"]),
        ):
            assert (refused["type"], refused["code"]) == ("refused", "answer-under-way")
        await socket.send(type="stop", answer=second["answer"])
        await socket.to_the_end()


async def test_another_version_counts_as_a_question(bob, corpus, model, settings):
    settings.QUESTIONS_PER_MINUTE = 1
    model.enqueue("First [1].")
    async with Socket(bob) as socket:
        first, _ = await finished(socket, "ask", text=QUESTION)
        refused = await socket.begin("regenerate", answer=first["answer"])
    assert (refused["code"], refused["retry_after"] > 0) == ("too-many-questions", True)


@pytest.mark.parametrize("kind", ["regenerate", "edit", "continue"])
async def test_a_stranger_makes_no_version_of_anothers_answer(bob, charlie, corpus, model, kind):
    model.enqueue("Half ", ModelConnectionLost())
    async with Socket(bob) as owner, Socket(charlie) as stranger:
        first, _ = await finished(owner, "ask", text=QUESTION)
        frame = {"answer": first["answer"]}
        if kind == "edit":
            frame = {"question": first["question"], "text": EDITED}
        refused = await stranger.begin(kind, **frame)
    assert (refused["type"], refused["code"]) == ("refused", "not-found")
    assert await Message.objects.acount() == 2


async def test_a_stranger_cannot_step_in_anothers_conversation(bob, charlie, corpus, model):
    model.enqueue("First [1].")
    model.enqueue("Second [1].")
    async with Socket(bob) as socket:
        first, _ = await finished(socket, "ask", text=QUESTION)
        await finished(socket, "regenerate", answer=first["answer"])
    response = await step(charlie, first["conversation"], first["answer"])
    assert response.status_code == 404
    assert (await Conversation.objects.aget()).leaf_id is None


async def test_a_message_of_another_conversation_is_no_version_of_this_one(bob, corpus, model):
    model.enqueue("First [1].")
    model.enqueue("Second [1].")
    async with Socket(bob) as socket:
        one, _ = await finished(socket, "ask", text=QUESTION)
        two, _ = await finished(socket, "ask", text=QUESTION)
        refused = await socket.begin(
            "ask", text="And?", conversation=one["conversation"], parent=two["answer"]
        )
    assert refused["code"] == "not-found"
    assert (await step(bob, one["conversation"], two["answer"])).status_code == 404
    assert (await step(bob, one["conversation"], "nonsense")).status_code == 400


async def test_a_link_to_an_answer_shows_it_whatever_was_stepped_to(bob, corpus, model):
    model.enqueue("First [1].")
    model.enqueue("Second [1].")
    async with Socket(bob) as socket:
        first, _ = await finished(socket, "ask", text=QUESTION)
        await finished(socket, "regenerate", answer=first["answer"])

    def read(query):
        client = Client()
        client.force_login(bob)
        url = reverse("chat:conversation", args=[first["conversation"]])
        return client.get(url, query).content.decode()

    page = await sync_to_async(read)({})
    assert f'id="answer-{first["answer"]}"' not in page
    linked = await sync_to_async(read)({"answer": first["answer"]})
    assert f'id="answer-{first["answer"]}"' in linked
    assert (await Conversation.objects.aget()).leaf_id is None
