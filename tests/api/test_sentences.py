"""Every code that people can meet has a sentence."""

from __future__ import annotations

from enum import StrEnum

import pytest
from django.utils import translation

from channels.models import PausedBecause
from sequences.rules.problems import Code
from sequences.rules.reasons import Because, EndedBecause, Reason
from sequences.sentences import sentence

CODES = [str(member.value) for codes in (Reason, Because, EndedBecause, PausedBecause, Code) for member in codes]


@pytest.mark.parametrize("code", CODES)
def test_every_code_has_a_sentence(code: str) -> None:
    assert f"({code})" not in sentence(code)  # as what nobody wrote words for is shown
    assert sentence(code).endswith(".")


def test_a_code_that_nobody_wrote_a_sentence_for_is_named() -> None:
    assert "brand_new" in sentence("brand_new")


def test_the_words_for_types_are_filled_in() -> None:
    class Odd(StrEnum):
        CODE = "invalid_type"

    with translation.override("en"):
        assert sentence(Odd.CODE, {"expected": "list"}) == "This value has the wrong type; expected: a list."
