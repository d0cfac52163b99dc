"""The words that embedding models were trained to read before a text."""

from __future__ import annotations

import re

# E5 models are trained with these, and are poor without.
_E5_QUERY, _E5_PASSAGE = "query: ", "passage: "


def prefixes_of(model: str, query: str | None, passage: str | None) -> tuple[str, str]:
    """Before a question, and before a passage: as configured, None as the model's name says."""
    # Instructed E5 models have a wording of their own for questions and none for passages.
    is_e5 = re.search(r"\be5\b(?!.*instruct)", model.lower().replace("_", "-"))
    own_query, own_passage = (_E5_QUERY, _E5_PASSAGE) if is_e5 else ("", "")
    return own_query if query is None else query, own_passage if passage is None else passage
