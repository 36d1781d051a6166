"""docs/examples/article.py: from an empty workspace to messages at the provider, by the API alone."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from sequences.models import Subscription
from tests.builders import a_workspace, an_api_key
from tests.doubles.graph import GraphDouble
from tests.engine import Clock, Engine

SCRIPT = Path(__file__).resolve().parent.parent / "docs" / "examples" / "article.py"

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_three_examples_reach_the_provider_by_the_api_alone(live_server: Any) -> None:
    """The script runs as a customer would run it, over HTTP; then the days go by."""
    key, started_at = an_api_key(a_workspace()), timezone.now()
    with GraphDouble() as graph:
        graph.rules.knows_everybody = graph.rules.takes_tags = True
        command = [sys.executable, str(SCRIPT), f"{live_server.url}/api/v1", key, graph.base_url]
        said = subprocess.run(
            command, check=True, capture_output=True, text=True, timeout=60, env={**os.environ}
        ).stdout
        assert said.count("countdown") >= 3
        clock = Clock(timezone.now())
        engine = Engine(clock)
        engine.follow_the_plan(started_at + timedelta(days=3))
        engine.close()
        sent = [(one.recipient, one.body["message"]["text"]) for one in graph.accepted]
    assert sorted(sent) == [
        ("ida", "Ida, how was it?"),
        ("max", "Your cart waits: 5 euros less with NORD5."),
        ("noor", "Noor, your seat is confirmed."),
        ("noor", "See you at the reading on Thursday."),
    ]
    assert sent[0] == ("noor", "Noor, your seat is confirmed.")
    assert sent[-1][0] == "noor"
    states = Subscription.objects.values_list("contact__address", "sequence__name", "state")
    assert ("noor", "Coupon after an abandoned cart", "stopped") in states
    assert Subscription.objects.filter(state="completed").count() == 3
