"""Messages, sorted."""

import asyncio
from collections.abc import Callable

import numpy as np
import pytest

from clients.python.dialling import Options
from clients.python.incoming import Incoming
from clients.python.ledger import CANCELLED, Ledger
from stream_engine.errors import SignalingError, SpeechBufferFull, TimeUp
from stream_engine.motion.arkit import COEFFICIENT_NAMES
from stream_engine.realtime_deltas import audio_delta, motion_bytes, motion_delta, sound_bytes
from stream_engine.realtime_wire import CutAnswer, Described, FaceState, RealtimeError, as_text
from stream_engine.sync_wire import FaceSync, FaceSyncAction
from stream_engine.types import TICKS_PER_FRAME, MotionFrames
from stream_engine.wire import Problem

SESSION = Described("s", "ultra", 24_000, 25, 80, 120, "binary", list(COEFFICIENT_NAMES))
PCM = np.arange(960, dtype=np.int16)


def used(work: Callable[[Incoming, Ledger], None], most: int = 8) -> None:
    async def use() -> None:
        ledger = Ledger(24_000)
        work(Incoming(SESSION, ledger, Options(most_frames=most)), ledger)

    asyncio.run(use())


def motion(index: int) -> MotionFrames:
    rows = np.random.default_rng(index).uniform(-1.0, 1.0, (1, 55)).astype(np.float32)
    return MotionFrames(index, rows)


def test_both_encodings_give_the_same_frames() -> None:
    """Equal, weight by weight and sample by sample."""

    def work(incoming: Incoming, ledger: Ledger) -> None:
        for index in range(4):
            pts = index * TICKS_PER_FRAME
            incoming.take(sound_bytes(pts, PCM, 24_000))
            incoming.take(motion_bytes(motion(index)))
            incoming.take(as_text(audio_delta(pts, PCM, 24_000)))
            incoming.take(as_text(motion_delta(motion(index))))
        frames = list(incoming.frames._items)
        assert frames[::2] == frames[1::2]
        assert frames[6].audio == PCM.tobytes()

    used(work)


def test_a_cut_frees_what_waits_and_marks_what_follows() -> None:
    """Two of five frames stay; the next belongs to a time after the cut."""

    def work(incoming: Incoming, ledger: Ledger) -> None:
        for index in range(5):
            incoming.take(motion_bytes(motion(index)))
        _, answer = ledger.ask(CANCELLED)
        incoming.take(as_text(CutAnswer(CANCELLED, None, 3_000, 2, 5, 90.0, 0.0, 0.0)))
        incoming.take(motion_bytes(motion(2)))
        frames = [(frame.index, frame.cuts) for frame in incoming.frames._items]
        assert frames == [(0, 0), (1, 0), (2, 1)]
        assert answer.done()

    used(work)


def test_a_slow_reader_keeps_the_newest() -> None:
    """The others are counted."""

    def work(incoming: Incoming, ledger: Ledger) -> None:
        for index in range(5):
            incoming.take(motion_bytes(motion(index)))
        assert [frame.index for frame in incoming.frames._items] == [3, 4]
        assert incoming.frames.dropped == 3

    used(work, most=2)


def test_events_wait_and_errors_are_told() -> None:
    """One that ends it is raised; one that nobody asked for is kept; a newer server's is passed."""

    def work(incoming: Incoming, ledger: Ledger) -> None:
        incoming.take(as_text(FaceState("speaking", 0)))
        assert list(incoming.events._items) == [FaceState("speaking", 0)]
        incoming.take('{"type":"response.smell.delta"}')
        incoming.take(as_text(RealtimeError(Problem("SpeechBufferFull", "more than may"))))
        assert isinstance(incoming.refused, SpeechBufferFull)
        with pytest.raises(TimeUp, match="long"):
            incoming.take(as_text(RealtimeError(Problem("TimeUp", "too long"), ends=True)))
        for garbage in (b"", b"\0" * 20, "{", '{"type":"face.state"}'):
            with pytest.raises(SignalingError):
                incoming.take(garbage)

    used(work)


def test_how_well_the_face_goes_with_its_voice_is_an_event() -> None:
    """What was found and what was done about it, in the order they came; a score may be absent."""

    def work(incoming: Incoming, ledger: Ledger) -> None:
        told = [
            FaceSync(38_400, 0.914, 118.5, 0.97, 1.6, [82, 71], [82, 24]),
            FaceSyncAction("realign", True, "the mouth is 118 ms late", 118, False, False),
            FaceSync(57_600, None, None, 0.0, 0.1, [82], [76], align_ms=118),
        ]
        for message in told:
            incoming.take(as_text(message))
        assert list(incoming.events._items) == told

    used(work)
