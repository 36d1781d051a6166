"""A crowd in front of a slow provider, and the accounts that must come out right whatever is killed meanwhile."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence as Rows
from datetime import UTC, datetime, timedelta

from channels.models import Channel, Contact
from sequencer.workspaces.actor import SYSTEM
from sequences.actions.subscribe import subscribe
from sequences.models import Delivery, Subscription
from tests.builders import a_channel, a_sequence, a_sub_flow, a_workspace
from tests.doubles.graph import GraphDouble

CREDENTIALS = {"page_id": "1", "page_access_token": "token", "app_secret": "secret", "verify_token": "verify"}
THREE_PARTS = [{"type": "text", "text": text} for text in ("One", "Two", "Three")]
FINAL = frozenset({"sent", "skipped", "failed", "unknown"})


class Crowd:
    """People who get one message each from `graph`; every third one gets it in three parts."""

    def __init__(self, graph: GraphDouble, *, sends_per_second: int = 20) -> None:
        self.graph = graph
        workspace = a_workspace()
        settings = {"base_url": graph.base_url, "sends_per_second": sends_per_second}
        self.channel = a_channel(workspace, "messenger", CREDENTIALS, settings=settings)
        self.short = a_sequence(workspace)
        self.long = a_sequence(workspace, [{"sub_flow": a_sub_flow(workspace, blocks=THREE_PARTS)}])

    def subscribes(self, count: int) -> None:
        people = some_people(self.channel, count)
        for sequence, part in ((self.long, people[::3]), (self.short, people[1::3] + people[2::3])):
            subscribe(sequence, part, now=datetime.now(UTC), actor=SYSTEM)

    def is_done(self) -> bool:
        return not Subscription.objects.filter(state="active").exists()

    def states(self) -> Counter[str]:
        return Counter(Delivery.objects.values_list("state", flat=True))

    def keys(self) -> Counter[str]:
        """How often the provider took each part of each message."""
        return Counter(seen.key for seen in list(self.graph.accepted))

    def check_accounts(self) -> Counter[str]:
        """Nothing twice, nothing lost, nothing called sent that was not; the states."""
        keys, states = self.keys(), self.states()
        assert [key for key, times in keys.items() if times > 1] == []
        assert states.keys() <= FINAL
        assert states.total() == Subscription.objects.count()
        for delivery in Delivery.objects.filter(state="sent").select_related("subscription"):
            parts = 3 if delivery.subscription.sequence_id == self.long.pk else 1
            # One that was set aside with a part of it sent says why the rest did not go.
            went = delivery.parts_done if delivery.reason == "rendering_failed" else parts
            took = [keys[f"{delivery.pk}.{part}"] for part in range(parts)]
            assert took == [1] * went + [0] * (parts - went), (delivery.pk, delivery.reason, took)
        unknown = Delivery.objects.filter(state="unknown")
        assert set(unknown.values_list("reason", flat=True)) <= {"outcome_unknown"}
        return states

    def check_doubts(self, killed_at: datetime, *, stalled: float = 0.0) -> None:
        """Only what was on the wire at that moment may be in doubt; `stalled`: seconds in which nobody read answers."""
        oldest = killed_at - timedelta(seconds=self.graph.latency + 1.0 + stalled)
        started = Delivery.objects.filter(state="unknown").values_list("request_started_at", flat=True)
        odd = [at for at in started if at is None or not oldest <= at <= killed_at + timedelta(seconds=0.5)]
        assert odd == [], f"{len(odd)} not on the wire at {killed_at}: {odd[:3]}"


def some_people(channel: Channel, count: int) -> list[Contact]:
    """New contacts of a channel who wrote just now."""
    now, first = datetime.now(UTC), Contact.objects.count()
    return Contact.objects.bulk_create(
        Contact(
            workspace_id=channel.workspace_id,
            channel=channel,
            address=f"psid-{first + number}",
            created_at=now,
            last_interaction_at=now,
        )
        for number in range(count)
    )


def percentile(values: Rows[float], share: float) -> float:
    """The value that `share` of all values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
