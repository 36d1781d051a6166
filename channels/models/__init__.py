from channels.models.channel import Channel, ChannelState, PausedBecause
from channels.models.contact import Contact
from channels.models.sandbox_message import Direction, SandboxMessage

__all__ = ["Channel", "ChannelState", "Contact", "Direction", "PausedBecause", "SandboxMessage"]
