"""Embeddings computed here, by a tiny model that each test writes; no network."""

from __future__ import annotations

import asyncio
import builtins
import sys

import fastembed
import pytest
from django.core.management import CommandError, call_command
from fastembed.text.custom_text_embedding import CustomTextEmbedding

from ai import errors, services
from ai.providers import local_embeddings
from ai.providers.local_embeddings import BATCH_TEXTS, LocalEmbedder, LocalModel
from ai.tests.tiny_model import NAME, VOCABULARY, WIDTH, write_tiny_model


@pytest.fixture(autouse=True)
def _nothing_is_downloaded(monkeypatch):
    """Neither here nor by a mistake of the adapter: fastembed may not ask any server."""
    for name in ("snapshot_download", "model_info", "list_repo_tree"):
        monkeypatch.setattr(f"fastembed.common.model_management.{name}", _asked_the_network)


@pytest.fixture(autouse=True)
def _models_of_other_tests_are_not_known(monkeypatch):
    monkeypatch.setattr(CustomTextEmbedding, "SUPPORTED_MODELS", [])


def _asked_the_network(*_arguments, **options):
    assert options.get("local_files_only"), "the network was asked"
    raise OSError("not there")


@pytest.fixture
def embedder(tmp_path):
    def make(name: str = NAME, **local) -> LocalEmbedder:
        return LocalEmbedder(LocalModel(name, tmp_path, **local), model=f"fastembed:{name}")

    return make


def test_the_package_and_the_model_are_loaded_at_the_first_text(embedder, tmp_path):
    early = embedder()

    write_tiny_model(tmp_path)

    assert len(early.embed_query("parental leave")) == WIDTH


def test_a_model_is_loaded_once(embedder, tmp_path, monkeypatch):
    write_tiny_model(tmp_path)
    loads = []
    load = local_embeddings._load
    monkeypatch.setattr(local_embeddings, "_load", lambda local: loads.append(1) or load(local))
    model = embedder()

    model.embed_query("leave")
    model.embed_passages(["train"])

    assert loads == [1]


def test_a_model_never_runs_in_the_event_loop(embedder, tmp_path):
    write_tiny_model(tmp_path)
    model = embedder()

    async def ask_in_the_loop():
        model.embed_query("leave")

    async def ask_on_a_thread():
        return await asyncio.to_thread(model.embed_query, "leave")

    with pytest.raises(RuntimeError, match="on a thread"):
        asyncio.run(ask_in_the_loop())
    assert len(asyncio.run(ask_on_a_thread())) == WIDTH


def test_texts_are_computed_a_few_at_a_time(embedder, tmp_path, monkeypatch):
    write_tiny_model(tmp_path)
    sizes = []
    embed = fastembed.TextEmbedding.passage_embed

    def watched(self, texts, **options):
        sizes.append((len(texts), options["batch_size"]))
        return embed(self, texts, **options)

    monkeypatch.setattr(fastembed.TextEmbedding, "passage_embed", watched)

    vectors = embedder().embed_passages(["the train"] * (BATCH_TEXTS * 2 + 1))

    assert sizes == [(BATCH_TEXTS * 2 + 1, BATCH_TEXTS)]
    assert len(vectors) == BATCH_TEXTS * 2 + 1


def test_e5_models_get_the_words_they_were_trained_with(embedder, tmp_path):
    write_tiny_model(tmp_path, "cassandre/tiny-e5")
    model = embedder("cassandre/tiny-e5")

    assert model.embed_query("leave")[VOCABULARY.index("query")] > 0
    assert model.embed_passages(["leave"])[0][VOCABULARY.index("passage")] > 0


def test_configured_prefixes_win_over_the_models_name(embedder, tmp_path):
    write_tiny_model(tmp_path, "cassandre/tiny-e5")
    model = embedder("cassandre/tiny-e5", query_prefix="how ", passage_prefix="")

    assert model.embed_query("leave")[VOCABULARY.index("how")] > 0
    assert model.embed_passages(["leave"])[0][VOCABULARY.index("passage")] == 0


def test_a_model_that_fastembed_lists_is_loaded_out_of_its_folder(embedder, tmp_path):
    listed = "sentence-transformers/all-MiniLM-L6-v2"
    write_tiny_model(tmp_path, listed)

    assert len(embedder(listed).embed_query("leave")) == WIDTH


def test_other_dimensions_than_configured_are_refused(embedder, tmp_path):
    write_tiny_model(tmp_path, width=7)

    with pytest.raises(errors.ModelRequestRefused) as caught:
        embedder(dimensions=8).embed_query("leave")

    assert "7 dimensions, expected 8" in caught.value.cause


@pytest.mark.parametrize("name", ["cassandre/nowhere", "sentence-transformers/all-MiniLM-L6-v2"])
def test_a_model_that_is_not_in_the_folder_is_missing_and_not_fetched(embedder, tmp_path, name):
    with pytest.raises(errors.EmbeddingModelMissing) as caught:
        embedder(name).embed_query("leave")

    assert str(tmp_path) in caught.value.cause


@pytest.mark.parametrize("file", ["model.onnx", "tokenizer.json", "1_Pooling/config.json"])
def test_a_folder_that_lacks_a_file_or_has_a_damaged_one_is_told(embedder, tmp_path, file):
    folder = write_tiny_model(tmp_path)
    (folder / file).write_text("damaged")
    with pytest.raises(errors.EmbeddingModelMissing):
        embedder().embed_query("leave")

    (folder / file).unlink()
    with pytest.raises(errors.EmbeddingModelMissing):
        embedder().embed_query("leave")


def test_without_the_package_the_error_says_what_to_install(embedder, monkeypatch):
    real = builtins.__import__

    def without(name, *arguments, **options):
        if name == "fastembed":
            raise ImportError("No module named 'fastembed'")
        return real(name, *arguments, **options)

    monkeypatch.delitem(sys.modules, "fastembed")
    monkeypatch.setattr(builtins, "__import__", without)

    with pytest.raises(errors.EmbedderNotInstalled) as caught:
        embedder().embed_query("leave")

    assert "requirements/local-models.txt" in caught.value.cause


def test_the_setting_names_a_model_that_runs_here(settings, tmp_path):
    write_tiny_model(tmp_path)
    settings.EMBEDDING_MODEL = f"fastembed:{NAME}"
    settings.EMBEDDING_MODELS_PATH = tmp_path
    settings.EMBEDDING_QUERY_PREFIX = "how"

    embedder = services.get_embedder()

    assert embedder is services.get_embedder()
    assert (embedder.model, embedder.dimensions) == (f"fastembed:{NAME}", WIDTH)
    assert embedder.embed_query("leave")[VOCABULARY.index("how")] > 0
    asyncio.run(services.close_clients())


def test_a_model_of_earlier_vectors_is_asked_only_where_it_may_be(settings, tmp_path):
    settings.EMBEDDING_MODELS_PATH = tmp_path
    settings.EMBEDDING_MODEL, settings.EMBEDDING_BASE_URL = f"fastembed:{NAME}", ""
    settings.OPENAI_BASE_URL = ""

    assert services.get_embedder_named("embed-alice", 8) is None
    assert services.get_embedder_named("fastembed:earlier", 8).dimensions == 8

    settings.EMBEDDING_BASE_URL = "https://models.example/v1"
    assert services.get_embedder_named("embed-alice", 8).model == "embed-alice"
    asyncio.run(services.close_clients())


def test_the_command_fetches_the_model_into_the_folder(settings, tmp_path, monkeypatch, capsys):
    fetched = []
    monkeypatch.setattr(
        fastembed, "TextEmbedding", lambda name, **options: fetched.append((name, options))
    )
    settings.EMBEDDING_MODEL = "fastembed:BAAI/bge-small-en-v1.5"
    settings.EMBEDDING_MODELS_PATH = tmp_path

    call_command("fetch_embedding_model")

    assert fetched == [("BAAI/bge-small-en-v1.5", {"cache_dir": str(tmp_path), "cuda": False})]
    assert str(tmp_path) in capsys.readouterr().out


def test_the_command_says_where_there_is_nothing_to_fetch(settings, tmp_path):
    settings.EMBEDDING_MODELS_PATH = tmp_path
    settings.EMBEDDING_MODEL = "embed-alice"
    with pytest.raises(CommandError, match="fastembed:"):
        call_command("fetch_embedding_model")

    settings.EMBEDDING_MODEL = "fastembed:cassandre/nowhere"
    with pytest.raises(CommandError):
        call_command("fetch_embedding_model")
