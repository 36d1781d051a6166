"""How somebody tries Messenger without Meta: what `make double` says."""

from __future__ import annotations

CALLBACKS = '{"url": "THE WEBHOOK ADDRESS", "secret": "THE APP SECRET", "auto": ["echo", "delivery", "read"]}'
EVENT = """{"events": [{"sender": {"id": "ann"}, "recipient": {"id": "%(page)s"}, "timestamp": '$(date +%%s)000',
    "message": {"mid": "m-'$(date +%%s)'", "text": "Hello"}}]}"""
TEMPLATE = '{"name": "order_update", "language": "en", "body": "Your order {{1}} is on its way."}'


def how_to_connect(base_url: str, page_id: str) -> str:
    """What to do by hand; `make run` allows addresses such as this one."""
    return f"""
A Messenger that keeps Meta's rules of today and knows everybody who is written to. Ctrl-C stops it.

1. In Sequencer (`make run`, or ALLOW_PRIVATE_ADDRESSES=1) make a channel of the kind Facebook Messenger:
   page id {page_id}, base address {base_url}, the other credentials as you like.
2. Press Test connection on its page.
3. So that echoes and receipts come back to it:
   curl {base_url}/_double/callbacks -d '{CALLBACKS}'
4. Somebody writes to the Page, and so becomes a contact:
   curl {base_url}/_double/tell -d '{EVENT % {"page": page_id}}'
5. A utility template of the Page, to be read by Refresh templates; say it again with "status": "REJECTED" or
   "PENDING" and the webhook tells:
   curl {base_url}/_double/templates -d '{TEMPLATE}'
6. What was taken: {base_url}/_double/accepted, and all that was tried: {base_url}/_double/requests
"""
