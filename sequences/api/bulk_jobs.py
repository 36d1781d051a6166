"""bulk-jobs/: subscribe or unsubscribe up to a million people in the background, by a file or by a filter."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db import transaction
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from channels.models import Channel
from sequencer.workspaces.access import visible
from sequencer.workspaces.refusals import Refused
from sequencer.workspaces.transactions import in_one_transaction
from sequences.actions.bulk_jobs import MOST_LINES, BulkRequest, Filter, cancel_bulk_job, start_bulk_job
from sequences.api.fields import AnyObject, Choice, Many, Number, PublicId, Text
from sequences.api.filters import ById, ByWord
from sequences.api.moments import Moment, utc_text
from sequences.api.parsers import StrictJsonParser
from sequences.api.shapes import OPTIONAL, Shape
from sequences.api.subscribing import sequence_named
from sequences.api.uploads import CSV, NDJSON, CsvParser, NdjsonParser, TakesUploads, Upload
from sequences.api.views import ResourceView
from sequences.models import BulkJob, BulkSource, BulkState, BulkVerb, Sequence
from sequences.rules.problems import Problem
from sequences.tasks import enqueue_bulk_job

SEQUENCE_HELP = "The id of a sequence, or its exact name."
CHANNEL_HELP = "The channel of the lines that name none."


class FilterShape(Shape):
    """Contacts of this channel, with all of these tags, and with all of these values in their fields."""

    channel = PublicId(Channel, **OPTIONAL)
    tags = Many(Text(max_length=100), most=20, **OPTIONAL)
    fields = AnyObject(**OPTIONAL)  # type: ignore[assignment]


class BulkJobInput(Shape):
    action = Choice(choices=BulkVerb.values)
    sequence = Text(max_length=100, help_text=SEQUENCE_HELP)
    filter = FilterShape(help_text="{} means every contact of the workspace.")


class UploadInput(Shape):
    """The parameters of the query that go with a file."""

    action = Choice(choices=BulkVerb.values)
    sequence = Text(max_length=100)
    channel = PublicId(Channel, required=False)


class BulkJobShape(Shape):
    id = PublicId(BulkJob, read_only=True)
    action = Choice(choices=BulkVerb.values, read_only=True)
    sequence = PublicId(Sequence, read_only=True)
    people_from = Choice(choices=BulkSource.values, read_only=True)
    channel = PublicId(Channel, read_only=True, allow_null=True)
    filter = FilterShape(read_only=True, allow_null=True)
    state = Choice(choices=BulkState.values, help_text="Only `cancelled` can be written.")
    failed_because = Choice(choices=["sequence_not_active"], read_only=True, allow_null=True)
    total = Number(read_only=True, help_text="Lines of the file, or contacts to look at.")
    processed = Number(read_only=True, help_text="How many of them are done.")
    counts = AnyObject(
        read_only=True,
        help_text="How many met which fate: created or stopped, and already_active, reentry_not_allowed, "
        "contact_unavailable, not_inside, invalid.",
    )
    problems = Number(read_only=True, help_text="How many stand under problems/.")
    created_at = Moment(read_only=True)
    started_at = Moment(read_only=True, allow_null=True)
    ended_at = Moment(read_only=True, allow_null=True)

    def to_representation(self, instance: BulkJob) -> dict[str, Any]:
        channel, is_filter = Channel.public_id.of(instance.channel_id), instance.source == BulkSource.FILTER
        return {
            "id": instance.public_id,
            "action": instance.verb,
            "sequence": Sequence.public_id.of(instance.sequence_id),
            "people_from": instance.source,
            "channel": None if is_filter else channel,
            "filter": {"channel": channel, **instance.criteria} if is_filter else None,
            "state": instance.state,
            "failed_because": instance.failed_because or None,
            "total": instance.total,
            "processed": instance.looked_at,
            "counts": instance.counts,
            "problems": instance.problem_count,
            "created_at": utc_text(instance.requested_at),
            "started_at": utc_text(instance.started_at),
            "ended_at": utc_text(instance.ended_at),
        }


class CancelShape(Shape):
    state = Choice(choices=[BulkState.CANCELLED.value])


LINES = OpenApiExample(
    "A table",
    "address,first_name,time_zone,tags,fields.order\nnoor,Noor,Europe/Brussels,vip|new,1042\n",
    media_type=CSV,
    request_only=True,
)
JSON_LINES = OpenApiExample(
    "One object a line",
    '{"channel": "chn_k3G7QAe5", "address": "noor", "first_name": "Noor"}\n{"id": "ctc_9xLfmbKR"}\n',
    media_type=NDJSON,
    request_only=True,
)
BY_FILTER = OpenApiExample(
    "Everybody with a tag",
    {"action": "subscribe", "sequence": "Customer feedback", "filter": {"tags": ["vip"]}},
    media_type="application/json",
    request_only=True,
)


class BulkJobView(TakesUploads, ResourceView):
    model = BulkJob
    shape = BulkJobShape
    parser_classes = [StrictJsonParser, CsvParser, NdjsonParser]
    filters = {
        "sequence": ById(Sequence, "sequence"),
        "state": ByWord(tuple(BulkState.values), "state"),
        "action": ByWord(tuple(BulkVerb.values), "verb"),
    }

    @extend_schema(
        request={"application/json": BulkJobInput, CSV: OpenApiTypes.STR, NDJSON: OpenApiTypes.STR},
        parameters=[
            OpenApiParameter("action", OpenApiTypes.STR, enum=BulkVerb.values, description="With a file: what to do."),
            OpenApiParameter("sequence", OpenApiTypes.STR, description=f"With a file: {SEQUENCE_HELP}"),
            OpenApiParameter("channel", OpenApiTypes.STR, description=f"With a file: {CHANNEL_HELP}"),
        ],
        responses={201: BulkJobShape},
        examples=[LINES, JSON_LINES, BY_FILTER],
        description=(
            f"A file of at most {MOST_LINES:,} lines, or a filter as JSON. Each line names a contact as a single call "
            "does: by `id`, or by `channel` and `address` with whatever is known of them. A table may have the columns "
            "`id`, `channel`, `address`, `first_name`, `last_name`, `language`, `time_zone`, `utc_offset_minutes`, "
            "`last_interaction_at`, `opted_out_at`, `tags` (with | between them) and `fields.<name>`; an empty cell "
            "says nothing. Lines meet the fate of single calls, one after the other; a line that is refused stops no "
            "other. An unknown contact is made when it is to be subscribed."
        ),
    )
    @in_one_transaction
    def create(self, request: Request) -> Response:
        if isinstance(request.data, Upload):
            job = self._of_file(request.data, request)
        elif (request.content_type or "").startswith((CSV, NDJSON)):
            raise Refused([Problem("lines", "required")])  # an empty body never meets its parser
        else:
            job = self._of_filter(request)
        transaction.on_commit(partial(enqueue_bulk_job, job.pk))
        return self.shown(job, status=201)

    @extend_schema(request=CancelShape, responses={200: BulkJobShape})
    def partial_update(self, request: Request, id: str) -> Response:
        """Cancels it behind the batch that is under way; what was done stays. One that has ended stays as it ended."""
        job = self.row(id)
        CancelShape.read(request.data)
        cancel_bulk_job(job, now=self.now, actor=self.actor)
        return self.shown(job)

    def _of_file(self, upload: Upload, request: Request) -> BulkJob:
        values = UploadInput.read(dict(request.query_params.items()))
        source = BulkSource.CSV if upload.media_type == CSV else BulkSource.NDJSON
        return self._start(values, source, values.get("channel"), upload.file, "channel")

    def _of_filter(self, request: Request) -> BulkJob:
        values = BulkJobInput.read(request.data)
        given = values["filter"]
        people = Filter(tuple(given.get("tags") or ()), given.get("fields") or {})
        return self._start(values, BulkSource.FILTER, given.get("channel"), people, "filter.channel")

    def _start(
        self, values: dict[str, Any], source: BulkSource, channel_id: int | None, people: Any, channel_field: str
    ) -> BulkJob:
        sequence = sequence_named(values["sequence"], self.workspace)
        mine: Any = visible(Channel.objects.all(), self.workspace)
        channel = mine.filter(pk=channel_id).first() if channel_id is not None else None
        if channel is None and channel_id is not None:
            raise Refused([Problem(channel_field, "not_found")])
        wanted = BulkRequest(sequence, BulkVerb(values["action"]), source, channel)
        return start_bulk_job(wanted, people, now=self.now, actor=self.actor)
