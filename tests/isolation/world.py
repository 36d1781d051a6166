"""Two businesses side by side, each with one of everything; the other one's every text bears a mark."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.apps import apps
from django.db import connection, models
from django.db.models import AutoField

from channels.models import Channel, Contact, ExternalSubFlow, MessageTemplate, Person, SandboxMessage, SeenEvent
from sequencer.workspaces.actions.api_keys import create_api_key
from sequencer.workspaces.actions.audit import record_audit
from sequencer.workspaces.actor import SYSTEM
from sequencer.workspaces.composite_keys import tenant_references
from sequencer.workspaces.models import ApiKey, AuditEvent, Invitation, Membership, Role, TenantModel, User, Workspace
from sequences.actions.subscribe import subscribe
from sequences.actions.webhook_endpoints import create_endpoint
from sequences.models import (
    BulkChunk,
    BulkJob,
    BulkProblem,
    ContactEvent,
    Delivery,
    EarlyReceipt,
    EventRule,
    KeptAnswer,
    PastEntry,
    Rehearsal,
    RehearsalLine,
    SentPart,
    Sequence,
    SequenceChannel,
    Step,
    SubFlow,
    Subscription,
    Trial,
    TrialPart,
    WebhookAttempt,
    WebhookEndpoint,
    WebhookMessage,
)
from tests.builders import a_channel, a_contact, a_member, a_sequence, a_sub_flow, a_workspace

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
PASSWORD = "a long password"
APPS = ("workspaces", "channels", "sequences")


@dataclass(slots=True)
class Business:
    """A workspace, its people by role, and one row of every tenant table."""

    mark: str
    workspace: Workspace
    people: dict[Role, User] = field(default_factory=dict)
    key: str = ""
    rows: dict[type[models.Model], Any] = field(default_factory=dict)

    def numbers(self) -> set[str]:
        return {str(row.pk) for row in self.rows.values() if isinstance(row.pk, int)}

    def public_ids(self) -> dict[str, str]:
        """Prefix -> the public id of this business's row."""
        rows = [*self.rows.values(), self.workspace]
        ids = [row.public_id for row in rows if hasattr(type(row), "public_id")]
        return {public_id.split("_")[0]: public_id for public_id in ids}


def a_business(mark: str, *, numbered_from: int = 0) -> Business:
    """One of everything; with `numbered_from` the first row of every table bears this number, so few ids name all."""
    if numbered_from:
        _number_from(numbered_from)
    workspace = a_workspace(f"{mark} workspace", "Europe/Paris")
    business = Business(mark, workspace)
    for role in Role:
        business.people[role] = a_member(workspace, role, f"{mark}-{role.value}@example.com".lower(), PASSWORD)
    channel = a_channel(workspace, name=f"{mark} channel", settings={"reply_window": False})
    contact = a_contact(
        channel, f"{mark}-address", first_name=f"{mark} Ann", tags=[f"{mark}-tag"], fields={"note": f"{mark} note"}
    )
    person = Person.objects.create(workspace=workspace, created_at=NOW)
    Contact.objects.filter(pk=contact.pk).update(person=person)
    sub_flow = a_sub_flow(workspace, f"{mark} text", name=f"{mark} sub-flow")
    sequence = a_sequence(workspace, [{"sub_flow": sub_flow, "name": f"{mark} step"}], name=f"{mark} sequence")
    [entered] = subscribe(sequence, [contact], now=NOW, actor=SYSTEM)
    business.rows = {Channel: channel, Contact: contact, Person: person, SubFlow: sub_flow, Sequence: sequence}
    business.rows[Subscription] = entered.subscription
    _add_the_rest(business)
    return business


def _number_from(first: int) -> None:
    """The next row of every table gets this number, but where rows have none."""
    models = [model for label in APPS for model in apps.get_app_config(label).get_models()]
    with connection.cursor() as cursor:
        for table in [model._meta.db_table for model in models if isinstance(model._meta.pk, AutoField)]:
            if connection.vendor == "postgresql":
                cursor.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), %s, false)", [table, first])
            else:
                cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [table])
                cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, first - 1])


def _add_the_rest(business: Business) -> None:
    rows, workspace, mark = business.rows, business.workspace, business.mark
    own = {"workspace": workspace}
    rows[Step] = rows[Sequence].steps.get()
    rows[Delivery] = Delivery.objects.create(
        **own,
        subscription=rows[Subscription],
        step=rows[Step],
        contact=rows[Contact],
        channel=rows[Channel],
        state="failed",
        reason="content_rejected",
        reason_details={"detail": f"{mark} detail"},
        due_at=NOW,
        decided_at=NOW,
    )
    rows[PastEntry] = PastEntry.objects.create(**own, contact=rows[Contact], sequence=rows[Sequence])
    rows[SentPart] = SentPart.objects.create(
        **own, delivery=rows[Delivery], channel=rows[Channel], part=0, provider_message_id=f"{mark}-mid", sent_at=NOW
    )
    rows[SequenceChannel] = SequenceChannel.objects.create(**own, sequence=rows[Sequence], channel=rows[Channel])
    rows[SandboxMessage] = SandboxMessage.objects.create(
        **own,
        channel=rows[Channel],
        contact=rows[Contact],
        direction="to_contact",
        key=f"{mark}.0",
        content={"type": "text", "text": f"{mark} bubble", "buttons": [{"label": mark, "url": "", "payload": mark}]},
        at=NOW,
    )
    rows[MessageTemplate] = MessageTemplate.objects.create(
        **own,
        channel=rows[Channel],
        name=f"{mark}-template",
        language="en",
        status="approved",
        status_at=NOW,
        body=f"{mark} body",
        slots=[],
    )
    rows[ExternalSubFlow] = ExternalSubFlow.objects.create(
        **own, channel=rows[Channel], reference=f"{mark}-reference", name=f"{mark} elsewhere", folder=f"{mark} folder"
    )
    rows[SeenEvent] = SeenEvent.objects.create(**own, channel=rows[Channel], key=f"{mark}-event", at=NOW)
    rows[EarlyReceipt] = EarlyReceipt.objects.create(
        **own,
        channel=rows[Channel],
        contact=rows[Contact],
        kind="read",
        provider_message_id=f"{mark}-early",
        at=NOW,
        parked_at=NOW,
    )
    rows[BulkJob] = BulkJob.objects.create(
        **own,
        sequence=rows[Sequence],
        channel=rows[Channel],
        verb="subscribe",
        source="csv",
        columns={"names": ["address"], "delimiter": ","},
        until=1,
        requested_by=f"{mark} starter",
        requested_at=NOW,
        touched_at=NOW,
    )
    rows[BulkChunk] = BulkChunk.objects.create(**own, job=rows[BulkJob], number=1, first_line=2, content=mark.encode())
    rows[BulkProblem] = BulkProblem.objects.create(
        **own, job=rows[BulkJob], line=2, contact=rows[Contact], field=f"fields.{mark}", code="unknown_field"
    )
    rows[EventRule] = EventRule.objects.create(**own, sequence=rows[Sequence], event="order_paid", verb="stop")
    rows[ContactEvent] = ContactEvent.objects.create(
        **own, contact=rows[Contact], name="order_paid", at=NOW, data={"number": mark}, received_at=NOW
    )
    rows[KeptAnswer] = KeptAnswer.objects.create(
        **own, key="the same key in every workspace", fingerprint="0" * 64, status=201, body=mark, kept_at=NOW
    )
    _add_what_was_tried(business)
    _add_what_others_were_told(business)
    rows[Membership] = Membership.objects.get(user=business.people[Role.VIEWER])
    rows[Invitation] = Invitation.objects.create(
        **own,
        email=f"{mark}-guest@example.com".lower(),
        token_hash=mark.ljust(64, "0")[:64],
        created_at=NOW,
        expires_at=NOW,
    )
    rows[ApiKey], business.key = create_api_key(
        workspace, name=f"{mark} key", scopes=["read", "actions", "manage"], actor=SYSTEM, now=NOW
    )
    record_audit("changed", rows[Sequence], actor=SYSTEM, now=NOW, changes={"name": [None, f"{mark} changed"]})
    rows[AuditEvent] = AuditEvent.objects.filter(workspace=workspace).latest("pk")


def _add_what_was_tried(business: Business) -> None:
    rows, mark, own = business.rows, business.mark, {"workspace": business.workspace}
    rows[Trial] = Trial.objects.create(
        **own,
        sequence=rows[Sequence],
        contact=rows[Contact],
        channel=rows[Channel],
        token=f"{mark}token",
        sent_by=f"{mark} sender",
        requested_at=NOW,
        touched_at=NOW,
    )
    rows[TrialPart] = TrialPart.objects.create(
        **own, trial=rows[Trial], step=rows[Step], place=0, state="failed", text=f"{mark} tested"
    )
    rows[Rehearsal] = Rehearsal.objects.create(
        **own,
        sequence=rows[Sequence],
        channel=rows[Channel],
        person={"first_name": f"{mark} made up"},
        started_at=NOW,
        virtual_at=NOW,
        real_at=NOW,
        touched_at=NOW,
        countdown_started_at=NOW,
    )
    rows[RehearsalLine] = RehearsalLine.objects.create(
        **own,
        rehearsal=rows[Rehearsal],
        number=1,
        kind="message",
        at=NOW,
        content={"type": "buttons", "text": f"{mark} played", "buttons": [{"label": mark, "payload": mark}]},
    )


def _add_what_others_were_told(business: Business) -> None:
    rows, mark, own = business.rows, business.mark, {"workspace": business.workspace}
    endpoint, _secret = create_endpoint(
        business.workspace, {"url": f"https://{mark.lower()}.example/hook"}, now=NOW, actor=SYSTEM
    )
    rows[WebhookEndpoint] = endpoint
    rows[WebhookMessage] = WebhookMessage.objects.create(
        **own,
        endpoint=endpoint,
        key=f"msg_{mark}",
        type="message.failed",
        contact=rows[Contact],
        subscription_id=rows[Subscription].pk,
        delivery_id=rows[Delivery].pk,
        at=NOW,
        recorded_at=NOW,
        body=f'{{"data": "{mark} told"}}',
    )
    rows[WebhookAttempt] = WebhookAttempt.objects.create(
        **own, message=rows[WebhookMessage], at=NOW, status=500, took=12
    )


def tenant_models() -> list[type[models.Model]]:
    listed = [model for label in APPS for model in apps.get_app_config(label).get_models()]
    return [model for model in listed if issubclass(model, TenantModel)]


def snapshot(business: Business) -> dict[str, list[Any]]:
    """Every row of the business, as it is stored."""
    picture: dict[str, list[Any]] = {"Workspace": list(Workspace.objects.filter(pk=business.workspace.pk).values())}
    for model in tenant_models():
        picture[model.__name__] = list(
            model._default_manager.filter(workspace=business.workspace).order_by("pk").values()
        )
    return picture


def references_across() -> list[str]:
    """Rows that point at a row of another workspace; there must be none."""
    found = []
    for model, foreign_key in tenant_references(tenant_models()):
        rows = model._default_manager.exclude(**{foreign_key.name: None})
        crossing = rows.exclude(**{f"{foreign_key.name}__workspace": models.F("workspace")})
        found += [f"{model.__name__}.{foreign_key.name} of {row.pk}" for row in crossing]
    return found
