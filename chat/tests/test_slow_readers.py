"""One timer bounds every frame of a reading, and the silences between them not at all."""

from __future__ import annotations

import asyncio

import pytest

from chat.slow_readers import SlowReaderWatch

LIMIT_S = 0.05


async def test_a_silence_between_two_frames_ends_nothing():
    with SlowReaderWatch(LIMIT_S) as watch:
        watch.began()
        watch.ended()
        await asyncio.sleep(3 * LIMIT_S)


async def test_a_frame_that_is_not_taken_ends_the_reading():
    sent = []
    with pytest.raises(TimeoutError):
        await reading(sent)
    assert sent == ["one", "two"]
    assert asyncio.current_task().cancelling() == 0


async def reading(sent):
    with SlowReaderWatch(LIMIT_S) as watch:
        watch.began()
        sent.append("one")
        watch.ended()
        await asyncio.sleep(2 * LIMIT_S)
        watch.began()
        sent.append("two")
        await asyncio.Event().wait()


async def test_who_cancels_a_reading_meanwhile_has_cancelled_it():
    watch = None

    async def stuck():
        nonlocal watch
        with SlowReaderWatch(LIMIT_S) as watch:
            watch.began()
            await asyncio.Event().wait()

    task = asyncio.create_task(stuck())
    await asyncio.sleep(0)
    task.get_loop().call_soon(watch._look)
    watch._since -= LIMIT_S  # and at the same moment it was too slow
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
