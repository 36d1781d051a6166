"""The cast that the engine's tests share: a standing clock, an engine on a leash, a provider that can fail."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from channels.models import Contact
from sequencer.workspaces.models import Workspace
from tests.actions.cast import a_sandbox
from tests.builders import a_contact, a_workspace
from tests.doubles.graph import GraphDouble
from tests.engine import Clock, Engine


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def engine(clock: Clock) -> Iterator[Engine]:
    engine = Engine(clock)
    yield engine
    engine.close()


@pytest.fixture
def workspace() -> Workspace:
    return a_workspace()


@pytest.fixture
def ann(workspace: Workspace) -> Contact:
    return a_contact(a_sandbox(workspace))


@pytest.fixture
def graph(clock: Clock) -> Iterator[GraphDouble]:
    """Messenger, living by the test's clock; whoever it does not know wrote just now."""
    with GraphDouble() as double:
        double.rules.clock = clock
        double.rules.knows_everybody = True
        yield double
