"""Thresholds of evidence: which one is proposed, and who may set it; runs of a measurement."""

from __future__ import annotations

import logging
import uuid
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from common.errors import InvalidInput, NotFound
from documents.errors import IndexLocked
from documents.models import Corpus, CorpusGrant
from documents.tests.builders import grant, make_corpus, ready_document
from evaluation import running
from evaluation.calibration import calibrate
from evaluation.drafts import question_draft
from evaluation.measuring import Outcome
from evaluation.models import LOST_AFTER, MeasuredRun
from evaluation.running import run_measurement
from evaluation.services import apply_threshold, begin_run, create_set, save_question
from evaluation.tests.test_measuring import Answer, Place


def outcomes(answerable: list[float | None], unanswerable: list[float | None]) -> list[Outcome]:
    said = [*((True, each) for each in answerable), *((False, each) for each in unanswerable)]
    return [Outcome(uuid.uuid4(), can, evidence, False, None) for can, evidence in said]


def row(calibration, value):
    return next(row for row in calibration.rows if row.value == value)


def test_the_best_balance_is_proposed_and_of_equals_todays_or_else_the_lowest():
    known = outcomes([0.6, 0.8, 1.0], [0.2, 0.4])
    calibration = calibrate(known)
    assert calibration.proposed == 0.45
    assert calibrate(known, now=0.55).proposed == 0.55
    assert calibrate(known, now=0.35).proposed == 0.45
    best = row(calibration, 0.45)
    assert (best.refused, best.answered, best.balance) == (0, 0, 1.0)
    assert row(calibration, 0.6).balance == 1.0
    assert (row(calibration, 0.0).answered, row(calibration, 1.0).refused) == (2, 2)


def test_where_the_two_overlap_shares_are_weighed_not_counts():
    # One refusal of ten costs less than one wrong answer of two.
    calibration = calibrate(outcomes([0.3, *[0.9] * 9], [0.1, 0.5]))
    assert calibration.proposed == 0.55


def test_evidence_that_equals_the_threshold_is_enough():
    assert row(calibrate(outcomes([0.6], [])), 0.6).refused == 0


def test_what_finds_nothing_is_refused_at_every_threshold():
    calibration = calibrate(outcomes([None, 1.0], [None]))
    assert (row(calibration, 0.0).refused, row(calibration, 0.0).answered) == (1, 0)


def test_without_unanswerable_questions_the_highest_that_refuses_two_in_a_hundred_is_proposed():
    calibration = calibrate(outcomes([0.3, *[0.5] * 50], []))
    assert calibration.measures_refusals_alone
    assert calibration.proposed == 0.5
    assert calibrate(outcomes([None, 0.5], [])).proposed == 0.5


def test_without_answerable_questions_nothing_is_proposed():
    assert calibrate(outcomes([], [0.4])).proposed is None


@pytest.fixture
def rules(organisation, erin):
    corpus = make_corpus(organisation, "Rules")
    grant(corpus, erin, CorpusGrant.Right.CURATE)
    ready_document(corpus, title="Leave", pages=["Annual leave lasts twenty-five days."])
    return corpus


@pytest.fixture
def scripted(monkeypatch, rules):
    """Searches that find the right page, with much of what can be answered and little of the
    rest."""
    right = Place(rules.documents.get().pk, 1)

    def ask(question: str) -> Answer:
        evidence = 0.75 if "leave" in question else 0.3
        return Answer((right,), evidence, evidence >= 0.35)

    monkeypatch.setattr(running, "ask_as", lambda _user, _corpus: ask)


@pytest.fixture
def basics(erin, rules):
    basics = create_set(by=erin, corpus=rules, name="Basics")
    (document,) = rules.documents.all()
    for text, page in [("How many days of annual leave?", 1), ("Parking permits annual", None)]:
        expected = [(document.pk, page)] if page else []
        draft = question_draft(text, expected, answerable=bool(page))
        save_question(by=erin, question_set=basics, draft=draft)
    return basics


def test_the_command_prints_its_table_and_sets_what_it_proposes(
    basics, rules, scripted, capsys, caplog
):
    call_command("calibrate_evidence", corpus="rules", set="basics")
    printed = capsys.readouterr().out
    assert "0.35         0 of 1 (0%)         0 of 1 (0%)     1.00 now proposed" in printed
    assert "proposed" in printed
    assert "The greatest balance (Youden's J" in printed
    Corpus.objects.filter(pk=rules.pk).update(evidence_threshold=0.8)
    with caplog.at_level(logging.INFO, logger="evaluation.services"):
        call_command("calibrate_evidence", corpus="rules", set="basics", apply=True)
    rules.refresh_from_db()
    assert rules.evidence_threshold == 0.35
    assert "“Rules” refuses below 0.35 now." in capsys.readouterr().out
    assert f"evidence threshold of corpus {rules.pk}: 0.35, before 0.80" in caplog.text


def test_the_command_says_that_refusals_alone_can_be_measured(basics, rules, scripted, capsys):
    basics.questions.filter(answerable=False).delete()
    call_command("calibrate_evidence", corpus="rules", set="basics", apply=True)
    printed = capsys.readouterr().out
    assert "no question without an answer, so that only refusals can be measured" in printed
    rules.refresh_from_db()
    assert rules.evidence_threshold == 0.75


def test_the_command_says_what_is_missing(
    basics, rules, scripted, other_organisation, dana, monkeypatch
):
    with pytest.raises(CommandError, match="has no set “other”; it has: “Basics”"):
        call_command("calibrate_evidence", corpus="rules", set="other")
    twin = make_corpus(other_organisation, "Rules")
    create_set(by=dana, corpus=twin, name="Basics")
    with pytest.raises(CommandError, match="add --organisation"):
        call_command("calibrate_evidence", corpus="rules", set="Basics")
    with pytest.raises(CommandError, match="holds no question"):
        call_command("calibrate_evidence", corpus="rules", set="Basics", organisation="elsewhere")
    basics.questions.filter(answerable=True).delete()
    with pytest.raises(CommandError, match="nothing is proposed"):
        call_command("calibrate_evidence", corpus="rules", set="Basics", organisation="valmont")

    def locked(*_args: object, **_more: object) -> None:
        raise IndexLocked

    monkeypatch.setattr(running, "measure", locked)
    with pytest.raises(CommandError, match="Another Cassandre already uses"):
        call_command("calibrate_evidence", corpus="rules", set="Basics", organisation="valmont")


def test_the_command_measures_as_an_administrator_where_the_author_curates_no_more(
    alice, basics, rules, scripted, capsys
):
    rules.grants.all().delete()
    call_command("calibrate_evidence", corpus="rules", set="basics")
    assert "0 of 1 (0%)" in capsys.readouterr().out


def test_a_run_keeps_its_figures_and_each_questions_outcome(
    basics, erin, scripted, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks() as enqueued:
        run = begin_run(by=erin, question_set=basics)
        assert begin_run(by=erin, question_set=basics) == run
    assert len(enqueued) == 1
    run_measurement(run.pk)
    run.refresh_from_db()
    assert (run.state, run.done, run.total) == (MeasuredRun.State.DONE, 2, 2)
    assert run.figures["mrr_10"] == run.figures["first_share"] == 1.0
    assert (run.figures["false_refusals"], run.figures["unanswerable"]) == (0, 1)
    assert [Outcome.from_json(each).rank for each in run.outcomes] == [1, None]
    before = run.changed_at
    run_measurement(run.pk)
    run.refresh_from_db()
    assert run.changed_at == before


def test_a_run_has_the_rights_that_its_author_has_when_it_begins(basics, rules, erin):
    run = begin_run(by=erin, question_set=basics)
    rules.grants.all().delete()
    run_measurement(run.pk)
    run.refresh_from_db()
    assert (run.state, run.error_code, run.outcomes) == ("failed", "not-found", [])


def test_a_run_that_breaks_says_so(basics, erin, monkeypatch):
    def broken(*_args: object, **_more: object) -> None:
        raise ValueError("broken")

    monkeypatch.setattr(running, "measure", broken)
    run = begin_run(by=erin, question_set=basics)
    run_measurement(run.pk)
    run.refresh_from_db()
    assert run.state == "failed"
    assert run.error_sentence == "Something went wrong. Please try again."


def test_a_run_whose_process_died_makes_room_for_another(basics, erin):
    run = begin_run(by=erin, question_set=basics)
    silent = timezone.now() - LOST_AFTER - timedelta(seconds=1)
    MeasuredRun.objects.filter(pk=run.pk).update(changed_at=silent)
    run.refresh_from_db()
    assert run.is_lost
    assert not run.is_running
    assert begin_run(by=erin, question_set=basics) != run


def test_the_oldest_runs_are_forgotten(basics, erin, scripted, monkeypatch):
    monkeypatch.setattr(running, "KEPT_RUNS", 1)
    for _time in range(2):
        run = begin_run(by=erin, question_set=basics)
        run_measurement(run.pk)
    assert list(basics.runs.all()) == [run]


def test_an_empty_set_is_not_measured(basics, erin):
    basics.questions.all().delete()
    with pytest.raises(InvalidInput, match="no question yet"):
        begin_run(by=erin, question_set=basics)


@pytest.mark.parametrize("who", ["bob", "charlie", "dana"])
def test_who_does_not_curate_the_corpus_measures_and_sets_nothing(who, basics, rules, request):
    user = request.getfixturevalue(who)
    with pytest.raises(NotFound):
        begin_run(by=user, question_set=basics)
    with pytest.raises(NotFound):
        apply_threshold(by=user, corpus=rules, threshold=0.0)
    rules.refresh_from_db()
    assert rules.evidence_threshold == 0.35
    assert not MeasuredRun.objects.exists()
