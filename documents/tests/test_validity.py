"""Only what is in force is searched, today or on the day that is asked for."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.utils import timezone

from common.errors import InvalidInput
from documents import ingestion, services, tasks
from documents.models import Document, DocumentVersion
from documents.retrieval import SearchScope, search
from documents.tests.builders import grant, make_corpus
from documents.tests.pipeline import bring_online, upload

LEAVE = "Employees have 25 days of annual leave.\n"
DAY = timedelta(days=1)


@pytest.fixture
def corpus(organisation, alice):
    return make_corpus(organisation, "Rules")


@pytest.fixture
def document(alice, corpus):
    return bring_online(alice, corpus, "leave.txt", LEAVE).document


def set_dates(by, document, valid_from=None, valid_until=None, *, told=True):
    services.set_validity(by=by, document=document, valid_from=valid_from, valid_until=valid_until)
    if told:
        tasks.refresh_index(str(document.pk))


def versions_found(user, as_of=None):
    passages = search(user, "annual leave", scope=SearchScope(as_of=as_of)).passages
    return {passage.version for passage in passages}


@pytest.mark.parametrize("told", [True, False], ids=["index told", "rows alone"])
def test_what_is_no_longer_or_not_yet_in_force_is_not_searched(alice, document, told):
    today = timezone.localdate()
    assert versions_found(alice)
    set_dates(alice, document, valid_until=today - DAY, told=told)
    assert not versions_found(alice)
    set_dates(alice, document, valid_from=today + DAY, told=told)
    assert not versions_found(alice)


def test_the_first_and_the_last_day_are_in_force(alice, document):
    today = timezone.localdate()
    set_dates(alice, document, today, today)
    assert versions_found(alice)


def test_a_day_is_asked_for(alice, document):
    set_dates(alice, document, date(2020, 1, 1), date(2021, 12, 31))
    assert not versions_found(alice)
    assert not versions_found(alice, date(2019, 12, 31))
    assert versions_found(alice, date(2020, 1, 1))
    assert versions_found(alice, date(2021, 12, 31))
    assert not versions_found(alice, date(2022, 1, 1))


def test_a_passage_says_from_when_to_when_it_is_in_force(alice, document):
    until = timezone.localdate() + DAY
    set_dates(alice, document, valid_until=until)
    [passage] = search(alice, "annual leave").passages
    assert (passage.standing.valid_from, passage.standing.valid_until) == (None, until)


def test_dates_that_are_taken_away_bring_it_back(alice, document):
    set_dates(alice, document, valid_until=date(2020, 1, 1))
    set_dates(alice, document)
    assert versions_found(alice)


def test_an_end_before_the_beginning_is_refused(alice, document):
    with pytest.raises(InvalidInput):
        set_dates(alice, document, date(2021, 1, 1), date(2020, 12, 31))


def test_a_new_file_is_in_force_from_the_day_it_took_the_place_of_the_old_one(
    alice, corpus, document, monkeypatch
):
    old = document.versions.get()
    days = [date(2024, 5, 2)]
    monkeypatch.setattr(timezone, "localdate", lambda: days[-1])
    new = upload(alice, corpus, "leave.txt", LEAVE.replace("25", "30"))
    ingestion.ingest(new.pk)
    old.refresh_from_db()
    new.refresh_from_db()
    assert (old.replaced_on, new.took_over_on, new.replaced_on) == (days[0], days[0], None)
    assert versions_found(alice) == {new.pk}
    assert versions_found(alice, date(2024, 5, 1)) == {old.pk}
    assert versions_found(alice, date(2024, 5, 2)) == {new.pk}
    assert versions_found(alice, date(2030, 1, 1)) == {new.pk}


def test_two_versions_of_a_document_are_never_found_side_by_side(
    alice, corpus, document, monkeypatch
):
    first = date(2024, 5, 1)
    for number in (1, 2, 2, 5):  # two of them on one day
        monkeypatch.setattr(timezone, "localdate", lambda number=number: first + number * DAY)
        text = LEAVE.replace("25", str(document.versions.count() + 30))
        ingestion.ingest(upload(alice, corpus, "leave.txt", text).pk)
    assert document.versions.count() == 5
    seen = [versions_found(alice, first + number * DAY) for number in range(-1, 8)]
    assert [len(versions) for versions in seen] == [1] * 9
    assert len(set.union(*seen)) == 4  # one was replaced on the day it came
    assert len(versions_found(alice)) == 1


def test_a_version_replaced_on_an_unknown_day_is_found_for_none(alice, corpus, document):
    old = document.versions.get()
    new = upload(alice, corpus, "leave.txt", LEAVE.replace("25", "30"))
    ingestion.ingest(new.pk)
    DocumentVersion.objects.filter(pk=old.pk).update(replaced_on=None)
    assert versions_found(alice, date(2020, 1, 1)) == set()


def test_an_upload_cut_off_after_the_rows_were_written_is_finished_with_the_same_dates(
    alice, corpus, document, monkeypatch
):
    old = document.versions.get()
    new = upload(alice, corpus, "leave.txt", LEAVE.replace("25", "30"))
    ingestion.ingest(new.pk)
    rows = DocumentVersion.objects.filter(pk=new.pk)
    took_over_on = rows.get().took_over_on
    rows.update(state=DocumentVersion.State.QUEUED, step=DocumentVersion.Step.PUBLISH)
    monkeypatch.setattr(timezone, "localdate", lambda: took_over_on + DAY)
    ingestion.ingest(new.pk)
    assert rows.get().took_over_on == took_over_on
    assert versions_found(alice, took_over_on - DAY) == {old.pk}


def test_dates_set_while_a_file_is_on_its_way_hold_for_it(alice, corpus, document, monkeypatch):
    new = upload(alice, corpus, "leave.txt", LEAVE.replace("25", "30"))
    yesterday = timezone.localdate() - DAY
    real = ingestion.live_generation

    def date_it():
        set_dates(alice, document, valid_until=yesterday)
        return real()

    monkeypatch.setattr(ingestion, "live_generation", date_it)
    ingestion.ingest(new.pk)
    Document.objects.filter(pk=document.pk).update(valid_until=None)  # the index alone decides
    assert versions_found(alice) == set()


@pytest.mark.parametrize("as_of", [None, date(2020, 1, 1)])
def test_a_day_opens_nothing_to_who_may_not_read_the_corpus(
    as_of, alice, bob, charlie, dana, corpus, document
):
    grant(corpus, bob)
    ingestion.ingest(upload(alice, corpus, "leave.txt", LEAVE.replace("25", "30")).pk)
    assert versions_found(bob, as_of)
    assert not versions_found(charlie, as_of)
    assert not versions_found(dana, as_of)
    services.delete_document(by=alice, document=document)
    assert not versions_found(bob, as_of)


def test_languages_and_sections_are_chosen(alice, corpus):
    english = bring_online(
        alice,
        corpus,
        "en.md",
        "# Leave\n\nAnnual leave is 25 days for all of us.\n\n"
        "# Travel\n\nAnnual leave does not pay for travel, which is another matter.\n",
    )
    french = bring_online(
        alice, corpus, "fr.md", "# Annual leave\n\nLes congés du personnel sont de 25 jours.\n"
    )

    def found(**scope):
        passages = search(alice, "annual leave", scope=SearchScope(**scope)).passages
        return {(passage.version, passage.section) for passage in passages}

    assert {version for version, _section in found()} == {english.pk, french.pk}
    assert {version for version, _ in found(languages=frozenset({"fr"}))} == {french.pk}
    assert found(sections=frozenset({"Travel"})) == {(english.pk, "Travel")}
