"""Two workspaces with the same people and messages: what happens to one by one way happens to the other by another."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from channels.models import Channel, Contact, SeenEvent
from sequences.models import Delivery, EarlyReceipt, SentPart, Sequence, Subscription
from tests import builders

NAMED = {"first_name": "Kerry", "last_name": "Fisher", "language": "en"}


class Twin:
    """`twin.look()` is all that webhooks may change, in words that are the same in the other twin."""

    def __init__(self, kind: str, now: datetime) -> None:
        self.workspace = builders.a_workspace()
        self.channel = builders.a_channel(self.workspace, kind)
        self.now = now
        known = {**NAMED, "profile_read_at": now}
        hour = timedelta(hours=1)
        people: dict[str, dict[str, Any]] = {
            "ann": {**known, "last_interaction_at": now - hour},
            "bob": {**known, "blocked_at": now - hour / 2, "unreachable_in_a_row": 1},
            "cleo": {"profile_read_at": now},
            "dora": {**known, "other_address": "user-dora"},
            "eve": known,
            "finn": known,
            "gus": {**NAMED, "profile_read_at": now - timedelta(days=30)},
        }
        self.people = {name: builders.a_contact(self.channel, name, **fields) for name, fields in people.items()}
        self.delivery_ids = {name: self._sent(name) for name in ("ann", "bob", "dora")}
        self._enter("eve", stop_on_reply=True, first_sent_at=now - 2 * hour)
        self._enter("finn", next_because="reply_window_closed")

    def _enter(self, name: str, *, stop_on_reply: bool = False, **fields: Any) -> Subscription:
        sequence = builders.a_sequence(self.workspace, stop_on_reply=stop_on_reply)
        return self._subscription(sequence, name, next_step=sequence.steps.get(), **fields)

    def _subscription(self, sequence: Sequence, name: str, **fields: Any) -> Subscription:
        here = {"workspace": self.workspace, "channel": self.channel, "contact": self.people[name]}
        times = {"subscribed_at": self.now, "countdown_started_at": self.now}
        return Subscription.objects.create(sequence=sequence, **here, **times, **fields)

    def _sent(self, name: str) -> list[int]:
        """Deliveries of one message, of two, one that was delivered, and one in doubt for bob."""
        found = []
        for number, (parts, state) in enumerate([(1, "sent"), (2, "sent"), (1, "delivered"), (0, "unknown")]):
            if state == "unknown" and name != "bob":
                continue
            sequence = builders.a_sequence(self.workspace)
            ended = {"state": "completed", "ended_at": self.now, "ended_because": "completed"}
            inside = self._subscription(sequence, name, **ended)
            here = {"workspace": self.workspace, "channel": self.channel}
            at = self.now - timedelta(minutes=10 * (number + 1))
            times = {"due_at": at, "decided_at": at, "sent_at": at if parts else None}
            step, who = sequence.steps.get(), self.people[name]
            row = Delivery.objects.create(
                **here, subscription=inside, step=step, contact=who, state=state, parts_done=parts, **times
            )
            for part in range(parts):
                mid = f"{name}-{number}-{part}"
                SentPart.objects.create(**here, delivery=row, part=part, provider_message_id=mid, sent_at=at)
            found.append(row.pk)
        return found

    def look(self) -> dict[str, list[Any]]:
        """What is there now, in the twin's own words."""
        here = {"channel": self.channel}
        moments = ("last_interaction_at", "last_reply_at", "blocked_at", "profile_asked_at")
        names = ("first_name", "last_name", "language", "other_address", "unreachable_in_a_row")
        return {
            "people": _rows(Contact, "address", *moments, *names, **here),
            "inside": _rows(Subscription, "contact__address", "state", "ended_because", "next_because", **here),
            "messages": _rows(
                Delivery, "contact__address", "decided_at", "state", "delivered_at", "read_at", "parts_done", **here
            ),
            "early": _rows(EarlyReceipt, "contact__address", "kind", "provider_message_id", "until", "at", **here),
            "seen": _rows(SeenEvent, "key", **here),
        }


def _rows(model: Any, *columns: str, channel: Channel) -> list[Any]:
    return sorted(model.objects.filter(channel=channel).values_list(*columns), key=repr)
