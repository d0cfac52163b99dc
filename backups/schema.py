"""Which migrations a database has, and how an empty one gets those of a backup."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.apps.registry import Apps
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

Node = tuple[str, str]


def applied_leaves(of: Any) -> dict[str, list[str]]:
    """The newest applied migrations of each app."""
    loader = MigrationLoader(of)
    applied = set(loader.applied_migrations or ()) & set(loader.graph.nodes)
    newest = (node for node in applied if not _followed(loader, node, applied))
    found: dict[str, list[str]] = {}
    for app, name in sorted(newest):
        found.setdefault(app, []).append(name)
    return found


def _followed(loader: MigrationLoader, node: Node, applied: set[Node]) -> bool:
    children = loader.graph.node_map[node].children
    return any(child.key[0] == node[0] and child.key in applied for child in children)


def unknown(leaves: dict[str, list[str]]) -> list[str]:
    """Migrations that this Cassandre does not have."""
    known = MigrationLoader(None).graph.nodes
    return [f"{app}.{name}" for app, name in _nodes(leaves) if (app, name) not in known]


def bring_to(leaves: dict[str, list[str]]) -> Apps:
    """Give an empty database the tables that it had with these migrations, also where it has newer
    ones; returns its models as they were then. Raises KeyError where one is unknown."""
    wanted = _nodes(leaves)
    executor = MigrationExecutor(connection)
    graph = executor.loader.graph
    before = {node for leaf in wanted for node in graph.forwards_plan(leaf)}
    applied = set(executor.loader.applied_migrations or ()) & set(graph.nodes)
    if applied - before:
        drop_tables()
        executor = MigrationExecutor(connection)
    executor.migrate(wanted)
    return executor.loader.project_state(wanted).apps


def drop_tables() -> None:
    """All of them, with what is in them."""
    quote = connection.ops.quote_name
    cascade = " CASCADE" if connection.vendor == "postgresql" else ""
    with connection.constraint_checks_disabled(), connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"DROP TABLE {quote(table)}{cascade}")


def _nodes(leaves: dict[str, list[str]]) -> list[Node]:
    return [(app, name) for app, names in leaves.items() for name in names]


def tables_of(models: Iterable[Any]) -> list[Any]:
    """Those of the models that have a table."""
    there = set(connection.introspection.table_names())
    return [model for model in models if model._meta.db_table in there]
