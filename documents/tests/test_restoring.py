"""An earlier version takes its document's place again."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.utils import timezone

from common.errors import NotFound, Unavailable
from documents import restoring, tasks
from documents.errors import VersionUnderWay
from documents.generations import live_generation
from documents.indexing import bring_into, target_of
from documents.models import ApprovedAnswer, DocumentVersion, Page, PageWords
from documents.refreshing import mark_stale
from documents.retrieval import SearchScope, search
from documents.tests.builders import grant, make_corpus, make_version
from documents.tests.pipeline import put_online
from documents.verifying import verify
from documents.version_services import restore_version

State = DocumentVersion.State
DAY = timedelta(days=1)


@pytest.fixture
def corpus(organisation, alice, bob):
    made = make_corpus(organisation, "Rules")
    grant(made, bob)
    return made


@pytest.fixture
def today(monkeypatch):
    """The day, which a test moves."""
    days = [date(2024, 5, 1)]
    monkeypatch.setattr(timezone, "localdate", lambda: days[-1])
    return days


@pytest.fixture
def first(corpus):
    return put_online(corpus, "Leave", "Annual leave is 25 days.")


def replace(old, text, day):
    """A newer version takes the place of `old`, as publishing leaves it."""
    DocumentVersion.objects.filter(pk=old.pk).update(live=False, replaced_on=day)
    new = make_version(
        old.document,
        State.READY,
        live=True,
        took_over_on=day,
        language="en",
        page_count=1,
        media_type="text/plain",
        step=DocumentVersion.Step.PUBLISH,
    )
    Page.objects.create(version=new, number=1, text=text)
    bring_into(target_of(live_generation()), new)
    mark_stale(type(old.document).objects.filter(pk=old.document_id), "standing")
    tasks.refresh_index(str(old.document_id))
    return new


def follow():
    """What the tasks behind a restoration do."""
    for version in DocumentVersion.objects.exclude(document__stale=""):
        tasks.refresh_index(str(version.document_id))
    tasks.build_index(str(live_generation().pk))


def found(user, as_of=None):
    passages = search(user, "annual leave", scope=SearchScope(as_of=as_of)).passages
    return {passage.text for passage in passages}, {passage.version for passage in passages}


def test_a_restored_version_is_found_again_at_once(alice, first, today):
    replace(first, "Annual leave is 30 days.", today[0])
    assert found(alice)[0] == {"Annual leave is 30 days."}
    restored = restore_version(by=alice, version=first)
    assert restored.live
    assert found(alice) == ({"Annual leave is 25 days."}, {first.pk})  # before any task has run
    follow()
    assert found(alice) == ({"Annual leave is 25 days."}, {first.pk})


def test_as_it_stood_on_goes_on_telling_the_truth(alice, first, today):
    replace(first, "Annual leave is 30 days.", today[0])
    today.append(today[0] + 10 * DAY)
    restore_version(by=alice, version=first)
    follow()
    old, new = {"Annual leave is 25 days."}, {"Annual leave is 30 days."}
    assert found(alice, today[0] - DAY)[0] == old
    assert found(alice, today[0])[0] == new
    assert found(alice, today[1] - DAY)[0] == new
    assert found(alice, today[1])[0] == old
    assert found(alice, today[1] + 30 * DAY)[0] == old
    for day in range(-2, 14):
        assert len(found(alice, today[0] + day * DAY)[1]) == 1
    assert not verify(target_of(live_generation())).differs


def test_there_and_back_and_there_again(alice, first, today):
    begin = today[0]
    second = replace(first, "Annual leave is 30 days.", begin)
    expected = {begin - DAY: "25"}
    for step, version in enumerate([first, second, first, second], start=1):
        expected[begin + step * DAY - DAY] = "25" if version == second else "30"
        today.append(begin + step * DAY)
        restore_version(by=alice, version=DocumentVersion.objects.get(pk=version.pk))
        follow()
    expected[today[-1]] = "30"
    for day, days in expected.items():
        assert found(alice, day)[0] == {f"Annual leave is {days} days."}, day


def test_what_was_replaced_and_restored_on_one_day_was_never_away(alice, first, today):
    second = replace(first, "Annual leave is 30 days.", today[0])
    restore_version(by=alice, version=first)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.took_over_on, first.replaced_on, first.live) == (None, None, True)
    assert (second.took_over_on, second.replaced_on, second.live) == (today[0], today[0], False)
    assert first.document.versions.count() == 2


def test_the_copy_of_earlier_days_keeps_pages_and_the_places_of_their_words(alice, first, today):
    page = first.pages.get()
    PageWords.objects.create(page=page, packed=b"packed")
    second = replace(first, "Annual leave is 30 days.", today[0])
    today.append(today[0] + DAY)
    restore_version(by=alice, version=first)
    (copy,) = first.document.versions.exclude(pk__in=[first.pk, second.pk])
    assert (copy.state, copy.live, copy.replaced_on) == (State.READY, False, today[0])
    assert copy.created_at < second.created_at < DocumentVersion.objects.get(pk=first.pk).created_at
    assert (copy.file.name, copy.sha256) == (first.file.name, first.sha256)
    (page_of_copy,) = copy.pages.all()
    assert page_of_copy.text == page.text
    assert bytes(page_of_copy.words.packed) == b"packed"
    assert first.pages.get().pk == page.pk


@pytest.mark.parametrize("state", [State.QUEUED, State.RUNNING])
def test_nothing_is_restored_while_a_newer_file_is_on_its_way(state, alice, first, today):
    second = replace(first, "Annual leave is 30 days.", today[0])
    make_version(first.document, state)
    with pytest.raises(VersionUnderWay):
        restore_version(by=alice, version=first)
    second.refresh_from_db()
    assert second.live


def test_nothing_changes_where_the_index_cannot_be_told(alice, first, today, monkeypatch):
    second = replace(first, "Annual leave is 30 days.", today[0])

    def unavailable(_generation):
        raise Unavailable(component="Qdrant")

    with monkeypatch.context() as patch:
        patch.setattr(restoring, "target_of", unavailable)
        with pytest.raises(Unavailable):
            restore_version(by=alice, version=first)
    assert found(alice)[1] == {second.pk}


def test_approved_answers_on_the_document_wait_for_a_curator(alice, corpus, first, today):
    replace(first, "Annual leave is 30 days.", today[0])
    approved = ApprovedAnswer.objects.create(
        corpus=corpus,
        question="How many days?",
        text="30 [1]",
        status=ApprovedAnswer.Status.APPROVED,
    )
    second = first.document.versions.get(live=True)
    approved.passages.create(
        number=1, version=second, title="Leave", page=1, start=0, end=6, quote="Annual"
    )
    restore_version(by=alice, version=first)
    approved.refresh_from_db()
    assert approved.status == ApprovedAnswer.Status.TO_REVIEW


def test_restoring_the_live_version_changes_nothing(alice, first):
    before = DocumentVersion.objects.values().get(pk=first.pk)
    restore_version(by=alice, version=first)
    assert DocumentVersion.objects.values().get(pk=first.pk) == before


@pytest.mark.parametrize("who", ["bob", "charlie", "dana"])
def test_a_version_is_restored_by_curators_alone(who, first, today, request):
    second = replace(first, "Annual leave is 30 days.", today[0])
    with pytest.raises(NotFound):
        restore_version(by=request.getfixturevalue(who), version=first)
    second.refresh_from_db()
    assert second.live


def test_what_was_never_online_cannot_be_restored(alice, first):
    failed = make_version(first.document, State.FAILED)
    with pytest.raises(NotFound):
        restore_version(by=alice, version=failed)
