"""The words that a workspace's people already carry: the fields a text can name, the tags an action can set."""

from __future__ import annotations

import re
from dataclasses import dataclass

from channels.models import Contact
from sequencer.workspaces.access import visible
from sequencer.workspaces.models import Workspace

LATEST = 300  # people looked at
MOST = 50  # words offered of each sort

_NAMEABLE = re.compile(r"[\w-]{1,64}")


@dataclass(frozen=True, slots=True)
class KnownWords:
    fields: tuple[str, ...]
    tags: tuple[str, ...]


def known_words(workspace: Workspace) -> KnownWords:
    """Field names and tags of the people who came last, in alphabetical order."""
    people = visible(Contact.objects.all(), workspace).order_by("-pk").values_list("fields", "tags")[:LATEST]
    fields: dict[str, None] = {}
    tags: dict[str, None] = {}
    for own_fields, own_tags in people:
        fields |= dict.fromkeys(own_fields if isinstance(own_fields, dict) else ())
        tags |= dict.fromkeys(tag for tag in own_tags if isinstance(tag, str)) if isinstance(own_tags, list) else {}
    nameable = [name for name in fields if _NAMEABLE.fullmatch(name)]
    return KnownWords(tuple(sorted(nameable[:MOST])), tuple(sorted(list(tags)[:MOST])))
