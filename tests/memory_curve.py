"""Memory of a server whose sessions come and go: ``python -m tests.memory_curve --sessions 1000``.

Sessions are opened through ``/v1/realtime``, one in ten by WebRTC; each speaks until it has moved,
or has been seen, and leaves. After the first hundred, memory must stay within five per cent.
"""

import argparse
import asyncio
import contextlib
import gc
import itertools
import sys
import urllib.error
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from stream_engine.transport.caller import only_loopback
from tests.e2e.browser import Server, memory_mb, serving
from tests.fakes.caller import Caller

AT_ONCE = 3
MOST_GROWTH = 0.05
PATIENCE = 100
LOUD = np.tile(np.repeat(np.array([8_000, -8_000], np.int16), 12), 400).tobytes()
"""Two fifths of a second at 24 kHz."""


@dataclass(frozen=True)
class Curve:
    """Memory after so many sessions, MB.

    Attributes:
        at: Sessions that had come and gone.
        held_mb: Memory then.
        warm: Sessions after which it is to stay.
    """

    at: list[int]
    held_mb: list[float]
    warm: int

    @property
    def growth(self) -> float:
        """Of the end over what was held when warm, as a share."""
        first = self.held_mb[next(index for index, at in enumerate(self.at) if at >= self.warm)]
        return self.held_mb[-1] / first - 1.0


async def push(server: Server) -> None:
    """One session of a bot."""
    url = server.url.replace("http", "ws") + "v1/realtime?encoding=binary&idle=false"
    async with connect(url) as line:
        await line.send(LOUD)
        await line.send('{"type":"input_audio_buffer.commit"}')
        moved = 0
        async for message in line:
            moved += isinstance(message, bytes)
            if moved >= 6:
                break


async def call(server: Server) -> None:
    """One call."""
    caller = Caller()
    try:
        await caller.dial(server.url)
        await caller.until(lambda: caller.pictures >= 5, 20.0)
    finally:
        await caller.close()


async def come_and_go(server: Server, numbers: Iterator[int], last: int, calls_every: int) -> None:
    """Open and close sessions until so many have been."""
    for number in numbers:
        if number >= last:
            return
        come = call if calls_every and number % calls_every == 0 else push
        for _ in range(PATIENCE):
            with contextlib.suppress(ConnectionClosed, urllib.error.HTTPError):
                await come(server)
                break
            await asyncio.sleep(0.2)  # the machine has too much to do, or the last is still closing


def measure(
    server: Server, sessions: int, calls_every: int = 10, step: int = 50
) -> Iterator[tuple[int, float]]:
    """Sessions in steps; memory after each.

    Args:
        server: In a process of its own.
        sessions: In all.
        calls_every: One in so many is a call by WebRTC; 0 for none.
        step: Between two looks.

    Yields:
        How many have been, and the memory held, MB.
    """

    async def some(first: int, last: int) -> None:
        numbers = itertools.count(first)
        workers = (come_and_go(server, numbers, last, calls_every) for _ in range(AT_ONCE))
        await asyncio.gather(*workers)

    with only_loopback():
        for done in range(0, sessions, step):
            last = min(sessions, done + step)
            asyncio.run(some(done, last))
            gc.collect()
            yield last, memory_mb(server.process.pid)


def curve(stages: str, sessions: int, warm: int, step: int = 50) -> Curve:
    """Serve, and measure."""
    with serving("--stages", stages, "--heartbeat-timeout", "10") as server:
        found = list(measure(server, sessions, step=step))
    return Curve([at for at, _ in found], [held for _, held in found], warm)


def main() -> int:
    """Print the curve; exit status 1 if it grows."""
    parser = argparse.ArgumentParser(description="Memory of a server whose sessions come and go.")
    parser.add_argument("--sessions", type=int, default=1000, help="in all")
    parser.add_argument("--warm", type=int, default=100, help="not judged")
    parser.add_argument("--stages", default="real", help="fake or real")
    given = parser.parse_args()
    found = curve(given.stages, given.sessions, given.warm)
    for at, held in zip(found.at, found.held_mb, strict=True):
        print(f"{at:5d} sessions: {held:.1f} MB")  # noqa: T201
    print(f"growth after {given.warm}: {100 * found.growth:+.1f} %")  # noqa: T201
    return int(found.growth > MOST_GROWTH)


if __name__ == "__main__":
    sys.exit(main())
