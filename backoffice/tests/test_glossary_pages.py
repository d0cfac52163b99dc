from __future__ import annotations

import csv
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from documents.models import GlossaryEntry


@pytest.fixture
def client(erin, signed_in):
    return signed_in(erin)


def url(corpus, name="corpus_glossary", **more):
    return reverse(f"backoffice:{name}", kwargs={"corpus": corpus.pk, **more})


def terms():
    return dict(GlossaryEntry.objects.values_list("term", "expansions"))


def file(content: str):
    return SimpleUploadedFile("words.csv", content.encode(), content_type="text/csv")


def test_a_term_is_added_edited_and_removed(handbook, client):
    asked = {"term": "RTT", "expansions": "rest days; days off"}
    page = client.post(url(handbook), asked, follow=True)
    assert terms() == {"RTT": ["rest days", "days off"]}
    assert "“RTT” is saved" in page.content.decode()

    entry = GlossaryEntry.objects.get()
    page = client.get(url(handbook), {"edit": entry.pk})
    assert 'value="rest days; days off"' in page.content.decode()
    changed = {"term": "JRTT", "expansions": "rest days", "instead_of": entry.pk}
    client.post(url(handbook), changed)
    assert terms() == {"JRTT": ["rest days"]}

    entry = GlossaryEntry.objects.get()
    client.post(url(handbook, "corpus_glossary_remove", entry=entry.pk))
    assert terms() == {}


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"term": "", "expansions": "rest days"}, "term"),
        ({"term": "the", "expansions": "rest days"}, "term"),
        ({"term": "RTT", "expansions": "; ;"}, "expansions"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(handbook, client, asked, field):
    page = client.post(url(handbook), asked)
    assert list(page.context["form"].errors) == [field]
    assert terms() == {}


def test_a_glossary_goes_out_and_comes_in_again_as_it_was(handbook, client):
    GlossaryEntry.objects.create(corpus=handbook, term="=RTT", expansions=["rest days", "+1 day"])
    GlossaryEntry.objects.create(corpus=handbook, term="CET", expansions=["savings account"])
    was = terms()
    exported = client.get(url(handbook, "corpus_glossary_export")).content
    rows = list(csv.reader(io.StringIO(exported.decode("utf-8-sig"))))
    assert rows[0] == ["Term", "Stands for"]
    GlossaryEntry.objects.all().delete()
    client.post(
        url(handbook, "corpus_glossary_import"),
        {"file": SimpleUploadedFile("words.csv", exported)},
    )
    assert terms() == was


def test_a_file_adds_to_the_glossary_or_takes_its_place(handbook, client):
    GlossaryEntry.objects.create(corpus=handbook, term="CET", expansions=["savings account"])
    take_in = url(handbook, "corpus_glossary_import")
    page = client.post(take_in, {"file": file("RTT;rest days")}, follow=True)
    assert "1 term is taken in" in page.content.decode()
    assert set(terms()) == {"CET", "RTT"}
    client.post(take_in, {"file": file("JRTT;rest days"), "replace_all": "on"})
    assert set(terms()) == {"JRTT"}


def test_a_wrong_line_is_named_and_nothing_is_taken_in(handbook, client):
    page = client.post(
        url(handbook, "corpus_glossary_import"), {"file": file("RTT;rest days\nCET\n")}
    )
    assert "Line 2" in page.content.decode()
    assert terms() == {}


def test_the_terms_can_be_searched(handbook, client):
    for term in ("RTT", "CET"):
        GlossaryEntry.objects.create(corpus=handbook, term=term, expansions=["something"])
    page = client.get(url(handbook), {"q": "rt"})
    assert [entry.term for entry in page.context["page"].object_list] == ["RTT"]


def test_an_entry_of_another_corpus_cannot_be_edited_from_here(handbook, foreign_corpus, client):
    foreign = GlossaryEntry.objects.create(
        corpus=foreign_corpus, term="Secret", expansions=["Secret meaning"]
    )
    page = client.get(url(handbook), {"edit": foreign.pk})
    assert b"Secret" not in page.content
