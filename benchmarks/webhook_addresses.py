"""Every address of the product, and beside them the least that a webhook could be: verify, insert, commit."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime

from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from sequencer.urls import urlpatterns as addresses
from tests.doubles.graph_events import SECRET

LEAST = "/bench/least/"
TABLE = "CREATE TABLE bench_event (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at timestamptz, body jsonb)"


@csrf_exempt
def least(request: HttpRequest) -> HttpResponse:
    """Verify, insert each event, commit."""
    body = request.read()
    expected = "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(request.headers.get("X-Hub-Signature-256", ""), expected):
        return HttpResponse(status=403)
    now = datetime.now(UTC)
    events = [
        json.dumps(event)
        for entry in json.loads(body)["entry"]
        for event in (*entry.get("messaging", ()), *entry.get("changes", ()))
    ]
    with transaction.atomic(), connection.cursor() as cursor:
        values = ", ".join(["(%s, %s)"] * len(events))
        statement = f"INSERT INTO bench_event (at, body) VALUES {values}"  # noqa: S608
        cursor.execute(statement, [value for event in events for value in (now, event)])
    return HttpResponse()


urlpatterns = [*addresses, path(LEAST.strip("/") + "/", least)]
