"""For the whole suite: nothing leaves this machine, and how a test gets a browser.

The cast (alice, bob, charlie) is in accounts/tests/cast.py.
"""

from __future__ import annotations

import ipaddress
import os
import shutil
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db.backends.postgresql.operations import DatabaseOperations
from playwright.sync_api import Browser, Page, sync_playwright

pytest_plugins = [
    "accounts.tests.cast",
    "documents.tests.builders",
    "documents.tests.index_server",
]

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",  # containers and CI run as root
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-quic",
]
BROWSER_TIMEOUT_MS = 15_000


class OutsideNetwork(RuntimeError):
    """A test tried to reach another machine."""


def _is_local(host: object) -> bool:
    if host in (None, "", "localhost", b"localhost"):
        return True
    try:
        address = ipaddress.ip_address(str(host).split("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


@pytest.fixture(scope="session", autouse=True)
def _emptied_row_by_row() -> Iterator[None]:
    """Behind a test that commits, PostgreSQL deletes the few rows that there are. TRUNCATE makes
    hundreds of files anew each time, and has taken more than a minute in a long run."""

    def sql_flush(self: Any, _style: object, tables: list[str], **_options: object) -> list[str]:
        quote = self.quote_name
        deletions = [f"DELETE FROM {quote(table)}" for table in tables]
        # As a superuser may: without a look at foreign keys, which all empty tables agree with.
        free = ["SET LOCAL session_replication_role = replica", "SET LOCAL statement_timeout = 0"]
        return [*free, *deletions] if tables else []

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "sql_flush", sql_flush)
        yield


@pytest.fixture(scope="session", autouse=True)
def _outside_attempts() -> Iterator[list[str]]:
    attempts: list[str] = []
    patch = pytest.MonkeyPatch()

    def guard(original: Any, host_of: Any) -> Any:
        def guarded(*args: Any, **kwargs: Any) -> Any:
            host = host_of(*args)
            if not _is_local(host):
                attempts.append(str(host))
                raise OutsideNetwork(f"a test tried to reach {host}")
            return original(*args, **kwargs)

        return guarded

    def target(sock: socket.socket, address: Any) -> object:
        return address[0] if sock.family in (socket.AF_INET, socket.AF_INET6) else None

    for name in ("connect", "connect_ex"):
        patch.setattr(socket.socket, name, guard(getattr(socket.socket, name), target))

    def looked_up(host: Any, *_rest: Any) -> object:
        try:
            ipaddress.ip_address(str(host))
        except ValueError:
            return host
        return None  # an address needs no look-up; connecting to it is another matter

    patch.setattr(socket, "getaddrinfo", guard(socket.getaddrinfo, looked_up))
    yield attempts
    patch.undo()


@pytest.fixture(autouse=True)
def outside_network_is_closed(_outside_attempts: list[str]) -> Iterator[list[str]]:
    """Fails the test even where the code under test has swallowed the refusal."""
    _outside_attempts.clear()
    yield _outside_attempts
    if _outside_attempts:
        pytest.fail(f"a test tried to reach {', '.join(_outside_attempts)}")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """PostgreSQL drops no database that somebody is connected to, and threads of sockets and
    searches keep their last connection."""
    yield
    from django.db import connection

    with django_db_blocker.unblock():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )


@pytest.fixture(autouse=True)
def no_maintenance() -> Iterator[None]:
    """Known to every test, so that none asks the database for it: those about maintenance call
    `begin`, after which this process looks again."""
    from common import maintenance

    maintenance._known.state, maintenance._known.until = None, float("inf")
    yield
    maintenance._known.state, maintenance._known.until = None, float("inf")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)


def find_program(*names: str, package: str) -> str:
    """Its path; without one the test is skipped, and fails where CI says that none may be."""
    for name in names:
        if path := shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin"):
            return path
    reason = f"{names[0]} is not on this machine (apt-get install {package})"
    if os.environ.get("CASSANDRE_NO_SKIP") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def program() -> Callable[..., str]:
    return find_program


@pytest.fixture(scope="session")
def through_nginx() -> bool:
    """Whether pages come by nginx with TLS, as in production: on real services, they do."""
    return os.environ.get("CASSANDRE_TEST_NGINX") == "1"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, for one module: playwright's event loop must not outlive the browser tests."""
    executable = find_program(*CHROMIUM_NAMES, package="chromium")
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # That loop runs in the test's own thread, where tests use the database directly.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        chromium = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser, through_nginx: bool) -> Iterator[Page]:
    """A fresh profile with one tab."""
    context = browser.new_context(
        locale="en-US",
        viewport={"width": 1440, "height": 900},
        ignore_https_errors=through_nginx,  # its certificate is the test's own
    )
    context.set_default_timeout(BROWSER_TIMEOUT_MS)
    yield context.new_page()
    context.close()
