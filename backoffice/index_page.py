"""What the page of the search index shows: the live generation, the one being built, the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count
from django.template.defaultfilters import filesizeformat
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from accounts.models import User
from documents.adapters.registry import index_bytes
from documents.due import progress_of
from documents.generations import described, differences, live_generation, making_of, wanted_making
from documents.index_selectors import generations_managed_by
from documents.models import IndexGeneration
from evaluation.comparing_services import compared_sets, comparison_of
from evaluation.models import Comparison

State = IndexGeneration.State

# Columns of the comparison: name of the figure, and of how many it counts.
_SCORES = {"nDCG@10": "ndcg_10", "Recall@10": "recall_10", "MRR@10": "mrr_10"}


@dataclass(frozen=True, slots=True)
class Build:
    """A generation on its way, as far as it has come."""

    generation: IndexGeneration
    done: int
    total: int
    comparison: Comparison | None

    @property
    def stage(self) -> str:
        row = self.generation
        if row.paused:
            return "failed" if row.error_code else "paused"
        if row.built_at is None:
            return "building"
        if row.switch_wanted:
            return "switching"
        return "complete" if self.done == self.total else "catching-up"

    @property
    def is_moving(self) -> bool:
        """Whether the page should look again by itself."""
        measured = self.comparison is not None and self.comparison.is_running
        return measured or self.stage in {"building", "switching", "catching-up"}

    @property
    def mark(self) -> str:
        """Another one where the page as a whole has changed."""
        measured = self.comparison.state if self.comparison else ""
        # To catch up is no change of what can be done.
        stage = "complete" if self.stage == "catching-up" else self.stage
        return f"{self.generation.pk.hex}-{stage}-{measured}"


def build_of(user: User) -> Build | None:
    found = generations_managed_by(user).filter(state=State.BUILDING).first()
    if found is None:
        return None
    done, total = progress_of(found)
    return Build(found, done, total, comparison_of(user, found))


def index_context(user: User) -> dict[str, Any]:
    live = live_generation()
    build = build_of(user)
    passages = _passages(user)
    retired = [one for one in generations_managed_by(user) if one.state == State.RETIRED]
    return {
        "live": live,
        "live_facts": facts_of(live, passages),
        "documents": progress_of(live)[1],
        "differences": [] if build else differences(making_of(live), wanted_making()),
        "build": build,
        "build_facts": facts_of(build.generation, passages) if build else [],
        "changes": _changes(live, build),
        "comparison": _compared(user, build),
        "retired": [(one, facts_of(one, passages)) for one in retired],
    }


def facts_of(generation: IndexGeneration, passages: dict[Any, int]) -> list[tuple[str, str]]:
    """Name and value of what it was made with and what it holds."""
    size = index_bytes(generation.pk)
    numbers = {"size": generation.chunk_size, "overlap": generation.chunk_overlap}
    model = generation.embedding_model or _("None, words alone")
    if generation.dimensions:
        model = _("%(model)s, %(count)d dimensions") % {
            "model": model,
            "count": generation.dimensions,
        }
    facts = [
        (_("Passages"), number_format(passages.get(generation.pk, 0), force_grouping=True)),
        (_("Length of a passage"), _("%(size)d characters, overlap %(overlap)d") % numbers),
        (_("Embedding model"), model),
        (_("Analyser"), described(making_of(generation).analysers.chunks)),
    ]
    if size is not None:
        facts.append((_("On disk"), filesizeformat(size)))
    return facts


def _passages(user: User) -> dict[Any, int]:
    counted = generations_managed_by(user).order_by().annotate(n=Count("chunks"))
    return dict(counted.values_list("pk", "n"))


def _changes(live: IndexGeneration, build: Build | None) -> list[Any]:
    """What being switched to it would change."""
    return differences(making_of(live), making_of(build.generation)) if build else []


def _compared(user: User, build: Build | None) -> list[dict[str, Any]]:
    if build is None or build.comparison is None:
        return []
    return [
        {
            "set": row.question_set,
            "cells": [
                {"name": name, "was": was, "now": now, "differs": was != now}
                for (name, was), (_name, now) in zip(
                    _figures(row.beside), _figures(row.generation), strict=True
                )
            ],
        }
        for row in compared_sets(user, build.comparison)
    ]


def _figures(figures: dict[str, Any]) -> list[tuple[str, str]]:
    scores = [(name, _score(figures[key])) for name, key in _SCORES.items()]
    return [
        *scores,
        (_("Wrongly refused"), _of(figures["false_refusals"], figures["answerable"])),
        (_("Wrongly answered"), _of(figures["false_answers"], figures["unanswerable"])),
    ]


def _score(value: float | None) -> str:
    return "–" if value is None else number_format(value, 3)


def _of(count: int, total: int) -> str:
    return _("%(count)s of %(total)s") % {"count": count, "total": total} if total else "–"
