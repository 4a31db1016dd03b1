"""What waits for its reader."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.python.mailbox import Mailbox
from stream_engine.errors import PeerClosed


async def rest(box: Mailbox[int]) -> list[int]:
    return [item async for item in box.read()]


@given(st.lists(st.integers()), st.integers(1, 10))
def test_the_oldest_give_way_and_are_counted(items: list[int], most: int) -> None:
    """What is read is the end of what was put; nothing is lost uncounted."""

    async def use() -> None:
        box: Mailbox[int] = Mailbox(most)
        for item in items:
            box.put(item)
        assert len(box) + box.dropped == len(items)
        box.close()
        assert await rest(box) == items[box.dropped :]
        assert box.dropped == max(0, len(items) - most)

    asyncio.run(use())


def test_a_reader_wakes_when_something_comes_and_gets_the_cause_last() -> None:
    """In order; the first cause counts."""

    async def use() -> None:
        box: Mailbox[int] = Mailbox(4)
        read: list[int] = []

        async def reader() -> None:
            async for item in box.read():
                read.append(item)

        task = asyncio.create_task(reader())
        await asyncio.sleep(0)
        box.put(1)
        await asyncio.sleep(0)
        box.put(2)
        box.close(PeerClosed("gone"))
        box.close()
        with pytest.raises(PeerClosed, match="gone"):
            await task
        assert read == [1, 2]

    asyncio.run(use())


def test_what_waits_can_be_changed_or_taken_away() -> None:
    """The bound stays."""

    async def use() -> None:
        box: Mailbox[int] = Mailbox(3)
        for item in (1, 2, 3):
            box.put(item)
        box.revise(lambda item: None if item == 2 else 10 * item)
        for item in (4, 5):
            box.put(item)
        box.close()
        assert (await rest(box), box.dropped) == ([30, 4, 5], 1)

    asyncio.run(use())
