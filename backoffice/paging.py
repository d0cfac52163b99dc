"""Sorted, filtered, paged lists whose whole state is in the address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import QueryDict

PAGE_SIZE = 25


@dataclass(frozen=True, slots=True)
class Address:
    """The query of a list's address, and the addresses next to it."""

    query: QueryDict

    def with_(self, **changes: object) -> str:
        """The query with `changes`; empty values are left out, a change leads to page 1."""
        query = self.query.copy()
        query.pop("page", None)
        for name, value in changes.items():
            if value in ("", None):
                query.pop(name, None)
            else:
                query[name] = str(value)
        return f"?{query.urlencode()}"


def page_of(rows: QuerySet[Any], query: Mapping[str, str], size: int = PAGE_SIZE) -> Page[Any]:
    """The page that the address asks for; the nearest one where it asks for nonsense."""
    return Paginator(rows, size).get_page(query.get("page"))


def sort_links(address: Address, current: str, columns: Mapping[str, str]) -> list[dict[str, str]]:
    """For each sortable column its label, its state for screen readers, and where a click leads."""
    links = []
    for key, label in columns.items():
        up, down = current == key, current == f"-{key}"
        links.append(
            {
                "key": key,
                "label": label,
                "sorted": "ascending" if up else "descending" if down else "",
                "href": address.with_(sort=f"-{key}" if up else key),
            }
        )
    return links
