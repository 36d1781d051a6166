"""All blocks of a sub-flow as one message, for kinds of channels that send letters."""

from __future__ import annotations

from channels.content import Block, Letter
from sequences.rules.rendering import ActionPart, MessagePart, Part


def as_letter(parts: tuple[Part, ...], subject: str) -> tuple[Part, ...]:
    """One letter in the place of the first message, all others in it; a pause means nothing within a letter.

    What is done before the first message is done before the letter leaves, everything else after.
    """
    blocks = tuple(block for part in parts if isinstance(part, MessagePart) for block in _blocks(part))
    if not blocks:
        return tuple(part for part in parts if isinstance(part, ActionPart))
    first = next(place for place, part in enumerate(parts) if isinstance(part, MessagePart))
    before, after = (
        tuple(part for part in some if isinstance(part, ActionPart)) for some in (parts[:first], parts[first:])
    )
    return (*before, MessagePart(Letter(subject, blocks)), *after)


def _blocks(part: MessagePart) -> tuple[Block, ...]:
    return part.content.blocks if isinstance(part.content, Letter) else (part.content,)
