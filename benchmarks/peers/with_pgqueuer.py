"""`python -m benchmarks.peers.with_pgqueuer fill|work ADDRESS MESSAGES`: a pgqueuer job for each message."""

from __future__ import annotations

import asyncio
import os
import sys

import aiohttp
import asyncpg
from pgqueuer import AsyncpgDriver, Job, PgQueuer, Queries
from pgqueuer.types import QueueExecutionMode

from benchmarks.peers.deed import ONE, RECORD, message, numbered
from benchmarks.stopwatch import Stopwatch

AT_ONCE = 100
DSN = os.environ["DATABASE_URL"]


async def fill(messages: int) -> None:
    connection = await asyncpg.connect(DSN)
    queries = Queries(AsyncpgDriver(connection))
    if await queries.schema_is_installed():
        await queries.uninstall()
    await queries.install()
    numbers = [str(row["id"]).encode() for row in await connection.fetch("SELECT id FROM bench_subscription")]
    await queries.enqueue(["send"] * messages, numbers, [0] * messages)
    await connection.close()


async def work(address: str) -> None:
    stopwatch = Stopwatch()
    connection = await asyncpg.connect(DSN)
    pool = await asyncpg.create_pool(DSN, min_size=4, max_size=8)
    lines = aiohttp.TCPConnector(limit=AT_ONCE)
    async with aiohttp.ClientSession(connector=lines) as session:
        queue = PgQueuer(AsyncpgDriver(connection))

        @queue.entrypoint("send")
        async def send(job: Job) -> None:
            number = int(job.payload or b"0")
            name, text, step = await pool.fetchrow(numbered(ONE), number)
            async with session.post(address, json=message(name, text)) as answer:
                key = (await answer.json())["message_id"]
            await pool.execute(numbered(RECORD), number, step, key)

        await queue.run(batch_size=AT_ONCE, mode=QueueExecutionMode.drain)
    await pool.close()
    await connection.close()
    stopwatch.report()


if __name__ == "__main__":
    asyncio.run(fill(int(sys.argv[3])) if sys.argv[1] == "fill" else work(sys.argv[2]))
