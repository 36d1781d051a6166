"""What the builders make can be stored, on both engines."""

from __future__ import annotations

import pytest

from tests import builders


@pytest.mark.django_db
def test_a_sequence_comes_with_all_it_needs() -> None:
    sequence = builders.a_sequence(steps=[{"delay_amount": 2, "delay_unit": "hours"}, {}])
    assert [step.delay.total_seconds() for step in sequence.steps.all().in_order()] == [7200, 0]
    assert builders.a_contact().channel.kind == "sandbox"
    assert builders.an_api_key(sequence.workspace).startswith("seq_live_")
    assert builders.a_member(sequence.workspace).email
