from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings

from accounts.models import Membership, User
from accounts.tests.cast import make_person, make_team
from documents import selectors
from documents.models import Corpus
from documents.permissions import Action, may, truth_table
from documents.retrieval import search
from documents.tests.builders import grant, make_corpus
from documents.tests.pipeline import bring_online

TABLE = truth_table()


def names(row):
    role, right, visibility, action, allowed = row
    return f"{role}-{right or 'nothing'}-{visibility}-{action}-{'may' if allowed else 'may not'}"


@pytest.mark.parametrize("through_team", [False, True], ids=["person", "team"])
@pytest.mark.parametrize("row", TABLE, ids=names)
def test_selectors_agree_with_the_truth_table(organisation, alice, row, through_team):
    """alice, an administrator, is there too: her role must not count for anybody else."""
    role, right, visibility, action, allowed = row
    corpus = make_corpus(organisation, "Rules", visibility=visibility)
    person = make_person(organisation, "Someone", role)
    if right:
        grant(corpus, make_team(organisation, "Team", person) if through_team else person, right)
    chosen = {
        Action.READ: selectors.corpora_readable_by,
        Action.CURATE: selectors.corpora_curated_by,
    }[action]
    assert (corpus in chosen(person)) == allowed


@pytest.mark.parametrize("visibility", Corpus.Visibility.values)
def test_another_organisation_sees_nothing(organisation, dana, visibility):
    make_corpus(organisation, "Rules", visibility=visibility)
    assert not selectors.corpora_readable_by(dana).exists()
    assert not selectors.corpora_curated_by(dana).exists()


def test_a_deactivated_account_reads_nothing(organisation, alice):
    make_corpus(organisation, "Rules", visibility=Corpus.Visibility.ALL_MEMBERS)
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert not selectors.corpora_readable_by(alice).exists()


def test_search_finds_only_what_the_asker_may_read(organisation, alice, bob, charlie, dana):
    corpus = make_corpus(organisation, "Rules")
    right = grant(corpus, bob)
    bring_online(alice, corpus, "leave.md", "Employees have 25 days of annual leave.")
    assert search(bob, "annual leave").passages
    assert search(charlie, "annual leave").passages == ()
    assert search(dana, "annual leave").passages == ()
    right.delete()  # a revoked right is gone at once
    assert search(bob, "annual leave").passages == ()


def test_the_table_of_the_documentation_is_the_table_of_the_code():
    page = Path(settings.BASE_DIR, "docs", "permissions.md").read_text(encoding="utf-8")
    for role, right, visibility, action, allowed in TABLE:
        said = "yes" if allowed else "no"
        assert f"| {role} | {right or 'none'} | {visibility} | {action} | {said} |" in page


def test_nobody_without_curate_curates():
    assert not may(Membership.Role.MEMBER, None, Corpus.Visibility.ALL_MEMBERS, Action.CURATE)
