"""The sandbox: no provider, no webhook, an answer that is the number of a row."""

from __future__ import annotations

from channels.messages import Answer
from tests.channels.samples.shape import Samples

SAMPLES = Samples(taken=Answer(200, body=b"41"), taken_id="41")
