"""The whole application as other people's clients call it, in the test's own process and transaction."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections

from sequencer.wsgi import application as the_application


@pytest.fixture
def application(db: None) -> Iterator[Any]:
    """Without what ends a process's request: it would close the connection that the test's transaction is on."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield the_application
    for signal in signals:
        signal.connect(close_old_connections)
