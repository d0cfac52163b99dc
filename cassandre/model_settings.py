"""Chat models, embeddings, rerankers, and the limits that hold for them."""

from __future__ import annotations

from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from cassandre.data_settings import CASSANDRE_DATA
from common.env import env_bool, env_float, env_int, env_list, env_secret, env_str, env_url

OPENAI_API_KEY = env_secret("OPENAI_API_KEY")
OPENAI_BASE_URL = env_url("OPENAI_BASE_URL", ("http", "https"))
OPENAI_MODEL = env_str("OPENAI_MODEL", "gpt-4o-mini")
PARADIGM_API_KEY = env_secret("PARADIGM_API_KEY")
PARADIGM_HOST = env_url("PARADIGM_HOST", ("http", "https"))
PARADIGM_MODEL = env_str("PARADIGM_MODEL", "alfred-4.2")
EMBEDDING_MODEL = env_str("EMBEDDING_MODEL")
EMBEDDING_MODELS_PATH = Path(
    env_str("EMBEDDING_MODELS_PATH") or CASSANDRE_DATA / "models"
).resolve()
EMBEDDING_BASE_URL = env_url("EMBEDDING_BASE_URL", ("http", "https"))
EMBEDDING_API_KEY = env_secret("EMBEDDING_API_KEY")
EMBEDDING_QUERY_PREFIX = env_str("EMBEDDING_QUERY_PREFIX")
EMBEDDING_PASSAGE_PREFIX = env_str("EMBEDDING_PASSAGE_PREFIX")
EMBEDDING_DIMENSIONS = env_int("EMBEDDING_DIMENSIONS", 0, maximum=8192)  # 0: ask the server once
QUESTION_UNDERSTANDING = env_bool("QUESTION_UNDERSTANDING", True)
RERANK_URL = env_url("RERANK_URL", ("http", "https"))
RERANK_MODEL = env_str("RERANK_MODEL")
RERANK_API_KEY = env_secret("RERANK_API_KEY")
RERANK_TIMEOUT_S = env_float("RERANK_TIMEOUT_S", 2, minimum=0.1, maximum=30)
MODEL_FIRST_TOKEN_TIMEOUT_S = env_float("MODEL_FIRST_TOKEN_TIMEOUT_S", 60, minimum=0.1, maximum=600)
MODEL_TOKEN_GAP_TIMEOUT_S = env_float("MODEL_TOKEN_GAP_TIMEOUT_S", 30, minimum=0.1, maximum=600)
MODEL_MAX_TOKENS = env_int("MODEL_MAX_TOKENS", 1500, minimum=16, maximum=100_000)
MODEL_MAX_SECONDS = env_float("MODEL_MAX_SECONDS", 300, minimum=0.1, maximum=3600)
MODEL_CONTEXT_TOKENS = env_int("MODEL_CONTEXT_TOKENS", 16_000, minimum=1000)
if MODEL_MAX_TOKENS * 2 > MODEL_CONTEXT_TOKENS:
    raise ImproperlyConfigured(
        f"MODEL_MAX_TOKENS={MODEL_MAX_TOKENS}: at most half of MODEL_CONTEXT_TOKENS"
        f"={MODEL_CONTEXT_TOKENS}"
    )
MODEL_TRIES = env_int("MODEL_TRIES", 3, minimum=1, maximum=10)
MODEL_MAX_WAIT_S = env_float("MODEL_MAX_WAIT_S", 30, minimum=0, maximum=600)
MODEL_COST_PER_1K_PROMPT = env_float("MODEL_COST_PER_1K_PROMPT", 0, minimum=0, maximum=1_000_000)
MODEL_COST_PER_1K_COMPLETION = env_float(
    "MODEL_COST_PER_1K_COMPLETION", 0, minimum=0, maximum=1_000_000
)
MODEL_FALLBACKS = env_list("MODEL_FALLBACKS")
if set(MODEL_FALLBACKS) - {PARADIGM_MODEL} and not (OPENAI_API_KEY or OPENAI_BASE_URL):
    raise ImproperlyConfigured(
        f"MODEL_FALLBACKS={','.join(MODEL_FALLBACKS)}: models other than PARADIGM_MODEL"
        f"={PARADIGM_MODEL} need OPENAI_API_KEY or OPENAI_BASE_URL"
    )
