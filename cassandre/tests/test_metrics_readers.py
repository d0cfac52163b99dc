"""/metrics: who may read it, of web processes and of workers."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from ipaddress import ip_network

import pytest
from django.core.exceptions import ImproperlyConfigured

from cassandre.tests.conftest import free_port
from cassandre.tests.scraping import TOKEN, bearer, scrape, values
from common import scraping


async def test_nobody_reads_them_where_nothing_is_configured():
    assert not scraping.is_open()
    for peer in ("127.0.0.1", "192.0.2.7"):
        assert await scrape([bearer("")], peer=peer) == (404, "")


@pytest.mark.parametrize(
    ("headers", "peer", "status"),
    [
        ([bearer(TOKEN)], "192.0.2.7", 200),
        ([bearer(TOKEN), (b"x-forwarded-for", b"198.51.100.1")], "10.1.2.3", 200),
        ([bearer(TOKEN + "x")], "192.0.2.7", 403),
        ([bearer("")], "192.0.2.7", 403),
        ([(b"authorization", TOKEN.encode())], "192.0.2.7", 403),
        ([(b"authorization", b"\xff")], "192.0.2.7", 403),
        ([], "10.1.2.3", 200),
        ([], "192.0.2.7", 403),
        ([], "", 403),
        # From outside, by a proxy that is inside.
        ([(b"x-forwarded-for", b"198.51.100.1")], "10.1.2.3", 403),
        ([(b"x-real-ip", b"198.51.100.1")], "10.1.2.3", 403),
        ([(b"forwarded", b"for=198.51.100.1")], "10.1.2.3", 403),
    ],
)
@pytest.mark.django_db(transaction=True)
def test_a_token_or_an_allowed_network_opens_them(counting, settings, headers, peer, status):
    settings.METRICS_ALLOWED = [ip_network("10.0.0.0/8")]
    assert asyncio.run(scrape(headers, peer=peer))[0] == status


async def test_other_paths_and_methods_are_not_its_business(counting):
    assert (await scrape(path="/metrics/"))[0] == 204
    assert (await scrape([bearer(TOKEN)], method="POST"))[0] == 404


def test_a_short_token_and_a_wrong_network_are_refused(boot):
    with pytest.raises(ImproperlyConfigured, match="METRICS_TOKEN"):
        boot(METRICS_TOKEN="short")
    with pytest.raises(ImproperlyConfigured, match="METRICS_ALLOWED"):
        boot(METRICS_ALLOWED="10.0.0.1/8")


WORKER = """
import os, sys, tempfile
from pathlib import Path
import django
django.setup()
import billiard
from common import exposition, metrics

class Child(billiard.Process):
    def run(self):
        metrics.TASKS.inc(task="a", outcome="success")

folder = Path(tempfile.mkdtemp())
exposition.start(shared=folder)
metrics.TASKS.inc(task="a", outcome="success")
for place in (0, 1, 0):  # the third has the place of the first, which has ended
    child = Child()
    child.index = place
    child.start()
    child.join()
sys.stdout.write(exposition.exposed().decode())
sys.stdout.write("places " + " ".join({path.stem.rpartition("_")[2] for path in folder.iterdir()}))
"""


def test_what_the_children_of_a_worker_count_is_read_at_their_parent(tmp_path, settings):
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "cassandre.test_settings",
        "PYTHONPATH": str(settings.BASE_DIR),
        "CASSANDRE_DATA": str(tmp_path),
    }
    done = subprocess.run(
        [sys.executable, "-c", WORKER], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found = values(done.stdout)
    assert found["cassandre_tasks_total", 'outcome="success",task="a"'] == 4
    assert ("process_resident_memory_bytes", "") in found
    # Files of each place in the pool and of the parent, not of each process.
    assert set(done.stdout.rsplit("places ", 1)[1].split()) == {"0", "1", "main"}


def test_a_worker_serves_them_on_a_port_of_its_own_to_the_same_readers(counting):
    port = free_port()
    scraping.listen(port, "127.0.0.1")
    assert _get(port, "/metrics") == 403
    assert _get(port, "/metrics", TOKEN) == 200
    assert _get(port, "/", TOKEN) == 404
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        scraping.listen(taken.getsockname()[1], "127.0.0.1")  # and goes on without


def _get(port, path, token=""):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers)
    try:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=10) as response:
            return response.status
    except urllib.error.HTTPError as error:
        return error.code
