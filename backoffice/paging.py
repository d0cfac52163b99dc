"""Sorted, filtered, paged lists whose whole state is in the address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import QueryDict

PAGE_SIZE = 25
# What long lists offer: many rows at once can be acted on at once.
PAGE_SIZES = (25, 100, 500)


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


def size_of(query: Mapping[str, str]) -> int:
    """The rows of a page that the address asks for, where they are offered."""
    asked = query.get("size", "")
    return int(asked) if asked in map(str, PAGE_SIZES) else PAGE_SIZE


def size_links(address: Address, current: int) -> list[dict[str, Any]]:
    return [
        {
            "size": size,
            "href": address.with_(size="" if size == PAGE_SIZE else size),
            "current": size == current,
        }
        for size in PAGE_SIZES
    ]


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
