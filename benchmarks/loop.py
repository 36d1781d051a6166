"""The least that could work, by hand: claim under a lease, POST by pycurl, record; 500 at a time, no rules.

`python -m benchmarks.loop ADDRESS` empties a table of its own: per message one durable delivery row, and the next step
scheduled. It decides nothing, renders nothing, survives no error: the yardstick for what the engine's rules cost.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime, timedelta

import psycopg
import pycurl

from benchmarks.stopwatch import Stopwatch

BATCH = 500
LINES = 150
DAY = timedelta(days=1)

TABLES = """
    DROP TABLE IF EXISTS bench_delivery, bench_subscription;
    CREATE TABLE bench_subscription (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, channel_id bigint NOT NULL, address text NOT NULL,
        text text NOT NULL, step integer NOT NULL, next_send_at timestamptz, leased_until timestamptz
    );
    CREATE INDEX bench_due ON bench_subscription (channel_id, next_send_at) WHERE next_send_at IS NOT NULL;
    CREATE TABLE bench_delivery (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        subscription_id bigint NOT NULL REFERENCES bench_subscription, step integer NOT NULL,
        provider_message_id text NOT NULL, sent_at timestamptz NOT NULL, UNIQUE (subscription_id, step)
    );
"""
FILL = """
    INSERT INTO bench_subscription (channel_id, address, text, step, next_send_at)
    SELECT 1, 'person-' || n, 'Hello Ann ' || n, 1, now() - interval '1 minute' FROM generate_series(1, %s) AS n
"""
CLAIM = """
    UPDATE bench_subscription AS s SET leased_until = now() + interval '2 minutes'
    FROM (SELECT id FROM bench_subscription
          WHERE channel_id = 1 AND next_send_at <= now() AND (leased_until IS NULL OR leased_until < now())
          ORDER BY next_send_at LIMIT %s FOR UPDATE SKIP LOCKED) AS due
    WHERE s.id = due.id RETURNING s.id, s.address, s.text, s.step
"""
RECORD = """
    INSERT INTO bench_delivery (subscription_id, step, provider_message_id, sent_at)
    SELECT * FROM unnest(%s::bigint[], %s::integer[], %s::text[], %s::timestamptz[])
"""
ADVANCE = """
    UPDATE bench_subscription SET step = step + 1, next_send_at = %s, leased_until = NULL WHERE id = ANY(%s)
"""
Row = tuple[int, str, str, int]


class Lines:
    """A pool of libcurl handles that are used again and again."""

    def __init__(self, address: str) -> None:
        self._multi = pycurl.CurlMulti()
        self._free = [self._line(address) for _ in range(LINES)]
        self._busy: dict[pycurl.Curl, tuple[Row, list[bytes]]] = {}

    def post_all(self, rows: list[Row]) -> list[tuple[int, int, str]]:
        """POST each row; (subscription, step, the provider's id) of each."""
        waiting, under_way, sent = list(reversed(rows)), 0, list[tuple[int, int, str]]()
        while waiting or under_way:
            while waiting and self._free:
                self._start(waiting.pop())
                under_way += 1
            self._multi.perform()
            finished = self._finished()
            sent += finished
            under_way -= len(finished)
            if not finished:
                self._multi.select(1.0)
        return sent

    def _line(self, address: str) -> pycurl.Curl:
        line = pycurl.Curl()
        line.setopt(pycurl.URL, address)
        line.setopt(pycurl.HTTPHEADER, ["Content-Type: application/json", "Expect:"])
        return line

    def _start(self, row: Row) -> None:
        line = self._free.pop()
        chunks = list[bytes]()
        self._busy[line] = row, chunks
        line.setopt(pycurl.POSTFIELDS, json.dumps({"recipient": {"id": row[1]}, "message": {"text": row[2]}}))
        line.setopt(pycurl.WRITEFUNCTION, chunks.append)
        self._multi.add_handle(line)

    def _finished(self) -> list[tuple[int, int, str]]:
        _, succeeded, failed = self._multi.info_read(LINES)
        if failed:
            raise SystemExit(f"the sink failed: {failed[0][2]}")
        return [self._heard(line) for line in succeeded]

    def _heard(self, line: pycurl.Curl) -> tuple[int, int, str]:
        self._multi.remove_handle(line)
        self._free.append(line)
        (number, _, _, step), chunks = self._busy.pop(line)
        return (number, step, json.loads(b"".join(chunks))["message_id"])


def prepare(messages: int, connection: psycopg.Connection) -> None:
    """Tables of its own, full of due messages."""
    connection.execute(TABLES)
    connection.execute(FILL, [messages])
    connection.commit()


def main(address: str) -> None:
    stopwatch, lines = Stopwatch(), Lines(address)
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        while rows := connection.execute(CLAIM, [BATCH]).fetchall():
            connection.commit()
            numbers, steps, keys = map(list, zip(*lines.post_all(rows), strict=True))
            now = datetime.now(UTC)
            connection.execute(RECORD, [numbers, steps, keys, [now] * len(numbers)])
            connection.execute(ADVANCE, [now + DAY, numbers])
            connection.commit()
    stopwatch.report()


if __name__ == "__main__":
    main(sys.argv[1])
