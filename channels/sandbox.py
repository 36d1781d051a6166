"""What happens inside the sandbox: messages are shown in its chat window, answers are taken down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from channels.messages import LocalMessage
from channels.models import Channel, Direction, SandboxMessage
from sequencer.workspaces.transactions import committed_as


@committed_as("show_messages")
def show_messages(messages: Sequence[LocalMessage], *, now: datetime) -> list[str]:
    """Show each message once, however often it comes; their ids in the order given."""
    workspaces = dict(
        Channel.objects.filter(pk__in={message.channel_id for message in messages}).values_list("pk", "workspace_id")
    )
    SandboxMessage.objects.bulk_create(
        [
            SandboxMessage(
                workspace_id=workspaces[message.channel_id],
                channel_id=message.channel_id,
                contact_id=message.contact_id,
                direction=Direction.TO_CONTACT,
                key=message.key,
                content=content_of(message),
                at=now,
            )
            for message in messages
        ],
        ignore_conflicts=True,
    )
    shown = SandboxMessage.objects.filter(channel__in=workspaces, key__in=[message.key for message in messages])
    ids = {(channel, key): number for channel, key, number in shown.values_list("channel_id", "key", "pk")}
    return [f"sandbox-{ids[message.channel_id, message.key]}" for message in messages]


def content_of(message: LocalMessage) -> dict[str, Any]:
    """The message as the chat window reads it: the content's own fields, its type, and how it travelled."""
    return {
        "type": type(message.content).__name__.lower(),
        **asdict(message.content),
        "notification_type": message.notification_type.value,
        "route": message.route.value,
        "content_type": message.content_type.value,
    }
