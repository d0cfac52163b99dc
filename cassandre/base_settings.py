"""Settings that hold everywhere. Each part is embedded unless its variable names a service."""

from __future__ import annotations

from typing import Any

from csp.constants import NONCE
from django.utils.translation import gettext_lazy as _

from cassandre.backup_settings import *
from cassandre.celery_settings import *
from cassandre.data_settings import *
from cassandre.ingestion_settings import *
from cassandre.log_settings import *
from cassandre.mail_settings import *
from cassandre.model_settings import *
from cassandre.services_settings import *
from common.env import env_int, env_list, env_secret, env_str, env_url

SECRET_KEY = env_secret("SECRET_KEY", "development-only-secret")
DEBUG = False
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = env_list("CSRF_TRUSTED_ORIGINS")

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
    "backups",
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
    "cassandre.closing.MaintenanceMiddleware",
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
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- files and sockets ------------------------------------------------------------------------
STORAGES = {
    "default": DOCUMENTS_STORAGE,
    "staticfiles": {"BACKEND": "theme.storage.ThemeStaticFilesStorage"},
}
STATIC_URL = "/static/"
FILE_UPLOAD_MAX_MEMORY_SIZE = 1_000_000  # larger uploads go to a temporary file
MAX_UPLOAD_MB = env_int("MAX_UPLOAD_MB", 200, minimum=1)
WEBSOCKET_URL = env_url("WEBSOCKET_URL", ("ws", "wss"))

# --- limits of one person ---------------------------------------------------------------------
QUESTIONS_PER_MINUTE = env_int("QUESTIONS_PER_MINUTE", 20, minimum=1)
CONCURRENT_ANSWERS = env_int("CONCURRENT_ANSWERS", 4, minimum=1)
SOCKETS_PER_USER = env_int("SOCKETS_PER_USER", 30, minimum=1)
ANSWER_GRACE_S = env_int("ANSWER_GRACE_S", 20, minimum=0, maximum=30)
TURN_LOG_DAYS = env_int("TURN_LOG_DAYS", 90, minimum=0)
CONVERSATION_DAYS = env_int("CONVERSATION_DAYS", 0, minimum=0)

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
# Besides allauth's own: mails to one address are few, whoever asks for them.
ACCOUNT_RATE_LIMITS: dict[str, str] | bool = {"reset_password": "20/m/ip,5/h/key"}

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
        # No page has an inline script; one that must could carry the nonce of its response.
        "script-src": ["'self'", NONCE],
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
