"""What a source says of the others: where else it stands, and what it is easily taken for."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from uuid import uuid4

import msgspec
import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from chat.differences import with_differences
from chat.frames import DifferenceView, PassageView
from chat.models import Message, TurnLog
from chat.passages import passage_views
from chat.selectors import passages_for
from chat.tests.streaming import RULES, Socket
from chat.tests.turns import first_passage
from chat.turnlog import passages_of
from documents import ingestion
from documents.models import CorpusGrant, Document
from documents.ports import Shown
from documents.retrieval import AlsoIn
from documents.tests.builders import grant, make_corpus, ready_document
from documents.tests.pipeline import bring_online, upload

pytestmark = pytest.mark.django_db(transaction=True)

QUESTION = "How many days of annual leave do employees have?"
RULE = (
    "Employees who work full time have {days} days of annual leave in each calendar year, which "
    "they take in agreement with the head of their service."
)
FIGURES, VERSION = "figures", "version"


@pytest.fixture
def view(handbook) -> PassageView:
    return passage_views([first_passage(ready_document(handbook))])[0]


def beside(view: PassageView, *texts: str, same_document: bool = False) -> list[dict[int, str]]:
    """Of passages with these texts, each of another document: what each is told to differ from."""
    views = [
        msgspec.structs.replace(
            view,
            number=number,
            text=text,
            document=view.document if same_document else uuid4(),
            version=uuid4(),
        )
        for number, text in enumerate(texts, start=1)
    ]
    return [
        {other.number: other.kind for other in found.differs} for found in with_differences(views)
    ]


def test_the_same_words_with_other_figures_are_told_apart(view):
    old, new = RULE.format(days=25), RULE.format(days=27)
    assert beside(view, old, new, "Something else.") == [{2: FIGURES}, {1: FIGURES}, {}]


def test_words_around_a_rule_do_not_hide_that_its_figures_differ(view):
    around = f"Leave is asked for a month ahead. {RULE.format(days=27)} The rest is for 2026."
    assert beside(view, RULE.format(days=25), around) == [{2: FIGURES}, {1: FIGURES}]


def test_copies_and_other_subjects_do_not_differ(view):
    rule = RULE.format(days=25)
    assert beside(view, rule, f"{rule} It holds for 2026.") == [{}, {}]
    assert beside(view, rule, "Telework is limited to 2 days a week for all of them.") == [{}, {}]
    assert beside(view, "Total: 25 days", "Total: 27 days") == [{}, {}]  # like any line of a table


def test_two_versions_of_one_document_are_told_apart_whatever_they_say(view):
    assert beside(view, "One.", "Two.", same_document=True) == [{2: VERSION}, {1: VERSION}]


def test_a_version_that_was_replaced_says_for_which_day_it_is_shown(handbook):
    found = first_passage(ready_document(handbook))
    day = date(2025, 3, 3)
    replaced = replace(found, standing=replace(found.standing, shown=Shown.REPLACED))
    assert [view.stood_on for view in passage_views([found, replaced], day)] == [None, day]


async def answer_to(user, **fields):
    async with Socket(user) as socket:
        accepted = await socket.ask(QUESTION, **fields)
        frames = await socket.to_the_end()
    [passages] = [frame["passages"] for frame in frames if frame["type"] == "passages"]
    row = await Message.objects.select_related("conversation").aget(pk=accepted["answer"])
    return row, passages


@pytest.fixture
def copies(organisation, alice, bob):
    """The same rules in a corpus that bob reads and in one that he does not."""
    rules, closed = make_corpus(organisation, "Rules"), make_corpus(organisation, "Closed")
    grant(rules, bob)
    bring_online(alice, rules, "rules.md", RULES)
    bring_online(alice, closed, "copy.md", RULES)
    Document.objects.filter(corpus=rules).update(title="Rules")
    Document.objects.filter(corpus=closed).update(title="Secret copy")
    return rules, closed


async def test_a_copy_is_told_of_only_to_who_may_read_it(copies, alice, bob, charlie, dana, model):
    for _ in range(2):
        model.enqueue("25 [1].")
    _row, seen = await answer_to(alice)
    [place] = seen[0]["also_in"]
    assert {seen[0]["title"], place["title"]} == {"Rules", "Secret copy"}
    assert place["reference"] == seen[0]["reference"] == "§\u00a01"
    assert f"/documents/{place['document']}/?version={place['version']}" in place["url"]
    row, seen = await answer_to(bob)
    assert [passage["also_in"] for passage in seen] == [[]] * len(seen)
    assert "Secret" not in str(seen)
    assert "Secret" not in str(row.passages)
    for stranger in (charlie, dana):
        async with Socket(stranger) as socket:
            await socket.ask(QUESTION)
            assert "Secret" not in str(await socket.to_the_end())


async def test_a_copy_is_forgotten_with_the_right_to_it(copies, bob, erin, model):
    _rules, closed = copies
    await sync_to_async(grant)(closed, bob)
    model.enqueue("25 [1].")
    row, seen = await answer_to(bob)
    titles = {seen[0]["title"], seen[0]["also_in"][0]["title"]}
    assert titles == {"Rules", "Secret copy"}
    views = (await sync_to_async(passages_for)(bob, [row]))[row.pk]
    assert views[0].also_in
    # Whoever sees the turn in the back office may read what it rests on, not the copies.
    turn = await TurnLog.objects.aget(answer=row.pk)
    assert not any(passage.view.also_in for passage in passages_of(turn))
    shown, other = seen[0], seen[0]["also_in"][0]
    await CorpusGrant.objects.filter(user=bob, corpus__documents=other["document"]).adelete()
    views = (await sync_to_async(passages_for)(bob, [row]))[row.pk]
    assert str(views[0].document) == shown["document"]
    assert not any(view.also_in for view in views)


def test_what_is_closed_is_not_among_the_differences(view, handbook, bob):
    other = ready_document(handbook, title="Other")
    Document.objects.filter(pk=other.pk).update(deleted_at=timezone.now())
    closed = passage_views([first_passage(other)])[0]
    pair = [
        msgspec.structs.replace(view, differs=(DifferenceView(number=2, kind=FIGURES),)),
        msgspec.structs.replace(closed, number=2),
    ]
    answer = Message(pk=uuid4(), passages=msgspec.to_builtins(pair))
    [shown] = passages_for(bob, [answer])[answer.pk]
    assert shown.differs == ()


async def test_an_answer_about_a_day_rests_on_the_version_of_that_day(
    organisation, alice, bob, model
):
    corpus = await sync_to_async(make_corpus)(organisation, "Rules")
    await sync_to_async(grant)(corpus, bob)
    old = await sync_to_async(bring_online)(alice, corpus, "rules.md", RULES)
    new = await sync_to_async(upload)(alice, corpus, "rules.md", RULES.replace("25", "30"))
    await sync_to_async(ingestion.ingest)(new.pk)
    for _ in range(2):
        model.enqueue("Days [1].")
    _row, today = await answer_to(bob)
    assert {passage["version"] for passage in today} == {str(new.pk)}
    assert {passage["stood_on"] for passage in today} == {None}
    _row, before = await answer_to(bob, as_of="2020-03-03")
    assert {passage["version"] for passage in before} == {str(old.pk)}
    assert {passage["stood_on"] for passage in before} == {"2020-03-03"}


def test_where_else_a_passage_stands_has_the_name_of_its_page(handbook):
    document = ready_document(handbook)
    found = first_passage(document)
    place = AlsoIn(
        document=document.pk,
        version=found.version,
        title="Copy",
        media_type="text/html",
        page=3,
        page_label="",
    )
    [view] = passage_views([replace(found, also_in=(place,))])
    assert [(other.title, other.reference) for other in view.also_in] == [("Copy", "§\u00a03")]
