"""Vectors without a model: deterministic, and near for texts that share words."""

from __future__ import annotations

import array
import base64
import math
import re
import sys
import zlib
from typing import Any

_WORD = re.compile(r"\w+")
_WIDTH = re.compile(r"-(\d{2,4})(?=-|$)")
_CODES = {"400", "401", "403", "404", "429", "500", "503"}


def embed(text: str, width: int) -> array.array[float]:
    """Signed hashing of the words, of length 1."""
    vector = [0.0] * width
    for word in _WORD.findall(text.lower()) or [text]:
        digest = zlib.crc32(word.encode())
        vector[digest % width] += 1.0 if digest & 0x80000000 else -1.0
    norm = math.sqrt(sum(x * x for x in vector)) or 1.0
    return array.array("f", [x / norm for x in vector])


def embeddings_answer(body: dict[str, Any]) -> dict[str, Any]:
    texts = body.get("input") or []
    if isinstance(texts, str) or (texts and isinstance(texts[0], int)):
        texts = [texts]
    match = _WIDTH.search(body["model"])
    width = int(match[1]) if match and match[1] not in _CODES else 1536
    width = body.get("dimensions") or width
    base64_wanted = body.get("encoding_format") == "base64"
    data = []
    for index, text in enumerate(texts):
        vector = embed(text if isinstance(text, str) else " ".join(map(str, text)), width)
        value = _as_base64(vector) if base64_wanted else vector.tolist()
        data.append({"object": "embedding", "index": index, "embedding": value})
    words = sum(len(str(text)) // 4 + 1 for text in texts)
    return {
        "object": "list",
        "data": data,
        "model": body["model"],
        "usage": {"prompt_tokens": words, "total_tokens": words},
    }


def _as_base64(vector: array.array[float]) -> str:
    if sys.byteorder == "big":
        vector.byteswap()
    return base64.b64encode(vector.tobytes()).decode()
