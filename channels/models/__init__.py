from channels.models.channel import Channel, ChannelState, PausedBecause, ProfileHint
from channels.models.contact import Contact
from channels.models.message_template import MessageTemplate, TemplateStatus
from channels.models.sandbox_message import Direction, SandboxMessage
from channels.models.seen_event import SeenEvent

__all__ = [
    "Channel",
    "ChannelState",
    "Contact",
    "Direction",
    "MessageTemplate",
    "PausedBecause",
    "ProfileHint",
    "SandboxMessage",
    "SeenEvent",
    "TemplateStatus",
]
