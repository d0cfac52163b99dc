"""What a migration does to those who work meanwhile, and an index that is built beside them."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, migrations, models
from django.db.migrations.state import ModelState, ProjectState
from django.db.utils import NotSupportedError

from common.migration_effects import effects_of
from common.migration_operations import AddIndexGently


def nothing(_apps: object, _editor: object) -> None: ...


INDEX = models.Index(fields=["name"], name="page_name")
UNIQUE = models.UniqueConstraint(fields=["name"], name="page_name_once")


def state() -> ProjectState:
    found = ProjectState()
    fields = [("id", models.AutoField(primary_key=True)), ("name", models.CharField(max_length=9))]
    found.add_model(ModelState("books", "Page", fields))
    return found


def kinds(*operations: Any, atomic: bool = True) -> list[str]:
    class Migration(migrations.Migration):
        pass

    Migration.operations = list(operations)
    Migration.atomic = atomic
    return [each.kind for each in effects_of(Migration("0002", "books"), state())]


@pytest.mark.parametrize(
    ("operation", "kind"),
    [
        (migrations.AddField("page", "a", models.TextField(null=True)), "quick"),
        (migrations.AddField("page", "a", models.TextField(db_default="")), "quick"),
        (migrations.AddField("page", "a", models.TextField(default="")), "breaks"),
        (migrations.AddField("page", "a", models.TextField(null=True, db_index=True)), "locks"),
        (migrations.AddField("page", "a", models.ManyToManyField("books.page")), "quick"),
        (migrations.RemoveField("page", "name"), "breaks"),
        (migrations.RenameField("page", "name", "title"), "breaks"),
        (migrations.DeleteModel("page"), "breaks"),
        (migrations.AlterField("page", "name", models.CharField(max_length=90)), "locks"),
        (
            migrations.AlterField(
                "page", "name", models.CharField(max_length=9, choices=[("a", "a")])
            ),
            "quick",
        ),
        (migrations.AddIndex("page", INDEX), "locks"),
        (AddIndexGently("page", INDEX), "quick"),
        (migrations.AddConstraint("page", UNIQUE), "locks"),
        (migrations.RunPython(nothing, nothing), "data"),
        (migrations.RunPython(nothing), "breaks"),
        (migrations.RunSQL("SELECT 1", "SELECT 1"), "data"),
    ],
)
def test_each_operation_is_known_for_what_it_does(operation, kind):
    assert kinds(operation) == [kind]


def test_what_is_done_to_a_table_that_is_made_here_disturbs_nobody():
    assert (
        kinds(
            migrations.CreateModel("Word", [("id", models.AutoField(primary_key=True))]),
            migrations.AddIndex("word", INDEX),
            migrations.AddField("word", "a", models.TextField(default="")),
        )
        == []
    )


def test_options_that_django_alone_knows_are_nothing():
    assert kinds(migrations.AlterModelOptions("page", {"ordering": ["name"]})) == []


def test_rows_are_not_moved_while_the_table_is_held():
    add = migrations.AddField("page", "a", models.TextField(null=True))
    move = migrations.RunPython(nothing, nothing)
    assert kinds(add, move) == ["quick", "locks"]
    assert kinds(add, move, atomic=False) == ["quick", "data"]


def test_what_changes_the_database_behind_djangos_back_counts_too():
    removal = migrations.SeparateDatabaseAndState([migrations.RemoveField("page", "name")], [])
    assert kinds(removal) == ["breaks"]


@pytest.mark.django_db(transaction=True)
def test_an_index_is_built_beside_writers_and_can_be_built_again():
    operation = AddIndexGently("page", INDEX)
    before, after = state(), state()
    operation.state_forwards("books", after)
    page = before.apps.get_model("books", "Page")

    def has_index() -> bool:
        with connection.cursor() as cursor:
            return "page_name" in connection.introspection.get_constraints(cursor, "books_page")

    with connection.schema_editor() as editor:
        editor.create_model(page)
    try:
        for _time in range(2 if connection.vendor == "postgresql" else 1):
            with connection.schema_editor(atomic=False) as editor:
                operation.database_forwards("books", editor, before, after)
            assert has_index()
        if connection.vendor == "postgresql":
            with (
                pytest.raises(NotSupportedError, match="atomic = False"),
                connection.schema_editor() as editor,
            ):
                operation.database_forwards("books", editor, before, after)
        with connection.schema_editor(atomic=False) as editor:
            operation.database_backwards("books", editor, after, before)
        assert not has_index()
    finally:
        with connection.schema_editor() as editor:
            editor.delete_model(page)
    assert operation.describe().endswith("beside writers")
