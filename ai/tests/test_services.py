"""Which model is chosen by the settings, and how a follow-up is made to stand alone."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ai import services
from ai.errors import ModelUnavailable
from ai.patience import RetryPolicy
from ai.ports import Finished, Turn
from ai.providers.scripted import ScriptedModel
from ai.tests.reading import events_of

HISTORY = [Turn("user", "How long is parental leave?"), Turn("assistant", "Sixteen weeks.")]


@pytest.fixture(autouse=True)
def _nothing_configured(settings):
    for name in ("OPENAI", "PARADIGM", "EMBEDDING"):
        setattr(settings, f"{name}_API_KEY", "")
    settings.OPENAI_BASE_URL = settings.PARADIGM_HOST = ""
    settings.EMBEDDING_MODEL = settings.EMBEDDING_BASE_URL = ""
    settings.EMBEDDING_DIMENSIONS = 0
    settings.EMBEDDING_QUERY_PREFIX = settings.EMBEDDING_PASSAGE_PREFIX = ""
    settings.MODEL_FALLBACKS = []


def test_with_nothing_configured_the_quoting_assistant_answers():
    assert not services.get_chat_model().is_language_model
    assert services.chat_model_names() == ["quoting"]
    assert services.get_embedder() is None


def test_openai_comes_first_and_paradigm_by_its_name(settings):
    settings.OPENAI_API_KEY, settings.OPENAI_MODEL = "sk-alice", "gpt-alice"
    settings.PARADIGM_API_KEY, settings.PARADIGM_MODEL = "pk-alice", "alfred-alice"

    assert services.chat_model_names() == ["gpt-alice", "alfred-alice"]
    assert services.get_chat_model().name == "gpt-alice"
    assert services.get_chat_model("alfred-alice").name == "alfred-alice"


def test_a_name_that_is_no_longer_configured_gives_the_default(settings):
    settings.OPENAI_API_KEY, settings.OPENAI_MODEL = "sk-alice", "gpt-alice"

    assert services.get_chat_model("gpt-of-last-year").name == "gpt-alice"


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("", "https://paradigm.lighton.ai/api/v2/chat/completions"),
        ("https://ai.alice.example", "https://ai.alice.example/api/v2/chat/completions"),
        ("https://ai.alice.example/v1", "https://ai.alice.example/v1/chat/completions"),
    ],
)
def test_paradigms_host_is_completed_with_its_path(settings, host, url):
    settings.PARADIGM_API_KEY, settings.PARADIGM_HOST = "pk-alice", host

    (model,) = services.get_chat_model()._models
    assert model._url == url


def test_a_base_url_alone_configures_a_server_without_keys(settings):
    settings.OPENAI_BASE_URL = "http://127.0.0.1:11434/v1"

    model = services.get_chat_model()

    assert model.is_language_model
    assert "Authorization" not in model._models[0]._headers


def test_the_same_model_is_the_same_object(settings):
    settings.OPENAI_API_KEY = "sk-alice"

    assert services.get_chat_model() is services.get_chat_model()


def test_fallbacks_stand_behind_the_first_model_in_their_order(settings):
    settings.OPENAI_API_KEY, settings.OPENAI_MODEL = "sk-alice", "gpt-alice"
    settings.PARADIGM_API_KEY, settings.PARADIGM_MODEL = "pk-alice", "alfred-alice"
    settings.MODEL_FALLBACKS = ["alfred-alice", "gpt-alice", "gpt-small"]

    def asked(name=None):
        models = services.get_chat_model(name)._models
        return [(model.name, model._server) for model in models]

    assert services.chat_model_names() == ["gpt-alice", "alfred-alice", "gpt-small"]
    assert asked() == [
        ("gpt-alice", "api.openai.com"),
        ("alfred-alice", "paradigm.lighton.ai"),
        ("gpt-small", "api.openai.com"),
    ]
    assert [name for name, _server in asked("alfred-alice")] == [
        "alfred-alice",
        "gpt-alice",
        "gpt-small",
    ]


def test_a_second_server_is_no_fallback_unless_it_is_named(settings):
    settings.OPENAI_API_KEY, settings.PARADIGM_API_KEY = "sk-alice", "pk-alice"

    assert len(services.get_chat_model()._models) == 1


def test_the_bounds_of_the_settings_reach_the_models(settings):
    settings.OPENAI_API_KEY = "sk-alice"
    settings.MODEL_TRIES, settings.MODEL_MAX_WAIT_S = 7, 8
    settings.MODEL_CONTEXT_TOKENS, settings.MODEL_MAX_SECONDS = 9_000, 10

    model = services.get_chat_model()

    assert model._policy == RetryPolicy(context_tokens=9_000, tries=7, max_wait_s=8, patience_s=10)
    assert model._models[0]._endpoint.max_answer_s == 10


async def searched_for(model, history, question, language):
    return (await services.understand_question(model, history, question, language)).question


async def test_the_settings_lead_to_the_server(settings, mock_server, request_of_alice):
    settings.OPENAI_BASE_URL, settings.OPENAI_MODEL = mock_server.url, "mock-5t"

    events = await events_of(services.get_chat_model(), request_of_alice)
    await services.close_clients()

    assert events[-1] == Finished("stop")
    assert mock_server.get("/stats")["by_model"] == {"mock-5t": 1}


async def test_closing_the_clients_twice_does_no_harm(settings, mock_server):
    settings.EMBEDDING_MODEL, settings.EMBEDDING_BASE_URL = "mock-embed-384", mock_server.url
    assert services.get_embedder().dimensions == 384

    await services.close_clients()
    await services.close_clients()


def test_openais_key_is_not_sent_to_another_embedding_server(settings):
    settings.OPENAI_API_KEY = "sk-alice"
    settings.EMBEDDING_MODEL = "embed-alice"
    assert services.get_embedder()._endpoint.api_key == "sk-alice"

    settings.EMBEDDING_BASE_URL = "https://elsewhere.example/v1"
    assert services.get_embedder()._endpoint.api_key == ""


async def test_a_follow_up_is_rewritten():
    model = ScriptedModel()
    model.enqueue_completion("“Is parental leave paid?”\n")

    question = await searched_for(model, HISTORY, "Is it paid?", "en")

    assert question == "Is parental leave paid?"
    assert "Is it paid?" in model.prompts[0]


async def test_a_first_question_needs_no_model():
    model = ScriptedModel()

    assert await searched_for(model, [], "Is it paid?", "en") == "Is it paid?"
    assert not model.prompts


async def test_the_quoting_assistant_rewrites_nothing():
    model = services.get_chat_model()

    assert await searched_for(model, HISTORY, "Is it paid?", "en") == "Is it paid?"


@pytest.mark.parametrize("answer", [ModelUnavailable(), "", "  \n", "word " * 500])
async def test_a_question_that_cannot_be_rewritten_stays_as_it_is(answer):
    model = ScriptedModel()
    model.enqueue_completion(answer)

    assert await searched_for(model, HISTORY, "Is it paid?", "en") == "Is it paid?"


async def test_a_slow_model_does_not_hold_the_question(provider, monkeypatch):
    monkeypatch.setattr(services, "_UNDERSTAND_TIMEOUT_S", 0.05)
    model = provider("mock-hang")

    assert await searched_for(model, HISTORY, "Is it paid?", "en") == "Is it paid?"


COMPOUND = "How long is parental leave, and who has to be told before it begins?"


async def test_a_question_that_asks_several_things_is_taken_apart_and_kept():
    model = ScriptedModel()
    model.enqueue_completion(f"{COMPOUND}!\n- How long is it?\n- Who has to be told?")

    understood = await services.understand_question(model, [], COMPOUND, "en")

    assert understood == (COMPOUND, ("How long is it?", "Who has to be told?"))


async def test_a_simple_first_question_waits_for_no_model():
    model = ScriptedModel()

    understood = await services.understand_question(model, [], "How long is leave?", "en")

    assert understood == ("How long is leave?", ())
    assert not model.prompts


async def test_the_setting_leaves_every_question_as_it_is(settings):
    settings.QUESTION_UNDERSTANDING = False
    model = ScriptedModel()

    assert await services.understand_question(model, HISTORY, COMPOUND, "en") == (COMPOUND, ())
    assert await searched_for(model, HISTORY, COMPOUND, "en") == COMPOUND
    assert not model.prompts


@pytest.mark.parametrize(
    ("configured", "prefix"),
    [("", None), ("none", ""), ("search_query:", "search_query: "), ("Ask:\\nQ:\\n", "Ask:\nQ:\n")],
)
def test_prefixes_of_the_settings_reach_the_embedder(settings, configured, prefix):
    settings.EMBEDDING_MODEL = "embed-alice"
    settings.EMBEDDING_QUERY_PREFIX = settings.EMBEDDING_PASSAGE_PREFIX = configured
    endpoint = services.get_embedder()._endpoint
    assert (endpoint.query_prefix, endpoint.passage_prefix) == (prefix, prefix)


def test_a_reranker_is_asked_where_one_is_configured(settings):
    settings.RERANK_URL = ""
    assert services.get_reranker() is None
    settings.RERANK_URL, settings.RERANK_MODEL = "https://api.alice.example/v2", "rerank-alice"
    reranker = services.get_reranker()
    assert reranker is services.get_reranker()
    assert reranker._endpoint.url == "https://api.alice.example/v2/rerank"
    settings.RERANK_URL = "https://api.alice.example/rerank"
    assert services.get_reranker()._endpoint.url == "https://api.alice.example/rerank"


def test_the_services_at_rest_load_no_client_library():
    code = (
        "import django, sys; django.setup(); import ai.services as s; s.get_chat_model();"
        "s.chat_model_names(); s.get_embedder();"
        "print([m for m in ('aiohttp', 'openai', 'httpx', 'numpy') if m in sys.modules])"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )

    assert run.stdout.strip() == "[]", run.stderr
