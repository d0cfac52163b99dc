"""Question sets in the back office: kept, taken in and out, measured, calibrated."""

from __future__ import annotations

import csv
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from documents.tests.builders import make_corpus, ready_document
from evaluation import running
from evaluation.drafts import question_draft
from evaluation.models import MeasuredRun, Question, QuestionSet
from evaluation.running import run_measurement
from evaluation.services import begin_run, create_set, save_question
from evaluation.tests.test_measuring import Answer, Place


@pytest.fixture
def client(erin, signed_in):
    return signed_in(erin)


@pytest.fixture
def leave(handbook):
    return ready_document(handbook, title="Leave", pages=["25 days.", "More."])


@pytest.fixture
def basics(erin, handbook, leave):
    basics = create_set(by=erin, corpus=handbook, name="Basics")
    for text, pages in [("How many days?", [(leave.pk, 1)]), ("Is there a canteen?", [])]:
        draft = question_draft(text, pages, answerable=bool(pages))
        save_question(by=erin, question_set=basics, draft=draft)
    return basics


@pytest.fixture
def measured(erin, basics, leave, monkeypatch):
    def ask(question: str) -> Answer:
        evidence = 0.75 if "days" in question else 0.4
        return Answer((Place(leave.pk, 2), Place(leave.pk, 1)), evidence, True)

    monkeypatch.setattr(running, "ask_as", lambda _user, _corpus: ask)
    run = begin_run(by=erin, question_set=basics)
    run_measurement(run.pk)
    return run


def url(basics, name="corpus_set", **more):
    kwargs = {"corpus": basics.corpus_id, "question_set": basics.pk, **more}
    return reverse(f"backoffice:{name}", kwargs=kwargs)


def texts():
    return list(Question.objects.values_list("text", flat=True))


def test_a_set_is_made_and_opens(handbook, client):
    address = reverse("backoffice:corpus_questions", args=[handbook.pk])
    response = client.post(address, {"name": "Basics"}, follow=True)
    assert b"No question yet" in response.content
    assert b"exists already" in client.post(address, {"name": "basics"}).content
    assert b"Basics" in client.get(address).content
    assert QuestionSet.objects.count() == 1


def test_a_question_is_added_edited_and_removed(basics, client, leave):
    asked = {"text": "Who signs?", "answerable": "on", "expected": "leave; 2\n"}
    client.post(url(basics), asked)
    question = Question.objects.get(text="Who signs?")
    shown = client.get(url(basics), {"edit": question.pk}).content.decode()
    assert "Leave; 2" in shown
    assert f'value="{question.pk}"' in shown
    client.post(url(basics), {**asked, "text": "Who signs it?", "instead_of": question.pk})
    assert texts() == ["How many days?", "Is there a canteen?", "Who signs it?"]
    last = Question.objects.get(text="Who signs it?")
    client.post(url(basics, "corpus_set_remove", question=last.pk))
    assert texts() == ["How many days?", "Is there a canteen?"]


def test_what_is_wrong_with_a_question_stands_at_its_field(basics, client):
    response = client.post(url(basics), {"text": "Who?", "answerable": "on", "expected": "Pay; 1"})
    assert "No document of this corpus is called “Pay”." in response.content.decode()
    response = client.post(url(basics), {"text": "Who?", "answerable": "on", "expected": "Leave"})
    assert "The page of “Leave” is missing" in response.content.decode()


def test_a_file_comes_out_as_it_goes_in(basics, client):
    name = url(basics, "corpus_set_export")
    content = client.get(name).content
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    assert rows == [
        ["question", "document", "page", "answerable", "gold answer"],
        ["How many days?", "Leave", "1", "yes", ""],
        ["Is there a canteen?", "", "", "no", ""],
    ]
    Question.objects.all().delete()
    file = SimpleUploadedFile("questions.csv", content, content_type="text/csv")
    client.post(url(basics, "corpus_set_import"), {"file": file})
    assert client.get(name).content == content


def test_a_wrong_file_names_its_line(basics, client):
    file = SimpleUploadedFile("q.csv", b"Why?;Nowhere;1", content_type="text/csv")
    response = client.post(url(basics, "corpus_set_import"), {"file": file})
    assert "Line 1: No document of this corpus" in response.content.decode()


def test_a_measurement_is_begun_once_and_shows_its_progress(
    basics, client, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks() as enqueued:
        client.post(url(basics, "corpus_set_measure"))
        client.post(url(basics, "corpus_set_measure"))
    assert len(enqueued) == 1
    run = MeasuredRun.objects.get()
    assert "Being measured: 0 of 2 questions" in client.get(url(basics)).content.decode()
    part = client.get(url(basics, "corpus_set_progress", run=run.pk))
    assert "HX-Refresh" not in part.headers
    MeasuredRun.objects.update(state="failed", error_code="index-locked")
    part = client.get(url(basics, "corpus_set_progress", run=run.pk))
    assert part.headers["HX-Refresh"] == "true"
    assert "Another Cassandre already uses" in client.get(url(basics)).content.decode()


def test_an_empty_set_is_not_measured(basics, client):
    Question.objects.all().delete()
    response = client.post(url(basics, "corpus_set_measure"), follow=True)
    assert "The set holds no question yet." in response.content.decode()


def test_figures_and_outcomes_are_shown(basics, client, measured):
    page = client.get(url(basics)).content.decode()
    assert "0.631" in page  # nDCG of a right page in second place: 1 / log2(3)
    assert "wrongly answered" in page
    assert "Measured before" not in page
    assert (
        "0.631"
        in client.get(
            reverse("backoffice:corpus_questions", args=[basics.corpus_id])
        ).content.decode()
    )


def test_the_proposed_threshold_is_set_by_its_button(basics, client, measured):
    assert "Refuse below 0.45" in client.get(url(basics)).content.decode()
    response = client.post(url(basics, "corpus_set_threshold"), {"threshold": "0.45"}, follow=True)
    assert "below an evidence of 0.45" in response.content.decode()
    basics.corpus.refresh_from_db()
    assert basics.corpus.evidence_threshold == 0.45
    assert "is the one proposed" in response.content.decode()


@pytest.mark.parametrize("value", ["2", "-1", "nan", "much", ""])
def test_a_threshold_is_a_share(basics, client, value):
    assert client.post(url(basics, "corpus_set_threshold"), {"threshold": value}).status_code == 400
    basics.corpus.refresh_from_db()
    assert basics.corpus.evidence_threshold == 0.35


def test_the_page_says_that_refusals_alone_can_be_measured(basics, erin, client, measured):
    Question.objects.filter(answerable=False).delete()
    run_measurement(begin_run(by=erin, question_set=basics).pk)
    page = client.get(url(basics)).content.decode()
    assert "only refusals can be measured" in page
    assert "Measured before" in page


def test_a_set_is_deleted_by_its_name(basics, client):
    client.post(url(basics, "corpus_set_delete"), {"confirmation": "Basic"})
    assert QuestionSet.objects.exists()
    client.post(url(basics, "corpus_set_delete"), {"confirmation": "basics"})
    assert not QuestionSet.objects.exists()


def test_a_set_is_not_found_under_another_corpus(basics, alice, signed_in, organisation):
    other = make_corpus(organisation, "Payroll")
    kwargs = {"corpus": other.pk, "question_set": basics.pk}
    response = signed_in(alice).get(reverse("backoffice:corpus_set", kwargs=kwargs))
    assert response.status_code == 404
