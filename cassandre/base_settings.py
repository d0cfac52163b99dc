"""Settings that hold everywhere. Each part is embedded unless its variable names a service."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from common.env import env_bool, env_float, env_int, env_list, env_secret, env_str, env_url

BASE_DIR = Path(__file__).resolve().parent.parent
# Variables already set win over the file's.
environ.Env.read_env(BASE_DIR / ".env")

# --- the one folder of all embedded data ------------------------------------------------------
CASSANDRE_DATA = Path(env_str("CASSANDRE_DATA") or BASE_DIR / "data").resolve()
try:
    CASSANDRE_DATA.mkdir(parents=True, exist_ok=True)
except OSError as _error:
    raise ImproperlyConfigured(
        f"CASSANDRE_DATA={CASSANDRE_DATA}: the folder cannot be made ({_error.strerror})"
    ) from _error

SECRET_KEY = env_secret("SECRET_KEY", "development-only-secret")
DEBUG = False
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = env_list("CSRF_TRUSTED_ORIGINS")

# --- which parts are services -----------------------------------------------------------------
DB_HOST = env_str("DB_HOST")
QDRANT_URL = env_url("QDRANT_URL", ("http", "https"))
MINIO_URL = env_url("MINIO_URL", ("http", "https"))
CHANNEL_REDIS = env_url("CHANNEL_REDIS", ("redis", "rediss"))
CELERY_BROKER_URL = env_url("CELERY_BROKER_URL", ("redis", "rediss", "amqp", "amqps"))
EMBEDDED_WORKER = not CELERY_BROKER_URL
# A file store that all processes see: S3, or a folder which the operator says is shared.
SHARED_FILES = bool(MINIO_URL) or env_bool("SHARED_FILES", False)

if CELERY_BROKER_URL:
    _needed = {
        "DB_HOST": DB_HOST,
        "QDRANT_URL": QDRANT_URL,
        "CHANNEL_REDIS": CHANNEL_REDIS,
        "MINIO_URL (or SHARED_FILES=true)": SHARED_FILES,
    }
    _missing = [name for name, value in _needed.items() if not value]
    if _missing:
        raise ImproperlyConfigured(
            f"CELERY_BROKER_URL={CELERY_BROKER_URL}: separate processes also need "
            + ", ".join(_missing)
        )

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "servestatic.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "channels",
    "theme",  # before allauth, whose templates it replaces
    "allauth",
    "allauth.account",
    "csp",
    "django_htmx",
    "tailwind",
    "common",
    "accounts",
    "ai",
    "documents",
    "chat",
    "evaluation",
    "backoffice",
    "cassandre",
]

MIDDLEWARE = [
    "common.middleware.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "servestatic.middleware.ServeStaticMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "common.middleware.ErrorMiddleware",
]

ROOT_URLCONF = "cassandre.urls"
ASGI_APPLICATION = "cassandre.asgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "backoffice.context_processors.frame",
            ],
            "builtins": ["theme.templatetags.theme"],
        },
    }
]

# --- database ---------------------------------------------------------------------------------
if DB_HOST:
    DATABASES: dict[str, dict[str, Any]] = {
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "HOST": DB_HOST,
            "PORT": env_int("DB_PORT", 5432, minimum=1, maximum=65535),
            "NAME": env_str("DB_NAME", "cassandre"),
            "USER": env_str("DB_USER", "cassandre"),
            "PASSWORD": env_secret("DB_PASSWORD"),
            # With a psycopg pool, Django must not keep connections of its own.
            "CONN_MAX_AGE": 0,
            "OPTIONS": {
                "pool": {"min_size": 1, "max_size": env_int("DB_POOL_SIZE", 10, minimum=1)}
            },
        }
    }
else:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": CASSANDRE_DATA / "cassandre.sqlite3",
            # Opening a file and setting it up costs more than most queries.
            "CONN_MAX_AGE": None,
            "OPTIONS": {
                # IMMEDIATE takes the write lock at BEGIN: waiting writers queue on `timeout`
                # instead of failing when a read turns into a write.
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
            },
        }
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- files ------------------------------------------------------------------------------------
if MINIO_URL:
    _documents_storage: dict[str, Any] = {
        "BACKEND": "common.storage.MinioStorage",
        "OPTIONS": {
            "url": MINIO_URL,
            "access_key": env_secret("MINIO_ACCESS_KEY_ID"),
            "secret_key": env_secret("MINIO_SECRET_ACCESS_KEY"),
            "bucket": env_str("MINIO_STORAGE_BUCKET_NAME", "cassandre"),
        },
    }
else:
    _documents_storage = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": CASSANDRE_DATA / "files", "base_url": None},
    }
STORAGES = {
    "default": _documents_storage,
    "staticfiles": {"BACKEND": "theme.storage.ThemeStaticFilesStorage"},
}
STATIC_URL = "/static/"
STATIC_ROOT = CASSANDRE_DATA / "static"
FILE_UPLOAD_MAX_MEMORY_SIZE = 1_000_000  # larger uploads go to a temporary file
MAX_UPLOAD_MB = env_int("MAX_UPLOAD_MB", 200, minimum=1)

# --- sockets and tasks ------------------------------------------------------------------------
if CHANNEL_REDIS:
    CHANNEL_LAYERS: dict[str, Any] = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [CHANNEL_REDIS]},
        }
    }
else:
    CHANNEL_LAYERS = {
        # The default capacity of 100 drops messages under a burst of progress events.
        "default": {"BACKEND": "channels.layers.InMemoryChannelLayer", "CONFIG": {"capacity": 2000}}
    }
WEBSOCKET_URL = env_url("WEBSOCKET_URL", ("ws", "wss"))

CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True  # a killed worker's task is delivered again; tasks are idempotent
CELERY_WORKER_PREFETCH_MULTIPLIER = 1  # one long file must not hold short ones behind it
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
INGESTION_CONCURRENCY = env_int("INGESTION_CONCURRENCY", 2, minimum=1, maximum=64)

QUESTIONS_PER_MINUTE = env_int("QUESTIONS_PER_MINUTE", 20, minimum=1)
CONCURRENT_ANSWERS = env_int("CONCURRENT_ANSWERS", 4, minimum=1)
SOCKETS_PER_USER = env_int("SOCKETS_PER_USER", 30, minimum=1)
ANSWER_GRACE_S = env_int("ANSWER_GRACE_S", 20, minimum=0, maximum=30)
TURN_LOG_DAYS = env_int("TURN_LOG_DAYS", 90, minimum=0)

# --- models -----------------------------------------------------------------------------------
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

# --- retrieval and ingestion ------------------------------------------------------------------
SPLIT_CHUNK_SIZE = env_int("SPLIT_CHUNK_SIZE", 1000, minimum=100, maximum=20_000)
SPLIT_CHUNK_OVERLAP = env_int("SPLIT_CHUNK_OVERLAP", 100, maximum=10_000)
if SPLIT_CHUNK_OVERLAP * 2 > SPLIT_CHUNK_SIZE:
    raise ImproperlyConfigured(
        f"SPLIT_CHUNK_OVERLAP={SPLIT_CHUNK_OVERLAP}: at most half of SPLIT_CHUNK_SIZE"
        f"={SPLIT_CHUNK_SIZE}"
    )
INGESTION_MAX_PAGES = env_int("INGESTION_MAX_PAGES", 5000, minimum=1)
INGESTION_TIMEOUT_S = env_int("INGESTION_TIMEOUT_S", 600, minimum=1)
# Below 256 the parsers of PPTX and XLSX do not even load.
INGESTION_MEMORY_MB = env_int("INGESTION_MEMORY_MB", 2048, minimum=256)
SOURCES_ALLOWED_HOSTS = env_list("SOURCES_ALLOWED_HOSTS")
SOURCES_USER_AGENT = env_str("SOURCES_USER_AGENT", "Cassandre")
SOURCES_DELAY_S = env_float("SOURCES_DELAY_S", 1, minimum=0, maximum=60)
SOURCES_MAX_FILES = env_int("SOURCES_MAX_FILES", 10_000, minimum=1, maximum=100_000)
SOURCES_S3_ENDPOINT = env_url("SOURCES_S3_ENDPOINT", ("http", "https"))
SOURCES_S3_KEY = env_secret("SOURCES_S3_KEY")
SOURCES_S3_SECRET = env_secret("SOURCES_S3_SECRET")
SOURCES_S3_BUCKETS = env_list("SOURCES_S3_BUCKETS")
CLAMAV_HOST = env_str("CLAMAV_HOST")
CLAMAV_PORT = env_int("CLAMAV_PORT", 3310, minimum=1, maximum=65535)
PURGE_AFTER_DAYS = env_int("PURGE_AFTER_DAYS", 30, minimum=0)

# --- people -----------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
# The address is unique without regard to case, by a constraint on Lower("email").
SILENCED_SYSTEM_CHECKS = ["auth.W004"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/search/"
LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "accounts.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"  # accounts are made by an administrator
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = None  # the form asks
EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"

# --- language ---------------------------------------------------------------------------------
LANGUAGE_CODE = env_str("LANGUAGE_CODE", "fr")
LANGUAGES = [("fr", _("French")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "cassandre" / "locale"]
TIME_ZONE = env_str("TIME_ZONE", "Europe/Paris")
USE_TZ = True

# --- browser security -------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:"],
        "connect-src": ["'self'", *([WEBSOCKET_URL] if WEBSOCKET_URL else [])],
        "worker-src": ["'self'"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "form-action": ["'self'"],
    }
}
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True

TAILWIND_APP_NAME = "theme"

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "common.logs.RequestIdFilter"}},
    "formatters": {
        "line": {
            "format": "%(asctime)s %(levelname)s %(name)s [%(request_id)s] %(message)s",
        }
    },
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["request_id"],
        }
    },
    "root": {"handlers": ["stderr"], "level": env_str("LOG_LEVEL", "INFO")},
    "loggers": {"celery": {"level": "WARNING"}, "httpx": {"level": "WARNING"}},
}
