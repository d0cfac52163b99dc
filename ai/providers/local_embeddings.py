"""Dense vectors computed on this machine's processor by fastembed, an optional package.

Nothing is downloaded here: a model is in the folder of models or it is missing. Either in
`FOLDER/NAME`, put there by hand, or where `fetch` and Hugging Face's tools keep it.
"""

from __future__ import annotations

import asyncio
import json
import os
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ai.errors import (
    EmbedderNotInstalled,
    EmbeddingModelMissing,
    ModelRequestRefused,
    ModelUnavailable,
)
from ai.health import observed
from ai.providers.prefixes import prefixes_of

if TYPE_CHECKING:
    from fastembed import TextEmbedding

# Memory grows with the texts computed together, speed on a processor hardly does.
BATCH_TEXTS = 8

_INSTALL = "pip install -r requirements/local-models.txt"
_FETCH = "manage.py fetch_embedding_model"


@dataclass(frozen=True, slots=True)
class LocalModel:
    name: str  # how fastembed and its publisher name it
    folder: Path  # of all models
    dimensions: int = 0  # 0: as the model has
    query_prefix: str | None = None  # None: as its name says
    passage_prefix: str | None = None


class LocalEmbedder:
    def __init__(self, local: LocalModel, *, model: str) -> None:
        """`model` is how rows name it."""
        self.model = model
        self._local = local
        self._query_prefix, self._passage_prefix = prefixes_of(
            local.name, local.query_prefix, local.passage_prefix
        )
        self._dimensions = local.dimensions
        self._loaded: TextEmbedding | None = None
        self._lock = threading.Lock()  # used by ingestion's threads and the search's

    @property
    def dimensions(self) -> int:
        if not self._dimensions:
            self.embed_query("dimensions")
        return self._dimensions

    def embed_passages(self, texts: Sequence[str]) -> list[tuple[float, ...]]:
        if not texts:
            return []
        with observed("embedding", self.model):
            model = self._ready()
            prefixed = [self._passage_prefix + text for text in texts]
            return self._checked(model.passage_embed(prefixed, batch_size=BATCH_TEXTS))

    def embed_query(self, text: str) -> tuple[float, ...]:
        with observed("embedding", self.model):
            return self._checked(self._ready().query_embed([self._query_prefix + text]))[0]

    def probe(self) -> None:
        """Nothing of it goes away and comes back by itself while nobody asks it."""
        if self._loaded is None:
            self._ready()

    def close(self) -> None:
        with self._lock:
            self._loaded = None

    def _ready(self) -> TextEmbedding:
        _refuse_event_loop()
        with self._lock:
            if self._loaded is None:
                self._loaded = _load(self._local)
            return self._loaded

    def _checked(self, computed: Iterable[Any]) -> list[tuple[float, ...]]:
        try:
            vectors = [tuple(vector.tolist()) for vector in computed]
        except Exception as error:
            cause = f"{self.model}: {type(error).__name__}"
            raise ModelUnavailable(cause=cause) from error
        length = len(vectors[0])
        self._dimensions = self._dimensions or length
        if length != self._dimensions:
            cause = f"{self.model} gives {length} dimensions, expected {self._dimensions}"
            raise ModelRequestRefused(cause=cause)
        return vectors


def fetch(local: LocalModel) -> None:
    """Downloads the model into the folder of models.

    Raises EmbedderNotInstalled, and EmbeddingModelMissing where it is not to be had."""
    package = _fastembed()
    try:
        package.TextEmbedding(local.name, cache_dir=str(local.folder), cuda=False)
    except ValueError as error:
        raise EmbeddingModelMissing(cause=str(error)) from None


def _refuse_event_loop() -> None:
    """Raises RuntimeError: loading takes seconds, in which the process would answer nobody."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    raise RuntimeError("an embedding model is loaded and run on a thread")


def _fastembed() -> Any:
    try:
        import fastembed  # noqa: PLC0415 (optional and heavy: only a process that embeds loads it)
    except ImportError as error:
        raise EmbedderNotInstalled(cause=f"{error}: {_INSTALL}") from None
    return fastembed


def _load(local: LocalModel) -> TextEmbedding:
    package = _fastembed()
    own = local.folder / local.name
    known = {model["model"].lower() for model in package.TextEmbedding.list_supported_models()}
    if local.name.lower() not in known:
        _make_known(package, local.name, own)
    try:
        model: TextEmbedding = package.TextEmbedding(
            local.name,
            cache_dir=str(local.folder),
            # The other half of the processor goes on answering.
            threads=max(1, (os.cpu_count() or 1) // 2),
            cuda=False,
            local_files_only=True,
            specific_model_path=str(own) if own.is_dir() else None,
            # What a batch took goes back after it.
            enable_cpu_mem_arena=False,
        )
        return model
    except ValueError as error:
        cause = f"{error} {local.folder} does not hold {local.name}: {_FETCH}"
        raise EmbeddingModelMissing(cause=cause) from None
    except Exception as error:
        cause = f"{own if own.is_dir() else local.folder}: {error}"
        raise EmbeddingModelMissing(cause=cause) from error


def _make_known(package: Any, name: str, own: Path) -> None:
    """Tells fastembed of a model that it does not list, as its folder describes it.

    The layout is that of Sentence Transformers' models exported to ONNX."""
    from fastembed.common.model_description import ModelSource, PoolingType  # noqa: PLC0415

    try:
        pooling = json.loads((own / "1_Pooling" / "config.json").read_text())
    except (OSError, ValueError) as error:
        cause = f"fastembed does not list {name}, and {own} does not describe it: {error}"
        raise EmbeddingModelMissing(cause=cause) from None
    graph = next((path for path in ("onnx/model.onnx", "model.onnx") if (own / path).exists()), "")
    if not graph:
        raise EmbeddingModelMissing(cause=f"{own} holds no model.onnx")
    is_mean = pooling.get("pooling_mode_mean_tokens", True)
    package.TextEmbedding.add_custom_model(
        model=name,
        pooling=PoolingType.MEAN if is_mean else PoolingType.CLS,
        normalization=True,
        sources=ModelSource(hf=name),
        dim=int(pooling["word_embedding_dimension"]),
        model_file=graph,
    )
