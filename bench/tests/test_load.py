"""What is counted of a load, and when its aims are missed."""

from __future__ import annotations

from collections import Counter

from bench.faults.report import write_between
from bench.load.people import Pace, Seen, address_of
from bench.load.report import figures, missed, tables_of
from bench.streaming_client import Stream

PACE = Pace(ask_every_s=20, search_every_s=40, seconds=600)


def answered(first_text_ms: float) -> Stream:
    return Stream(asked_at=10.0, text_at=[10.0 + first_text_ms / 1000], tokens=200)


def seen(*streams: Stream, searches_ms: tuple[int, ...] = (), **errors: int) -> Seen:
    took = [each / 1000 for each in searches_ms]
    return Seen([*streams], took, Counter(errors))


def test_the_models_own_time_is_no_part_of_the_time_to_first_token():
    found = figures(seen(answered(70)), 1, PACE, model_ttft_ms=20)

    assert found["ttft_over_model_ms_p95"] == 50


def test_refused_questions_and_failed_searches_are_errors():
    refused = Stream(error="too-many-answers")

    found = figures(seen(answered(70), refused, searches_ms=(90,), unavailable=1), 1, PACE, 20)

    assert found["errors"] == {"too-many-answers": 1, "unavailable": 1}
    assert (found["questions"], found["answers_done"], found["error_rate"]) == (2, 1, 0.5)


def test_every_aim_that_is_missed_is_named():
    slow = figures(seen(answered(600), searches_ms=(200,), unavailable=1), 1, PACE, 20)
    good = figures(seen(answered(400), searches_ms=(100,)), 1, PACE, 20)

    assert [aim.split()[0] for aim in missed(slow)] == ["error", "time", "search"]
    assert missed(good) == []


def test_the_tables_name_each_process():
    found = figures(seen(answered(70), searches_ms=(90,)), 200, PACE, 20)
    found["processes"] = {"web-1": {"cores": 0.5, "mib": 200.0}}

    assert "| web-1 | 0.50 | 200 |" in tables_of(found)
    assert "| time to first token above the model's, p50 / p95 / p99 | 50 / 50 / 50 ms |" in (
        tables_of(found)
    )


def test_people_come_from_addresses_of_their_own():
    assert len({address_of(number) for number in range(1000)}) == 1000


def test_a_table_replaces_the_one_before_it_in_its_page(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("before\n<b>\nold\n<e>\nafter\n")

    write_between("| new |\n", "<b>", "<e>", page)

    assert page.read_text() == "before\n<b>\n| new |\n<e>\nafter\n"
