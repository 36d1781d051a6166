"""What a carrier counts, as a table: 160 and 153 places of GSM-7, 70 and 67 of UCS-2."""

from __future__ import annotations

import pytest
from django.utils import translation

from channels.backends import backend_for
from channels.backends.segments import BASIC, EXTENDED, Segments, segments_of
from sequences.admin.segment_words import segment_sentence

SUN = "🌞"  # one character, two places of UCS-2

COUNTED = [
    ("", 0, 160),
    ("a", 1, 159),
    ("a" * 160, 1, 0),
    ("a" * 161, 2, 145),  # the header leaves 153 in each
    ("a" * 306, 2, 0),
    ("a" * 307, 3, 152),
    ("a" * 1600, 11, 83),
    # The extension table takes two places each.
    ("€" * 80, 1, 0),
    ("€" * 81, 2, 143),
    ("a" * 159 + "€", 2, 145),
    ("a" * 152 + "€" + "b" * 10, 2, 141),  # no pair is torn: the first segment keeps a place empty
    ("é à ñ £ ¿ Ω \n @", 1, 145),
]


@pytest.mark.parametrize(("text", "count", "left"), COUNTED)
def test_texts_of_the_gsm_table_are_counted_in_septets(text: str, count: int, left: int) -> None:
    assert segments_of(text) == Segments(count, left)


FORCED = [
    ("ê", 1, 69, ("ê",)),
    ("’" + "a" * 69, 1, 0, ("’",)),
    ("’" + "a" * 70, 2, 63, ("’",)),
    ("ç" * 134, 2, 0, ("ç",)),  # the table has the capital letter only
    ("ç" * 135, 3, 66, ("ç",)),
    (SUN * 35, 1, 0, (SUN,)),
    (SUN * 36, 2, 61, (SUN,)),  # 33 in the first: no half of a character
    ("œ€ê œ", 1, 65, ("œ", "ê")),
    ("a`\t", 1, 67, ("`", "\t")),
]


@pytest.mark.parametrize(("text", "count", "left", "forced_by"), FORCED)
def test_one_character_beyond_it_makes_the_whole_text_dearer(
    text: str, count: int, left: int, forced_by: tuple[str, ...]
) -> None:
    assert segments_of(text) == Segments(count, left, forced_by)


def test_the_tables_are_those_of_gsm_03_38() -> None:
    assert (len(BASIC), len(EXTENDED), BASIC & EXTENDED) == (127, 10, frozenset())  # 128 with the escape itself


SAID = [
    ("a", "SMS (Twilio): 1 segment, room for 159 characters more", "SMS (Twilio) : 1 segment, encore 159 caractères"),
    (
        "ê",
        "SMS (Twilio): 1 segment, “ê” makes a segment hold 70 characters instead of 160",
        "SMS (Twilio) : 1 segment, « ê » limite un segment à 70 caractères au lieu de 160",
    ),
    (
        "ê’" * 40,
        "SMS (Twilio): 2 segments, “ê” “’” make a segment hold 67 characters instead of 153",
        "SMS (Twilio) : 2 segments, « ê » « ’ » limitent un segment à 67 caractères au lieu de 153",
    ),
    ("\tàê’œçâ", "“U+0009” “ê” “’” “œ” “ç” … make", "« U+0009 » « ê » « ’ » « œ » « ç » … limitent"),
]


@pytest.mark.parametrize(("text", "english", "french"), SAID)
def test_what_makes_it_dearer_is_said(text: str, english: str, french: str) -> None:
    for language, words in (("en", english), ("fr", french)):
        with translation.override(language):
            assert words in segment_sentence(segments_of(text), backend_for("sms"))
