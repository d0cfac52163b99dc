"""The workbench: with whose rights it looks, what it shows, and why a document is missing."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from ai import services
from ai.errors import ModelTimedOut
from ai.tests.rerank_server import rerank_server
from backoffice import workbench
from backoffice.absence import documents_named, why_absent
from backoffice.workbench import Asked, try_question
from chat.tests.turns import log_turn
from documents.adapters.registry import get_index
from documents.generations import live_generation
from documents.indexing import bring_into, target_of
from documents.models import Corpus, Document, DocumentVersion
from documents.tests.approved import approve
from documents.tests.builders import failed_document, make_corpus, ready_document

URL = reverse("backoffice:workbench")


def indexed(corpus: Corpus, title: str, text: str) -> None:
    """A document of one passage that searches find."""
    document = ready_document(corpus, title=title, pages=[text], media_type="text/plain")
    bring_into(target_of(live_generation()), document.versions.get())


@pytest.fixture
def online(handbook, organisation):
    """Of the handbook, which erin curates and bob reads; and of a corpus that both have no part
    in."""
    payroll = make_corpus(organisation, "Payroll")
    indexed(handbook, "leave", "Annual leave lasts twenty-five days.")
    indexed(handbook, "travel", "Travel costs are paid back. Leave aside.")
    indexed(payroll, "secret", "Annual leave of the director: secret days.")
    return payroll


def titles(tried) -> list[str]:
    return [row.passage.title for row in tried.rows]


def checks(document, tried) -> dict[str, tuple[bool, str]]:
    return {check.name: (check.is_fine, check.text) for check in why_absent(document, tried)}


def test_a_passage_shows_what_each_side_made_of_it(erin, bob, online):
    tried = try_question(erin, Asked("How long is annual leave?", bob))
    assert titles(tried) == ["leave", "travel"]
    best = tried.rows[0]
    assert (best.words.place, best.fused.place, best.meaning, best.reranked) == (1, 1, None, None)
    assert best.file_score is not None
    assert best.fused.score == pytest.approx(best.words.score + best.file_score)
    assert best.terms == ["leave", "annual"]
    assert "<mark>Annual</mark>" in best.html
    assert (best.fate, best.is_read) == ("read as [1]", True)
    assert tried.found.result.has_evidence
    assert next(name for name, _ms in tried.stages) == "By words"
    assert tried.messages == []  # the quoting assistant reads no prompt


def test_the_reranker_has_a_column_of_its_own(erin, online, settings):
    def backwards(_request, body):
        count = len(body["documents"])
        return {"results": [{"index": n, "relevance_score": n} for n in range(count)]}

    with rerank_server(backwards) as served:
        settings.RERANK_URL, settings.RERANK_TIMEOUT_S = served.url, 5.0
        tried = try_question(erin, Asked("annual leave", erin))
        while services._rerankers:
            services._rerankers.popitem()[1].close()
    assert titles(tried) == ["travel", "leave"]
    assert [(row.fused.place, row.reranked.place) for row in tried.rows] == [(2, 1), (1, 2)]


def test_the_prompt_is_shown_and_no_model_is_asked(erin, online, monkeypatch):
    model = dataclasses.make_dataclass("Model", [("is_language_model", bool)])(True)
    monkeypatch.setattr(workbench, "get_chat_model", lambda: model)
    Corpus.objects.filter(name="Handbook").update(instructions="Name the article.")
    tried = try_question(erin, Asked("annual leave", erin))
    system, user = tried.messages
    assert "Name the article." in system["content"]
    assert "twenty-five days" in user["content"]
    assert "Question: annual leave" in user["content"]


def test_what_is_refused_is_not_read(erin, online):
    tried = try_question(erin, Asked("annual parking permits for visitors in winter", erin))
    assert not tried.found.result.has_evidence
    assert {row.is_read for row in tried.rows} == {False}
    assert "evidence is below the threshold" in tried.rows[0].fate
    assert "It would be refused as not found." in evidence_of(tried)


def evidence_of(tried) -> str:
    return render_to_string("backoffice/_workbench_evidence.html", {"tried": tried})


def test_nobody_sees_through_anothers_rights_what_they_do_not_curate(
    alice, erin, bob, online, signed_in
):
    # alice administers and reads everything.
    for person in (alice, erin, bob):
        tried = try_question(erin, Asked("annual leave of the director", person))
        assert titles(tried) == ["leave", "travel"], person
        assert "secret" not in str(tried.trace.read)
    client = signed_in(erin)
    secret = Document.objects.get(title="secret")
    for document in ("secret", str(secret.pk)):
        asked = {"q": "annual leave director", "person": str(alice.pk), "document": document}
        page = client.get(URL, asked).content.decode()
        assert "twenty-five days" in page
        assert "Payroll" not in page
        assert "secret days" not in page
    assert documents_named(erin, "secret") == []
    assert [row.title for row in documents_named(alice, "secret")] == ["secret"]


def test_nobody_lends_rights_that_they_do_not_have(alice, erin, charlie, online, signed_in):
    tried = try_question(alice, Asked("annual leave", charlie))
    assert tried.found is None
    assert tried.rows == []
    page = signed_in(erin).get(URL, {"q": "annual leave", "person": str(charlie.pk)})
    assert "Charlie may read none of these corpora" in page.content.decode()
    assert "twenty-five" not in page.content.decode()


def test_an_administrator_sees_as_each_person_sees(alice, bob, online):
    everything = try_question(alice, Asked("annual leave", alice))
    assert "secret" in titles(everything)
    assert titles(try_question(alice, Asked("annual leave", bob))) == ["leave", "travel"]


def test_people_and_corpora_of_others_cannot_be_chosen(
    erin, dana, handbook, foreign_corpus, organisation, signed_in
):
    client = signed_in(erin)
    closed = make_corpus(organisation, "Payroll")
    for wrong in (
        {"person": str(dana.pk)},
        {"corpus": str(closed.pk)},
        {"corpus": str(foreign_corpus.pk)},
        {"person": "nonsense"},
    ):
        response = client.get(URL, {"q": "leave", **wrong})
        assert "tried" not in response.context, wrong
        assert set(response.context["form"].errors) == set(wrong)
    names = client.get(URL).content.decode()
    assert "Bob" in names
    assert "Dana" not in names
    assert "Payroll" not in names


@pytest.mark.parametrize("who", ["bob", "charlie"])
def test_who_curates_nothing_has_no_workbench(who, online, request, signed_in):
    response = signed_in(request.getfixturevalue(who)).get(URL, {"q": "annual leave"})
    assert response.status_code == 403
    assert b"twenty-five" not in response.content


def test_a_missing_document_is_explained_by_its_state_its_readers_and_its_days(
    erin, bob, charlie, handbook, organisation
):
    other = make_corpus(organisation, "Payroll")
    document = ready_document(handbook, title="Leave")
    tried = workbench.Tried(Asked("leave", bob), frozenset({handbook.pk}), workbench.SearchTrace())
    assert checks(document, tried)["Index"] == (
        False,
        "None of its passages is in the index. Try “Retry”.",
    )
    for person, reads in ((bob, True), (charlie, False)):
        asked = dataclasses.replace(tried, asked=Asked("leave", person))
        assert checks(document, asked)["Right"][0] is reads
    elsewhere = dataclasses.replace(tried, searched=frozenset({other.pk}))
    assert checks(document, elsewhere)["Corpus"][0] is False
    today = timezone.localdate()
    Document.objects.update(valid_from=today + timedelta(days=1))
    document.refresh_from_db()
    assert checks(document, tried)["Dates"][1].startswith("In force from")
    tomorrow = dataclasses.replace(tried, asked=Asked("leave", bob, day=today + timedelta(days=1)))
    assert checks(document, tomorrow)["Dates"][0] is True
    Document.objects.update(deleted_at=timezone.now())
    (deleted,) = documents_named(erin, "leave")
    assert list(checks(deleted, tried)) == ["State"]
    assert "It was deleted on" in checks(deleted, tried)["State"][1]
    broken = failed_document(handbook)
    assert "Its file: Failed. “broken.pdf” is damaged" in checks(broken, tried)["State"][1]
    DocumentVersion.objects.filter(document=broken).delete()
    assert checks(broken, tried)["State"] == (False, "It has no file.")


def test_a_missing_document_is_explained_by_its_place(erin, handbook, online):
    indexed(handbook, "parking", "Permits are issued at the gate.")
    tried = try_question(erin, Asked("annual leave", erin))
    (parking,) = documents_named(erin, "parking")
    found = checks(parking, tried)
    assert found["By words"] == (False, "No word of the question stands in it.")
    assert found["Result"] == (False, "None of its passages is among the 2 that were found.")
    (leave,) = documents_named(erin, "leave")
    found = checks(leave, tried)
    assert found["By words"][1].startswith("Place 1, score ")
    assert found["By words"][1].endswith("Its best passage says: leave, annual.")
    assert found["Result"] == (True, "Its best passage has place 1 of 2: read as [1].")


def test_several_documents_of_a_name_are_offered(erin, handbook, online, signed_in):
    ready_document(handbook, title="Leave of teachers")
    ready_document(handbook, title="Leave of absence")
    page = signed_in(erin).get(URL, {"q": "annual", "document": "leave of"}).content.decode()
    assert "Which document?" in page
    for document in Document.objects.filter(title__startswith="Leave of"):
        assert f"document={document.pk}" in page
    page = signed_in(erin).get(URL, {"q": "annual", "document": "leave of absence"})
    assert "What became of “Leave of absence”" in page.content.decode()


def test_an_approved_answer_is_named(alice, erin, handbook, online):
    leave = Document.objects.get(title="leave")
    approved = approve(alice, handbook, [leave])
    tried = try_question(erin, Asked(approved.question, erin))
    assert tried.approved is not None
    assert tried.approved.id == approved.pk
    assert approved.question in evidence_of(tried)
    yesterday = timezone.localdate() - timedelta(days=1)
    assert try_question(erin, Asked(approved.question, erin, day=yesterday)).approved is None


def test_a_right_to_read_lends_no_rights(erin, bob, online):
    tried = try_question(bob, Asked("annual leave", erin))
    assert tried.found is None
    assert tried.rows == []


class Embedder:
    model, dimensions = "embed-alice", 3

    def embed_query(self, _text):
        return (1.0, 0.0, 0.0)


class FailingEmbedder(Embedder):
    def embed_query(self, _text):
        raise ModelTimedOut


def test_the_rank_by_meaning_stands_beside_that_by_words(erin, online, monkeypatch):
    """Here meaning has the order of the words turned round."""
    index = type(get_index(live_generation().pk, 0))
    monkeypatch.setattr(
        index,
        "search_chunks_dense",
        lambda self, query: [
            dataclasses.replace(hit, score=1 - place / 10)
            for place, hit in enumerate(reversed(self.search_chunks(query)))
        ],
    )
    monkeypatch.setattr("documents.retrieval.candidates.embedder_of", lambda _g: Embedder())
    tried = try_question(erin, Asked("annual leave", erin))
    ranks = {row.passage.title: (row.words.place, row.meaning.place) for row in tried.rows}
    assert ranks == {"leave": (1, 2), "travel": (2, 1)}
    assert {row.meaning.score for row in tried.rows} == {1.0, 0.9}
    assert [name for name, _ms in tried.stages][1:3] == ["Embedding the question", "By meaning"]
    (leave,) = documents_named(erin, "leave")
    assert checks(leave, tried)["By meaning"] == (True, "Place 2, score 0.900.")


def test_a_part_that_failed_is_said_to_be_missing(erin, online, monkeypatch):
    monkeypatch.setattr("documents.retrieval.candidates.embedder_of", lambda _g: FailingEmbedder())
    tried = try_question(erin, Asked("annual leave", erin))
    assert tried.trace.dense is None
    assert len(tried.notices) == 1
    assert tried.notices[0] in evidence_of(tried)


def test_a_passage_says_what_kept_it_from_being_read(erin, handbook, online, monkeypatch):
    indexed(handbook, "copy", "Annual leave lasts twenty-five days!")
    Corpus.objects.filter(pk=handbook.pk).update(passages_read=1)
    asked = Asked("annual leave", erin)
    fates = [row.fate for row in try_question(erin, asked).rows]
    assert fates == [
        "read as [1]",
        "folded: a better passage says the same",
        "not read: 1 other comes first",
    ]
    Corpus.objects.filter(pk=handbook.pk).update(passages_read=6)
    model = dataclasses.make_dataclass("Model", [("is_language_model", bool)])(True)
    monkeypatch.setattr(workbench, "get_chat_model", lambda: model)
    monkeypatch.setattr("chat.finding._characters_to_read", lambda: 10)
    assert try_question(erin, asked).rows[2].fate == "not read: no room left in the prompt"


def test_a_question_that_was_asked_opens_in_the_workbench(erin, bob, handbook, signed_in):
    turn = log_turn(bob, [ready_document(handbook)], "How many days & nights?")
    page = signed_in(erin).get(reverse("backoffice:turn", args=[turn.answer_id]))
    address = f"{URL}?q=How%20many%20days%20%26%20nights%3F&amp;corpus={handbook.pk}"
    assert f'href="{address}"' in page.content.decode()
