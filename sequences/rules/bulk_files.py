"""An uploaded file, cut into stretches of whole lines that are carried out one by one; never all of it in memory."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO, Any

from sequences.rules.bulk_lines import csv_record
from sequences.rules.problems import Problem

LINES_IN_A_CHUNK = 2000
BYTES_IN_A_CHUNK = 1_000_000
LONGEST_LINE = 64_000
MARK = b"\xef\xbb\xbf"
DELIMITERS = (",", ";", "\t")
UNREADABLE = Problem("", "malformed_line")


class TooLong(Exception):
    """A line is longer than any we mean to read; `line` is where it begins."""

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


@dataclass(frozen=True, slots=True)
class Chunk:
    """`content` begins with the line `first_line`, counted from 1, and holds `count` records."""

    first_line: int
    content: bytes
    count: int


@dataclass(frozen=True, slots=True)
class Table:
    """What the first line of a CSV says of all others."""

    columns: list[str]
    delimiter: str


def read_table(file: IO[bytes]) -> Table:
    """Read the first line; the rest of the file is still to be read."""
    head = _line(file, 1).removeprefix(MARK).decode(errors="surrogateescape").strip()
    delimiter = max(DELIMITERS, key=head.count)
    cells = next(csv.reader([head], delimiter=delimiter), [])
    return Table([cell.strip() for cell in cells], delimiter)


def chunks_of(file: IO[bytes], *, is_table: bool) -> Iterator[Chunk]:
    """The rest of the file in stretches. A cell in quotes may hold line breaks. Raises TooLong."""
    lines: list[bytes] = []
    number = first = 2 if is_table else 1
    count = size = 0
    for record in _records(file, number, is_table=is_table):
        lines.append(record)
        number += max(1, record.count(b"\n"))
        count, size = count + bool(record.strip()), size + len(record)
        if count >= LINES_IN_A_CHUNK or size >= BYTES_IN_A_CHUNK:
            yield Chunk(first, b"".join(lines), count)
            lines, first, count, size = [], number, 0, 0
    if count:
        yield Chunk(first, b"".join(lines), count)


def _records(file: IO[bytes], number: int, *, is_table: bool) -> Iterator[bytes]:
    while line := _line(file, number):
        begun_at = number
        # An odd number of quotes: the record goes on behind the line break.
        while is_table and line.count(b'"') % 2:
            if len(line) > LONGEST_LINE or not (more := _line(file, number + 1)):
                raise TooLong(begun_at)
            line, number = line + more, number + 1
        yield line.removeprefix(MARK) if begun_at == 1 else line
        number += 1


def _line(file: IO[bytes], number: int) -> bytes:
    line = file.readline(LONGEST_LINE + 1)
    if len(line) > LONGEST_LINE:
        raise TooLong(number)
    return line


def records_of(chunk: bytes, first_line: int, table: Table | None) -> Iterator[tuple[int, object]]:
    """(line, record) for each line that is not empty; a Problem stands where a record cannot be read."""
    text = chunk.decode(errors="surrogateescape")
    if table is None:
        for place, line in enumerate(text.split("\n")):
            if line.strip():
                yield first_line + place, _parsed(line)
        return
    yield from _rows(csv.reader(io.StringIO(text, newline=""), delimiter=table.delimiter), table, first_line)


def without(chunk: bytes, first_line: int, table: Table | None, is_theirs: Callable[[object, str], bool]) -> bytes:
    """The stretch with nothing on the lines of those records for which `is_theirs(record, text)`."""
    text = chunk.decode(errors="surrogateescape")
    lines = io.StringIO(text, newline="" if table else "\n").readlines()
    begun = [(line - first_line, record) for line, record in records_of(chunk, first_line, table)]
    ends = [place for place, _ in begun[1:]] + [len(lines)]
    for (place, record), end in zip(begun, ends, strict=True):
        if is_theirs(record, "".join(lines[place:end])):
            lines[place:end] = [line[len(line.rstrip("\r\n")) :] for line in lines[place:end]]
    return "".join(lines).encode(errors="surrogateescape")


def _rows(reader: Any, table: Table, first_line: int) -> Iterator[tuple[int, object]]:
    while True:
        begins_at = first_line + reader.line_num
        try:
            cells = next(reader, None)
        except csv.Error:
            yield begins_at, UNREADABLE
            continue
        if cells is None:
            return
        if any(cell.strip() for cell in cells):
            yield begins_at, _row(table, cells)


def _row(table: Table, cells: list[str]) -> object:
    if len(cells) > len(table.columns):
        return Problem("", "too_many", {"max": len(table.columns)})
    return csv_record(table.columns, cells)


def _parsed(line: str) -> object:
    try:
        return json.loads(line, parse_constant=_refuse, parse_float=_finite)
    except (ValueError, RecursionError):
        return UNREADABLE


def _refuse(name: str) -> Any:
    raise ValueError(name)


def _finite(text: str) -> float:
    if not math.isfinite(number := float(text)):
        raise ValueError(text[:50])
    return number
