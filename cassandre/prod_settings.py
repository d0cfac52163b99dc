"""Production, and what start_all.sh runs: refuses to start on unsafe values."""

from __future__ import annotations

from django.core.exceptions import ImproperlyConfigured

from cassandre.base_settings import *
from common.env import env_bool, env_int, env_str

if len(SECRET_KEY) < 32 or SECRET_KEY == "development-only-secret":  # noqa: S105 (the refusal)
    raise ImproperlyConfigured("SECRET_KEY: set a secret of at least 32 characters of your own")
if env_bool("DEBUG", False):
    raise ImproperlyConfigured("DEBUG=true: not with cassandre.prod_settings")
if not env_str("ALLOWED_HOSTS"):
    raise ImproperlyConfigured("ALLOWED_HOSTS: name the hosts that this installation answers to")

# HTTPS is ended in front of us (nginx); loopback use over plain HTTP switches it off.
HTTPS = env_bool("HTTPS", True)
# What proxies say of scheme and client is believed only where there is one: anybody can say it.
TRUSTED_PROXIES = env_int("TRUSTED_PROXIES", 1 if HTTPS else 0, maximum=5)
if HTTPS and not TRUSTED_PROXIES:
    raise ImproperlyConfigured(
        "TRUSTED_PROXIES=0: HTTPS is ended by a proxy, without one each page redirects to itself; "
        "set HTTPS=false, or the number of proxies in front"
    )
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]  # probes come without TLS from inside
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
SECURE_HSTS_SECONDS = env_int("HSTS_SECONDS", 31_536_000) if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
