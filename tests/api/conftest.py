from __future__ import annotations

import pytest
from django.core.cache import cache

from sequencer.workspaces.models import Workspace
from sequences.api.throttling import PerKeyThrottle
from tests.api.calling import Program
from tests.builders import a_workspace


@pytest.fixture(autouse=True)
def _no_calls_were_made_before() -> None:
    PerKeyThrottle.leases.clear()


@pytest.fixture
def workspace(db: None) -> Workspace:
    cache.clear()
    return a_workspace("Bakery", time_zone="Europe/Paris")


@pytest.fixture
def program(workspace: Workspace) -> Program:
    return Program(workspace)
