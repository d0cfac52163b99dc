from __future__ import annotations

import random

import pytest

from documents.adapters.extractors.encodings import decode, unmarked_wide

FRENCH = "Les congés d’été : l’élève à côté, où ça ? Œuvre « là », 12 € de l’ÉCOLE"
PLAIN_FRENCH = "Les congés d'été : l'élève à côté, où ça ? naïve ÉCOLE"
JAPANESE = "名前,年齢,住所\n佐藤太郎,30,東京\n"
RUSSIAN = "Привет, как дела? Всё хорошо сегодня."


@pytest.mark.parametrize(
    "encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "utf-16", "utf-32"]
)
@pytest.mark.parametrize("text", [FRENCH, JAPANESE, RUSSIAN])
def test_utf_16_and_32_are_told_with_and_without_a_mark(encoding, text):
    assert decode(text.encode(encoding)) == text


@pytest.mark.parametrize("encoding", ["cp1252", "mac_roman"])
def test_french_of_windows_and_old_macs_is_told(encoding):
    assert decode(FRENCH.encode(encoding)) == FRENCH


@pytest.mark.parametrize("encoding", ["latin-1", "iso8859-15", "cp850"])
def test_french_of_older_systems_is_told(encoding):
    assert decode(PLAIN_FRENCH.encode(encoding)) == PLAIN_FRENCH


@pytest.mark.parametrize("text", [JAPANESE, "東京", "ひらがなとカタカナ。", "髙橋、30歳"])
def test_shift_jis_is_told_without_being_declared(text):
    assert decode(text.encode("cp932")) == text


@pytest.mark.parametrize(
    "text", ["it’s fine, don’t", "“Quoted” text", "café", "été", "naïve", "12 €", "Straße grüßt"]
)
def test_short_western_texts_are_not_taken_for_japanese(text):
    assert decode(text.encode("cp1252")) == text


def test_a_stray_byte_does_not_spoil_a_text_of_utf_8():
    text = "Les élèves de l’école préfèrent l’été à l’hiver, déjà. "
    assert decode(text.encode() + b"caf\xe9") == f"{text}café"


def test_random_bytes_are_hardly_ever_taken_for_wide_text():
    source = random.Random(1)
    samples = [source.randbytes(64) for _ in range(500)]
    assert [sample for sample in samples if unmarked_wide(sample)] == []


@pytest.mark.parametrize("data", [b"", b"\x81", b"\xff", b"\0", b"\xfe\xff", b"\0\0\xfe\xff\1"])
def test_the_shortest_files_are_decoded_to_something(data):
    assert isinstance(decode(data), str)
