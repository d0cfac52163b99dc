"""Mail: none unless EMAIL_HOST names a server. Then people can ask for a new password by mail."""

from __future__ import annotations

from django.core.exceptions import ImproperlyConfigured

from common.env import env_bool, env_int, env_secret, env_str

EMAIL_HOST = env_str("EMAIL_HOST")
EMAIL_PORT = env_int("EMAIL_PORT", 587, minimum=1, maximum=65535)
EMAIL_HOST_USER = env_str("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = env_secret("EMAIL_HOST_PASSWORD")
EMAIL_USE_SSL = env_bool("EMAIL_USE_SSL", False)
EMAIL_USE_TLS = env_bool("EMAIL_USE_TLS", not EMAIL_USE_SSL)
EMAIL_TIMEOUT = 20  # seconds; a worker sends, nobody's page waits
DEFAULT_FROM_EMAIL = env_str("DEFAULT_FROM_EMAIL")
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'dummy'}.EmailBackend"
PASSWORD_RESET_TIMEOUT = 24 * 3600  # seconds that a link is good for

if EMAIL_HOST and "@" not in DEFAULT_FROM_EMAIL:
    raise ImproperlyConfigured(
        f"DEFAULT_FROM_EMAIL={DEFAULT_FROM_EMAIL}: with EMAIL_HOST, name the address that mails "
        "come from"
    )
if EMAIL_USE_TLS and EMAIL_USE_SSL:
    raise ImproperlyConfigured(
        "EMAIL_USE_TLS=true and EMAIL_USE_SSL=true: choose one (587 has TLS, 465 has SSL)"
    )
