"""How well search finds what a question set says it should.

    python -m bench.retrieval --data DIR [--keep DIR] [--json]
    python -m bench.retrieval --data DIR --embedding MODEL --embedding-url URL --sides

Ingests the set into a scratch corpus through the real pipeline (upload, extraction in a child,
chunking, Qdrant Edge), asks every question and prints nDCG@10, recall@10, recall@100, MRR@10
and the milliseconds of a search as the search page makes it. With --keep the ingested set stays
in that folder and is asked again at the next call, for changes that need no new index. With
--sides every question is asked three times: by words alone, by vectors alone, and fused.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any
from unittest import mock

from bench.metrics import percentile
from bench.question_sets import QuestionSet, load
from bench.scratch import say, scratch_installation
from evaluation.metrics import ndcg_at, recall_at, reciprocal_rank_at

WORKERS = 2
FUSED = "fused"
_CANDIDATES = "documents.retrieval.candidates"


def kept_set() -> tuple[Any, int, float] | None:
    """The curator, pages and no seconds of a set that an earlier call has kept."""
    from accounts.models import User
    from documents.models import DocumentVersion

    versions = DocumentVersion.objects.all()
    if not versions.filter(live=True).exists():
        return None
    return User.objects.get(), sum(versions.values_list("page_count", flat=True)), 0.0


def ingest_set(questions: QuestionSet, language: str) -> tuple[Any, int, float]:
    """Upload and ingest every source; returns the curator, pages and seconds."""
    from django.core.files.base import ContentFile
    from django.db import connections

    from accounts.services import create_first_administrator
    from documents.ingestion import ingest
    from documents.models import DocumentVersion
    from documents.receiving import receive_file
    from documents.services import create_corpus, rename_document

    user = create_first_administrator(email="bench@example.org", password="-", name="Bench")
    corpus = create_corpus(by=user, name="Bench", language=language)

    def ingest_in_thread(version: Any) -> None:
        try:
            ingest(version)
        finally:
            connections.close_all()

    started = time.monotonic()
    with ThreadPoolExecutor(WORKERS) as pool:
        work = []
        for source in questions.sources():
            file = ContentFile(source.content, name=source.name)
            version = receive_file(by=user, corpus=corpus, file=file)
            if source.title:
                rename_document(by=user, document=version.document, title=source.title[:300])
            work.append(pool.submit(ingest_in_thread, version.pk))
        for number, done in enumerate(work, start=1):
            done.result()
            if number % 500 == 0:
                say(f"{number} of {len(work)} files, {time.monotonic() - started:.0f} s")
    seconds = time.monotonic() - started
    failed = DocumentVersion.objects.exclude(state=DocumentVersion.State.READY)
    for version in failed[:10]:
        say(f"not ready: {version}: {version.error_sentence}")
    pages = sum(DocumentVersion.objects.values_list("page_count", flat=True))
    return user, pages, seconds


def rank(user: Any, question: str, *, by_page: bool) -> list[str]:
    """Documents or pages in the order of their best passage."""
    from documents.models import Document
    from documents.retrieval import CHUNK_CANDIDATES, search

    passages = search(user, question, limit=CHUNK_CANDIDATES).passages
    names = dict(
        Document.objects.filter(pk__in={p.document for p in passages}).values_list(
            "pk", "source_path"
        )
    )
    keys = [
        f"{names[p.document]}#page={p.page}" if by_page else Path(names[p.document]).stem
        for p in passages
    ]
    return list(dict.fromkeys(keys))


def measure(questions: QuestionSet, user: Any, *, timed: bool = True) -> dict[str, float]:
    from documents.retrieval import search

    scores: dict[str, list[float]] = {
        name: [] for name in ("ndcg@10", "recall@10", "recall@100", "mrr@10")
    }
    milliseconds = []
    for key, text in questions.questions.items():
        gains = questions.judgements[key]
        ranking = rank(user, text, by_page=questions.by_page)
        scores["ndcg@10"].append(ndcg_at(10, ranking, gains))
        scores["recall@10"].append(recall_at(10, ranking, gains))
        scores["recall@100"].append(recall_at(100, ranking, gains))
        scores["mrr@10"].append(reciprocal_rank_at(10, ranking, gains))
        if not timed:
            continue
        started = time.monotonic()
        search(user, text)
        milliseconds.append((time.monotonic() - started) * 1000)
    means = {name: round(sum(values) / len(values), 4) for name, values in scores.items()}
    times = {
        "ms_p50": round(percentile(milliseconds, 0.5), 2),
        "ms_p95": round(percentile(milliseconds, 0.95), 2),
    }
    return {**means, **(times if timed else {}), "queries": len(questions.questions)}


def sides() -> dict[str, AbstractContextManager[Any]]:
    """What of the search is left on, by the name of its row."""

    def nearest_alone(_lexical: Any, found: Any, _weight_of: Any) -> dict[Any, float]:
        return {hit.id: hit.score for hit in found}

    return {
        "words alone": mock.patch(f"{_CANDIDATES}.embedder_of", return_value=None),
        "vectors alone": mock.patch(f"{_CANDIDATES}.fused_scores", nearest_alone),
        FUSED: nullcontext(),
    }


def print_sides(rows: dict[str, dict[str, float]]) -> None:
    """And how far the fused score stays behind the better one of its two sides."""
    names = ("ndcg@10", "recall@10", "recall@100", "mrr@10")
    print(f"{'':14}" + "".join(f"{name:>12}" for name in names))
    for side, figures in rows.items():
        print(f"{side:14}" + "".join(f"{figures[name]:12.4f}" for name in names))
    best = {name: max(row[name] for side, row in rows.items() if side != FUSED) for name in names}
    behind = (f"{rows[FUSED][name] - best[name]:+12.4f}" for name in names)
    print(f"{'fused - best':14}" + "".join(behind))


def parsed_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--data", type=Path, required=True, help="folder of the question set")
    parser.add_argument("--language", choices=["fr", "en"], default="en", help="of the corpus")
    parser.add_argument("--keep", type=Path, help="folder of the ingested set, to ask it again")
    parser.add_argument("--embedding", default="", help="name of an embedding model")
    parser.add_argument("--embedding-url", default="", help="of its OpenAI-compatible server")
    parser.add_argument("--sides", action="store_true", help="words, vectors, and both")
    parser.add_argument("--json", action="store_true", help="last line: one JSON object")
    arguments = parser.parse_args()
    if arguments.sides and not arguments.embedding:
        parser.error("--sides needs --embedding")
    return arguments


def main() -> int:
    arguments = parsed_arguments()
    questions = load(arguments.data)
    with scratch_installation(
        embedding_model=arguments.embedding,
        embedding_url=arguments.embedding_url,
        keep=arguments.keep,
    ):
        user, pages, seconds = kept_set() or ingest_set(questions, arguments.language)
        if arguments.sides:
            rows = {}
            for side, patched in sides().items():
                with patched:
                    rows[side] = measure(questions, user, timed=False)
            print_sides(rows)
            figures = rows[FUSED]
        else:
            figures = measure(questions, user)
    figures |= {"pages": pages} | ({"pages_per_s": round(pages / seconds, 1)} if seconds else {})
    for name, value in figures.items():
        print(f"{name:12} {value}")
    if arguments.json:
        print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
