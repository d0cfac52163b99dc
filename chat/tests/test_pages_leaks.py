"""Two users at every door of chat and documents: the list comes from the URL configuration."""

from __future__ import annotations

import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient, Client
from django.urls import URLPattern, reverse

from accounts.models import User
from chat import urls as chat_urls
from chat.models import Conversation
from chat.tests.test_pages_chat import answered
from documents import urls as document_urls
from documents.models import Corpus, CorpusGrant, Document
from documents.tests.builders import make_corpus, ready_document

# Doors without a row behind them: whoever is signed in has a page of their own there.
OWN_PAGES = {"chat:status", "chat:search", "chat:new", "chat:enquiries"}
SECRET = "Employees have 25 days of leave"


def doors() -> list[tuple[str, URLPattern]]:
    modules = (chat_urls, document_urls)
    return [
        (f"{module.app_name}:{pattern.name}", pattern)
        for module in modules
        for pattern in module.urlpatterns
    ]


DOORS = [name for name, _pattern in doors()]


@pytest.fixture
def document(organisation, handbook: Corpus) -> Document:
    return ready_document(handbook, title="Leave", pages=[f"{SECRET}."])


@pytest.fixture
def conversation(bob: User, document: Document) -> Conversation:
    return answered(bob, document).conversation


def address(name: str, document: Document, conversation: Conversation) -> str:
    pattern = next(pattern for door, pattern in doors() if door == name)
    rows = {
        "slug": document.corpus.slug,
        "pk": document.pk if name.startswith("documents:") else conversation.pk,
        "answer": conversation.messages.get(role="assistant").pk,
    }
    return reverse(name, kwargs={key: rows[key] for key in pattern.pattern.converters})


def fields(conversation: Conversation) -> dict[str, str]:
    """What the verbs are sent, so that none is refused for a reason of its own."""
    answer = conversation.messages.get(role="assistant")
    return {"title": "Mine now", "message": str(answer.pk)}


def knock(client: Client, url: str, conversation: Conversation):
    """A page answers to GET, a verb to POST: whichever the door takes."""
    response = client.get(url)
    return client.post(url, fields(conversation)) if response.status_code == 405 else response


@pytest.mark.parametrize("door", DOORS)
def test_the_anonymous_are_sent_to_sign_in(door: str, document, conversation) -> None:
    response = knock(Client(), address(door, document, conversation), conversation)
    assert response.status_code == 302
    assert response.headers["Location"].startswith(reverse("account_login"))


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("name", ["charlie", "dana"])
def test_strangers_find_nothing(door: str, name: str, document, conversation, request) -> None:
    client = Client()
    client.force_login(request.getfixturevalue(name))
    response = knock(client, address(door, document, conversation), conversation)
    assert response.status_code == (200 if door in OWN_PAGES else 404)
    assert SECRET not in response.content.decode()
    assert "Handbook" not in response.content.decode()
    conversation.refresh_from_db()
    assert (conversation.title, conversation.deleted_at) == ("How many days?", None)


@pytest.mark.parametrize("door", DOORS)
def test_the_door_opens_to_whom_it_belongs(door: str, bob, document, conversation) -> None:
    """Else the test above would be green for a door that opens to nobody."""

    sent, url = fields(conversation), address(door, document, conversation)

    @async_to_sync
    async def open_it() -> int:
        client = AsyncClient()
        await client.aforce_login(bob)
        response = await client.get(url)
        if response.status_code == 405:
            response = await client.post(url, sent)
        response.close()  # unread: the file behind it is open
        return response.status_code

    assert open_it() in {200, 302}


def test_even_a_reader_of_the_corpus_does_not_read_anothers_conversation(
    erin: User, conversation: Conversation, document: Document
) -> None:
    client = Client()
    client.force_login(erin)
    for door in DOORS:
        if door.startswith("chat:") and door not in {*OWN_PAGES, "chat:search_corpus"}:
            assert (
                knock(client, address(door, document, conversation), conversation).status_code
                == 404
            )


def test_a_revoked_right_closes_page_file_and_quote_at_once(
    bob: User, document: Document, conversation: Conversation
) -> None:
    client = Client()
    client.force_login(bob)
    source = address("documents:source", document, conversation)
    file = address("documents:file", document, conversation)
    thread = address("chat:conversation", document, conversation)
    assert SECRET in client.get(thread).content.decode().replace("<mark>", "").replace(
        "</mark>", ""
    )
    CorpusGrant.objects.filter(user=bob).delete()
    assert client.get(source).status_code == 404
    assert client.get(file, headers={"range": "bytes=0-99"}).status_code == 404
    page = client.get(thread).content.decode()
    assert SECRET not in page.replace("<mark>", "").replace("</mark>", "")


def test_a_trail_leads_to_ones_own_answer_only(
    bob: User, erin: User, document: Document, conversation: Conversation
) -> None:
    answer = conversation.messages.get(role="assistant")
    url = address("documents:source", document, conversation)
    for user, sees_question in ((bob, True), (erin, False)):
        client = Client()
        client.force_login(user)
        page = client.get(url, {"answer": str(answer.pk)}).content.decode()
        assert ("How many days?" in page) is sees_question


def test_a_corpus_of_another_organisation_is_not_offered(
    bob: User, other_organisation, conversation
) -> None:
    make_corpus(other_organisation, "Foreign", visibility=Corpus.Visibility.ALL_MEMBERS)
    client = Client()
    client.force_login(bob)
    assert "Foreign" not in client.get("/search/").content.decode()
    assert "Foreign" not in client.get("/chat/").content.decode()
