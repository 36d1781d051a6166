"""A worker by hand, and the clock that everybody reads moved with it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.cache import cache

from sequences.admin import notices
from sequences.health import metrics, views
from sequences.management.commands import doctor, resume_after_restore
from tests.engine import Clock, Engine

FACES = (doctor, metrics, notices, resume_after_restore, views)


@pytest.fixture(autouse=True)
def each_look_is_new(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "KEPT_FOR", 0)
    monkeypatch.setattr(views, "_KEPT", {})


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The moment of the database and of this machine, for every face."""
    clock = Clock()
    for face in FACES:
        monkeypatch.setattr(face, "database_clock", clock)
        if hasattr(face, "timezone"):
            monkeypatch.setattr(face.timezone, "now", clock)
    cache.clear()
    return clock


@pytest.fixture
def engine(clock: Clock) -> Iterator[Engine]:
    engine = Engine(clock)
    yield engine
    engine.close()
