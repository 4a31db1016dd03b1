"""What is to be sent to a client that may not read."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

from starlette.websockets import WebSocket, WebSocketDisconnect

T = TypeVar("T")

LAST_WORDS_S = 5.0
"""So long whoever is dismissed may take to read what came before, and why."""


class Outbox(Generic[T]):
    """Items in order; who answers a client waits for room before it hears more from that client.

    *State*: as many items as are put; ``room`` bounds those that answer. *Thread*: the loop.

    Args:
        most: Items above which there is no room.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._items: deque[T] = deque()
        self._filled, self._taken = asyncio.Event(), asyncio.Event()

    def __len__(self) -> int:
        return len(self._items)

    def put(self, item: T) -> None:
        """Add an item."""
        self._items.append(item)
        self._filled.set()

    def forget(self, old: Callable[[T], bool]) -> None:
        """Take out what shall not be sent any more."""
        self._items = deque(item for item in self._items if not old(item))
        self._taken.set()

    async def take(self) -> T:
        """Wait for the next item."""
        while not self._items:
            self._filled.clear()
            await self._filled.wait()
        self._taken.set()
        return self._items.popleft()

    async def room(self) -> None:
        """Wait until fewer than ``most`` are left."""
        while len(self._items) >= self._most:
            self._taken.clear()
            await self._taken.wait()


class Dismissal:
    """Ends a client that was told why, also where it does not read: its session ends in time.

    *Thread*: the loop.
    """

    def __init__(self) -> None:
        self._cause: Exception | None = None
        self._said = asyncio.Event()

    def say(self, cause: Exception) -> None:
        """Take note that the client was told to go; the first reason counts."""
        self._cause = self._cause or cause
        self._said.set()

    async def overdue(self) -> None:
        """Wait until somebody who was told should have gone, and raise the reason."""
        await self._said.wait()
        await asyncio.sleep(LAST_WORDS_S)
        assert self._cause is not None
        raise self._cause


async def last_words(socket: WebSocket, text: str, code: int) -> None:
    """Tell a client why its door closes, and close it; who has gone or does not read is let go.

    Args:
        socket: The client's.
        text: The last message.
        code: Of the closing.
    """
    try:
        async with asyncio.timeout(LAST_WORDS_S):
            await socket.send_text(text)
            await socket.close(code)
    except (WebSocketDisconnect, RuntimeError, TimeoutError):
        return
