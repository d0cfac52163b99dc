"""The worker beside an embedded web process: real processes, killed in every order."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import psutil
import pytest

from bench.soak.stack import WebProcess, seed
from cassandre.tests.web_processes import environment, logs_of, started

pytestmark = pytest.mark.once

LONGEST_S = 60.0


class Deployed:
    def __init__(self, folder: Path) -> None:
        values = environment(folder, model_url="http://127.0.0.1:9", model="none")
        (self._cookie,) = seed(values, 1)
        self.web = WebProcess("web", values, folder)

    @property
    def worker(self) -> psutil.Process | None:
        assert self.web.process is not None
        for child in self.web.process.children():
            with suppress(psutil.Error):  # it may be ending
                if "cassandre.worker" in child.cmdline():
                    return child
        return None

    def search(self, question: str) -> str:
        address = f"http://127.0.0.1:{self.web.port}/search/?q={question}"
        request = Request(address, headers={"Cookie": self._cookie})
        try:
            with urlopen(request, timeout=LONGEST_S) as response:
                return str(response.read().decode())
        except HTTPError as error:
            return f"{error.code}"


@pytest.fixture
def deployed(tmp_path):
    deployment = Deployed(tmp_path)
    with started(deployment.web):
        yield deployment


async def until(condition) -> None:
    deadline = time.monotonic() + LONGEST_S
    while not await asyncio.to_thread(condition):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.1)


async def test_a_killed_worker_is_replaced_and_searches_go_on(deployed):
    await until(lambda: "25 days" in deployed.search("annual+leave"))
    first = deployed.worker
    first.kill()
    await until(lambda: deployed.worker not in {None, first})
    await until(lambda: "25 days" in deployed.search("annual+leave"))
    assert "is started again" in logs_of(deployed.web)


async def test_the_worker_ends_with_the_web_process_and_frees_the_index(deployed):
    await until(lambda: deployed.worker is not None)
    worker = deployed.worker
    deployed.web.kill()
    await until(lambda: not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE)
    deployed.web.start()  # raises where the lock is still held
    await until(lambda: "25 days" in deployed.search("annual+leave"))


async def test_an_end_in_good_order_leaves_no_worker_and_no_complaint(deployed):
    await until(lambda: "25 days" in deployed.search("annual+leave"))
    worker, process = deployed.worker, deployed.web.process
    process.terminate()
    await asyncio.to_thread(process.wait, LONGEST_S)
    assert not worker.is_running()
    assert "Traceback" not in logs_of(deployed.web)
