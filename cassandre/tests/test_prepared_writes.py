from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import IntegrityError
from django.db.models import CharField, UUIDField

from accounts.models import Membership, Organisation, User
from common.prepared_writes import PreparedUpdate, insert

pytestmark = pytest.mark.django_db

RENAME = PreparedUpdate(
    lambda pk, name: User.objects.filter(pk=pk, name=name, is_active=True),
    ("email", "is_staff"),
    pk=UUIDField(),
    name=CharField(),
)


@pytest.fixture
def people() -> list[User]:
    return [
        User.objects.create(email=f"{letter}@example.org", name=f"Person {letter}")
        for letter in "abc"
    ]


def test_only_the_chosen_row_is_changed_and_counted(people):
    first, second, _third = people
    changes = {"email": "new@example.org", "is_staff": True}
    assert RENAME.one(pk=first.pk, name=first.name, **changes) == 1
    assert RENAME.one(pk=second.pk, name="Somebody else", **changes) == 0
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.email, second.email) == ("new@example.org", "b@example.org")


def test_many_rows_take_one_statement_and_each_its_own_values(people, django_assert_num_queries):
    with django_assert_num_queries(1):
        RENAME.many(
            {"pk": person.pk, "name": person.name, "email": f"{n}@example.org", "is_staff": False}
            for n, person in enumerate(people)
        )
    emails = User.objects.order_by("name").values_list("email", flat=True)
    assert list(emails) == ["0@example.org", "1@example.org", "2@example.org"]


def test_inserted_rows_are_those_that_django_would_have_written():
    organisation = Organisation(name="Rectorat", slug="rectorat")
    user = User(email="new@example.org", name="New")
    insert([organisation, user, Membership(user=user, organisation=organisation)])
    assert User.objects.get(pk=user.pk).date_joined is not None
    assert user.membership.organisation == Organisation.objects.get()
    user.name = "Known"
    user.save()  # an UPDATE: the row is no longer one to add
    assert User.objects.get().name == "Known"


def test_what_the_database_refuses_is_said():
    user = User(pk=uuid4(), email="same@example.org")
    insert([user])
    with pytest.raises(IntegrityError):
        insert([User(pk=user.pk, email="other@example.org")])
