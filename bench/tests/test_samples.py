from __future__ import annotations

import pytest

from bench.sample_outcomes import Expected, Got, differences, read_expectation
from bench.samples import Report, expectations, figures


def row(outcome: str, phrase: str = "Hello", pages: str = "-") -> Expected:
    return read_expectation(
        {"file": "a.bin", "expected_outcome": outcome, "pages": pages, "expected_phrase": phrase}
    )


def wrong(expected: Expected, got: Got, *, can_read_scans: bool = True) -> list[str]:
    return differences(expected, got, can_read_scans=can_read_scans)


ONLINE = Got(pages={1: "Say  hello:\nHello"})


def test_a_phrase_is_found_whatever_its_whitespace():
    assert wrong(row("ok", "hello: Hello", "1 slide"), ONLINE) == []
    assert wrong(row("ok", "Goodbye"), ONLINE) == ["not found: Goodbye"]


def test_the_number_of_pages_counts():
    assert wrong(row("ok", pages="2 chapters"), ONLINE) == ["1 pages instead of 2"]


def test_a_file_that_was_refused_or_never_ready_is_not_ok():
    assert wrong(row("ok"), Got("file-corrupt")) == ["file-corrupt instead of online"]
    assert wrong(row("ok"), Got("left processing")) == ["left processing instead of online"]


@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        ("no text: zero bytes", "file-empty"),
        ("refuse: unknown binary", "file-unknown-type"),
        ("refuse: old format", "file-unread-format"),
        ("refuse: encrypted OOXML (CDFV2)", "file-encrypted"),
        ("refuse: extension lies", "file-type-mismatch"),
    ],
)
def test_a_refusal_must_be_of_its_kind(outcome, code):
    assert wrong(row(outcome), Got(code)) == []
    assert wrong(row(outcome), Got("file-corrupt")) == [f"file-corrupt instead of {code}"]
    assert wrong(row(outcome), ONLINE) == [f"online instead of {code}"]


def test_a_locked_file_must_first_be_refused_and_then_be_read():
    expected = row(
        "refuse unless password given (open password: secret)",
        'clear "encrypted" error; with the password: Hello',
        "1",
    )
    assert expected.password == "secret"
    assert wrong(expected, Got(before="file-encrypted", pages=ONLINE.pages)) == []
    assert wrong(expected, ONLINE) == ["without the password: not refused"]
    assert wrong(expected, Got("file-encrypted", before="file-encrypted")) == [
        "file-encrypted instead of online"
    ]


def test_a_scan_may_only_be_refused_where_nothing_reads_it():
    expected = row('image only: needs OCR (or an explicit "no text" state)', "Hello (OCR)", "1")
    assert wrong(expected, ONLINE) == []
    assert wrong(expected, Got("file-image-only"), can_read_scans=False) == []
    assert wrong(expected, Got("file-image-only")) == ["file-image-only instead of online"]


def test_pages_that_are_said_to_be_blank_must_be_there_and_blank():
    expected = row("ok: pages 2 and 3 are blank", "Hello (page 1); page 4 has text", "4")
    blank = {1: "Hello", 2: "", 3: " ", 4: "text"}
    assert wrong(expected, Got(pages=blank)) == []
    assert wrong(expected, Got(pages={1: "", 2: "Hello", 3: "", 4: ""})) == [
        "page 2 is not there as a blank one",
        "not on page 1: Hello",
        "no text on page 4",
    ]


def test_a_heading_must_stand_under_the_one_above_it():
    expected = row("ok: heading levels", "Part 1.2 under Part 1 (headings kept)")
    pages = {1: "Part 1.2 under Part 1"}
    assert wrong(expected, Got(pages=pages, passages=[(("Part 1", "Part 1.2"), "text")])) == []
    assert wrong(expected, Got(pages=pages, passages=[(("Part 1.2",), "text")])) != []


def test_what_may_be_read_or_refused_is_right_both_ways():
    assert wrong(row("ok or clear refusal: UTF-32"), ONLINE) == []
    assert wrong(row("ok or clear refusal: UTF-32"), Got("file-unknown-type")) == []
    assert wrong(row("ok or clear refusal: UTF-32"), Got("file-empty")) != []


def test_a_manifest_is_read_as_it_stands_quotes_and_all(tmp_path):
    (tmp_path / "MANIFEST.tsv").write_text(
        "file\tbytes\texpected_outcome\tpages\texpected_phrase\n"
        'a.txt\t0\tno text: zero bytes\t-\t"empty file" state\n',
        encoding="utf-8",
    )
    (expected,) = expectations(tmp_path)
    assert (expected.file, expected.phrase) == ("a.txt", '"empty file" state')


def test_the_figures_name_what_is_wrong():
    report = Report(files=2, wrong={"b.pdf": ["not found: x"]})
    assert figures(report) == {"files": 2, "as_expected": 1, "wrong": ["b.pdf"]}
