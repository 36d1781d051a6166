"""Read which templates the provider keeps for a channel, and note what it says of one of them unasked."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from channels.actions.pages_of import pages_of
from channels.ask import run_ask
from channels.backends.questions import Ask, ProviderTemplate, TemplatePage
from channels.events import TemplateNotice
from channels.models import Channel, MessageTemplate
from sequencer.workspaces.actions.audit import record_audit
from sequencer.workspaces.actor import SYSTEM, Actor
from sequencer.workspaces.transactions import in_one_transaction

Asking = Callable[[Ask[TemplatePage]], TemplatePage]


def refresh_templates(channel: Channel, *, now: datetime, actor: Actor, ask: Asking = run_ask) -> int:
    """Store the provider's list as it is now; how many there are. Call outside transactions.

    Raises the ChannelError that says why there is no list; then nothing changes.
    """
    pages = pages_of(channel, lambda backend, account, after: backend.templates(account, after), ask)
    found = [one for page in pages for one in page.templates]
    _store_templates(channel, found, now=now, actor=actor)
    return len(found)


@in_one_transaction
def note_template(channel: Channel, notice: TemplateNotice, *, now: datetime) -> None:
    """The latest word counts, however late an older one comes. A channel that never read its list keeps none."""
    if channel.templates_read_at is None:
        return
    at = min(notice.at, now)
    own = {"workspace_id": channel.workspace_id, "channel": channel, "name": notice.name, "language": notice.language}
    told = {"status": notice.state.value, "status_reason": notice.reason, "status_at": at}
    row, is_new = MessageTemplate.objects.get_or_create(**own, defaults=told)
    if not is_new and not MessageTemplate.objects.filter(pk=row.pk, status_at__lte=at).update(**told):
        return
    changes = {"template": [None, str(row)], "status": ["" if is_new else row.status, notice.state.value]}
    record_audit("template_notice", channel, actor=SYSTEM, now=now, changes=changes)


@in_one_transaction
def _store_templates(channel: Channel, found: Iterable[ProviderTemplate], *, now: datetime, actor: Actor) -> None:
    """What a webhook told after we asked stays; what the provider no longer lists goes."""
    taken = Channel.objects.select_for_update(no_key=True).get(pk=channel.pk)
    known = {(row.name, row.language): row for row in MessageTemplate.objects.filter(channel=taken)}
    listed = {(one.name, one.language): one for one in found}
    for key, one in listed.items():
        row = known.pop(key, None) or MessageTemplate(
            workspace_id=taken.workspace_id, channel=taken, name=one.name, language=one.language, status_at=now
        )
        _fill_in(row, one, now=now)
        row.save()
    gone = [row.pk for row in known.values() if row.status_at <= now]
    MessageTemplate.objects.filter(pk__in=gone).delete()
    taken.templates_read_at = channel.templates_read_at = now
    taken.save(update_fields=["templates_read_at"])
    record_audit("templates_read", taken, actor=actor, now=now, changes={"templates": [None, len(listed)]})


def _fill_in(row: MessageTemplate, told: ProviderTemplate, *, now: datetime) -> None:
    values: dict[str, Any] = {
        "provider_id": told.provider_id,
        "category": told.category,
        "header": told.header,
        "body": told.body,
        "buttons": list(told.buttons),
        "slots": [[slot.place.value, slot.name] for slot in told.slots],
        "read_at": now,
    }
    if row.status_at <= now:
        is_same = row.status == told.state.value
        values |= {"status": told.state.value, "status_at": now, "status_reason": row.status_reason if is_same else ""}
    for name, value in values.items():
        setattr(row, name, value)
