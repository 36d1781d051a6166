"""What a message costs: the engine beside the least that could work, in turns, against the same sink."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from statistics import median

import psycopg

from benchmarks import crowd, loop
from benchmarks.cost import Cost, cost_of
from benchmarks.peers.compare import Peer, cost_of_peers
from benchmarks.sink import Sink, a_sink, each_once
from channels.models import Channel, Contact
from sequences.models import Step
from tests import builders

PEER_ROUNDS = 3
FEW = 10  # the small run of the memory question has a tenth of the messages

CREDENTIALS = {"page_id": "1", "page_access_token": "token", "app_secret": "secret", "verify_token": "word"}


@dataclass(frozen=True, slots=True)
class Comparison:
    """Alternating runs over the same number of messages, and one of the engine over a tenth of it.

    The peers had their turns too, each of them behind one of the first runs of the engine.
    """

    engine: list[Cost]
    loop: list[Cost]
    few: Cost
    peers: dict[Peer, list[Cost]]

    @property
    def ratio(self) -> float:
        """The median of the paired ratios: a neighbour on the machine touches both halves of a pair."""
        return median(ours.per_1000 / theirs.per_1000 for ours, theirs in zip(self.engine, self.loop, strict=True))

    def times_less_than(self, peer: Peer) -> float:
        """How many times as much the peer spends on a message: the median of the paired ratios."""
        return median(self.ratios_of(peer))

    def ratios_of(self, peer: Peer) -> list[float]:
        """Each of its runs beside the engine's run before it."""
        return [theirs.per_1000 / ours.per_1000 for theirs, ours in zip(self.peers[peer], self.engine, strict=False)]

    @property
    def missed(self) -> list[Peer]:
        """Those that are not as much dearer as they should be."""
        return [peer for peer in self.peers if self.times_less_than(peer) < peer.at_least]

    @property
    def memory_growth(self) -> float:
        """Peak memory with all the messages over that with a tenth of them."""
        return median(cost.work.peak_memory for cost in self.engine) / self.few.work.peak_memory


def compare(messages: int, rounds: int, *, python: str, share: float) -> Comparison:
    """Fill, measure, check, and in turns again; with the peers, whose libraries `python` has, in the first rounds."""
    engine, by_hand, peers = list[Cost](), list[Cost](), dict[Peer, list[Cost]]()
    with a_sink() as sink:
        step, channel = stage(sink.url)
        few = _run_engine(step, channel, sink, max(messages // FEW, 1))
        for number in range(rounds):
            by_hand.append(_run_loop(sink, messages))
            engine.append(_run_engine(step, channel, sink, messages))
            if share and number < PEER_ROUNDS:
                for peer, cost in cost_of_peers(sink, python, share).items():
                    peers.setdefault(peer, []).append(cost)
    return Comparison(engine, by_hand, few, peers)


def stage(address: str) -> tuple[Step, Channel]:
    """A messenger channel at this address, and a sequence of a message at once and another a day later, by day."""
    workspace = builders.a_workspace("Benchmark", "Europe/Paris")
    settings = {"base_url": address, "sends_per_second": 1_000_000}
    channel = builders.a_channel(workspace, "messenger", CREDENTIALS, settings=settings)
    greeting = builders.a_sub_flow(workspace, 'Hello {{ first_name|default:"there" }}, glad that you are here!')
    by_day = {"delay_amount": 1, "delay_unit": "days", "window_start": time(9), "window_end": time(18)}
    builders.a_sequence(workspace, [{"sub_flow": greeting}, by_day])
    return Step.objects.select_related("sequence").get(sub_flow=greeting), channel


def _run_engine(step: Step, channel: Channel, sink: Sink, messages: int) -> Cost:
    crowd.clear_work()
    Contact.objects.filter(channel=channel).delete()
    now = datetime.now(UTC)
    crowd.add_contacts(channel, messages, now=now)
    crowd.subscribe_everybody(step, channel, subscribed_at=now - timedelta(minutes=1))
    crowd.settle_database()
    with each_once(sink, messages):
        cost = cost_of("benchmarks.engine", str(messages), messages=messages)
    if left := crowd.unfinished(step.sequence):
        raise SystemExit(f"{left} of {messages} subscriptions did not arrive where they should")
    return cost


def _run_loop(sink: Sink, messages: int) -> Cost:
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        loop.prepare(messages, connection)
    crowd.settle_database()
    with each_once(sink, messages):
        return cost_of("benchmarks.loop", f"{sink.url}/v25.0/1/messages", messages=messages)
