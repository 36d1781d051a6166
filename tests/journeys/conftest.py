"""Real worker processes on the test's own database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.doubles.graph import GraphDouble
from tests.journeys.web_server import WebServer
from tests.journeys.worker_tree import WorkerTree

StartWorker = Callable[..., WorkerTree]
Report = Callable[[str], None]


@pytest.fixture
def start_worker(process_environment: dict[str, str], tmp_path: Path) -> Iterator[StartWorker]:
    """Start a worker; keyword arguments go into its environment. All of them are gone after the test."""
    started: list[WorkerTree] = []

    def start(**variables: str) -> WorkerTree:
        environment = {**process_environment, **variables}
        started.append(WorkerTree(environment, tmp_path / f"worker-{len(started)}.log"))
        return started[-1]

    yield start
    for tree in started:
        tree.end()
        print(tree.said())  # noqa: T201 - pytest shows it beside a failure


@pytest.fixture
def web(process_environment: dict[str, str], tmp_path: Path) -> Iterator[WebServer]:
    server = WebServer(process_environment, tmp_path / "web.log")
    yield server
    server.end()
    print(server.said())  # noqa: T201 - pytest shows it beside a failure


@pytest.fixture
def graph() -> Iterator[GraphDouble]:
    """A provider that knows everybody and takes a second for each answer."""
    with GraphDouble(latency=1.0) as double:
        double.rules.knows_everybody = True
        yield double


@pytest.fixture
def report(record_property: Callable[[str, object], None], capsys: pytest.CaptureFixture[str]) -> Report:
    """Print a figure past pytest's capture, so that every run shows it."""

    def show(line: str) -> None:
        record_property("figure", line)
        with capsys.disabled():
            print(f"\n    {line}", flush=True)  # noqa: T201 - the figures are what these tests are run for

    return show


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One journey at a time, whatever else runs beside: they measure what a machine does that is not overrun."""
    for item in items:
        if "/journeys/" in item.path.as_posix():
            item.add_marker(pytest.mark.xdist_group("journeys"))
