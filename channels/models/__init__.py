from channels.models.channel import Channel, ChannelState, PausedBecause, ProfileHint
from channels.models.contact import Contact
from channels.models.external_sub_flow import ExternalSubFlow
from channels.models.message_template import MessageTemplate, TemplateStatus
from channels.models.person import Person
from channels.models.sandbox_message import Direction, SandboxMessage
from channels.models.seen_event import SeenEvent

__all__ = [
    "Channel",
    "ChannelState",
    "Contact",
    "Direction",
    "ExternalSubFlow",
    "MessageTemplate",
    "PausedBecause",
    "Person",
    "ProfileHint",
    "SandboxMessage",
    "SeenEvent",
    "TemplateStatus",
]
