"""What has come and was not taken yet: bounded, the oldest gives way."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Mailbox(Generic[T]):
    """Items for one reader; who does not read loses the oldest, and they are counted.

    *State*: at most ``most`` items. *Thread*: the loop.

    Args:
        most: Items that may wait.

    Attributes:
        dropped: Items that gave way.
    """

    def __init__(self, most: int) -> None:
        self._items: deque[T] = deque(maxlen=most)
        self._changed = asyncio.Event()
        self._closed = False
        self._cause: Exception | None = None
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._items)

    def put(self, item: T) -> None:
        """Take an item."""
        self.dropped += len(self._items) == self._items.maxlen
        self._items.append(item)
        self._changed.set()

    def revise(self, change: Callable[[T], T | None]) -> None:
        """Change what waits, or take it away where ``change`` gives None."""
        kept = [new for item in self._items if (new := change(item)) is not None]
        self._items = deque(kept, self._items.maxlen)

    def close(self, cause: Exception | None = None) -> None:
        """Take no more; who reads gets what waits, and then the cause, if there is one."""
        if not self._closed:
            self._closed, self._cause = True, cause
            self._changed.set()

    async def read(self) -> AsyncIterator[T]:
        """Give items as they come.

        Yields:
            Each once; one reader at a time.

        Raises:
            Exception: The cause it was closed with.
        """
        while True:
            while self._items:
                yield self._items.popleft()
            if self._closed:
                break
            self._changed.clear()
            await self._changed.wait()
        if self._cause is not None:
            raise self._cause
