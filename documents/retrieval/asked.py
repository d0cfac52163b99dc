"""The question, in the one form in which it is searched, marked and judged."""

from __future__ import annotations

from dataclasses import dataclass

from ai.lexical import Analyser, Language, Rewording, encode_question, words_of
from ai.ports import SparseVector
from documents.retrieval.results import FoundPassage

# The first page of passages: what an answer would rest on.
EVIDENCE_PASSAGES = 6
# How much a wording of the glossary counts beside the question's own.
GLOSSARY_WEIGHT = 0.7


@dataclass(frozen=True, slots=True)
class Asked:
    question: str
    language: Language
    rewordings: tuple[Rewording, ...] = ()  # out of the glossaries of the corpora asked

    def vector(self, analyser: Analyser) -> SparseVector:
        own = encode_question(self.question, self.language, analyser)
        weights = dict(zip(own.indices, own.values, strict=True))
        for wording in (wording for found in self.rewordings for wording in found.alternatives):
            other = encode_question(wording.text, wording.language, analyser)
            for dimension, weight in zip(other.indices, other.values, strict=True):
                # The greater, not the sum: a word that the question holds already is not doubled.
                known = weights.get(dimension, 0.0)
                weights[dimension] = max(known, GLOSSARY_WEIGHT * weight)
        return SparseVector(tuple(weights), tuple(weights.values()))

    @property
    def wordings(self) -> str:
        said = [wording.text for found in self.rewordings for wording in found.alternatives]
        return "\n".join([self.question, *said])

    def evidence(self, passages: tuple[FoundPassage, ...]) -> float:
        """Terms are compared by the question's stemmer, whatever the passage's language."""
        terms = self._terms(self.question)
        if not terms:
            return 0.0
        covered = (
            len(self._covered(terms, passage.found_by)) for passage in passages[:EVIDENCE_PASSAGES]
        )
        return max(covered, default=0) / len(terms)

    def _covered(self, terms: set[str], text: str) -> set[str]:
        held = self._terms(text)
        covered = terms & held
        for found in self.rewordings:
            if any(self._terms(wording.text) <= held for wording in found.alternatives):
                covered |= terms & found.terms
        return covered

    def _terms(self, text: str) -> set[str]:
        return {word.term for word in words_of(text, self.language)}
