"""Question sets in BEIR's format, or a folder of files with page-level judgements.

A set is a folder with queries.jsonl (or queries.train.jsonl), qrels.tsv (or qrels.train.tsv) and
either documents/ (files; judgements name "file.pdf#page=N") or corpus.jsonl.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Source:
    name: str  # file name, unique in the set
    title: str  # "" where the file's own name is the title
    content: bytes


@dataclass(frozen=True, slots=True)
class QuestionSet:
    folder: Path
    questions: dict[str, str]  # id → text, of those that are judged
    judgements: dict[str, dict[str, float]]  # question id → document or page id → gain

    @property
    def by_page(self) -> bool:
        return (self.folder / "documents").is_dir()

    def sources(self) -> Iterator[Source]:
        if self.by_page:
            for path in sorted((self.folder / "documents").iterdir()):
                yield Source(path.name, "", path.read_bytes())
            return
        with (self.folder / "corpus.jsonl").open(encoding="utf-8") as lines:
            for line in lines:
                entry = json.loads(line)
                yield Source(f"{entry['_id']}.txt", entry.get("title", ""), entry["text"].encode())


def load(folder: Path) -> QuestionSet:
    """Raises FileNotFoundError naming what is missing."""
    split = "" if (folder / "queries.jsonl").exists() else ".train"
    judgements: dict[str, dict[str, float]] = {}
    with (folder / f"qrels{split}.tsv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            gain = float(row["score"])
            if gain > 0:
                judgements.setdefault(row["query-id"], {})[row["corpus-id"]] = gain
    with (folder / f"queries{split}.jsonl").open(encoding="utf-8") as lines:
        entries = [json.loads(line) for line in lines]
    questions = {entry["_id"]: entry["text"] for entry in entries if entry["_id"] in judgements}
    return QuestionSet(folder, questions, judgements)
