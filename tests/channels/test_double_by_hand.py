"""`make double`: what it says to type works as it stands, from a channel to a person who wrote."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from channels.actions.check_connection import Verdict, check_connection
from channels.actions.refresh_templates import refresh_templates
from channels.models import Channel, Contact
from sequencer.workspaces.actor import SYSTEM
from tests.builders import LONG_AGO
from tests.channels.calling_webhooks import a_webhook_page, address_of
from tests.doubles.graph_events import CREDENTIALS


@pytest.fixture
def said() -> Iterator[str]:
    """All that the process prints before it waits."""
    command = [sys.executable, "-m", "tests.doubles.graph", "--knows-everybody", "--explain"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline()]
        while lines[-1] and not lines[-1].startswith("6. "):
            lines.append(process.stdout.readline())
        yield "".join(lines)
        process.terminate()


def typed(command: str) -> None:
    done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, timeout=20, check=True)
    assert done.stdout == "{}", done.stdout


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_what_the_double_says_to_type_connects_a_channel(said: str, live_server) -> None:
    found = re.search(r"base address (http://127\.0\.0\.1:\d+),", said)
    assert found
    page: Channel = a_webhook_page(base_url=found[1])
    assert check_connection(page, now=LONG_AGO, actor=SYSTEM).verdict is Verdict.CONNECTED
    callbacks, event, template = re.findall(r"^   (curl (?:.|\n    )+)$", said, re.MULTILINE)
    address = live_server.url + address_of(page)
    typed(callbacks.replace("THE WEBHOOK ADDRESS", address).replace("THE APP SECRET", CREDENTIALS["app_secret"]))
    typed(event)
    deadline = time.monotonic() + 20
    while not Contact.objects.filter(channel=page).exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert Contact.objects.get(channel=page).last_interaction_at is not None
    typed(template)
    assert refresh_templates(page, now=LONG_AGO, actor=SYSTEM) == 1
