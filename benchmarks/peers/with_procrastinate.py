"""`python -m benchmarks.peers.with_procrastinate fill|work ADDRESS MESSAGES`: an async job for each message."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import Any

import aiohttp
from procrastinate import App, PsycopgConnector
from psycopg_pool import AsyncConnectionPool

from benchmarks.peers.deed import ONE, RECORD, message, named
from benchmarks.stopwatch import Stopwatch

AT_ONCE = 100
DSN = os.environ["DATABASE_URL"]
app = App(connector=PsycopgConnector(conninfo=DSN))
hands: dict[str, Any] = {}


@app.task(name="send")
async def send(number: int) -> None:
    async with hands["pool"].connection() as connection:
        name, text, step = await (await connection.execute(named(ONE), {"one": number})).fetchone()
    async with hands["session"].post(hands["address"], json=message(name, text)) as answer:
        key = (await answer.json())["message_id"]
    async with hands["pool"].connection() as connection:
        await connection.execute(named(RECORD), {"one": number, "two": step, "three": key})


async def fill() -> None:
    async with app.open_async(), AsyncConnectionPool(DSN, min_size=1) as pool:
        async with pool.connection() as connection:
            (known,) = await (await connection.execute("SELECT to_regclass('procrastinate_jobs')")).fetchone()
            if known:
                await connection.execute("TRUNCATE procrastinate_jobs CASCADE")
        if not known:
            await app.schema_manager.apply_schema_async()
        async with pool.connection() as connection:
            rows = await (await connection.execute("SELECT id FROM bench_subscription")).fetchall()
        await send.batch_defer_async(*[{"number": number} for (number,) in rows])


async def work(address: str) -> None:
    stopwatch = Stopwatch()
    lines = aiohttp.TCPConnector(limit=AT_ONCE)
    pool = AsyncConnectionPool(DSN, min_size=4, max_size=8)
    async with app.open_async(), pool, aiohttp.ClientSession(connector=lines) as session:
        hands.update(pool=pool, session=session, address=address)
        await app.run_worker_async(wait=False, concurrency=AT_ONCE, install_signal_handlers=False)
    stopwatch.report()


if __name__ == "__main__":
    asyncio.run(fill() if sys.argv[1] == "fill" else work(sys.argv[2]))
