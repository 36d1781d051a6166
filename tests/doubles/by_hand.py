"""`make double KIND=telegram`: a provider on loopback to try a channel with, and what to type."""

from __future__ import annotations

import argparse
import signal
import threading

from channels.backends import backend_for
from tests.doubles.graph_hands import InstagramHand, MessengerHand, WhatsAppHand
from tests.doubles.hands import Hand, LineHand, SmsHand, TelegramHand, ViberHand

KINDS = (MessengerHand, InstagramHand, WhatsAppHand, TelegramHand, LineHand, SmsHand, ViberHand)
HANDS: dict[str, type[Hand]] = {hand.kind: hand for hand in KINDS}
TEMPLATE = '{"name": "order_update", "language": "en", "body": "Your order {{1}} is on its way."}'


def how_to_connect(hand: Hand, base_url: str) -> str:
    """What to do by hand, in order; `make run` allows addresses such as this one."""
    label = backend_for(hand.kind).label
    fields = {**hand.credentials, **hand.settings, "base address": base_url}
    typed = "\n".join(f"      {name.replace('_', ' ')}: {value}" for name, value in fields.items())
    steps = [
        f"In Sequencer (`make run`, or ALLOW_PRIVATE_ADDRESSES=1) make a channel of the kind {label}:\n{typed}",
        "Press Test connection on its page." if not hand.is_registered else _REGISTER,
        *([] if hand.is_registered else [f"{_ADDRESS}\n   curl {base_url}/_double/webhook -d '{_WHERE}'"]),
        f"Somebody writes, and so becomes a contact:\n   curl {base_url}/_double/says -d '{_says(hand)}'",
    ]
    if hand.can_leave:
        gone = f'{{"person": "{hand.person}"}}'
        steps.append(f"They want nothing more:\n   curl {base_url}/_double/leaves -d '{gone}'")
    if backend_for(hand.kind).capabilities.templates:
        steps.append(f"{_TEMPLATES}\n   curl {base_url}/_double/templates -d '{TEMPLATE}'")
    steps.append(f"What it takes is printed below, and stands in {base_url}/_double/accepted")
    listed = "\n".join(f"{number}. {step}" for number, step in enumerate(steps, 1))
    return f"\n{label} on this machine, by the provider's rules of today. Ctrl-C stops it.\n\n{listed}\n"


_REGISTER = "Press Test connection, then Register webhook on its page."
_ADDRESS = "What is typed at the provider itself, the webhook address that the channel's page shows:"
_WHERE = '{"url": "THE WEBHOOK ADDRESS"}'
_TEMPLATES = "A template, to be read by Refresh templates on the channel's page:"


def _says(hand: Hand) -> str:
    return f'{{"person": "{hand.person}", "text": "Hello"}}'


def main() -> None:
    parser = argparse.ArgumentParser(description="A provider on loopback, to try things by hand")
    parser.add_argument("kind", choices=sorted(HANDS))
    parser.add_argument("--port", type=int, default=0)
    options = parser.parse_args()
    hand = HANDS[options.kind](tell=lambda line: print(line, flush=True))  # noqa: T201
    server = hand.server
    server.port = options.port
    stopped = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stopped.set())
    server.start()
    print(how_to_connect(hand, f"http://{server.host}:{server.port}"), flush=True)  # noqa: T201
    stopped.wait()
    server.stop()


if __name__ == "__main__":
    main()
