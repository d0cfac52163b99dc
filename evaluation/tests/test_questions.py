"""Question sets: files of them, and who keeps them."""

from __future__ import annotations

import pytest

from common.errors import InvalidInput, NotFound
from documents.models import Document
from documents.tests.builders import make_corpus, ready_document
from evaluation import services
from evaluation.drafts import Documents, parse_questions, question_draft
from evaluation.models import ExpectedPage, MeasuredRun, Question, QuestionSet
from evaluation.selectors import (
    get_run_for_curator,
    get_set_for_curator,
    known_questions,
    questions_of,
    runs_of,
    sets_curated_by,
    sets_of_corpus,
)
from evaluation.services import (
    create_set,
    delete_set,
    import_questions,
    remove_question,
    save_question,
)


@pytest.fixture
def leave(handbook):
    return ready_document(handbook, title="Leave", pages=["25 days.", "More."])


@pytest.fixture
def travel(handbook):
    return ready_document(handbook, title="Travel costs", pages=["Paid back."])


@pytest.fixture
def basics(erin, handbook):
    return create_set(by=erin, corpus=handbook, name="Basics")


def parsed(user, corpus, text: str):
    return parse_questions(text.encode(), Documents(user, corpus))


def test_a_file_names_pages_by_title_file_or_identifier(erin, handbook, leave, travel):
    drafts = parsed(
        erin,
        handbook,
        "question;document;page;answerable;gold answer\n"
        "How many days?;leave;1;;25\n"
        "how many  days?;Travel-Costs.pdf;1;yes;\n"
        f"What more?;{leave.pk};2;oui;\n"
        "Is there a canteen?;;;no;\n"
        "Anything at all?;;;yes;\n",
    )
    assert [(d.text, d.answerable, d.gold_answer) for d in drafts] == [
        ("How many days?", True, "25"),
        ("What more?", True, ""),
        ("Is there a canteen?", False, ""),
        ("Anything at all?", True, ""),
    ]
    assert drafts[0].expected == {(leave.pk, 1), (travel.pk, 1)}
    assert drafts[1].expected == {(leave.pk, 2)}
    assert drafts[2].expected == drafts[3].expected == frozenset()


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("How?;Nowhere;1", "Line 2: No document of this corpus is called “Nowhere”."),
        ("How?;Leave;", "Line 2: The page of “Leave” is missing or no number."),
        ("How?;Leave;first", "Line 2: The page of “Leave” is missing or no number."),
        ("How?;Leave;3", "Line 2: “Leave” has only 2 pages."),
        ("How?;;2", "Line 2: The document is missing."),
        ("How?;Leave;1;no", "Line 2: A question that cannot be answered has no pages."),
        ("How?;;;", "Line 2: Say yes or no: can the question be answered from this corpus?"),
        ("How?;;;maybe", "Line 2: Say yes or no: can the question be answered from this corpus?"),
        (";Leave;1", "Line 2: The question is missing."),
        ("a" * 501 + ";Leave;1", "Line 2: At most 500 characters."),
        ("How?;Leave;1\nHow?;;;no", "Line 3: Another line says otherwise whether"),
        ("", "The file holds no question."),
    ],
)
def test_a_wrong_file_is_refused_with_its_line(line, reason, erin, handbook, leave):
    with pytest.raises(InvalidInput) as refused:
        parsed(erin, handbook, f"question;document;page;answerable\n{line}\n")
    assert refused.value.params["field"] == "file"
    assert str(refused.value.params["reason"]).startswith(reason)


def test_two_documents_of_one_title_must_be_told_apart(erin, handbook, leave):
    ready_document(handbook, title="Leave")
    Document.objects.exclude(pk=leave.pk).update(source_path="other.pdf")
    with pytest.raises(InvalidInput, match="Several documents"):
        parsed(erin, handbook, "How?;Leave;1\n")
    assert parsed(erin, handbook, "How?;other.pdf;1\n")[0].expected != {(leave.pk, 1)}


def test_documents_of_other_corpora_have_no_name(erin, handbook, organisation, leave):
    ready_document(make_corpus(organisation, "Payroll"), title="Payslip")
    with pytest.raises(InvalidInput, match="No document of this corpus"):
        parsed(erin, handbook, "How?;Payslip;1\n")


def test_a_question_is_there_once_and_takes_the_place_of_the_one_it_was(erin, basics, leave):
    first = question_draft("How many?", [(leave.pk, 1)], answerable=True)
    save_question(by=erin, question_set=basics, draft=first)
    again = question_draft("how  many?", [(leave.pk, 2)], answerable=True)
    save_question(by=erin, question_set=basics, draft=again)
    (kept,) = questions_of(erin, basics)
    assert (kept.text, [page.page for page in kept.expected.all()]) == ("how many?", [2])
    other = question_draft("Who?", [], answerable=False)
    save_question(by=erin, question_set=basics, draft=other, instead_of=kept.pk)
    assert [question.text for question in questions_of(erin, basics)] == ["Who?"]


def test_a_file_adds_or_takes_the_place_of_all(erin, basics, leave):
    one, two = (question_draft(text, [], answerable=True) for text in ("One?", "Two?"))
    import_questions(by=erin, question_set=basics, drafts=[one])
    import_questions(by=erin, question_set=basics, drafts=[two])
    assert [question.text for question in questions_of(erin, basics)] == ["One?", "Two?"]
    import_questions(by=erin, question_set=basics, drafts=[two], replace_all=True)
    assert [question.text for question in questions_of(erin, basics)] == ["Two?"]


def test_a_set_has_an_end(erin, basics, monkeypatch):
    monkeypatch.setattr(services, "MAX_QUESTIONS", 1)
    drafts = [question_draft(text, [], answerable=True) for text in ("One?", "Two?")]
    with pytest.raises(InvalidInput, match="at most 1 questions"):
        import_questions(by=erin, question_set=basics, drafts=drafts)


def test_names_of_sets_are_unique_in_their_corpus(erin, handbook, basics):
    with pytest.raises(InvalidInput, match="exists already"):
        create_set(by=erin, corpus=handbook, name=" basics ")
    with pytest.raises(InvalidInput, match="missing"):
        create_set(by=erin, corpus=handbook, name=" ")


def test_pages_of_deleted_documents_are_not_expected_any_more(erin, basics, leave):
    draft = question_draft("How many?", [(leave.pk, 1)], answerable=True)
    save_question(by=erin, question_set=basics, draft=draft)
    assert known_questions(erin, basics)[0].expected == {(leave.pk, 1)}
    Document.objects.filter(pk=leave.pk).update(deleted_at=leave.created_at)
    assert known_questions(erin, basics)[0].expected == frozenset()


def test_a_document_of_another_corpus_is_expected_nowhere(erin, basics, foreign_corpus):
    foreign = ready_document(foreign_corpus)
    draft = question_draft("How?", [(foreign.pk, 1)], answerable=True)
    with pytest.raises(NotFound):
        save_question(by=erin, question_set=basics, draft=draft)
    assert not Question.objects.exists()
    assert not ExpectedPage.objects.exists()


@pytest.mark.parametrize("who", ["bob", "charlie", "dana"])
def test_who_does_not_curate_the_corpus_sees_and_changes_nothing(
    who, erin, handbook, basics, leave, request
):
    user = request.getfixturevalue(who)
    draft = question_draft("Secret?", [(leave.pk, 1)], answerable=True)
    save_question(by=erin, question_set=basics, draft=draft)
    question = Question.objects.get()
    run = MeasuredRun.objects.create(question_set=basics, by=erin, threshold=0.35)
    assert not sets_curated_by(user).exists()
    assert not sets_of_corpus(user, handbook).exists()
    assert not questions_of(user, basics).exists()
    assert known_questions(user, basics) == []
    assert not runs_of(user, basics).exists()
    for refused in (
        lambda: get_set_for_curator(user, basics.pk),
        lambda: get_run_for_curator(user, basics, run.pk),
        lambda: create_set(by=user, corpus=handbook, name="Mine"),
        lambda: save_question(by=user, question_set=basics, draft=draft),
        lambda: import_questions(by=user, question_set=basics, drafts=[], replace_all=True),
        lambda: remove_question(by=user, question_set=basics, question=question.pk),
        lambda: delete_set(by=user, question_set=basics.pk),
    ):
        with pytest.raises(NotFound):
            refused()
    assert list(QuestionSet.objects.all()) == [basics]
    assert list(Question.objects.all()) == [question]


def test_the_curator_and_the_administrator_see_what_is_theirs(alice, erin, basics, leave):
    draft = question_draft("How?", [(leave.pk, 1)], answerable=True)
    save_question(by=erin, question_set=basics, draft=draft)
    run = MeasuredRun.objects.create(question_set=basics, by=erin, threshold=0.35)
    for user in (alice, erin):
        (found,) = sets_of_corpus(user, basics.corpus)
        assert found.question_count == 1
        assert get_run_for_curator(user, basics, run.pk) == run
    remove_question(by=alice, question_set=basics, question=Question.objects.get().pk)
    assert not Question.objects.exists()
    delete_set(by=alice, question_set=basics.pk)
    assert not MeasuredRun.objects.exists()
