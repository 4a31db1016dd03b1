import asyncio

import numpy as np
import pytest
from aiortc.mediastreams import MediaStreamError

from stream_engine.hand_off import TimedPicture
from stream_engine.telemetry.metrics import Tally
from stream_engine.transport.tracks import VOICE_STARTS, FaceTrack, VoiceTrack
from stream_engine.types import F32, TICKS_PER_SECOND, VideoFrame
from tests.fakes.clock import ManualClock


class FakeProgramme:
    """Voice that says its own sample index; a picture that says the media time asked for."""

    def __init__(self) -> None:
        self.clock = ManualClock(0.0)
        self.tally = Tally()
        self.origin_s = 0.5

    def due(self, pts: int) -> float:
        return self.origin_s + pts / TICKS_PER_SECOND

    def voice(self, pts: int, count: int) -> F32:
        return (np.arange(pts, pts + count) % 100 / 200.0).astype(np.float32)

    def picture(self, pts: int) -> TimedPicture | None:
        rgb = np.full((16, 16, 3), pts // 1920 % 256, np.uint8)
        return TimedPicture(VideoFrame(pts, rgb), 0.0, 0.0)

    async def sleep(self, seconds: float) -> None:
        self.clock.advance(seconds)


def test_voice_and_face_of_one_moment_are_released_at_one_time() -> None:
    """Same media time, same wall time, whichever track is asked."""
    voice, face = FakeProgramme(), FakeProgramme()
    voice_track, face_track = VoiceTrack(voice, voice.sleep), FaceTrack(face, face.sleep)
    spoken, shown = {}, {}

    async def play() -> None:
        for _ in range(20):
            frame = await voice_track.recv()
            spoken[frame.pts] = voice.clock.now()
        for _ in range(30):
            frame = await face_track.recv()
            shown[frame.pts] = face.clock.now()

    asyncio.run(play())
    assert list(shown) == [k * 1920 for k in range(30)]
    assert list(spoken) == [VOICE_STARTS + k * 960 for k in range(20)]
    both = [pts for pts in shown if pts in spoken]
    assert len(both) >= 9
    assert all(spoken[pts] == pytest.approx(shown[pts]) for pts in both)


def test_voice_is_what_the_programme_gives() -> None:
    """Samples arrive as s16 mono with their time at 48 kHz."""
    programme = FakeProgramme()
    track = VoiceTrack(programme, programme.sleep)
    frame = asyncio.run(track.recv())
    pcm = frame.to_ndarray()[0]
    expected = programme.voice(VOICE_STARTS, 960)
    np.testing.assert_allclose(pcm / 32767.0, expected, atol=1 / 32000)
    assert (frame.sample_rate, frame.pts) == (48_000, VOICE_STARTS)


def test_a_track_far_behind_goes_on_in_the_present() -> None:
    """After two seconds without a turn there is no burst of fifty pictures."""
    programme = FakeProgramme()
    track = FaceTrack(programme, programme.sleep)

    async def play() -> list[int]:
        first = await track.recv()
        programme.clock.advance(2.0)
        second = await track.recv()
        third = await track.recv()
        return [first.pts, second.pts, third.pts]

    first, second, third = asyncio.run(play())
    assert first == 0
    assert second >= 48 * 1920
    assert third == second + 1920
    assert programme.tally.count("video_skipped_total") == second // 1920 - 1


def test_the_line_may_move_while_a_track_waits() -> None:
    """A later origin makes it wait on."""
    programme = FakeProgramme()

    async def sleep(seconds: float) -> None:
        programme.clock.advance(seconds)
        programme.origin_s = 0.7

    frame = asyncio.run(FaceTrack(programme, sleep).recv())
    assert frame.pts == 0
    assert programme.clock.now() == pytest.approx(0.7)


def test_a_stopped_track_says_so() -> None:
    """Aiortc ends its sender by this error."""
    programme = FakeProgramme()
    track = VoiceTrack(programme, programme.sleep)
    track.stop()
    with pytest.raises(MediaStreamError):
        asyncio.run(track.recv())


def test_a_track_tells_what_it_gave_before_when_the_next_is_asked_for() -> None:
    """Nothing at the first asking; then each item once, however many moments had no picture."""
    programme = FakeProgramme()
    shown = list[int]()
    track = FaceTrack(programme, programme.sleep)
    track.on_sent = shown.append
    real, blind = programme.picture, {1920, 3840}
    programme.picture = lambda pts: None if pts in blind else real(pts)  # type: ignore[method-assign]

    async def play() -> list[int]:
        return [(await track.recv()).pts for _ in range(4)]

    given = asyncio.run(play())
    assert given == [0, 5760, 7680, 9600]
    assert list(dict.fromkeys(shown)) == given[:-1]
