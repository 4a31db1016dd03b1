import asyncio

import pytest

from stream_engine.transport import outbox
from stream_engine.transport.outbox import Dismissal, Outbox


def test_items_come_in_order_and_what_is_old_does_not() -> None:
    """Who takes waits for the first."""

    async def play() -> list[int]:
        box: Outbox[int] = Outbox(9)
        taking = asyncio.create_task(box.take())
        await asyncio.sleep(0)
        for item in (1, 2, 3, 4):
            box.put(item)
        first = await taking
        box.forget(lambda item: item == 3)
        return [first, await box.take(), await box.take(), len(box)]

    assert asyncio.run(play()) == [1, 2, 4, 0]


def test_there_is_room_again_when_something_has_been_sent() -> None:
    """And not before, whatever is put."""

    async def play() -> None:
        box: Outbox[int] = Outbox(2)
        await box.room()
        box.put(1)
        await box.room()
        box.put(2)
        waiting = asyncio.create_task(box.room())
        await asyncio.sleep(0)
        assert not waiting.done()
        await box.take()
        await waiting

    asyncio.run(play())


def test_whoever_is_dismissed_has_time_for_the_first_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing happens before; then it is over, read or not."""
    monkeypatch.setattr(outbox, "LAST_WORDS_S", 0.01)

    async def play() -> None:
        dismissal = Dismissal()
        overdue = asyncio.create_task(dismissal.overdue())
        await asyncio.sleep(0)
        assert not overdue.done()
        dismissal.say(ValueError("first"))
        dismissal.say(ValueError("second"))
        with pytest.raises(ValueError, match="first"):
            await overdue

    asyncio.run(play())
