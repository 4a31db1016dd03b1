"""Streams become segments one after the other; what is wrong with one ends it alone."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import pytest

from stream_engine.errors import PeerClosed
from stream_engine.livekit.intake import MOST_STREAMS, SpeechIntake
from stream_engine.livekit.room import Incoming
from stream_engine.livekit.segments import Done
from tests.stream_engine.livekit.test_segments import Theatre

RATE = 48_000
GOOD = {"sample_rate": str(RATE), "num_channels": "1"}
TENTH = b"\xe8\x03" * (RATE // 10)
"""A tenth of a second."""


class Source:
    """A byte stream whose bytes come when told to."""

    def __init__(self, attributes: dict[str, str], *chunks: bytes | Exception | None) -> None:
        self.attributes, self.closed = attributes, 0
        self.ended = asyncio.Event()
        self.queue: asyncio.Queue[bytes | Exception | None] = asyncio.Queue()
        for chunk in chunks:
            self.queue.put_nowait(chunk)

    async def chunks(self) -> AsyncIterator[bytes]:
        while (chunk := await self.queue.get()) is not None:
            if isinstance(chunk, Exception):
                raise chunk
            yield chunk

    def close(self) -> None:
        self.closed += 1
        self.ended.set()

    @property
    def incoming(self) -> Incoming:
        return Incoming("stream", "agent", self.attributes, self.chunks(), self.close)


class Desk:
    """An intake at work, and the theatre behind it."""

    def __init__(self, idle_s: float = 5.0, most_s: float = 10.0) -> None:
        self.theatre = Theatre(most_s)
        self.intake = SpeechIntake(self.theatre.segments, idle_s)

    async def read(self, *sources: Source) -> None:
        for source in sources:
            self.intake.take(source.incoming)
        await self.turns()

    async def turns(self, count: int = 30) -> None:
        for _ in range(count):
            await asyncio.sleep(0)


def at_work(play: Callable[[Desk], Coroutine[Any, Any, None]], **settings: float) -> Desk:
    """Run a play while an intake reads."""

    async def run() -> Desk:
        desk = Desk(**settings)
        reading = asyncio.create_task(desk.intake.run())
        try:
            await play(desk)
            assert not reading.done(), reading
        finally:
            reading.cancel()
        desk.theatre.live(80)
        return desk

    return asyncio.run(run())


def test_streams_are_spoken_in_the_order_they_came() -> None:
    """Each a segment of its own, whole when its stream ends."""
    first, second = Source(GOOD, TENTH, TENTH, None), Source(GOOD, TENTH[:99], TENTH[99:], None)

    async def play(desk: Desk) -> None:
        await desk.read(first, second)

    desk = at_work(play)
    assert desk.theatre.done == [Done(0.2, interrupted=False), Done(0.1, interrupted=False)]
    assert first.closed == second.closed == 1


@pytest.mark.parametrize(
    ("bad", "position_s", "said"),
    [
        (lambda: Source({}, TENTH, None), 0.0, "does not say its sample_rate"),
        (lambda: Source(GOOD | {"sample_rate": "1"}, TENTH), 0.0, "cannot be used"),
        (lambda: Source(GOOD, TENTH, b"\x01", None), 0.1, "ends inside a sample"),
        (lambda: Source(GOOD, TENTH, PeerClosed("it broke off")), 0.1, "it broke off"),
        (lambda: Source(GOOD, TENTH, TENTH * 40, TENTH), 0.1, "more speech waits than may"),
    ],
)
def test_a_bad_stream_is_logged_and_said_to_be_interrupted(
    bad: Callable[[], Source], position_s: float, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    """What came of it before is spoken; the next stream is as good as ever."""
    sources: list[Source] = []

    async def play(desk: Desk) -> None:
        sources.extend((bad(), Source(GOOD, TENTH, None)))
        await desk.read(*sources)

    desk = at_work(play, most_s=2.0)
    assert desk.theatre.done == [Done(position_s, interrupted=True), Done(0.1, interrupted=False)]
    assert said in caplog.text
    assert "agent" in caplog.text
    assert all(source.closed for source in sources)


@pytest.mark.parametrize("turns", [0, 30])
def test_a_stream_whose_end_was_lost_gives_way_to_the_next(turns: int) -> None:
    """What it brought is spoken, and is no fault of the agent's; nobody waits for long."""
    lost, after = Source(GOOD, TENTH), Source(GOOD, TENTH, None)

    async def play(desk: Desk) -> None:
        desk.intake.take(lost.incoming)
        await desk.turns(turns)
        desk.intake.take(after.incoming)
        await asyncio.wait_for(after.ended.wait(), 5.0)

    desk = at_work(play, idle_s=600.0)
    assert desk.theatre.done == [Done(0.1, interrupted=False)] * 2
    assert lost.closed == 1


def test_what_is_on_its_way_comes_before_what_came_behind_it() -> None:
    """A stream that comes early does not cut the one before."""
    slow, after = Source(GOOD, TENTH), Source(GOOD, TENTH, None)

    async def play(desk: Desk) -> None:
        await desk.read(slow, after)
        slow.queue.put_nowait(TENTH)
        slow.queue.put_nowait(None)
        await desk.turns()

    assert at_work(play).theatre.done == [Done(0.2, False), Done(0.1, False)]


def test_a_stream_that_brings_nothing_for_long_is_taken_as_ended() -> None:
    """The last of them, too."""
    lost = Source(GOOD, TENTH)

    async def play(desk: Desk) -> None:
        desk.intake.take(lost.incoming)
        await asyncio.wait_for(lost.ended.wait(), 5.0)

    assert at_work(play, idle_s=0.01).theatre.done == [Done(0.1, interrupted=False)]


def test_streams_that_were_not_read_are_forgotten_at_a_clear() -> None:
    """Each is closed and answered; one that is being read is dropped by its segment."""
    sources: list[Source] = []

    async def play(desk: Desk) -> None:
        sources.extend(Source(GOOD, TENTH) for _ in range(3))
        await desk.read(sources[0])
        for source in sources[1:]:
            desk.intake.take(source.incoming)
        desk.theatre.segments.clear()
        desk.intake.clear()
        sources[0].queue.put_nowait(TENTH)
        await desk.turns()

    desk = at_work(play)
    assert desk.theatre.done == [Done(0.0, interrupted=True)] * 3
    assert [source.closed for source in sources] == [1, 1, 1]
    assert desk.theatre.audible == 0


def test_a_clear_before_a_stream_was_begun() -> None:
    """The reader finds nothing, and waits for the next."""
    first, second = Source(GOOD, TENTH, None), Source(GOOD, TENTH, None)

    async def play(desk: Desk) -> None:
        await desk.turns()
        desk.intake.take(first.incoming)
        desk.intake.clear()
        await desk.turns()
        await desk.read(second)

    done = at_work(play).theatre.done
    assert done == [Done(0.0, interrupted=True), Done(0.1, interrupted=False)]


def test_streams_that_wait_are_bounded(caplog: pytest.LogCaptureFixture) -> None:
    """More are closed, answered and logged."""
    sources: list[Source] = []

    async def play(desk: Desk) -> None:
        sources.extend(Source(GOOD) for _ in range(MOST_STREAMS + 2))
        await desk.read(sources[0])
        for source in sources[1:]:
            desk.intake.take(source.incoming)
        assert [source.closed for source in sources] == [0] * (MOST_STREAMS + 1) + [1]

    at_work(play)
    assert "more streams wait than may" in caplog.text
