"""docs/channels.md says what the code does."""

from __future__ import annotations

import pytest

from channels.backends import KINDS, Backend
from tests.channels.table import COLUMNS, NO, PAGE, page


def test_the_table_of_the_docs_is_as_the_backends_are() -> None:
    assert PAGE.read_text() == page(), "run `make channel-table`"


@pytest.mark.parametrize("backend", KINDS.values(), ids=KINDS)
def test_every_kind_sends_texts_and_every_cell_says_something(backend: Backend) -> None:
    assert COLUMNS["text"](backend) != NO
    assert all(cell(backend) for cell in COLUMNS.values())
