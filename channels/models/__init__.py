from channels.models.channel import Channel, ChannelState, PausedBecause, ProfileHint
from channels.models.contact import Contact
from channels.models.sandbox_message import Direction, SandboxMessage
from channels.models.seen_event import SeenEvent

__all__ = [
    "Channel",
    "ChannelState",
    "Contact",
    "Direction",
    "PausedBecause",
    "ProfileHint",
    "SandboxMessage",
    "SeenEvent",
]
