from __future__ import annotations

from itertools import islice

from bench.passages import resampled

SOURCES = [(f"Title {n}", f"Fact {n} is known. It has {n} days.\nAnother line") for n in range(30)]


def made():
    return list(islice(resampled(SOURCES, pages=3, characters=400), 5))


def test_resampled_files_are_the_same_in_every_run():
    assert made() == made()


def test_their_pages_hold_whole_sentences_of_a_few_sources():
    known = {part for _title, text in SOURCES for part in (text.split("\n")[1],)}
    known |= {
        f"{sentence.strip('. ')}."
        for _title, text in SOURCES
        for sentence in text.split("\n")[0].split(". ")
    }
    for title, pages in made():
        assert title in dict(SOURCES)
        assert len(pages) == 3
        for page in pages:
            assert 200 < len(page) <= 400
            left = page
            for sentence in known:
                left = left.replace(sentence, "")
            assert left.strip() == ""
