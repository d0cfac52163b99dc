"""The documents' page in Chromium: what its scripts promise."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import BrowserContext, Page, expect

from accounts.models import User
from documents.models import Document, DocumentVersion
from documents.tests.builders import (
    failed_document,
    make_document,
    make_version,
    ready_document,
)

State = DocumentVersion.State

pytestmark = pytest.mark.django_db(transaction=True)


def sign_in(context: BrowserContext, url: str, user: User) -> None:
    client = Client()
    client.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": url}])


@pytest.fixture
def open_documents(live_server, page: Page, erin: User, handbook):
    """Opens the list of documents as erin, who curates; collects what the browser complains of."""
    sign_in(page.context, live_server.url, erin)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda line: complaints.append(line.text) if "Security Policy" in line.text else None,
    )

    def open_() -> Page:
        page.goto(f"{live_server.url}/admin/documents/")
        return page

    yield open_
    assert complaints == []


def files(folder: Path, **contents: str) -> list[Path]:
    paths = []
    for name, text in contents.items():
        path = folder / f"{name}.txt"
        path.write_text(text)
        paths.append(path)
    return paths


def rows(page: Page):
    return page.locator("#board tbody tr")


def test_many_files_go_in_at_once_and_a_refused_one_says_why(open_documents, tmp_path):
    page = open_documents()
    chosen = files(tmp_path, one="One.", two="Two.", empty="", three="Three.", four="Four.")
    page.set_input_files("#drop-files", chosen)
    expect(page.locator("[data-work-summary]")).to_have_text("4 files: 4 in progress")
    expect(page.locator("[data-sending] li")).to_have_count(1)
    expect(page.locator("[data-sending]")).to_contain_text("“empty.txt” is empty (0 bytes).")
    expect(rows(page)).to_have_count(4)
    expect(page.locator("[data-list-line]")).to_have_text("4 documents in 1 corpus")
    page.get_by_role("button", name="Dismiss empty.txt").click()
    expect(page.locator("[data-sending] li")).to_have_count(0)


def test_a_dropped_file_is_sent_too(open_documents):
    page = open_documents()
    page.evaluate(
        """() => {
          const dropped = new DataTransfer();
          dropped.items.add(new File(["Dropped words."], "dropped.txt", { type: "text/plain" }));
          const options = { dataTransfer: dropped, bubbles: true, cancelable: true };
          document.querySelector("main").dispatchEvent(new DragEvent("drop", options));
        }"""
    )
    expect(page.locator("#work")).to_contain_text("dropped.txt")


def test_a_file_is_followed_through_its_steps_until_it_is_online(open_documents, tmp_path):
    page = open_documents()
    page.set_input_files("#drop-files", files(tmp_path, guide="A guide."))
    expect(page.locator("#work")).to_contain_text("Waiting")
    version = DocumentVersion.objects.filter(file_name="guide.txt")
    version.update(state=State.RUNNING, step="index", progress_done=212, progress_total=341)
    bar = page.get_by_role("progressbar", name="guide.txt")
    expect(bar).to_have_attribute("aria-valuetext", "Indexing, 212 of 341 passages")
    expect(bar).to_have_attribute("aria-valuenow", "3")
    document = version.get().document
    version.update(
        state=State.FAILED, error_code="file-corrupt", error_params={"file": "guide.txt"}
    )
    expect(page.locator("#work")).not_to_contain_text("Indexing")
    # The list below has followed by itself.
    expect(rows(page).first).to_contain_text("Failed")
    assert document.versions.count() == 1


def test_a_row_of_the_list_follows_its_file_without_a_reload_and_keeps_the_focus(
    open_documents, handbook
):
    version = make_version(make_document(handbook, "Guide"), State.RUNNING, step="extract")
    rows_of = DocumentVersion.objects.filter(pk=version.pk)
    rows_of.update(progress_done=28, progress_total=80)
    page = open_documents()
    expect(rows(page)).to_contain_text("Extraction, page 28 of 80")
    page.get_by_role("link", name="Guide", exact=True).focus()
    rows_of.update(progress_done=61)
    expect(rows(page)).to_contain_text("Extraction, page 61 of 80")
    expect(page.get_by_role("link", name="Guide", exact=True)).to_be_focused()
    rows_of.update(state=State.READY, live=True)
    expect(rows(page)).to_contain_text("Online")


def test_of_many_files_those_that_wait_keep_one_line(open_documents, tmp_path):
    page = open_documents()
    held = []
    page.route("**/upload/", lambda route: held.append(route))
    page.set_input_files("#drop-files", files(tmp_path, **{f"f{n}": f"{n}." for n in range(40)}))
    expect(page.locator("[data-queue-text]")).to_have_text("37 more files wait to be sent")
    expect(page.locator("[data-sending] li")).to_have_count(3)
    page.get_by_role("button", name="Do not send these").click()
    expect(page.locator("[data-queue]")).to_be_hidden()
    for route in held:
        route.continue_()
    expect(rows(page)).to_have_count(3)


def test_what_is_chosen_stays_chosen_while_the_list_loads_again(open_documents, handbook):
    for title in ("Ants", "Bees", "Cats"):
        ready_document(handbook, title=title)
    page = open_documents()
    bar = page.get_by_role("region", name="Actions on the chosen documents")
    expect(bar).to_be_hidden()
    page.get_by_label("Choose Ants").check()
    page.get_by_label("Choose Bees").check()
    expect(bar).to_contain_text("2 documents chosen")
    with page.expect_response(re.compile("/admin/documents/$")):
        page.evaluate("document.body.dispatchEvent(new CustomEvent('board-stale'))")
    expect(page.get_by_label("Choose Ants")).to_be_checked()
    expect(bar).to_contain_text("2 documents chosen")
    page.get_by_role("button", name="Choose none").click()
    expect(bar).to_be_hidden()
    expect(page.get_by_label("Choose Ants")).not_to_be_checked()


def test_deleting_many_asks_for_the_words_and_is_undone_from_the_notice(open_documents, handbook):
    for title in ("Ants", "Bees", "Cats"):
        ready_document(handbook, title=title)
    page = open_documents()
    page.get_by_label("Choose Ants").check()
    page.get_by_label("Choose Bees").check()
    page.get_by_role("button", name="Delete…").click()
    dialog = page.get_by_role("dialog", name="Delete 2 documents?")
    confirm = dialog.get_by_role("button", name="Delete")
    expect(confirm).to_be_disabled()
    dialog.get_by_role("textbox").fill("delete 2 documents")
    confirm.click()
    expect(rows(page)).to_have_count(1)
    expect(dialog).to_be_hidden()
    assert Document.objects.filter(deleted_at=None).count() == 1
    page.get_by_role("button", name="Undo").click()
    expect(rows(page)).to_have_count(3)


def test_a_document_is_renamed_and_a_refusal_is_said_in_a_notice(open_documents, handbook):
    document = ready_document(handbook, title="Ants")
    page = open_documents()
    page.get_by_label("Actions: Ants").click()
    page.get_by_role("button", name="Rename…").click()
    page.get_by_role("textbox", name="Title", exact=True).fill("Ants and bees")
    page.get_by_role("button", name="Rename", exact=True).click()
    expect(page.get_by_role("link", name="Ants and bees")).to_be_visible()
    document.refresh_from_db()
    assert document.title == "Ants and bees"

    Document.objects.all().delete()
    page.get_by_label("Actions: Ants and bees").click()
    page.get_by_role("button", name="Delete", exact=True).first.click()
    expect(page.locator("[data-toast][data-level=error]")).to_contain_text("does not exist")


def test_filters_and_sorting_change_the_list_alone_and_the_address(open_documents, handbook):
    ready_document(handbook, title="Ants")
    failed_document(handbook, title="Broken")
    page = open_documents()
    page.evaluate("window.stillHere = true")
    page.get_by_role("navigation", name="Filter by state").get_by_role(
        "link", name="Failed"
    ).click()
    expect(rows(page)).to_have_count(1)
    expect(page).to_have_url(re.compile(r"\?state=failed$"))
    page.get_by_role("link", name="Title").click()
    expect(page).to_have_url(re.compile("sort=title"))
    assert page.evaluate("window.stillHere")
    page.go_back()
    expect(rows(page)).to_have_count(1)


def test_a_file_that_is_too_large_is_not_even_sent(open_documents, tmp_path, settings):
    settings.MAX_UPLOAD_MB = 1
    page = open_documents()
    requests = []
    page.on("request", lambda request: requests.append(request.url))
    page.set_input_files("#drop-files", files(tmp_path, large="x" * 1_100_000))
    expect(page.locator("[data-sending]")).to_contain_text("is too large: at most 1 MB.")
    assert not any(url.endswith("/upload/") for url in requests)


def test_without_scripts_files_are_sent_by_the_form(live_server, browser, erin, handbook, tmp_path):
    context = browser.new_context(java_script_enabled=False, locale="en-US")
    sign_in(context, live_server.url, erin)
    page = context.new_page()
    page.goto(f"{live_server.url}/admin/documents/")
    page.set_input_files("#drop-files", files(tmp_path, one="One.", empty=""))
    page.get_by_role("button", name="Send").click()
    expect(page.locator("[data-toasts]")).to_contain_text("1 file is received.")
    expect(page.locator("[data-toasts]")).to_contain_text("“empty.txt” is empty")
    context.close()
