"""The sizing page says what the measured costs come to."""

from __future__ import annotations

import tomllib
from dataclasses import replace

import pytest

from bench.sizing import COSTS, PAGE, Habits, need, written

HABITS = Habits(questions_a_day=6, busy_hour=0.5, burst=2, pages_open=0.5, full=0.5, night_hours=8)


@pytest.fixture
def costs():
    costs = tomllib.loads(COSTS.read_text())
    costs["question"] |= {"web_cpu_s": 0.1, "database_cpu_s": 0.05, "answer_s": 10.0}
    costs["question"] |= {"answer_tokens": 200}
    costs["socket"] |= {"web_kib": 32.0, "web_cpu_s_per_minute": 0.06}
    costs["process"]["web_mib"] = 100
    return costs


def test_the_formula_by_hand(costs):
    found = need(600, costs, HABITS)
    assert found.questions_per_s == pytest.approx(1.0)  # 600 · 6 · 0.5 / 3600 · 2
    assert found.sockets == 300
    assert found.answers_at_once == pytest.approx(10.0)
    assert found.web_cores == pytest.approx(0.1 + 300 * 0.001)
    assert found.web_processes == 2  # 0.4 cores at half full, and a spare one
    assert found.web_mib == pytest.approx(2 * 100 + 300 * 32 / 1024)
    assert found.database_cores == pytest.approx(0.05)
    assert found.model_tokens_per_s == pytest.approx(200)


def test_twice_the_people_need_twice_the_cores_and_one_spare_process_all_the_same(costs):
    few, many = need(6_000, costs, HABITS), need(12_000, costs, HABITS)
    assert many.web_cores == pytest.approx(2 * few.web_cores)
    assert many.web_processes == 2 * (few.web_processes - 1) + 1


def test_there_is_always_a_process_to_spare(costs):
    assert need(1, costs, replace(HABITS, questions_a_day=0.01)).web_processes == 2


def test_the_page_holds_the_tables_as_they_come_out():
    assert PAGE.read_text() == written(PAGE.read_text())
