"""What Meta's webhooks tell of an account's templates, read into our words; touches nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from channels.backends.meta_templates import MAX_LANGUAGE, MAX_NAME, state_told
from channels.backends.reading import Json, milliseconds, moment_of_milliseconds, moment_of_seconds, text_of
from channels.events import TemplateNotice

FIRST_MILLISECOND = 100_000_000_000  # a smaller number counts seconds


def template_judged(told: Json, entry_time: object) -> Iterator[TemplateNotice]:
    """What a webhook tells of a template's fate."""
    at = _moment_of_change(entry_time)
    name, language = text_of(told.get("message_template_name")), text_of(told.get("message_template_language"))
    state = state_told(told.get("event"))
    if at is not None and 0 < len(name) <= MAX_NAME and 0 < len(language) <= MAX_LANGUAGE and state:
        reason = "" if told.get("reason") == "NONE" else text_of(told.get("reason"))[:200]
        key = f"template {milliseconds(at)} {name} {language} {state.value}"
        yield TemplateNotice(at, name, language, state, reason, key)


def _moment_of_change(value: object) -> datetime | None:
    """Entries that tell changes count in seconds, some in milliseconds."""
    if isinstance(value, int) and value < FIRST_MILLISECOND:
        return moment_of_seconds(value)
    return moment_of_milliseconds(value)
