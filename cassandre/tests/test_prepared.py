from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from django.db import connection
from django.db.models import CharField, UUIDField

from accounts.models import User
from common import prepared
from common.prepared import Prepared

BY_KEY = Prepared(
    lambda key: User.objects.filter(pk=key).select_related("membership"), key=UUIDField()
)
AMONG = Prepared(
    lambda keys, name: User.objects.filter(pk__in=keys, name=name).order_by("email"),
    keys=[UUIDField()],
    name=CharField(),
)
NAMED = Prepared(
    lambda keys: User.objects.filter(pk__in=keys).order_by("email"), keys=[UUIDField()]
)
EMAILS = Prepared(
    lambda keys: User.objects.filter(pk__in=keys).order_by("email").values_list("email"),
    keys=[UUIDField()],
)


@pytest.fixture
def people(db: None) -> list[User]:
    return [
        User.objects.create(email=f"{letter}@example.org", name="Same name") for letter in "abcde"
    ]


def test_each_call_finds_the_rows_of_its_own_values(people):
    for person in people:
        assert BY_KEY.all(key=person.pk) == [person]
    assert BY_KEY.first(key=uuid4()) is None


def test_rows_are_read_anew_by_each_call(people):
    assert BY_KEY.all(key=people[0].pk)[0].name == "Same name"
    User.objects.filter(pk=people[0].pk).update(name="Another")
    assert BY_KEY.all(key=people[0].pk)[0].name == "Another"


def test_a_remembered_row_is_the_same_object_until_it_changes(people, django_assert_num_queries):
    known = {}
    keys = [person.pk for person in people]
    first = NAMED.remembered(known, keys=keys)
    assert first == people
    assert [person.last_login for person in first] == [None] * 5
    User.objects.filter(pk=people[1].pk).update(name="Another")
    User.objects.filter(pk=people[2].pk).delete()
    with django_assert_num_queries(1):
        second = NAMED.remembered(known, keys=keys)
    assert [person.name for person in second] == ["Same name", "Another", "Same name", "Same name"]
    assert second[0] is first[0]
    assert second[1] is not first[1]
    assert second[1].pk == people[1].pk


def test_what_is_remembered_has_bounds(people, monkeypatch):
    monkeypatch.setattr(prepared, "KNOWN_ROWS", 2)
    known = {}
    for person in people:
        assert NAMED.remembered(known, keys=[person.pk]) == [person]
        assert len(known) <= 3


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5])
def test_lists_of_any_length_find_what_the_queryset_would(people, count):
    keys = [person.pk for person in people[:count]]
    assert AMONG.all(keys=keys, name="Same name") == people[:count]
    assert AMONG.all(keys=keys, name="Other name") == []
    assert EMAILS.all(keys=keys) == [(person.email,) for person in people[:count]]


def test_a_value_cannot_become_sql(people):
    assert AMONG.all(keys=[people[0].pk], name="' OR 1=1 --") == []


def test_one_query_is_compiled_once_and_asked_each_time(people, django_assert_num_queries):
    BY_KEY.all(key=people[0].pk)
    built = []
    watched = Prepared(
        lambda key: built.append(key) or User.objects.filter(pk=key), key=UUIDField()
    )
    with django_assert_num_queries(3):
        for person in people[:3]:
            assert watched.all(key=person.pk) == [person]
    assert len(built) == 1


@pytest.mark.django_db(transaction=True)
def test_what_one_thread_has_compiled_all_others_use(people):
    built = []
    watched = Prepared(
        lambda key: built.append(key) or User.objects.filter(pk=key), key=UUIDField()
    )

    def ask(person: User) -> list[User]:
        try:
            return watched.all(key=person.pk)
        finally:
            connection.close()

    for person in people:  # a thread of its own for each, as requests have
        with ThreadPoolExecutor(1) as thread:
            assert thread.submit(ask, person).result() == [person]
    assert len(built) == 1


@pytest.mark.django_db(transaction=True)
def test_each_thread_asks_over_its_own_connection(people):
    def ask(person: User) -> list[User]:
        try:
            return BY_KEY.all(key=person.pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        assert list(threads.map(ask, people)) == [[person] for person in people]
