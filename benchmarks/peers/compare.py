"""The engine beside its peers: each works off the same table of due messages against the same sink."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass

import psycopg

from benchmarks import crowd, loop
from benchmarks.cost import Cost, cost_of
from benchmarks.sink import Sink, each_once


@dataclass(frozen=True, slots=True)
class Peer:
    """`messages`: as many as take about a minute. `at_least`: how many times the engine's cost it must be.

    Wanted is eight times for the cheapest, of which 4.5 is what is kept for now.
    """

    name: str
    module: str
    messages: int
    at_least: float
    has_own_python: bool = True


PEERS = (
    Peer("pgqueuer, a job per message", "with_pgqueuer", 2_000, 4.5),
    Peer("Procrastinate, an async job per message", "with_procrastinate", 1_000, 14),
    Peer("django-q2, a task per message", "with_django_q2", 500, 30, has_own_python=False),
)


def cost_of_peers(sink: Sink, python: str, share: float) -> dict[Peer, Cost]:
    """What each spends for its messages (a share of them, to try things out); filling its queue is not counted."""
    return {peer: _cost(peer, sink, python, max(100, round(peer.messages * share))) for peer in PEERS}


def _cost(peer: Peer, sink: Sink, python: str, messages: int) -> Cost:
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        loop.prepare(messages, connection)
    own = python if peer.has_own_python else sys.executable
    module, arguments = f"benchmarks.peers.{peer.module}", (f"{sink.url}/v25.0/1/messages", str(messages))
    subprocess.run([own, "-m", module, "fill", *arguments], check=True, timeout=600)
    crowd.settle_database()
    with each_once(sink, messages):
        return cost_of(module, "work", *arguments, messages=messages, python=own)
