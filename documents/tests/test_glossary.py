"""A corpus's glossary: what may be in it, who may change it, what searches make of it."""

from __future__ import annotations

import pytest

from ai.lexical import Analyser, Rewording, Wording, encode_question
from common.errors import InvalidInput, NotFound
from documents.glossary import (
    MAX_EXPANSIONS,
    Wordings,
    import_entries,
    parse_csv,
    remove_entry,
    save_entry,
    wordings,
)
from documents.models import GlossaryEntry
from documents.retrieval import search
from documents.retrieval.asked import Asked
from documents.services import update_corpus
from documents.tests.builders import make_corpus
from documents.tests.pipeline import bring_online

RTT = Wordings("RTT", ("rest days",))


def terms(corpus) -> dict[str, list[str]]:
    return dict(GlossaryEntry.objects.filter(corpus=corpus).values_list("term", "expansions"))


def test_an_entry_is_cleaned_of_spaces_and_repetitions():
    assert wordings(" R  T T ", "rest  days; Rest days\n days off | r t t", "en") == Wordings(
        "R T T", ("rest days", "days off")
    )


@pytest.mark.parametrize(
    ("term", "expansions", "field"),
    [
        ("", "rest days", "term"),
        ("x" * 121, "rest days", "term"),
        ("the", "rest days", "term"),
        ("RTT", "", "expansions"),
        ("RTT", "rtt", "expansions"),
        ("RTT", "x" * 201, "expansions"),
        ("RTT", "what is the", "expansions"),
        ("RTT", [f"day {number}" for number in range(MAX_EXPANSIONS + 1)], "expansions"),
    ],
)
def test_what_is_wrong_with_an_entry_is_said_of_its_field(term, expansions, field):
    with pytest.raises(InvalidInput) as caught:
        wordings(term, expansions, "en")
    assert caught.value.params["field"] == field


@pytest.mark.parametrize(
    "content",
    [
        b"RTT,rest days,days off\nCET,savings account\n",
        b"\xef\xbb\xbfTerm;Stands for\r\nRTT;rest days;days off\r\n\r\nCET;savings account\r\n",
        b"RTT\trest days|days off\nCET\tsavings account",
        b'Terme,Signification\nRTT,"rest days; days off"\nCET,savings account\n',
    ],
    ids=["commas", "excel", "tabs", "one cell"],
)
def test_files_are_read_as_spreadsheets_write_them(content):
    assert parse_csv(content, "en") == [
        Wordings("RTT", ("rest days", "days off")),
        Wordings("CET", ("savings account",)),
    ]


def test_a_file_of_western_europe_keeps_its_accents_and_guards_are_taken_off():
    (entry,) = parse_csv("RTT;'=congés\n".encode("cp1252"), "fr")
    assert entry.expansions == ("=congés",)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "no entry"),
        (b"Term;Stands for\n", "no entry"),
        (b"RTT;rest days\nCET\n", "Line 2: Say what"),
        (b"PK\x03\x04\0\0", "not a CSV"),
        (b"x" * 2_000_001, "too large"),
    ],
)
def test_a_wrong_file_is_refused_with_its_line(content, reason):
    with pytest.raises(InvalidInput) as caught:
        parse_csv(content, "en")
    assert caught.value.params["field"] == "file"
    assert reason in str(caught.value.params["reason"])


def test_a_term_is_there_once_whatever_its_case(erin, handbook):
    save_entry(by=erin, corpus=handbook, entry=RTT)
    save_entry(by=erin, corpus=handbook, entry=Wordings("rtt", ("days off",)))
    assert terms(handbook) == {"rtt": ["days off"]}


def test_an_entry_takes_the_place_of_the_one_it_was(erin, handbook):
    save_entry(by=erin, corpus=handbook, entry=RTT)
    old = GlossaryEntry.objects.get()
    save_entry(by=erin, corpus=handbook, entry=Wordings("JRTT", ("rest days",)), instead_of=old.pk)
    assert terms(handbook) == {"JRTT": ["rest days"]}


def test_a_file_adds_and_replaces_or_takes_the_place_of_all(erin, handbook):
    save_entry(by=erin, corpus=handbook, entry=RTT)
    save_entry(by=erin, corpus=handbook, entry=Wordings("CET", ("savings account",)))
    entries = [Wordings("rtt", ("days off",))]
    import_entries(by=erin, corpus=handbook, entries=entries)
    assert terms(handbook) == {"CET": ["savings account"], "rtt": ["days off"]}
    import_entries(by=erin, corpus=handbook, entries=entries, replace_all=True)
    assert terms(handbook) == {"rtt": ["days off"]}


def test_a_glossary_has_an_end(erin, handbook, monkeypatch):
    monkeypatch.setattr("documents.glossary.MAX_ENTRIES", 1)
    save_entry(by=erin, corpus=handbook, entry=RTT)
    with pytest.raises(InvalidInput):
        save_entry(by=erin, corpus=handbook, entry=Wordings("CET", ("savings account",)))
    assert terms(handbook) == {"RTT": ["rest days"]}


@pytest.mark.parametrize("who", ["bob", "charlie", "dana"])
def test_who_does_not_curate_the_corpus_changes_nothing(who, erin, handbook, request):
    person = request.getfixturevalue(who)
    save_entry(by=erin, corpus=handbook, entry=RTT)
    entry = GlossaryEntry.objects.get()
    verbs = [
        lambda: save_entry(by=person, corpus=handbook, entry=Wordings("CET", ("x1",))),
        lambda: import_entries(by=person, corpus=handbook, entries=[], replace_all=True),
        lambda: remove_entry(by=person, corpus=handbook, entry=entry.pk),
    ]
    for verb in verbs:
        with pytest.raises(NotFound):
            verb()
    assert terms(handbook) == {"RTT": ["rest days"]}


def test_an_entry_of_another_corpus_is_neither_removed_nor_replaced(erin, handbook, foreign_corpus):
    foreign = foreign_corpus.glossary.create(term="CET", expansions=["secret"])
    with pytest.raises(NotFound):
        remove_entry(by=erin, corpus=handbook, entry=foreign.pk)
    save_entry(by=erin, corpus=handbook, entry=RTT, instead_of=foreign.pk)
    assert terms(foreign_corpus) == {"CET": ["secret"]}


def test_saving_the_settings_does_not_make_an_old_glossary_young(erin, handbook):
    """Its number says what is remembered of it elsewhere."""
    read_before = update_corpus(by=erin, corpus=handbook)
    save_entry(by=erin, corpus=handbook, entry=RTT)
    update_corpus(by=erin, corpus=read_before, welcome_message="Hello.")
    handbook.refresh_from_db()
    assert (handbook.glossary_changes, handbook.welcome_message) == (1, "Hello.")


# --- in searches -------------------------------------------------------------------------------


def texts(user, question) -> list[str]:
    return [passage.text for passage in search(user, question).passages]


@pytest.fixture
def rules(organisation, alice):
    corpus = make_corpus(organisation, "Rules")
    bring_online(alice, corpus, "rest.md", "Everyone has ten rest days in a year.\n")
    bring_online(alice, corpus, "short.md", "Ask for your JRTT with form 12.\n")
    return corpus


def test_a_question_finds_the_other_wording_both_ways(alice, rules):
    assert texts(alice, "How many JRTT?") == ["Ask for your JRTT with form 12."]
    save_entry(by=alice, corpus=rules, entry=Wordings("JRTT", ("rest days",)))
    assert len(texts(alice, "How many JRTT?")) == 2
    assert len(texts(alice, "How many rest days?")) == 2


def test_the_other_wording_is_marked_and_counts_as_evidence(alice, rules):
    save_entry(by=alice, corpus=rules, entry=Wordings("time credit", ("rest days",)))
    result = search(alice, "Which time credit?")
    passage = result.passages[0]
    assert [passage.text[start:end] for start, end in passage.marks] == ["rest", "days"]
    assert result.evidence == 1.0


def test_a_change_of_the_glossary_counts_from_the_next_question_on(alice, rules):
    save_entry(by=alice, corpus=rules, entry=Wordings("JRTT", ("rest days",)))
    assert len(texts(alice, "How many JRTT?")) == 2
    remove_entry(by=alice, corpus=rules, entry=rules.glossary.get().pk)
    assert len(texts(alice, "How many JRTT?")) == 1


def test_a_glossary_says_nothing_to_who_may_not_read_its_corpus(
    organisation, alice, bob, rules, handbook
):
    """bob reads the handbook alone: neither hits nor marks tell him what the rules' words mean."""
    bring_online(alice, handbook, "rest.md", "Take your rest days early.\n")
    save_entry(by=alice, corpus=rules, entry=Wordings("JRTT", ("rest days",)))
    assert texts(bob, "How many JRTT?") == []
    assert "Take your rest days early." in texts(alice, "How many JRTT?")


def test_without_entries_a_question_is_encoded_as_ever_and_no_query_is_added(
    alice, rules, django_assert_num_queries, django_assert_max_num_queries
):
    question, analyser = "How many JRTT in a year?", Analyser()
    assert Asked(question, "en").vector(analyser) == encode_question(question, "en", analyser)
    search(alice, question)
    with django_assert_max_num_queries(10) as plain:
        search(alice, question)
    save_entry(by=alice, corpus=rules, entry=RTT)
    search(alice, question)  # reads the new glossary, once
    with django_assert_num_queries(len(plain)):
        search(alice, question)


def test_a_word_that_the_question_has_already_is_not_counted_twice():
    analyser = Analyser()
    wording = Wording("rest days", "en")
    asked = Asked("rest RTT", "en", (Rewording(frozenset({"rtt"}), (wording,)),))
    own = encode_question("rest RTT", "en", analyser)
    mixed = dict(zip(asked.vector(analyser).indices, asked.vector(analyser).values, strict=True))
    assert all(
        mixed[dimension] == value for dimension, value in zip(own.indices, own.values, strict=True)
    )
    assert len(mixed) > len(own.indices)
