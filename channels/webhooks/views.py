"""The one address of all webhooks: verify, parse, record, and only then 200."""

from __future__ import annotations

import logging

from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from channels.actions.record_events import record_events
from channels.ask import account_of
from channels.errors import WebhookRejected
from channels.messages import Account
from channels.models import Channel
from channels.secrets import SecretsUnreadable
from channels.signals import webhook_answered
from channels.tasks import enqueue_profiles
from channels.webhooks import WEBHOOKS, Call, Webhook
from sequencer.stored_rows import rows_where

log = logging.getLogger(__name__)

MAX_BODY = 1024 * 1024
# So much of a body that is too large is read and thrown away, so that its sender hears the answer.
MAX_DRAINED = 8 * MAX_BODY
CHUNK = 64 * 1024
# What a call asks of its channel.
CALLED = ("id", "workspace_id", "kind", "name", "settings", "credentials")
RESULTS = {200: "recorded", 503: "failed"}


@csrf_exempt
@require_http_methods(["GET", "POST"])
def receive(request: HttpRequest, kind: str, channel_id: str) -> HttpResponse:
    """A provider's call: 404 for what is not there, 403 for who cannot prove it, 503 when they should try again."""
    webhook = WEBHOOKS.get(kind)
    if webhook is None:
        return _answer(404)
    answer = _receive(request, webhook, kind, channel_id)
    if request.method == "POST" and answer.status_code != 404:
        webhook_answered.send(Channel, kind=kind, result=RESULTS.get(answer.status_code, "rejected"))
    return answer


def _receive(request: HttpRequest, webhook: Webhook, kind: str, channel_id: str) -> HttpResponse:
    try:
        named = [Channel.public_id.parse(channel_id) or 0, kind]
        found = rows_where(Channel, "id = %s AND kind = %s", named, columns=CALLED)
        if not found:
            return _answer(404)
        [channel] = found
        account = account_of(channel)
        if request.method == "GET":
            return _shake_hands(request, webhook, account)
        return _take(request, webhook, channel, account)
    except WebhookRejected as rejected:
        log.warning("a webhook was rejected: %s", rejected.detail, extra={"channel": channel_id})
        return _answer(rejected.status)
    except (DatabaseError, InterfaceError, SecretsUnreadable):
        log.exception("a webhook could not be recorded; the provider will repeat it", extra={"channel": channel_id})
        return _answer(503)


def _shake_hands(request: HttpRequest, webhook: Webhook, account: Account) -> HttpResponse:
    answer = webhook.handshake(request.GET.dict(), account)
    return _answer(403) if answer is None else _answer(200, answer)


def _take(request: HttpRequest, webhook: Webhook, channel: Channel, account: Account) -> HttpResponse:
    body = _body_of(request)
    if body is None:
        return _answer(413)
    now = timezone.now()
    call = Call(body, request.headers, settings.PUBLIC_URL.rstrip("/") + request.get_full_path(), now)
    webhook.verify(call, account)
    due = record_events(channel, webhook.parse(call, account), now=now)
    enqueue_profiles(due)
    return HttpResponse(webhook.thanks_to(call), content_type=webhook.thanks_type)


def _body_of(request: HttpRequest) -> bytes | None:
    """The raw bytes; None when there are too many of them. Raises WebhookRejected when they break off."""
    try:
        body: bytes = request.read(MAX_BODY + 1)
        drained = len(body)
        while len(body) > MAX_BODY and drained < MAX_DRAINED and (more := len(request.read(CHUNK))):
            drained += more
    except UnreadablePostError as error:
        raise WebhookRejected("the body broke off", status=400) from error
    return body if len(body) <= MAX_BODY else None


def _answer(status: int, text: str = "") -> HttpResponse:
    return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")
