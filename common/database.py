"""The connections to PostgreSQL: how long they may take, and how they are protected."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ImproperlyConfigured

from common.process import VERSION

# libpq's own, from the weakest to the strongest.
SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")

# Longer than a pool under load takes to free a connection, shorter than a person waits: where the
# server is away, a page says so after that long.
POOL_TIMEOUT_S = 5
# A lost server is asked again after 1, 2 and 4 s, and then at the next request. The default of
# psycopg_pool doubles for five minutes, and sleeps on for as long as the outage has lasted.
RECONNECT_TIMEOUT_S = 5
CONNECT_TIMEOUT_S = 5
# A row is never held for as long in this program; whoever waits longer waits for a lock of
# somebody else (a migration by hand, an open psql), and a sentence is better than a queue.
LOCK_TIMEOUT_S = 15
# A process that has lost its way inside a transaction must not hold its locks for ever.
IDLE_IN_TRANSACTION_TIMEOUT_S = 300


def postgres_options(
    *, pool_size: int, statement_timeout_s: int, ssl: dict[str, str]
) -> dict[str, Any]:
    """The OPTIONS of Django's PostgreSQL backend. Raises ImproperlyConfigured where `ssl` asks
    for a check of the server without saying what to check it with."""
    if ssl["sslmode"].startswith("verify-") and not ssl["sslrootcert"]:
        raise ImproperlyConfigured(
            f"DB_SSLMODE={ssl['sslmode']}: DB_SSLROOTCERT must name the authority's certificate"
        )
    if bool(ssl["sslcert"]) != bool(ssl["sslkey"]):
        raise ImproperlyConfigured("DB_SSLCERT and DB_SSLKEY: one without the other is of no use")
    limits = {
        "statement_timeout": statement_timeout_s,
        "lock_timeout": LOCK_TIMEOUT_S,
        "idle_in_transaction_session_timeout": IDLE_IN_TRANSACTION_TIMEOUT_S,
    }
    return {
        "pool": {
            "min_size": 1,
            "max_size": pool_size,
            "timeout": POOL_TIMEOUT_S,
            "reconnect_timeout": RECONNECT_TIMEOUT_S,
        },
        # The pre-flight of an upgrade tells by it which releases are still connected.
        "application_name": f"cassandre {VERSION}",
        "connect_timeout": CONNECT_TIMEOUT_S,
        "options": " ".join(f"-c {name}={seconds}s" for name, seconds in limits.items()),
        # A peer that is gone without a word is noticed within half a minute, at rest or not.
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 30_000,
        **{name: value for name, value in ssl.items() if value},
    }
