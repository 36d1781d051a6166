"""Lines of a bulk job: what they may say, and how a file is cut into them."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any

import pytest
from rest_framework.exceptions import ValidationError

from sequences.api.contact_input import ContactInput, known_values
from sequences.api.problems import flattened
from sequences.rules import bulk_files
from sequences.rules.bulk_files import Table, TooLong, chunks_of, read_table, records_of
from sequences.rules.bulk_lines import Line, csv_record, read_line, wrong_columns
from sequences.rules.problems import Problem

CHANNEL = "chn_k3G7QAe5"  # of the right look; whether it is ours is not the line's business


def verdict(record: object) -> Any:
    read = read_line(record)
    return read if isinstance(read, Line) else [(one.field, one.code) for one in read]


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({"id": "ctc_1"}, Line(id="ctc_1")),
        ({"address": " noor "}, Line(address="noor")),
        ({"channel": CHANNEL, "address": "noor"}, Line(channel=CHANNEL, address="noor")),
        ({"address": "noor", "tags": None}, Line(address="noor", values={"tags": []})),
        (
            {"address": "noor", "last_interaction_at": "2026-05-01T09:30:00+02:00"},
            Line(address="noor", values={"last_interaction_at": datetime(2026, 5, 1, 7, 30, tzinfo=UTC)}),
        ),
        ([], [("", "invalid_type")]),
        ({}, [("address", "required")]),
        ({"id": "ctc_1", "address": "noor"}, [("address", "not_together")]),
        ({"id": "ctc_1", "tags": ["vip"]}, [("tags", "not_together")]),
        ({"address": 7}, [("address", "invalid_type")]),
        ({"address": "noor", "workspace": "wsp_1"}, [("workspace", "unknown_field")]),
        ({"address": "noor", "fields": {"a": "\x00"}}, [("fields", "invalid_character")]),
        # every problem of a line, not only the first
        (
            {"address": "n\x00", "tags": [1], "colour": 1},
            [("colour", "unknown_field"), ("address", "invalid_character"), ("tags.0", "invalid_type")],
        ),
    ],
)
def test_a_line_is_read_or_all_that_is_wrong_with_it_is_named(record: object, expected: Any) -> None:
    assert verdict(record) == expected


TEXTS = ["Ann ", "", None, 7, "x" * 101, "\ud800"]
VALUES: dict[str, list[Any]] = {
    **dict.fromkeys(("first_name", "last_name", "language", "time_zone"), TEXTS),
    "utc_offset_minutes": [60, None, True, 1.5, "60"],
    "last_interaction_at": ["2026-05-01T09:30:00Z", None, "yesterday", 7, "2026-13-01T00:00:00Z"],
    "opted_out_at": ["2026-05-01 09:30+0200", ""],
    "tags": [["a", " b "], [], None, "a", [""], [7], ["x" * 101], ["t"] * 201],
    "fields": [{"a": {"b": [1, None]}}, None, [], {"a": "\ud800"}, {"a": float("inf")}, {"a": "x" * 50_001}],
    "address": ["ann", "", None, "a" * 201, ["ann"]],
}


@pytest.mark.parametrize("name", VALUES)
def test_a_line_and_a_single_call_take_and_refuse_the_same_values(name: str) -> None:
    for value in VALUES[name]:
        record = {"address": "ann", name: value}
        try:
            single: Any = known_values(ContactInput.read(record))
        except ValidationError as error:
            single = {(one.field, one.code) for one in flattened(error.detail)}
        read = read_line(record)
        taken = dict(read.values) if isinstance(read, Line) else {(one.field, one.code) for one in read}
        assert taken == single, value


def test_a_row_of_a_table_says_nothing_by_an_empty_cell() -> None:
    columns = ["address", "first_name", "tags", "utc_offset_minutes", "fields.order", "opted_out_at"]
    assert csv_record(columns, ["noor", "", "vip| new |", "+60", "1042", ""]) == {
        "address": "noor",
        "tags": ["vip", "new"],
        "utc_offset_minutes": 60,
        "fields": {"order": "1042"},
    }


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (["address"], []),
        (["id", "fields.any name"], []),
        (["first_name"], [("address", "required")]),
        (["address", "colour", "fields."], [("colour", "unknown_field"), ("fields.", "unknown_field")]),
        (["address", "fields"], [("fields", "unknown_field")]),
        (["address", "address"], [("address", "duplicate")]),
        ([""], [("", "unknown_field")]),
    ],
)
def test_columns_are_known_or_named(columns: list[str], expected: list[tuple[str, str]]) -> None:
    assert [(one.field, one.code) for one in wrong_columns(columns)] == expected


def lines_of(text: str | bytes, *, is_table: bool = True) -> list[tuple[int, object]]:
    """Through chunks and back, as a job does."""
    file = io.BytesIO(text.encode() if isinstance(text, str) else text)
    table = read_table(file) if is_table else None
    return [
        pair
        for chunk in chunks_of(file, is_table=is_table)
        for pair in records_of(chunk.content, chunk.first_line, table)
    ]


def test_the_first_line_of_a_table_names_its_columns_by_whichever_mark_stands_between_them() -> None:
    assert read_table(io.BytesIO("\ufeffaddress;first_name\r\n".encode())) == Table(["address", "first_name"], ";")
    assert read_table(io.BytesIO(b"id\taddress")).delimiter == "\t"
    assert read_table(io.BytesIO(b"address\n")) == Table(["address"], ",")


@pytest.mark.parametrize("most", [1, 2, 3, 2000])
def test_lines_keep_their_numbers_however_the_file_is_cut(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_files, "LINES_IN_A_CHUNK", most)
    text = 'address,first_name\nann,"Ann\nof the\nlake"\n\nbob,"say ""hi"""\ncleo,\ndora,Dora,too many\n'
    assert lines_of(text) == [
        (2, {"address": "ann", "first_name": "Ann\nof the\nlake"}),
        (6, {"address": "bob", "first_name": 'say "hi"'}),
        (7, {"address": "cleo"}),
        (8, Problem("", "too_many", {"max": 2})),
    ]


def test_json_lines_are_read_each_for_itself() -> None:
    text = b'\xef\xbb\xbf{"address": "ann"}\n\nnonsense\n{"address": NaN}\n["ann"]\n{"address": "\xff"}'
    lines = lines_of(text, is_table=False)
    assert [(line, one if isinstance(one, Problem) else verdict(one)) for line, one in lines] == [
        (1, Line(address="ann")),
        (3, Problem("", "malformed_line")),
        (4, Problem("", "malformed_line")),
        (5, [("", "invalid_type")]),
        (6, [("address", "invalid_character")]),
    ]


def test_a_line_without_end_is_not_read_into_memory() -> None:
    endless = b'address\n"' + b"x" * 70_000
    with pytest.raises(TooLong) as caught:
        lines_of(endless)
    assert caught.value.line == 2
    unclosed = b'address\nann\n"bob\n' + b"x\n" * 40_000
    with pytest.raises(TooLong) as caught:
        lines_of(unclosed)
    assert caught.value.line == 3
