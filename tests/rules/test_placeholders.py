"""Placeholders name a few values, and can be made to do nothing else."""

from __future__ import annotations

import contextlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sequences.rules.placeholders import PlaceholderError, compile_text, plain_text

ANN = {
    "first_name": "Ann",
    "last_name": "Lee",
    "language": "fr",
    "fields": {"order_number": "A-17", "total": 19.0, "empty": "", "blank": "  ", "none": None, "no": False},
}

FILLED = [
    # text, what Ann reads
    ("Hello", "Hello"),
    ("", ""),
    ("Hello {{ first_name }}!", "Hello Ann!"),
    ("{{first_name}}{{last_name}}", "AnnLee"),  # no spaces needed, and none is added
    ("{{ full_name }}", "Ann Lee"),
    ("{{ language }}", "fr"),
    ("{{\tfirst_name\n}}", "Ann"),  # any white space
    ("{{\u00a0first_name\u00a0}}", "Ann"),  # as a French keyboard types it
    ("{{ fields.order_number }}", "A-17"),
    ("{{ fields.unheard-of_1 }}", ""),  # a custom field is always known; a missing one is nothing
    ("{{ fields.numéro }}", ""),  # letters of any alphabet
    ('{{ first_name|default:"there" }}', "Ann"),
    ('{{ fields.empty|default:"there" }}', "there"),
    ('{{ fields.blank|default:"there" }}', "there"),  # nobody is called "two spaces"
    ('{{ fields.none|default:"there" }}', "there"),
    ('{{ fields.no|default:"there" }}', "false"),  # false is an answer, not a gap
    ("{{ fields.total }}", "19"),  # JSON cannot tell 19 from 19.0, and people write 19
    ('{{ fields.x | default : "there" }}', "there"),
    ('{{ fields.x|default:"" }}', ""),
    ("{{ fields.x|default:'there' }}", "there"),
    ("{{ fields.x|default:“there” }}", "there"),
    ("{{ fields.x|default:„da“ }}", "da"),  # German pair
    ("{{ fields.x|default:‘there’ }}", "there"),
    ("{{ fields.x|default:«\u00a0votre commande\u00a0» }}", "votre commande"),  # the spaces belong to the quotes
    (r'{{ fields.x|default:"the \"best\"" }}', 'the "best"'),
    (r'{{ fields.x|default:"a\\b\n" }}', r"a\b\n"),  # only quotes and backslashes are escaped
    ('{{ fields.x|default:"}} {{ last_name }}" }}', "}} {{ last_name }}"),  # a default is plain text
    ("{% load x %}{# no #} }} { {", "{% load x %}{# no #} }} { {"),  # only two opening braces mean anything
    ("{{ first_name }}}", "Ann}"),
]


@pytest.mark.parametrize(("text", "expected"), FILLED)
def test_a_text_is_filled_with_the_contacts_values(text: str, expected: str) -> None:
    assert compile_text(text).fill(ANN) == expected


REFUSED = [
    # text, the placeholder named, code
    ("{{ nickname }}", "nickname", "unknown_placeholder"),
    ("{{ settings.SECRET_KEY }}", "settings.SECRET_KEY", "unknown_placeholder"),
    ("{{ first_name.__class__ }}", "first_name.__class__", "unknown_placeholder"),
    ("{{ fields.a.b }}", "fields.a.b", "unknown_placeholder"),  # no chains below a field
    ("{{ fields. }}", "fields.", "unknown_placeholder"),
    ("{{ fields }}", "fields", "unknown_placeholder"),
    ("{{ fields." + "x" * 65 + " }}", "fields." + "x" * 65, "unknown_placeholder"),
    ("{{ First_Name }}", "First_Name", "unknown_placeholder"),  # names are written as they are
    ("{{ 7*7 }}", "7*7", "unknown_placeholder"),
    ("{{ tags }}", "tags", "unknown_placeholder"),
    ("{{ first name }}", "{{ first name }}", "malformed_placeholder"),
    ("{{}}", "{{}}", "malformed_placeholder"),
    ("{{ }}", "{{ }}", "malformed_placeholder"),
    ("{{{ first_name }}}", "{{{ first_name }}", "malformed_placeholder"),
    ("a {{ first_name", "{{ first_name", "malformed_placeholder"),
    ("{{ first_name }", "{{ first_name }", "malformed_placeholder"),
    ("{{ first_name|upper }}", "{{ first_name|upper }}", "malformed_placeholder"),
    ("{{ first_name|default }}", "{{ first_name|default }}", "malformed_placeholder"),
    ("{{ first_name|default:there }}", "{{ first_name|default:there }}", "malformed_placeholder"),
    ('{{ first_name|default:"there }}', '{{ first_name|default:"there }}', "malformed_placeholder"),
    ('{{ first_name|default:"a"|default:"b" }}', '{{ first_name|default:"a"|default:"b" }}', "malformed_placeholder"),
    ("{{ {{ first_name }} }}", "{{ {{ first_name }}", "malformed_placeholder"),
]


@pytest.mark.parametrize(("text", "placeholder", "code"), REFUSED)
def test_what_is_unknown_or_malformed_is_refused_by_name(text: str, placeholder: str, code: str) -> None:
    with pytest.raises(PlaceholderError) as refusal:
        compile_text(text)
    assert (refusal.value.placeholder, refusal.value.code) == (placeholder, code)


PLAIN = [
    # JSON value, as text
    ("Ann", "Ann"),
    ("été 🌞", "été 🌞"),
    ("a\r\nb\nc", "a b c"),  # one value, one line
    ("a\u2028b\tc", "a b c"),
    ("a\x00b\x1b[31m\x7f\x9f", "ab[31m"),  # NUL, escape sequences, DEL, C1
    ("a\ud800b", "ab"),  # half a character cannot be sent
    (0, "0"),  # zero is an answer
    (-3, "-3"),
    (10**5000, ""),  # longer than Python agrees to write
    (1.5, "1.5"),
    (1e300, "1e+300"),
    (float("nan"), ""),
    (float("inf"), ""),
    (True, "true"),
    (None, ""),
    (["a", 1, None, "", True], "a, 1, true"),
    (["a", ["b"]], ""),  # nothing sensible to say
    ({"a": 1}, ""),
    ([], ""),
    (object(), ""),
]


@pytest.mark.parametrize(("value", "expected"), PLAIN, ids=range(len(PLAIN)))
def test_any_value_becomes_one_line_of_plain_text(value: object, expected: str) -> None:
    assert plain_text(value) == expected


def test_a_value_is_inserted_once_and_never_read_again() -> None:
    hostile = {"first_name": "{{ last_name }}", "last_name": "{{ first_name }}", "fields": {"a": "{% debug %}"}}
    filled = compile_text("{{ first_name }} {{ last_name }} {{ fields.a }}").fill(hostile)
    assert filled == "{{ last_name }} {{ first_name }} {% debug %}"


FULL_NAMES = [
    # values, full name
    ({"first_name": "Ann", "last_name": "Lee"}, "Ann Lee"),
    ({"first_name": "Ann"}, "Ann"),
    ({"last_name": "Lee", "first_name": None}, "Lee"),
    ({"full_name": "Dr. Lee", "first_name": "Ann"}, "Dr. Lee"),  # one that is given wins
    ({}, "friend"),
]


@pytest.mark.parametrize(("values", "expected"), FULL_NAMES)
def test_the_full_name_is_made_of_what_is_known(values: dict[str, object], expected: str) -> None:
    assert compile_text('{{ full_name|default:"friend" }}').fill(values) == expected


def test_values_of_an_odd_shape_count_as_missing() -> None:
    assert compile_text('{{ fields.a|default:"x" }}').fill({"fields": ["a"]}) == "x"


def test_names_are_listed_once_in_the_order_of_the_text() -> None:
    text = "{{ last_name }} {{ fields.a }} {{ first_name }} {{ last_name }}"
    assert compile_text(text).names == ["last_name", "fields.a", "first_name"]


HOSTILE = [
    "{{" * 50_000,
    "{{ " * 50_000,
    "{{" + " " * 100_000,
    "{{" + "a" * 100_000,
    "{{ first_name|default:" + '"' * 100_000,
    '{{ first_name|default:"' + "\\" * 100_000,
    '{{ first_name|default:"' + '\\"' * 50_000,
    "{{ first_name" + " |" * 50_000,
    "{{ first_name }}" * 10_000 + "{{",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_text_costs_no_more_than_its_length(text: str) -> None:
    started = time.process_time()
    with pytest.raises(PlaceholderError):
        compile_text(text)
    assert time.process_time() - started < 0.5  # quadratic work on 100,000 characters takes minutes


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
PIECES = [
    "{{",
    "}}",
    "{",
    "}",
    " ",
    "|",
    "default",
    ":",
    '"',
    "\\",
    "«",
    "»",
    "first_name",
    "fields.",
    "fields.a",
    "x",
    ".",
]
NEARLY = st.lists(st.sampled_from(PIECES), max_size=30).map("".join)


@given(st.text() | NEARLY, st.dictionaries(st.sampled_from(["first_name", "last_name", "fields"]), JSON))
def test_compiling_and_filling_raise_nothing_but_the_refusal(text: str, values: dict[str, object]) -> None:
    with contextlib.suppress(PlaceholderError):
        compile_text(text).fill(values)


@given(st.text().filter(lambda text: "{{" not in text))
def test_a_text_without_placeholders_stays_as_it_is(text: str) -> None:
    assert compile_text(text).fill(ANN) == text


@given(JSON)
def test_an_inserted_value_is_one_line_that_can_be_sent(value: object) -> None:
    inserted = compile_text("{{ fields.a }}").fill({"fields": {"a": value}})
    inserted.encode()
    assert len(inserted.splitlines()) <= 1
