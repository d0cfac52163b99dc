"""The bound on a stream's silence."""

from __future__ import annotations

import asyncio

from ai.errors import ModelTimedOut
from ai.providers.watchdog import Watchdog


class Stream:
    def __init__(self) -> None:
        self.interrupted = asyncio.Event()
        self.error: BaseException | None = None

    def set_exception(self, exc: BaseException) -> None:
        self.error = exc
        self.interrupted.set()


async def test_silence_interrupts_the_stream():
    stream = Stream()
    Watchdog(stream, first_s=0.02, gap_s=60, whole_s=60)

    async with asyncio.timeout(5):
        await stream.interrupted.wait()

    assert isinstance(stream.error, ModelTimedOut)


async def test_a_reader_that_takes_its_time_is_not_the_models_silence():
    stream = Stream()
    watchdog = Watchdog(stream, first_s=0.02, gap_s=0.02, whole_s=60)

    watchdog.pause()
    await asyncio.sleep(0.1)
    assert not stream.interrupted.is_set()

    watchdog.resume()
    async with asyncio.timeout(5):
        await stream.interrupted.wait()


async def test_a_stopped_watchdog_stays_silent():
    stream = Stream()
    watchdog = Watchdog(stream, first_s=0.01, gap_s=0.01, whole_s=0.02)

    watchdog.stop()
    await asyncio.sleep(0.05)

    assert not stream.interrupted.is_set()


async def test_a_lively_stream_is_bounded_as_a_whole():
    stream = Stream()
    watchdog = Watchdog(stream, first_s=60, gap_s=60, whole_s=0.05)

    watchdog.alive()
    watchdog.pause()
    async with asyncio.timeout(5):
        await stream.interrupted.wait()

    assert watchdog.ran_out
