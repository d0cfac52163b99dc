"""The sparse vectors of passages and questions."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from zlib import crc32

import pytest

from ai.lexical import (
    Analyser,
    AverageLengths,
    encode_passage,
    encode_question,
    measure_average_lengths,
)

LENGTHS = AverageLengths(words=4, grams=10, bigrams=3)
ALL = Analyser(lengths=LENGTHS)
WORDS = replace(ALL, parts=frozenset({"w"}))


def passage(text: str, title: str = "", analyser: Analyser = ALL) -> dict[int, float]:
    vector = encode_passage(text, title, "en", analyser)
    assert len(set(vector.indices)) == len(vector.indices) == len(vector.values)
    return dict(zip(vector.indices, vector.values, strict=True))


def question(text: str, analyser: Analyser = ALL) -> dict[int, float]:
    vector = encode_question(text, "en", analyser)
    return dict(zip(vector.indices, vector.values, strict=True))


def dimension(part_and_term: str) -> int:
    return crc32(part_and_term.encode())


def saturated(count: float, length: float, average: float) -> float:
    return count * 2.2 / (count + 1.2 * (0.25 + 0.75 * length / average))


def test_words_weigh_by_saturation_and_length():
    weights = passage("red car, red bus", analyser=WORDS)
    assert weights == {
        dimension("w:red"): pytest.approx(saturated(2, 4, 4)),
        dimension("w:car"): pytest.approx(saturated(1, 4, 4)),
        dimension("w:bus"): pytest.approx(saturated(1, 4, 4)),
    }


def test_the_three_parts_lie_beside_each_other():
    weights = passage("red cars")
    grams = ("_red", "red_", "_car", "cars", "ars_")
    assert weights == {
        **{dimension(f"w:{word}"): pytest.approx(saturated(1, 2, 4)) for word in ("red", "car")},
        **{dimension(f"c:{gram}"): pytest.approx(saturated(1, 5, 10)) for gram in grams},
        dimension("b:red car"): pytest.approx(saturated(1, 1, 3)),
    }


def test_a_title_counts_twice_in_count_and_length():
    weights = passage("red car", "red bus", analyser=WORDS)
    assert weights[dimension("w:red")] == pytest.approx(saturated(3, 6, 4))
    assert weights[dimension("w:bus")] == pytest.approx(saturated(2, 6, 4))
    assert weights[dimension("w:car")] == pytest.approx(saturated(1, 6, 4))


def test_no_bigram_crosses_from_title_to_text_and_stop_words_do_not_part_them():
    weights = passage("bus of the city", "red car")
    assert dimension("b:bus citi") in weights
    assert dimension("b:red car") in weights
    assert dimension("b:car bus") not in weights


def test_a_question_weighs_its_parts_and_counts_each_term_once():
    grams = ("_red", "red_", "_car", "cars", "ars_")
    assert question("Which red cars, red cars?") == {
        dimension("w:red"): 1.0,
        dimension("w:car"): 1.0,
        **{dimension(f"c:{gram}"): pytest.approx(0.3) for gram in grams},
        dimension("b:red car"): 0.2,
        dimension("b:car red"): 0.2,
    }


def test_short_words_and_numbers_have_grams_too():
    only_grams = replace(ALL, parts=frozenset({"c"}))
    assert set(question("x", only_grams)) == {dimension("c:_x_")}
    assert dimension("c:14.2") in question("14,2", only_grams)


def test_words_alone_are_a_part_of_the_whole():
    assert passage("red car", analyser=WORDS).items() <= passage("red car").items()
    assert question("red car", WORDS).items() <= question("red car").items()


def test_a_typing_error_still_finds_the_word():
    shared = passage("reimbursement").keys() & question("reinbursement").keys()
    assert len(shared) >= 6
    assert not passage("reimbursement", "", WORDS).keys() & question("reinbursement", WORDS).keys()


def test_a_text_without_words_has_an_empty_vector():
    assert passage("of the") == {}
    assert question("?") == {}
    assert passage("") == {}


def test_average_lengths_are_measured_with_the_title_weighed():
    passages = [("red car", "bus", "en"), ("the red", "", "en")]
    # words: 2 + 2*1, 1; 4-grams: (2+2) + 2*2, 2; bigrams: 1, 0
    assert measure_average_lengths(passages) == AverageLengths(words=2.5, grams=5.0, bigrams=1.0)
    assert measure_average_lengths([]) == AverageLengths(1.0, 1.0, 1.0)


def test_an_analyser_survives_its_row():
    analyser = replace(WORDS, k1=0.9)
    assert Analyser.from_json(json.loads(json.dumps(analyser.to_json()))) == analyser


def test_another_process_gives_the_same_dimensions():
    """Python's own hash differs between processes."""
    code = (
        "from ai.lexical import Analyser, encode_question;"
        "print(encode_question('red car', 'en', Analyser()).indices)"
    )
    root = Path(__file__).parents[2]
    shown = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    ).stdout
    assert shown.strip() == str(encode_question("red car", "en", Analyser()).indices)


def test_it_needs_no_django():
    code = "import sys, ai.lexical; sys.exit('django' in sys.modules)"
    root = Path(__file__).parents[2]
    assert subprocess.run([sys.executable, "-c", code], cwd=root).returncode == 0
