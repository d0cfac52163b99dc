"""Rows from one database to another: common/tables.py. The whole way to PostgreSQL is in
cassandre/tests/test_move_to_services.py."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import pytest
from django.contrib.auth.models import Group
from django.db import DEFAULT_DB_ALIAS as HERE
from django.db import connection

from accounts.models import Membership, User
from common import tables
from documents.models import Corpus

pytestmark = pytest.mark.django_db


def test_a_table_comes_behind_those_that_it_points_to():
    order = tables.ordered_models()
    assert len(order) == len(set(order))
    for earlier, later in ((User, Membership), (Corpus, Corpus.grants.rel.related_model)):
        assert order.index(earlier) < order.index(later)


def test_every_table_but_the_list_of_migrations_is_among_them():
    named = {model._meta.db_table for model in tables.ordered_models()}
    there = set(connection.introspection.table_names())
    assert there - named == {"django_migrations"}


def test_rows_that_are_taken_out_and_put_back_are_the_same(alice):
    before = tables.sum_of(User, HERE)
    [row] = [row for row in tables.rows(User, HERE) if alice.pk in row]
    Membership.objects.all().delete()
    User.objects.filter(pk=alice.pk)._raw_delete(HERE)
    assert tables.sum_of(User, HERE).rows == before.rows - 1
    tables.insert(User, HERE, [row])
    assert tables.sum_of(User, HERE) == before


def test_a_sum_tells_any_change_and_no_order():
    first, second = Group.objects.create(name="first"), Group.objects.create(name="second")
    before = tables.sum_of(Group, HERE)
    assert before.rows == 2
    Group.objects.filter(pk=first.pk).update(name="second ")
    assert tables.sum_of(Group, HERE) != before
    Group.objects.all().delete()
    for one in (second, first):
        Group.objects.create(pk=one.pk, name=one.name)
    assert tables.sum_of(Group, HERE) == before


def test_the_next_number_is_higher_than_any_that_was_copied():
    tables.insert(Group, HERE, [(5_000, "copied")])
    tables.reset_sequences(HERE)
    assert Group.objects.create(name="next").pk > 5_000


def test_what_databases_write_in_several_ways_is_summed_as_one():
    paris = timezone(timedelta(hours=2))
    same = [
        (1.0, 1),
        (1e22, 10**22),
        (b"\x00\x01", memoryview(b"\x00\x01")),
        (Decimal("1.50"), Decimal("1.5")),
        (datetime(2024, 5, 1, 12, tzinfo=paris), datetime(2024, 5, 1, 10, tzinfo=UTC)),
        ({"a": [1.0, {"b": 2.0}]}, {"a": [1, {"b": 2}]}),
        (UUID(int=7), str(UUID(int=7))),
    ]
    for one, other in same:
        assert tables._plain(one) == tables._plain(other)
    assert tables._plain(0.1) == 0.1
    assert tables._plain(True) is True
