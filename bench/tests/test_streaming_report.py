from __future__ import annotations

import pytest

from bench.streaming_report import Cell, Wanted, beside_the_point, numbers, table, words

FLOOR = {
    "ttft_over_model_ms_p50": 2.0,
    "ttft_over_model_ms_p99": 0.0,
    "gap_ms_p99": 20.0,
    "tokens_per_s": 8000,
    "cpu_s_per_1k_tokens": 0.04,
    "errors": 0,
    "lost": 0,
    "doubled": 0,
    "rss_mib": 40.4,
    "model_late_ms_p99": 0.2,
    "client_core_share": 0.31,
}
OURS = {
    **FLOOR,
    "ttft_over_model_ms_p50": 9.0,
    "ttft_over_model_ms_p99": 30.5,
    "gap_ms_p99": 50.0,
    "tokens_per_s": 7_600,
    "cpu_s_per_1k_tokens": 0.05,
    "lost": 3,
    "server_search_ms_p50": 2,
    "server_search_ms_p99": 8,
    "server_first_text_ms_p50": 24,
    "server_first_text_ms_p99": 30,
}
WANTED = Wanted(streams=(1, 200), gaps=(20, 0), modes=("embedded",), servers=("uvicorn",))


def rows_of(text: str) -> list[list[str]]:
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_a_command_lines_lists_are_read_and_nonsense_is_refused():
    assert numbers("1,10, 200") == (1, 10, 200)
    assert words("redis,embedded", ("embedded", "redis")) == ("redis", "embedded")
    with pytest.raises(ValueError, match="negative"):
        numbers("-1")
    with pytest.raises(ValueError, match="expected one of uvicorn, daphne"):
        words("gunicorn", ("uvicorn", "daphne"))


def test_one_process_measures_every_number_of_streams_of_a_gap():
    assert WANTED.cells(20, "embedded", "uvicorn") == [
        Cell(20, 1, "embedded", "uvicorn"),
        Cell(20, 200, "embedded", "uvicorn"),
    ]
    assert Cell(20, 200, "embedded", "uvicorn").bare == WANTED.cells(20)[1]


def test_each_figure_stands_beside_its_ratio_to_the_bare_proxy_of_as_many_streams():
    text = table({Cell(20, 200): FLOOR, Cell(20, 200, "redis", "daphne"): OURS})
    _head, _line, bare, ours = rows_of(text)
    assert bare == ["200", "bare proxy", "2 / 0", "20", "8,000", "0.04", "0 / 0 / 0", "40"]
    assert ours[1:4] == ["redis, daphne", "9 (×4.50) / 30.5", "50 (×2.50)"]
    assert ours[4:] == ["7,600 (×0.95)", "0.05 (×1.25)", "0 / 3 / 0", "40"]


def test_a_cell_that_failed_says_why_in_its_row_and_leaves_the_others_their_figures():
    failed, fine = Cell(0, 10, "embedded", "uvicorn"), Cell(0, 1, "embedded", "uvicorn")
    text = table({failed: "Traceback\nOSError: a | b\n", fine: OURS, fine.bare: "gone"})
    rows = rows_of(text)
    assert {len(row) for row in rows} == {8}
    assert rows[2][2] == "failed: gone"
    assert rows[3][3] == "50"
    assert rows[4][2] == "failed: OSError: a / b"


def test_each_gap_has_a_part_of_its_own_with_the_streams_in_order():
    results = {cell: FLOOR for gap in WANTED.gaps for cell in reversed(WANTED.cells(gap))}
    text = table(results)
    assert text.index("### 20 ms apart") < text.index("### As fast as possible")
    assert [row[0] for row in rows_of(text)] == ["streams", "---", "1", "200"] * 2


def test_the_servers_own_times_are_shown_where_it_told_them_and_those_of_the_machine_always():
    cell = Cell(20, 1, "embedded", "uvicorn")
    assert len(rows_of(beside_the_point({cell: "failed"}))) == 2
    shown = rows_of(beside_the_point({cell.bare: FLOOR, cell: OURS}))
    assert shown[2] == ["20", "1", "bare proxy", "", "", "0.2", "0.31"]
    assert shown[3] == ["20", "1", "embedded, uvicorn", "2 / 8", "24 / 30", "0.2", "0.31"]
