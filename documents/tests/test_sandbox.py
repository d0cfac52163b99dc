"""The child process for real: what it may not do, how it ends, what its end is taken for."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from documents.adapters import extraction_child, sandbox
from documents.adapters import nursery as nursery_module
from documents.adapters.extractors.formats import DOCX, EML, PDF, PLAIN
from documents.adapters.nursery import Nursery
from documents.adapters.sandbox import (
    ExtractionRequest,
    attachments_in_child,
    extract_in_child,
    file_isolation,
    network_isolation,
)
from documents.errors import (
    ArchiveBomb,
    CorruptFile,
    EncryptedFile,
    ExtractionExceeded,
    IngestionFailed,
    NoText,
    TooManyPages,
)
from documents.ports import ExtractionLimits, Heading
from documents.tests import files


@pytest.fixture
def request_for(tmp_path):
    def make(
        content: bytes,
        media_type: str,
        *,
        limits: ExtractionLimits | None = None,
        timeout_s: float = 60,
        memory_mb: int = 1_024,
    ) -> ExtractionRequest:
        path = tmp_path / "stored"
        path.write_bytes(content)
        return ExtractionRequest(
            path=path,
            file_name="Mon fichier.pdf",
            media_type=media_type,
            limits=limits or ExtractionLimits(),
            timeout_s=timeout_s,
            memory_mb=memory_mb,
        )

    return make


@pytest.fixture
def child_running(monkeypatch):
    """Runs other code as the child: one that has been taken over, or broke."""

    nursery = Nursery(sandbox.child_environment)

    def run(code: str) -> None:
        program = f"""if True:
            from documents.adapters import extraction_child, nursery_process
            extraction_child.main = lambda: exec({code!r}, {{}})
            nursery_process.main()"""
        monkeypatch.setattr(nursery_module, "_COMMAND", (sys.executable, "-c", program))
        monkeypatch.setattr(sandbox, "_nursery", nursery)

    yield run
    nursery.close()


def extract(request: ExtractionRequest):
    return list(extract_in_child(request, lambda count: None))


def only_child() -> int:
    """The process id of the one extraction that is under way."""
    (child,) = psutil.Process(sandbox._nursery.process_id).children()
    return child.pid


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()


# --- what it reads ----------------------------------------------------------------------------


def test_pages_come_from_the_child_as_the_extractor_made_them(request_for):
    counts = []
    content = files.pdf("Été\nligne", "", "Fin", bookmarks=[(1, "Fin", 3)], size=(300, 500))
    pages = list(extract_in_child(request_for(content, PDF), counts.append))
    assert counts == [3]
    assert [page.text for page in pages] == ["Été\nligne", "", "Fin"]
    assert (pages[2].width, pages[2].height) == (300, 500)
    assert pages[2].headings == (Heading(1, "Fin", 0),)


def test_a_format_without_pages_is_counted_too(request_for):
    counts = []
    content = files.docx("# One", "a", "# Two", "b")
    pages = list(extract_in_child(request_for(content, DOCX), counts.append))
    assert counts == [2]
    assert [page.label for page in pages] == ["One", "Two"]


def test_a_page_longer_than_the_pipe_comes_whole(request_for):
    text = "x" * 19_000 + "é" * 999
    (page,) = extract(request_for(text.encode(), PLAIN))
    assert page.text == text


def test_the_files_inside_a_mail_come_out_beside_it_by_number(request_for, tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    limits = ExtractionLimits(max_attachments=2, max_attachment_bytes=5_000)
    inside = {"plan.pdf": b"%PDF-", "large.bin": b"x" * 5_001, "late.txt": b"z"}
    request = request_for(files.eml("see", attachments=inside), EML, limits=limits)
    found = list(attachments_in_child(replace(request, attachments=folder)))
    assert [(one.name, one.path) for one in found] == [
        ("plan.pdf", folder / "1"),
        ("large.bin", None),
        ("late.txt", None),
    ]
    assert (folder / "1").read_bytes() == b"%PDF-"
    assert len(list(folder.iterdir())) == 1


def test_a_child_cannot_name_a_file_of_ours(request_for, child_running, tmp_path):
    child_running("""if True:
        print('{"ready": true}')
        print('{"attachment": {"number": "../../etc/passwd", "name": "x"}}')""")
    with pytest.raises(CorruptFile):
        list(attachments_in_child(replace(request_for(b"", EML), attachments=tmp_path)))


# --- refusals ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "media_type", "error"),
    [
        (files.pdf("secret", password="sesame"), PDF, EncryptedFile),
        (b"%PDF-1.4 rubbish", PDF, CorruptFile),
        (b" \n", PLAIN, NoText),
        (files.zipped({"a": bytes(20_000_000)}), DOCX, ArchiveBomb),
    ],
)
def test_a_refusal_in_the_child_names_the_file(request_for, content, media_type, error):
    with pytest.raises(error) as refused:
        extract(request_for(content, media_type))
    assert refused.value.params == {"file": "Mon fichier.pdf"}


def test_a_refusal_keeps_its_other_parameters(request_for):
    limits = ExtractionLimits(max_pages=1)
    with pytest.raises(TooManyPages) as refused:
        extract(request_for(files.pdf("a", "b"), PDF, limits=limits))
    assert refused.value.params == {"file": "Mon fichier.pdf", "limit": 1}


def test_too_little_memory_is_said_with_the_bounds(request_for):
    content = b"word " * 30_000_000
    with pytest.raises(ExtractionExceeded) as refused:
        extract(request_for(content, PLAIN, memory_mb=300))
    assert refused.value.params == {"file": "Mon fichier.pdf", "limit": "60 s, 300 MB"}
    assert refused.value.cause != "time-out"


@pytest.mark.parametrize(("short", "expected"), [(True, ExtractionExceeded), (False, CorruptFile)])
def test_a_parser_that_blames_the_file_for_lack_of_memory_is_not_believed(
    monkeypatch, short, expected
):
    monkeypatch.setattr(extraction_child, "memory_ran_short", lambda: short)
    answer = extraction_child._error_values(CorruptFile(cause="unknown error"))
    assert answer["code"] == expected.code


def test_too_little_time_is_said_with_the_bounds(request_for, child_running):
    child_running("import time; time.sleep(600)")
    with pytest.raises(ExtractionExceeded) as refused:
        extract(request_for(b"", PDF, timeout_s=0.3))
    assert refused.value.params["limit"] == "0.3 s, 1024 MB"


def test_a_child_that_goes_on_for_ever_in_small_steps_is_ended(request_for, child_running):
    child_running("""if True:
        import time
        while True:
            print('{"count": 1}', flush=True)
            time.sleep(0.05)""")
    with pytest.raises(ExtractionExceeded):
        extract(request_for(b"", PDF, timeout_s=0.5))


def test_the_clock_does_not_run_while_the_child_waits_for_us(request_for):
    pages = extract_in_child(
        request_for(files.pdf(*["x"] * 5), PDF, timeout_s=20), lambda count: None
    )
    next(pages)
    later = time.monotonic() + 100
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sandbox.time, "monotonic", lambda: later)
        assert len(list(pages)) == 4


@pytest.mark.parametrize("signum", [signal.SIGKILL, signal.SIGSEGV, signal.SIGXCPU])
def test_a_child_killed_by_the_system_has_exceeded_its_bounds(request_for, child_running, signum):
    child_running(f"""if True:
        import os
        print('{{"ready": true}}', flush=True)
        os.kill(os.getpid(), {int(signum)})""")
    with pytest.raises(ExtractionExceeded):
        extract(request_for(b"", PDF))


@pytest.mark.parametrize(
    "answer",
    [
        "rubbish",
        "[]",
        "{}",
        '{"page": {}}',
        '{"count": "x"}',
        '{"error": {"code": "no-such"}}',
        '{"error": {"code": "not-found", "params": {}, "cause": ""}}',
    ],
)
def test_an_answer_that_makes_no_sense_is_taken_for_a_damaged_file(
    request_for, child_running, answer
):
    child_running(f"print('{{\"ready\": true}}'); print('{answer}')")
    with pytest.raises(CorruptFile) as refused:
        extract(request_for(b"", PDF))
    assert refused.value.params == {"file": "Mon fichier.pdf"}


def test_an_answer_without_end_is_cut_off(request_for, child_running, monkeypatch):
    monkeypatch.setattr(sandbox, "_MAX_LINE_BYTES", 1_000_000)
    child_running("while True: print('x' * 100_000, end='')")
    with pytest.raises(CorruptFile):
        extract(request_for(b"", PDF))


def test_a_parser_that_stumbles_means_a_damaged_file_with_the_trace_for_the_log(
    request_for, child_running
):
    child_running("print('{\"ready\": true}', flush=True); raise RuntimeError('stumbled')")
    with pytest.raises(CorruptFile) as refused:
        extract(request_for(b"", PDF))
    assert "stumbled" in refused.value.cause


@pytest.mark.parametrize(
    "code",
    [
        "raise RuntimeError('before the file was touched')",
        "print('{\"ready\": true}', flush=True); import no_such_parser",
    ],
)
def test_a_child_that_cannot_work_is_our_failure_and_not_the_files(
    request_for, child_running, code
):
    child_running(code)
    with pytest.raises(IngestionFailed):
        extract(request_for(b"", PDF))


# --- its life ---------------------------------------------------------------------------------


def test_closing_the_iterator_ends_the_child(request_for):
    pages = extract_in_child(request_for(files.pdf(*["x" * 500] * 400), PDF), lambda count: None)
    next(pages)
    child = only_child()
    assert is_alive(child)
    pages.close()
    assert not is_alive(child)


def test_an_exception_of_the_caller_passes_unchanged_and_ends_the_child(request_for):
    def refuse(count: int) -> None:
        raise KeyError("lease lost")

    with pytest.raises(KeyError, match="lease lost"):
        list(extract_in_child(request_for(files.pdf("x"), PDF), refuse))


def test_the_child_ends_when_its_parent_is_killed(tmp_path):
    (tmp_path / "a.pdf").write_bytes(files.pdf(*["x" * 500] * 3_000))
    code = f"""if True:
        from pathlib import Path
        import psutil
        from documents.adapters import sandbox
        from documents.ports import ExtractionLimits
        request = sandbox.ExtractionRequest(
            Path({str(tmp_path / "a.pdf")!r}), "a", {PDF!r}, ExtractionLimits(), 60, 1024)
        pages = sandbox.extract_in_child(request, lambda count: None)
        next(pages)
        (child,) = psutil.Process(sandbox._nursery.process_id).children()
        print(child.pid, flush=True)
        input()"""
    parent = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdin is not None
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert is_alive(child)
    parent.kill()
    parent.wait()
    deadline = time.monotonic() + 20
    while is_alive(child) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not is_alive(child)
    parent.stdin.close()
    parent.stdout.close()


def test_children_end_each_for_itself(request_for):
    content = files.pdf(*["x" * 500] * 400)
    first = extract_in_child(request_for(content, PDF), lambda count: None)
    second = extract_in_child(request_for(content, PDF), lambda count: None)
    next(first), next(second)
    first.close()
    assert len(list(second)) == 399


def test_where_the_process_of_all_children_was_killed_another_one_takes_its_place(request_for):
    content = files.pdf(*["x" * 500] * 400)
    pages = extract_in_child(request_for(content, PDF), lambda count: None)
    next(pages)
    os.kill(sandbox._nursery.process_id, signal.SIGKILL)
    assert len(list(pages)) == 399  # a child that lives reads on
    assert len(extract(request_for(files.pdf("x"), PDF))) == 1


def test_it_gives_its_memory_back_where_no_file_comes(request_for, monkeypatch):
    program = "from documents.adapters import nursery_process as n; n.IDLE_S = 0.2; n.main()"
    monkeypatch.setattr(nursery_module, "_COMMAND", (sys.executable, "-c", program))
    monkeypatch.setattr(sandbox, "_nursery", Nursery(sandbox.child_environment))
    extract(request_for(files.pdf("x"), PDF))
    first = sandbox._nursery.process_id
    deadline = time.monotonic() + 20
    while is_alive(first) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not is_alive(first)
    assert len(extract(request_for(files.pdf("x"), PDF))) == 1
    assert sandbox._nursery.process_id != first
    sandbox._nursery.close()


def test_no_secret_of_ours_is_in_the_childs_environment(request_for, child_running, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    child_running("""if True:
        import json, os
        print('{"ready": true}')
        page = {"number": 1, "text": json.dumps(dict(os.environ)), "headings": []}
        print(json.dumps({"page": page}))
        print('{"end": true}')""")
    (page,) = extract(request_for(b"", PDF))
    assert "LC_ALL" in page.text
    assert "OPENAI_API_KEY" not in page.text


@pytest.mark.skipif(sys.platform != "linux", reason="seccomp is Linux's")
def test_network_isolation_is_reported():
    sandbox._confinement.cache_clear()
    assert network_isolation() is True


def test_isolation_is_not_claimed_where_the_child_does_not_say_so(child_running):
    child_running('print(\'{"ready": true, "network": "unavailable"}\')')
    sandbox._confinement.cache_clear()
    assert network_isolation() is False
    assert file_isolation() is False
    sandbox._confinement.cache_clear()
