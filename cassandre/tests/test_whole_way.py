"""The whole way in Chromium, on the very process that start_all.sh runs: sign in, make a corpus,
upload a PDF, ask, watch it stream, reload and stop in mid-answer, open the cited page."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from bench.front import nginx_before
from bench.mock_model import serving
from bench.processes import free_port, running
from documents.tests.pdf_writer import pdf

pytestmark = pytest.mark.browser

EMAIL, PASSWORD = "alice@example.org", "a-passphrase-for-this-test"
# The mock answers with the question's own words, one each 40 ms; so "[1]" cites a passage.
MODEL = "mock-echo-40ms"
QUESTION = "Say “Employees have twenty-five days of annual leave” [1], and no more"
SERVICES = ("DB_HOST", "QDRANT_URL", "MINIO_URL", "CHANNEL_REDIS", "CELERY_BROKER_URL")
LEAVE = "Employees have twenty-five days of annual leave."


@pytest.fixture
def address(tmp_path: Path, through_nginx: bool) -> Iterator[str]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with serving() as model:
        environment = {
            **dict.fromkeys(SERVICES, ""),
            "CASSANDRE_DATA": str(tmp_path / "data"),
            "DJANGO_SETTINGS_MODULE": "cassandre.prod_settings",
            "DJANGO_SUPERUSER_EMAIL": EMAIL,
            "DJANGO_SUPERUSER_PASSWORD": PASSWORD,
            "SECRET_KEY": "a-secret-of-more-than-thirty-two-characters",
            "ALLOWED_HOSTS": "127.0.0.1",
            "HTTPS": str(through_nginx),
            "HOST": "127.0.0.1",
            "PORT": str(port),
            "OPENAI_API_KEY": "mock",
            "OPENAI_BASE_URL": model.url,
            "OPENAI_MODEL": MODEL,
        }
        command = [sys.executable, "-m", "cassandre.serve"]
        log = tmp_path / "site.log"
        with ExitStack() as stack:
            site = running(command, environment=environment, url=f"{url}/healthz", log=log)
            stack.enter_context(site)
            yield stack.enter_context(nginx_before(port)) if through_nginx else url


def sign_in(page: Page, address: str) -> None:
    page.goto(f"{address}/chat/")
    page.get_by_label("E-mail address").fill(EMAIL)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/chat/")


def make_corpus(page: Page, address: str, name: str) -> None:
    page.goto(f"{address}/admin/corpora/new/")
    page.locator("input[name=name]").fill(name)
    page.locator("select[name=language]").select_option("en")
    page.locator("main form button.btn-primary").click()
    page.wait_for_url(re.compile(r"/admin/corpora/[0-9a-f-]{36}/"))


def upload(page: Page, address: str, corpus: str, path: Path) -> None:
    page.goto(f"{address}/admin/documents/")
    page.locator("select[name=corpus]").first.select_option(label=corpus)
    page.locator("input[type=file]").set_input_files(path)
    row = page.locator("li", has_text=path.name)
    expect(row).to_contain_text("Ready, 2 passages", timeout=20_000)


def ask(page: Page, question: str) -> None:
    page.locator("textarea").fill(question)
    page.locator("textarea").press("Enter")


def answer(page: Page):
    return page.locator("[data-answer-text]").last


def test_from_sign_in_to_the_marked_page(page: Page, address: str, tmp_path: Path) -> None:
    path = tmp_path / "leave.pdf"
    path.write_bytes(pdf("General rules of the house.", LEAVE))
    sign_in(page, address)
    make_corpus(page, address, "Rules")
    upload(page, address, "Rules", path)

    page.goto(f"{address}/chat/")
    ask(page, QUESTION)
    expect(answer(page)).to_contain_text("passage", timeout=10_000)  # the first of its words
    page.wait_for_url(re.compile(r"/chat/[0-9a-f-]{36}/"))
    seen = answer(page).inner_text()
    page.reload()  # in mid-answer
    expect(answer(page)).to_contain_text(seen[:20])
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("stopped", exact=False).last).to_be_visible()
    stopped = answer(page).inner_text()
    page.reload()
    expect(answer(page)).to_have_text(stopped, use_inner_text=True)

    page.goto(f"{address}/chat/")
    ask(page, QUESTION)
    citation = page.locator("[data-answer-text] a.cite").first
    expect(citation).to_be_visible(timeout=30_000)
    citation.click()
    page.wait_for_url(re.compile(r"/documents/[0-9a-f-]{36}/\?.*page=2"))
    expect(page.locator("[data-viewer-boxes] rect").first).to_be_visible(timeout=10_000)
    expect(page.locator("main")).to_contain_text("twenty-five", timeout=10_000)
