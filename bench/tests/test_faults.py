"""What a replayed fault is said to have done, and what is called lost."""

from __future__ import annotations

from bench.client import Reading
from bench.faults.accounting import Answer, Document, Kept, lost, unfinished
from bench.faults.diary import GOOD, Attempt, felt

WHOLE = "tok0 tok1 tok2 "
SAID = {"model": "mock", "whole": WHOLE}


def read(answer: str, text: str, status: str) -> Reading:
    reading = Reading(answer, text=text)
    reading.end(status, "")
    return reading


def lost_of(reading: Reading, row: Answer | None) -> list[str]:
    return lost([reading], {}, {}, Kept(answers={"a": row} if row else {}), **SAID)


def test_an_answer_that_is_done_and_whole_is_not_lost():
    assert lost_of(read("a", WHOLE, "done"), Answer("done", WHOLE, "mock")) == []


def test_an_interrupted_answer_with_what_its_reader_holds_is_not_lost():
    assert lost_of(read("a", "tok0 ", "interrupted"), Answer("interrupted", "tok0 ", "")) == []


def test_an_accepted_answer_without_a_row_is_lost():
    assert lost_of(read("a", "", "done"), None) == ["answer a: accepted, and no row"]


def test_an_answer_that_is_under_way_for_ever_is_lost():
    assert lost_of(Reading("a"), Answer("streaming", "tok0 ", "")) == ["answer a: still streaming"]


def test_text_that_a_reader_saw_and_the_row_has_not_is_lost():
    (sentence,) = lost_of(read("a", WHOLE, "failed"), Answer("failed", "tok0 ", ""))

    assert "its reader holds 15 characters, its row 5" in sentence


def test_an_answer_that_is_called_done_and_is_cut_short_is_lost():
    (sentence,) = lost_of(read("a", "tok0 ", "done"), Answer("done", "tok0 ", "mock"))

    assert "done with 5 of 15 characters" in sentence


def test_an_answer_of_another_model_need_not_say_the_same():
    assert lost_of(read("a", "Quoted.", "done"), Answer("done", "Quoted.", "quoting")) == []


def test_documents_are_lost_where_they_are_absent_offline_or_changed():
    sent = {"none": "1", "waits": "2", "changed": "3", "whole": "4"}
    kept = {
        "waits": Document("queued", False, ""),
        "changed": Document("online", True, "x"),
        "whole": Document("online", True, "4"),
    }

    assert lost([], sent, {}, Kept(documents=kept), **SAID) == [
        "document none: received, and no row",
        "document waits: received, and not online (queued)",
        "document changed: online, but its file is not what was sent",
    ]


def test_edits_are_lost_where_they_are_absent_or_changed():
    sent = {"kept": "Yes.", "changed": "No.", "none": "Perhaps."}

    found = lost([], {}, sent, Kept(edits={"kept": "Yes.", "changed": "Yes."}), **SAID)

    assert found == ["approved answer changed: another text", "approved answer none: no row"]


def test_interrupted_answers_are_gone_on_with_first_and_whole_ones_not():
    rows = {
        "failed": Answer("failed", "", ""),
        "done": Answer("done", WHOLE, "mock"),
        "interrupted": Answer("interrupted", "", ""),
    }
    readings = [Reading(pk) for pk in (*rows, "lost")]

    assert unfinished(readings, Kept(answers=rows), at_most=2) == ["interrupted", "failed"]


def test_recovery_counts_from_the_end_of_the_fault_to_the_first_good_after_the_last_bad():
    attempts = [
        Attempt("search", 1, 2, "500"),  # before the fault
        Attempt("search", 11, 12, GOOD),
        Attempt("search", 13, 14, "503"),
        Attempt("search", 13.5, 30, GOOD),
        Attempt("search", 16, 17, "503"),
        Attempt("search", 18, 23, GOOD),
        Attempt("question", 18, 19, "model-error"),
    ]

    seen = felt(attempts, "search", began=10, over=20)

    assert (seen.tried, seen.good, seen.seen) == (5, 3, {"503": 2})
    assert (seen.recovered_s, seen.longest_s) == (3.0, 16.5)


def test_who_saw_nothing_bad_recovered_at_once_and_who_saw_nothing_good_never():
    good, bad = Attempt("upload", 11, 12, GOOD), Attempt("upload", 11, 12, "507")

    assert felt([good], "upload", began=10, over=20).recovered_s == 0.0
    assert felt([good, bad], "upload", began=10, over=20).recovered_s is None
