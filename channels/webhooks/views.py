"""The one address of all webhooks: verify, parse, record, and only then 200."""

from __future__ import annotations

import logging

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
from channels.tasks import enqueue_profiles
from channels.webhooks import WEBHOOKS, Webhook

log = logging.getLogger(__name__)

MAX_BODY = 1024 * 1024
# So much of a body that is too large is read and thrown away, so that its sender hears the answer.
MAX_DRAINED = 8 * MAX_BODY
CHUNK = 64 * 1024


@csrf_exempt
@require_http_methods(["GET", "POST"])
def receive(request: HttpRequest, kind: str, channel_id: str) -> HttpResponse:
    """A provider's call: 404 for what is not there, 403 for who cannot prove it, 503 when they should try again."""
    webhook = WEBHOOKS.get(kind)
    if webhook is None:
        return _answer(404)
    try:
        channel = Channel.objects.filter(pk=Channel.public_id.parse(channel_id) or 0, kind=kind).first()
        if channel is None:
            return _answer(404)
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
    webhook.verify(request.headers, body, account)
    due = record_events(channel, webhook.parse(body, account), now=timezone.now())
    enqueue_profiles(due)
    return _answer(200)


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
