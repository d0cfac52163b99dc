"""What one tab changes, the user's other tabs are told, and nobody else."""

from __future__ import annotations

import asyncio

import pytest
from asgiref.sync import sync_to_async
from django.db import transaction
from django.test import Client
from django.urls import reverse

from chat import live
from chat.enquiries import send_enquiry
from chat.inbox import close_enquiry, reply_to
from chat.listening import hear
from chat.models import Conversation
from chat.runs import PROCESS_ID
from chat.tests.streaming import Socket, eventually
from chat.tests.test_pages_chat import answered
from documents.tests.builders import ready_document

pytestmark = pytest.mark.django_db(transaction=True)

QUESTION = "How many days of annual leave do employees have?"


@pytest.fixture
def conversation(bob):
    organisation = bob.membership.organisation
    return Conversation.objects.create(user=bob, organisation=organisation, title="Leave")


async def post(user, name, conversation, **data):
    def send():
        client = Client()
        client.force_login(user)
        return client.post(reverse(f"chat:{name}", args=[conversation]), data)

    response = await sync_to_async(send)()
    assert response.status_code == 302
    return response


async def hears_nothing(socket, user):
    """The next that its tabs are told is what is told now."""
    marker = Conversation(user=user, title="marker")
    await sync_to_async(live.tell_tabs)(marker, "added")
    return (await socket.change())["title"] == "marker"


async def test_a_new_question_is_told_to_the_other_tab_and_not_to_the_one_that_asked(
    bob, charlie, corpus, model
):
    model.enqueue("25 [1].")
    async with Socket(bob) as one, Socket(bob) as two, Socket(charlie) as stranger:
        accepted = await one.ask(QUESTION)
        change = await two.change()
        await one.to_the_end()
        assert await hears_nothing(stranger, charlie)
        assert await hears_nothing(one, bob)
    assert change == {
        "type": "conversation",
        "conversation": accepted["conversation"],
        "change": "asked",
        "title": QUESTION,
        "pinned": False,
        "leaf": accepted["answer"],
    }


async def test_another_version_and_a_step_are_told(bob, corpus, model):
    model.enqueue("First [1].")
    model.enqueue("Second [1].")
    async with Socket(bob) as one, Socket(bob) as two:
        first = await one.ask(QUESTION)
        await one.to_the_end()
        assert (await two.change())["change"] == "asked"
        second = await one.begin("regenerate", answer=first["answer"])
        await one.to_the_end()
        change = await two.change()
        assert (change["change"], change["leaf"]) == ("asked", second["answer"])
        await post(bob, "show", first["conversation"], message=first["question"])
        change = await two.change()
        assert (change["change"], change["leaf"]) == ("shown", second["answer"])
        await post(bob, "show", first["conversation"], message=first["answer"])
        change = await two.change()
        assert (change["change"], change["leaf"]) == ("shown", first["answer"])


@pytest.mark.parametrize(
    ("verb", "data", "expected"),
    [
        ("rename", {"title": "Holidays"}, ("renamed", "Holidays", False)),
        ("pin", {}, ("pinned", "Leave", True)),
        ("unpin", {}, ("unpinned", "Leave", False)),
        ("delete", {}, ("deleted", "Leave", False)),
        ("restore", {}, ("restored", "Leave", False)),
        ("continue", {}, ("added", "Leave", False)),
    ],
)
async def test_every_verb_of_the_list_is_told(bob, charlie, conversation, verb, data, expected):
    async with Socket(bob) as one, Socket(bob) as two, Socket(charlie) as stranger:
        await post(bob, verb, conversation.pk, **data)
        for socket in (one, two):
            change = await socket.change()
            assert (change["change"], change["title"], change["pinned"]) == expected
            assert change["conversation"] == str(conversation.pk)
        assert await hears_nothing(stranger, charlie)


async def test_a_search_is_nobodys_conversation(bob, corpus, model):
    model.enqueue("25 [1].")
    async with Socket(bob) as one, Socket(bob) as two:
        await one.ask(QUESTION, kind="search")
        await one.to_the_end()
        assert await hears_nothing(two, bob)


async def test_a_repeated_question_is_told_once(bob, corpus, model):
    model.enqueue("25 [1].")
    async with Socket(bob) as one, Socket(bob) as two:
        await one.begin("ask", id="12345678", text=QUESTION)
        await one.to_the_end()
        await one.begin("ask", id="12345678", text=QUESTION)
        await one.to_the_end()
        assert (await two.change())["change"] == "asked"
        assert await hears_nothing(two, bob)


async def test_what_is_rolled_back_is_told_to_nobody(bob, conversation):
    async with Socket(bob) as socket:

        @sync_to_async
        def fail():
            with transaction.atomic():
                live.tell_tabs(conversation, "deleted")
                transaction.set_rollback(True)

        await fail()
        assert await hears_nothing(socket, bob)


async def test_a_tab_that_left_is_told_nothing_more(bob, conversation):
    async with Socket(bob) as leaving, Socket(bob) as staying:
        await leaving.communicator.disconnect()
        assert len(live._tabs[bob.pk]) == 1
        await post(bob, "pin", conversation.pk)
        assert (await staying.change())["change"] == "pinned"
    assert bob.pk not in live._tabs


@pytest.fixture
def told(monkeypatch, settings):
    """What was said to the other processes of a shared Redis."""
    settings.CHANNEL_REDIS = "redis://nowhere.invalid"
    said = []

    async def tell(kind, **fields):
        said.append((kind, fields))
        if "fails" in fields["frame"]:
            raise ConnectionError("gone")

    monkeypatch.setattr(live, "tell_neighbours", tell)
    return said


def test_a_process_without_sockets_tells_the_others(bob, conversation, monkeypatch, told):
    monkeypatch.setattr(live, "_loops", [])
    live.tell_tabs(conversation, "pinned")
    monkeypatch.setattr(live, "_loops", [asyncio.new_event_loop()])
    live.tell_tabs(conversation, "unpinned")  # a loop that does not run
    live._loops[0].close()
    assert [(kind, fields["user"]) for kind, fields in told] == [("change", str(bob.pk))] * 2


async def test_what_another_process_tells_reaches_the_tabs_here_once(bob, conversation, told):
    async with Socket(bob) as tab:
        await post(bob, "pin", conversation.pk)
        assert (await tab.change())["change"] == "pinned"
        await eventually(lambda: told)
        ((kind, fields),) = told
        hear({"type": kind, "process": PROCESS_ID, **fields})  # its own words, come back
        hear({"type": kind, "process": "another", **fields})
        assert (await tab.change())["change"] == "pinned"
        await post(bob, "unpin", conversation.pk)
        assert (await tab.change())["change"] == "unpinned"


@pytest.mark.parametrize("loops", ["of the sockets", "none"])
async def test_neighbours_that_cannot_be_told_are_noted_and_the_change_is_made(
    bob, conversation, monkeypatch, caplog, told, loops
):
    async with Socket(bob):
        if loops == "none":
            monkeypatch.setattr(live, "_loops", [])
        await post(bob, "rename", conversation.pk, title="What fails")
        await eventually(lambda: "open tabs elsewhere could not be told: gone" in caplog.text)
    await conversation.arefresh_from_db()
    assert conversation.title == "What fails"


async def test_a_reply_to_an_enquiry_is_told_to_the_tabs_of_who_asked_alone(bob, erin, handbook):
    def ask():
        document = ready_document(handbook, title="Leave")
        return send_enquiry(bob, answered(bob, document).answer.pk, kind="wrong", note="")

    async with Socket(bob) as tab, Socket(erin) as curator:
        enquiry = await sync_to_async(ask)()
        seen = [await tab.change()]
        await sync_to_async(reply_to)(by=erin, enquiry=enquiry, text="25.")
        seen.append(await tab.change())
        await sync_to_async(close_enquiry)(by=erin, enquiry=enquiry)
        seen.append(await tab.change())
        assert await hears_nothing(curator, erin)
    assert [change["change"] for change in seen] == ["enquiry", "replied", "enquiry"]
    assert {change["leaf"] for change in seen} == {str(enquiry.answer_id)}
