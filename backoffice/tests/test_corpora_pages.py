from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.tests.cast import make_team
from documents.models import Corpus, CorpusGrant
from documents.selectors import corpora_readable_by
from documents.tests.builders import grant, make_corpus, ready_document

FIELDS = {"name": "Payroll", "language": "fr", "passages_read": "8", "visibility": "all"}
NEW = reverse("backoffice:corpus_new")


@pytest.fixture
def client(alice, signed_in):
    return signed_in(alice)


def page(client, name, corpus):
    return reverse(f"backoffice:{name}", args=[corpus.pk])


def test_a_corpus_is_created_and_opens_where_documents_are_dropped(client, alice):
    response = client.post(NEW, {**FIELDS, "welcome_message": "Ask about pay."}, follow=True)
    corpus = Corpus.objects.get(name="Payroll")
    assert response.redirect_chain == [(page(client, "corpus_documents", corpus), 302)]
    assert (corpus.language, corpus.passages_read, corpus.visibility) == ("fr", 8, "all")
    assert corpus.grants.get().user == alice
    assert "ready for its first documents" in response.content.decode()


def test_a_curator_may_create_another_corpus(erin, handbook, signed_in):
    signed_in(erin).post(NEW, FIELDS)
    assert Corpus.objects.get(name="Payroll").grants.get().user == erin


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"name": ""}, "name", "required"),
        ({"name": "Handbook"}, "name", "A corpus of this name exists already."),
        ({"passages_read": "21"}, "passages_read", "less than or equal to 20"),
        ({"welcome_message": "x" * 501}, "welcome_message", "at most 500"),
        ({"visibility": "nobody"}, "visibility", "valid choice"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(handbook, client, changes, field, sentence):
    response = client.post(NEW, {**FIELDS, **changes})
    assert list(response.context["form"].errors) == [field]
    assert sentence in response.content.decode()
    assert Corpus.objects.count() == 1


def test_the_weight_of_vectors_is_asked_for_where_there_are_any(handbook, client, settings):
    url = page(client, "corpus", handbook)
    assert "dense_weight" not in client.get(url).context["form"].fields
    client.post(url, {**FIELDS, "dense_weight": "3"})
    handbook.refresh_from_db()
    assert handbook.dense_weight == 1.5
    settings.EMBEDDING_MODEL = "embed-alice"
    client.post(url, {**FIELDS, "dense_weight": "3"})
    handbook.refresh_from_db()
    assert handbook.dense_weight == 3
    assert list(client.post(url, {**FIELDS, "dense_weight": "11"}).context["form"].errors) == [
        "dense_weight"
    ]


def test_settings_are_saved_and_what_the_form_does_not_show_is_kept(handbook, client):
    Corpus.objects.filter(pk=handbook.pk).update(evidence_threshold=0.5)
    url = page(client, "corpus", handbook)
    response = client.post(url, {**FIELDS, "instructions": "Be brief."}, follow=True)
    assert "The settings are saved." in response.content.decode()
    handbook.refresh_from_db()
    assert (handbook.name, handbook.instructions) == ("Payroll", "Be brief.")
    assert (handbook.slug, handbook.evidence_threshold) == ("handbook", 0.5)


def test_a_refused_change_leaves_the_name_above_the_form_as_it_was(handbook, organisation, client):
    make_corpus(organisation, "Payroll")
    response = client.post(page(client, "corpus", handbook), FIELDS)
    assert "exists already" in response.content.decode()
    assert response.context["name"] == "Handbook"


def test_rights_are_given_to_teams_and_people_changed_and_taken_away(
    handbook, organisation, charlie, client
):
    team = make_team(organisation, "Payroll team", charlie)
    url = page(client, "corpus_people", handbook)
    client.post(url, {"who": f"team:{team.pk}", "right": "read"})
    assert handbook in corpora_readable_by(charlie)
    client.post(url, {"who": f"team:{team.pk}", "right": "curate"})
    right = handbook.grants.get(team=team)
    assert right.right == CorpusGrant.Right.CURATE
    client.post(reverse("backoffice:corpus_revoke", args=[handbook.pk, right.pk]))
    assert handbook not in corpora_readable_by(charlie)


def test_rights_cannot_be_given_to_strangers_or_to_nobody(handbook, dana, client):
    url = page(client, "corpus_people", handbook)
    for who in (f"person:{dana.pk}", "", "team:nonsense"):
        response = client.post(url, {"who": who, "right": "read"})
        assert list(response.context["form"].errors) == ["who"]
    assert not handbook.grants.filter(user=dana).exists()


def test_a_curator_cannot_lock_themselves_out(handbook, erin, signed_in):
    client = signed_in(erin)
    url = page(client, "corpus_people", handbook)
    response = client.post(url, {"who": f"person:{erin.pk}", "right": "read"})
    assert "You cannot take your own right away." in response.content.decode()
    own = handbook.grants.get(user=erin)
    revoke = reverse("backoffice:corpus_revoke", args=[handbook.pk, own.pk])
    assert client.post(revoke).status_code == 400
    assert handbook.grants.filter(user=erin, right="curate").exists()


def test_a_right_is_taken_from_its_own_corpus_alone(handbook, organisation, bob, client):
    other = make_corpus(organisation, "Payroll")
    right = grant(other, bob)
    url = reverse("backoffice:corpus_revoke", args=[handbook.pk, right.pk])
    assert client.post(url).status_code == 404
    assert other.grants.exists()


def test_the_list_counts_what_each_corpus_holds(handbook, client):
    ready_document(handbook)
    ((_corpus, counts),) = client.get(reverse("backoffice:corpora")).context["rows"]
    assert (counts["all"], counts["online"], counts["failed"]) == (1, 1, 0)


def test_the_head_says_who_reads(handbook, client):
    assert "granted to 2 people" in client.get(page(client, "corpus", handbook)).content.decode()
    Corpus.objects.update(visibility="all")
    assert "read by everyone" in client.get(page(client, "corpus", handbook)).content.decode()


def test_controls_of_later_parts_are_absent(handbook, client):
    settings = client.get(page(client, "corpus", handbook)).content.decode().lower()
    for word in ("evidence", "try a question"):
        assert word not in settings
