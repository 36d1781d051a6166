"""Audio and video go at a pace of their own, evenly; text beside them keeps the channel's."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from channels.backends.messenger import MessengerBackend
from channels.models import Channel
from sequences import worker
from tests.actions.cast import a_page, enter, people_of
from tests.builders import a_sequence, a_sub_flow, a_workspace
from tests.doubles.graph import GraphDouble
from tests.engine import Clock, Engine
from tests.journeys.sizes import split_by_engine

pytestmark = pytest.mark.django_db

VIDEO = {"type": "video", "url": "https://e.com/a.mp4"}
AUDIO = {"type": "audio", "url": "https://e.com/a.mp3"}
IMAGE = {"type": "image", "url": "https://e.com/a.png"}
TEXT = {"type": "text", "text": "Hi"}


def a_crowd(page: Channel, clock: Clock, count: int, *blocks: dict[str, Any]) -> None:
    people = people_of(page, count, last_interaction_at=clock())
    sub_flow = a_sub_flow(page.workspace, blocks=list(blocks))
    enter(a_sequence(page.workspace, [{"sub_flow": sub_flow}]), *people, now=clock())


def taken_by_second(engine: Engine, clock: Clock, graph: GraphDouble, seconds: int) -> list[int]:
    """How many messages the provider took in each of the coming seconds, which pass by tenths."""
    counts, before = [], len(graph.accepted)
    for _ in range(seconds):
        for _ in range(10):
            for _ in range(6):
                engine.dispatcher.turn(wait=0.02)
            clock.forward(milliseconds=100)
        counts.append(len(graph.accepted) - before)
        before = len(graph.accepted)
    return counts


@pytest.mark.parametrize(
    ("block", "most"),
    split_by_engine(
        sqlite=[pytest.param(VIDEO, 10, id="video"), pytest.param(IMAGE, 40, id="image")],
        postgresql=[pytest.param(AUDIO, 10, id="audio"), pytest.param(TEXT, 40, id="text")],
    ),
)
def test_a_page_takes_ten_videos_and_forty_texts_a_second(
    engine: Engine, clock: Clock, graph: GraphDouble, block: dict[str, Any], most: int
) -> None:
    page = a_page(graph, a_workspace(), sends_per_second=40)
    a_crowd(page, clock, 90, block)
    counts = taken_by_second(engine, clock, graph, 4)
    # The first second has its bucket full, and what flows in while it lasts.
    assert counts[0] <= 2 * most
    assert all(count <= most + 1 for count in counts[1:]), counts
    assert sum(counts) >= min(90, 3 * most), counts


def test_a_text_passes_videos_that_wait(engine: Engine, clock: Clock, graph: GraphDouble) -> None:
    page = a_page(graph, a_workspace(), sends_per_second=400)
    a_crowd(page, clock, 30, VIDEO)
    a_crowd(page, clock, 5, TEXT)
    taken_by_second(engine, clock, graph, 1)
    texts = [seen for seen in graph.accepted if "text" in seen.body["message"]]
    assert len(texts) == 5
    assert len(graph.accepted) < 30


def test_a_video_behind_a_text_weighs_as_much(engine: Engine, clock: Clock, graph: GraphDouble) -> None:
    page = a_page(graph, a_workspace(), sends_per_second=40)
    a_crowd(page, clock, 30, TEXT, VIDEO)
    counts = taken_by_second(engine, clock, graph, 5)
    videos = [seen for seen in graph.accepted if "attachment" in seen.body["message"]]
    assert 20 <= len(videos) <= 30, counts


def test_nothing_that_waits_for_its_pace_is_lost_when_the_dispatcher_stops(
    engine: Engine, clock: Clock, graph: GraphDouble
) -> None:
    page = a_page(graph, a_workspace(), sends_per_second=40)
    a_crowd(page, clock, 30, VIDEO)
    taken_by_second(engine, clock, graph, 1)
    taken = len(graph.accepted)
    engine.dispatcher.stop()
    engine.settle()
    assert 0 < taken == len(graph.accepted) < 30
    following = Engine(clock)
    for _ in range(6):
        clock.forward(seconds=1)
        taken_by_second(following, clock, graph, 1)
    following.close()
    assert len({seen.recipient for seen in graph.accepted}) == len(graph.accepted) == 30


def test_a_page_that_is_all_but_used_up_rests_and_comes_back(engine: Engine, clock: Clock, graph: GraphDouble) -> None:
    """Meta says so with good answers, long before it refuses: nobody's attempt is used, nothing is sent twice."""
    page = a_page(graph, a_workspace(), sends_per_second=1)
    graph.rules.used_percent = 96
    a_crowd(page, clock, 5, TEXT)
    engine.settle()
    page.refresh_from_db()
    assert (len(graph.accepted), page.trouble_until) == (1, clock() + timedelta(minutes=1))
    engine.travel(seconds=30)
    assert len(graph.accepted) == 1
    graph.rules.used_percent = 40
    for _ in range(8):
        engine.travel(seconds=31)
    page.refresh_from_db()
    assert (len(graph.accepted), page.trouble_rounds) == (5, 0)
    assert len({seen.recipient for seen in graph.accepted}) == 5


def test_a_pace_of_less_than_one_a_second_lets_them_go_one_by_one(
    engine: Engine, clock: Clock, graph: GraphDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One video in two seconds."""
    slow = replace(MessengerBackend.capabilities, media_per_second=0.5)
    monkeypatch.setattr(MessengerBackend, "capabilities", slow)
    a_crowd(a_page(graph, a_workspace(), sends_per_second=40), clock, 5, VIDEO)
    counts = taken_by_second(engine, clock, graph, 6)
    assert max(counts) == 1, counts
    assert 2 <= sum(counts) <= 4, counts


def test_a_worker_that_holds_only_what_waits_for_its_pace_rests(
    engine: Engine, clock: Clock, graph: GraphDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock stands: the first ten go, and of the others none may."""
    a_crowd(a_page(graph, a_workspace(), sends_per_second=400), clock, 15, VIDEO)
    slot, rests, sleep, turn = worker.Slot(timedelta(seconds=20)), list[float](), time.sleep, engine.dispatcher.turn
    in_vain = []

    def rest(seconds: float) -> None:
        if seconds != worker.PACE_WAIT:
            sleep(seconds)
            return
        rests.append(seconds)
        slot.is_over = len(rests) == 5

    def turned(wait: float) -> bool:
        moved = turn(wait)
        in_vain.extend([1] if not moved and not engine.doors.in_flight else [])
        return moved

    monkeypatch.setattr(time, "sleep", rest)
    monkeypatch.setattr(engine.dispatcher, "turn", turned)
    worker._turn_until_over(engine.dispatcher, slot)
    assert len(graph.accepted) == 10
    assert len(rests) == len(in_vain) == 5
