"""The sparse vectors of passages and questions: BM25 in three disjoint parts.

    w  words     stems without accents
    c  4-grams   of "_" + word + "_", which forgives typing errors and relates kindred words
    b  bigrams   pairs of neighbouring stems, stop words being out

A passage carries the BM25 weights without IDF, a question the weight of each part; the index
multiplies with the IDF of the points it may see. Measured in docs/retrieval.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from itertools import chain, pairwise
from typing import Any, Literal, Self
from zlib import crc32

from ai.lexical.words import REMEMBERED_WORDS, Word, words_of
from ai.ports import SparseVector

Part = Literal["w", "c", "b"]
Counts = Counter[int]

_GRAM = 4


@dataclass(frozen=True, slots=True)
class AverageLengths:
    """Terms per passage and part, title counted with its weight. Fixed for an index generation:
    a later passage must not change the weights of the earlier ones."""

    words: float
    grams: float
    bigrams: float


# Chunks of 1,000 characters at most, mean over three sets (English abstracts, English PDF pages,
# French information sheets); measuring them on the set itself changes nDCG by 0.003 at most.
CHUNK_LENGTHS = AverageLengths(words=79, grams=482, bigrams=76)
# Whole files differ by powers of ten.
FILE_LENGTHS = AverageLengths(words=400, grams=2400, bigrams=400)


@dataclass(frozen=True, slots=True)
class Analyser:
    """How a generation's vectors are made; `to_json` is what its row keeps."""

    lengths: AverageLengths = CHUNK_LENGTHS
    parts: frozenset[Part] = frozenset({"w", "c", "b"})
    word_weight: float = 1.0
    gram_weight: float = 0.3
    bigram_weight: float = 0.2
    k1: float = 1.2
    b: float = 0.75
    title_weight: int = 2

    def words_only(self) -> Self:
        """The lighter one: plain BM25, a tenth of the terms."""
        return replace(self, parts=frozenset({"w"}))

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "parts": sorted(self.parts)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        lengths = AverageLengths(**values["lengths"])
        return cls(**{**values, "lengths": lengths, "parts": frozenset(values["parts"])})


def _word_dimensions(words: list[Word]) -> Counts:
    terms = Counter([word.term for word in words])
    return Counter({crc32(f"w:{term}".encode()): n for term, n in terms.items()})


@lru_cache(maxsize=REMEMBERED_WORDS)
def _grams_of(surface: str) -> tuple[int, ...]:
    bounded = f"_{surface}_"
    starts = range(max(len(bounded) - _GRAM, 0) + 1)
    return tuple(crc32(f"c:{bounded[i : i + _GRAM]}".encode()) for i in starts)


def _gram_dimensions(words: list[Word]) -> Counts:
    # Counted in C, and without a list of them all: a file may have millions.
    return Counter(chain.from_iterable(_grams_of(word.surface) for word in words))


def _bigram_dimensions(words: list[Word]) -> Counts:
    pairs = pairwise(words)
    return Counter(crc32(f"b:{left.term} {right.term}".encode()) for left, right in pairs)


_DIMENSIONS: dict[Part, Callable[[list[Word]], Counts]] = {
    "w": _word_dimensions,
    "c": _gram_dimensions,
    "b": _bigram_dimensions,
}


def _average(lengths: AverageLengths, part: Part) -> float:
    return {"w": lengths.words, "c": lengths.grams, "b": lengths.bigrams}[part]


def _counts(part: Part, text: list[Word], title: list[Word], title_weight: int) -> Counts:
    counts = _DIMENSIONS[part](text)
    for dimension, n in _DIMENSIONS[part](title).items():
        counts[dimension] += title_weight * n
    return counts


def encode_passage(text: str, title: str, language: str, analyser: Analyser) -> SparseVector:
    """The vector of a chunk, or of a whole file with an analyser of its lengths."""
    body, heading = words_of(text, language), words_of(title, language)
    weights: dict[int, float] = {}
    k1, b = analyser.k1, analyser.b
    for part in sorted(analyser.parts):
        counts = _counts(part, body, heading, analyser.title_weight)
        relative_length = counts.total() / _average(analyser.lengths, part)
        damping = k1 * (1 - b + b * relative_length)
        # Most terms come once or twice: their few weights are worked out once.
        weight_of = {n: n * (k1 + 1) / (n + damping) for n in set(counts.values())}
        of_part = {dimension: weight_of[n] for dimension, n in counts.items()}
        # Two terms may share a dimension by their hash; their weights add up.
        for dimension in weights.keys() & of_part.keys():
            of_part[dimension] += weights[dimension]
        weights |= of_part
    return SparseVector(tuple(weights), tuple(weights.values()))


def encode_question(text: str, language: str, analyser: Analyser) -> SparseVector:
    words = words_of(text, language)
    part_weights: dict[Part, float] = {
        "w": analyser.word_weight,
        "c": analyser.gram_weight,
        "b": analyser.bigram_weight,
    }
    weights: dict[int, float] = {}
    for part in sorted(analyser.parts):
        # Once each: a word said twice is not asked for twice, and endings recur by themselves.
        for dimension in _DIMENSIONS[part](words):
            weights[dimension] = weights.get(dimension, 0.0) + part_weights[part]
    return SparseVector(tuple(weights), tuple(weights.values()))


def measure_average_lengths(
    passages: Iterable[tuple[str, str, str]], *, title_weight: int = 2
) -> AverageLengths:
    """Of (text, title, language) of the passages of a generation."""
    totals: Counter[Part] = Counter()
    number = 0
    for text, title, language in passages:
        number += 1
        body, heading = words_of(text, language), words_of(title, language)
        for part in _DIMENSIONS:
            totals[part] += _counts(part, body, heading, title_weight).total()
    # At least one: an average of nothing divides no length.
    mean = {part: max(totals[part] / max(number, 1), 1.0) for part in _DIMENSIONS}
    return AverageLengths(words=mean["w"], grams=mean["c"], bigrams=mean["b"])
