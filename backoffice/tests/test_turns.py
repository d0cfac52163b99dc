"""The list of questions and the page of one: what is shown, and to whom."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Membership
from accounts.tests.cast import make_person
from chat.models import Conversation, Message, TurnLog
from chat.tests.turns import log_turn, lose_answer, make_replay
from documents.models import CorpusGrant
from documents.tests.builders import grant, make_corpus, ready_document

Status = Message.Status
LIST = "/admin/turns/"


@pytest.fixture
def leave(handbook):
    return ready_document(handbook, title="Leave", pages=["Employees have 25 days of leave."])


@pytest.fixture
def payslip(organisation):
    """In a corpus that erin neither curates nor reads."""
    payroll = make_corpus(organisation, "Payroll")
    return ready_document(payroll, title="Payslip", pages=["Salaries are paid on the 28th."])


@pytest.fixture
def turn(bob, leave):
    return log_turn(bob, [leave], "How many days of leave?")


def address(turn: TurnLog) -> str:
    return reverse("backoffice:turn", args=[turn.answer_id])


def listed(client: Client, **query: str) -> list[str]:
    """The questions on the list, in its order."""
    return [row["turn"].question for row in client.get(LIST, query).context["rows"]]


def test_a_question_is_listed_with_its_corpus_model_state_and_times(turn, erin, signed_in):
    text = signed_in(erin).get(LIST).content.decode()
    for words in ("How many days of leave?", "Handbook", "scripted", "Answered", "120 ms"):
        assert words in text


def test_its_page_shows_answer_passages_prompt_times_tokens_and_cost(turn, erin, signed_in):
    text = signed_in(erin).get(address(turn)).content.decode()
    for words in (
        "It says so",
        "Employees have 25 days of leave.",
        "7.25",
        "cited",
        "You are the document assistant",
        "500 ms",
        "1,000",
        "0.013",
    ):
        assert words in text


def test_who_asked_is_shown_to_administrators_alone(turn, bob, erin, alice, signed_in):
    assert "Bob" in signed_in(alice).get(address(turn)).content.decode()
    for url in (address(turn), LIST, f"{LIST}export/"):
        text = signed_in(erin).get(url).content.decode()
        assert "Bob" not in text
        assert bob.email not in text


@pytest.mark.parametrize("who", ["alice", "erin"])
def test_administrators_and_the_curator_of_its_corpus_see_a_turn(turn, who, request, signed_in):
    client = signed_in(request.getfixturevalue(who))
    assert client.get(address(turn)).status_code == 200
    assert listed(client) == [turn.question]


def test_readers_and_strangers_see_no_turn_not_even_their_own(
    turn, bob, charlie, dana, foreign_corpus, signed_in
):
    for person in (bob, charlie):
        assert signed_in(person).get(address(turn)).status_code == 403
    client = signed_in(dana)
    assert client.get(address(turn)).status_code == 404
    assert listed(client) == []


def test_a_turn_over_two_corpora_needs_a_curator_of_both(
    bob, erin, alice, leave, payslip, signed_in
):
    turn = log_turn(bob, [leave, payslip], "Leave and pay?")
    client = signed_in(erin)
    assert client.get(address(turn)).status_code == 404
    assert listed(client) == []
    assert "Leave and pay" not in client.get(f"{LIST}export/").content.decode()
    assert signed_in(alice).get(address(turn)).status_code == 200
    reading = grant(payslip.corpus, erin)
    assert client.get(address(turn)).status_code == 404  # reading is not curating
    reading.delete()
    grant(payslip.corpus, erin, CorpusGrant.Right.CURATE)
    assert client.get(address(turn)).status_code == 200


def test_a_follow_up_is_closed_to_who_may_not_see_what_stands_in_its_history(
    bob, erin, leave, payslip, signed_in
):
    first = log_turn(bob, [payslip], "When is pay day?")
    second = log_turn(bob, [leave], "And leave?", conversation=first.answer.conversation_id)
    assert signed_in(erin).get(address(second)).status_code == 404


def test_a_corpus_that_is_gone_opens_nothing_to_the_curators_of_the_others(
    bob, erin, leave, payslip, signed_in
):
    turn = log_turn(bob, [leave, payslip])
    payslip.corpus.delete()
    assert signed_in(erin).get(address(turn)).status_code == 404


def test_what_found_nothing_is_for_curators_of_all_that_was_searched(
    bob, erin, alice, handbook, payslip, signed_in
):
    none = Status.NOT_FOUND
    inside = log_turn(bob, [], "Only here?", searched=[handbook], status=none)
    across = log_turn(bob, [], "Everywhere?", searched=[handbook, payslip.corpus], status=none)
    nowhere = log_turn(bob, [], "Nowhere?", status=none)
    client = signed_in(erin)
    assert client.get(address(inside)).status_code == 200
    assert client.get(address(across)).status_code == 404
    assert client.get(address(nowhere)).status_code == 404
    assert len(listed(signed_in(alice))) == 3


def test_a_right_that_is_taken_away_closes_the_turn(turn, erin, handbook, signed_in):
    client = signed_in(erin)
    assert client.get(address(turn)).status_code == 200
    spare = make_corpus(handbook.organisation, "Spare")
    grant(spare, erin, CorpusGrant.Right.CURATE)
    handbook.grants.filter(user=erin).delete()
    assert client.get(address(turn)).status_code == 404
    assert listed(client) == []


def test_a_conversation_that_its_owner_has_deleted_is_not_shown(turn, erin, alice, signed_in):
    Conversation.objects.update(deleted_at=timezone.now())
    for person in (erin, alice):
        client = signed_in(person)
        assert client.get(address(turn)).status_code == 404
        assert listed(client) == []


def test_another_curators_replay_is_open_only_where_what_it_found_is(
    turn, erin, alice, organisation, handbook, payslip, signed_in
):
    gina = make_person(organisation, "Gina", Membership.Role.ADMIN)
    replay = make_replay(turn, gina, corpora_count=2, text="Secret pay day.")
    replay.corpora.add(payslip.corpus)
    url = f"{address(turn)}?replay={replay.pk}"
    assert signed_in(erin).get(url).status_code == 404
    fragment = reverse("backoffice:turn_result", args=[turn.answer_id, replay.pk])
    assert signed_in(erin).get(fragment).status_code == 404
    assert str(replay.pk) not in signed_in(erin).get(address(turn)).content.decode()
    assert "Secret pay day." in signed_in(alice).get(url).content.decode()


def test_ones_own_replay_is_open_while_one_may_read_what_it_found(
    turn, erin, organisation, handbook, payslip, signed_in
):
    reading = grant(payslip.corpus, erin)
    replay = make_replay(turn, erin, corpora_count=2)
    replay.corpora.add(payslip.corpus)
    url = f"{address(turn)}?replay={replay.pk}"
    assert signed_in(erin).get(url).status_code == 200
    reading.delete()
    assert signed_in(erin).get(url).status_code == 404


def test_a_replay_is_not_found_under_another_turn(turn, bob, leave, erin, signed_in):
    other = log_turn(bob, [leave], "Another?")
    replay = make_replay(turn, erin)
    assert signed_in(erin).get(f"{address(other)}?replay={replay.pk}").status_code == 404


def test_a_replay_stands_beside_the_first_with_what_differs_marked(
    turn, erin, handbook, bob, signed_in
):
    other = ready_document(handbook, title="Telework", pages=["Two days a week."])
    elsewhere = log_turn(bob, [other])
    replay = make_replay(turn, erin, passages=elsewhere.passages, text="Other words.")
    text = signed_in(erin).get(f"{address(turn)}?replay={replay.pk}").content.decode()
    assert "It says so" in text
    assert "Other words." in text
    assert text.count("only here") == 2


@pytest.fixture
def several(bob, erin, leave, handbook):
    log_turn(bob, [leave], "First question?")
    log_turn(bob, [leave], "Second question?", status=Status.STOPPED)
    log_turn(bob, [], "Third question?", searched=[handbook], status=Status.NOT_FOUND)
    TurnLog.objects.filter(question="First question?").update(timings={"total": 9000})


def test_the_list_begins_with_the_newest_and_can_be_sorted(several, erin, signed_in):
    client = signed_in(erin)
    assert listed(client) == ["Third question?", "Second question?", "First question?"]
    assert listed(client, sort="created")[0] == "First question?"
    assert listed(client, sort="-total")[0] == "First question?"
    assert listed(client, sort="nonsense")[0] == "Third question?"


def test_the_list_is_filtered_by_state_words_and_corpus(several, erin, alice, payslip, signed_in):
    client = signed_in(erin)
    assert listed(client, status="stopped") == ["Second question?"]
    assert listed(client, status="not_found") == ["Third question?"]
    assert listed(client, q="first") == ["First question?"]
    assert listed(client, q="chess") == []
    assert listed(signed_in(alice), corpus=str(payslip.corpus_id)) == []
    assert len(listed(client, corpus="nonsense")) == 3
    tabs = {str(t["label"]): t["count"] for t in client.get(LIST).context["tabs"]}
    assert tabs == {"All": 3, "Answered": 1, "Not found": 1, "Failed": 0, "Stopped": 1}


def test_the_list_has_pages(bob, erin, leave, signed_in):
    turn = log_turn(bob, [leave])
    for number in range(26):
        conversation = Conversation.objects.create(user=bob, organisation=leave.corpus.organisation)
        answer = Message.objects.create(conversation=conversation, role=Message.Role.ASSISTANT)
        copy = TurnLog.objects.create(
            answer=answer, question=f"Question {number}", status=Status.DONE, corpora_count=1
        )
        copy.corpora.set(turn.corpora.all())
    client = signed_in(erin)
    assert len(listed(client)) == 25
    assert len(listed(client, page="2")) == 2


def test_the_export_holds_what_the_list_shows_and_no_name(several, erin, signed_in):
    response = signed_in(erin).get(f"{LIST}export/", {"status": "stopped"})
    head, *rows = response.content.decode("utf-8-sig").splitlines()
    assert head.startswith("Date,Question,Corpora,Model,State,")
    assert len(rows) == 1
    assert "Second question?" in rows[0]
    assert "Bob" not in response.content.decode()


def test_the_lists_queries_do_not_grow_with_its_rows(
    turn, bob, leave, erin, signed_in, django_assert_max_num_queries
):
    client = signed_in(erin)
    client.get(LIST)
    with django_assert_max_num_queries(12) as few:
        client.get(LIST)
    for _number in range(5):
        log_turn(bob, [leave])
    with django_assert_max_num_queries(len(few)):
        client.get(LIST)


def test_a_pages_queries_are_few(turn, erin, signed_in, django_assert_max_num_queries):
    replay = make_replay(turn, erin)
    client = signed_in(erin)
    client.get(address(turn))
    with django_assert_max_num_queries(10):
        client.get(f"{address(turn)}?replay={replay.pk}")


def test_the_questions_stand_among_the_places_of_the_back_office(turn, erin, signed_in):
    text = signed_in(erin).get(address(turn)).content.decode()
    assert f'<a href="{LIST}" aria-current="page">' in text


def test_what_its_process_took_with_it_is_said_to_be_unknown(bob, leave, erin, alice, signed_in):
    lost = lose_answer(bob, [leave])
    assert listed(signed_in(erin)) == [lost.question]
    text = signed_in(erin).get(address(lost)).content.decode()
    for words in ("The server stopped while it was writing", "25 days", "It is no longer known"):
        assert words in text
    for words in ("No model was asked", "not read by the model", "Tokens of the prompt"):
        assert words not in text
