"""An interrupt stops sound and face at once, by a blend, and leaves nothing of what was said."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream_engine.config import EngineConfig
from stream_engine.household import Household
from stream_engine.motion.arkit import INDEX
from stream_engine.motion.handover import FALL, NEUTRAL_FRAMES
from stream_engine.protocols import Renderer
from stream_engine.session import FADE_TICKS, Session
from stream_engine.types import TICKS_PER_FRAME, MeshFrame, MotionFrames, VideoFrame
from tests.fakes.clock import ManualClock
from tests.fakes.stages import FakeStages

PACKET, STEP_S = 960, 0.005
JAW = INDEX["jawOpen"]


class JawPicture(Renderer):
    """Implements `Renderer`: the picture's only pixel is the jaw's opening in 255ths."""

    def render(self, frame: MeshFrame) -> VideoFrame:
        """Draw it."""
        jaw = round(255 * float(frame.positions[0, 1]))
        return VideoFrame(frame.pts, np.full((1, 1, 3), jaw, np.uint8))

    def close(self) -> None:
        """Nothing to free."""


class Stage:
    """A session worked by hand: a loud or silent microphone, a voice and a picture track."""

    def __init__(self, profile: str) -> None:
        self.clock = ManualClock(50.0)
        self.house = Household(FakeStages(), EngineConfig(), self.clock)
        parts = self.house.make_parts(profile, "default")
        self.motion: dict[int, float] = {}
        self.session: Session = self.house.open(parts, self.take, self.fail)
        self.renderers: dict[str, Renderer] = {"default": JawPicture()}
        self.pictures: list[tuple[int, float]] = []
        self.voice: list[tuple[int, float]] = []
        self.pts, self.frame, self.heard, self.steps = 0, 0, 0, 0

    def fail(self, error: Exception) -> None:
        raise error

    def take(self, frames: MotionFrames) -> None:
        for offset, row in enumerate(frames.coefficients):
            self.motion[frames.start + offset] = float(row[JAW])

    def live(self, steps: int, level: float) -> None:
        """Let so many times 5 ms pass, everybody doing what is due."""
        for _ in range(steps):
            self.clock.advance(STEP_S)
            self.steps += 1
            if self.steps % 4 == 0:
                self.session.push_audio(self.pts, np.full(PACKET, level, np.float32))
                self.pts += PACKET
            self.house.engine.engines[0].run_once()
            self.house.render.draw_due(self.renderers)
            while self.session.due(self.heard) <= self.clock.now():
                sound = self.session.voice(self.heard, PACKET)
                self.voice.append((self.heard, float(np.abs(sound[FADE_TICKS:]).max())))
                self.heard += PACKET
            while self.session.due(self.frame * TICKS_PER_FRAME) <= self.clock.now():
                picture = self.session.picture(self.frame * TICKS_PER_FRAME)
                if picture is not None:
                    self.pictures.append((self.frame, float(picture.frame.rgb[0, 0, 0]) / 255))
                self.frame += 1


@pytest.mark.parametrize("profile", ["ultra", "balanced", "quality"])
@settings(max_examples=25, deadline=None)
@given(
    before=st.integers(120, 300),
    pause=st.integers(1, 120),
    again=st.booleans(),
)
def test_nothing_of_what_was_cut_is_heard_or_shown(
    profile: str, before: int, pause: int, again: bool
) -> None:
    """Whenever it comes, twice in a row, too: quiet at once, the mouth shut within 150 ms."""
    stage = Stage(profile)
    stage.live(before, 0.5)
    for level_after in (0.0, 0.0) if again else (0.0,):
        shown, heard = len(stage.pictures), len(stage.voice)
        cut = stage.session.interrupt()
        assert 0.0 < cut.neutral_s <= 0.15
        stage.live(pause, level_after)
        for frame, jaw in stage.pictures[shown:]:
            since = frame - cut.first
            allowed = FALL[since] if 0 <= since < NEUTRAL_FRAMES else 0.0
            late = FALL[since - 1] if 1 <= since <= NEUTRAL_FRAMES else 1.0 if since == 0 else 0.0
            assert jaw <= max(allowed, late) + 0.01, (frame, cut)
        assert all(loud == 0.0 for pts, loud in stage.voice[heard:] if pts >= cut.pts)
    stage.live(200, 0.0)
    settled = [jaw for frame, jaw in stage.pictures if frame >= cut.first + NEUTRAL_FRAMES]
    assert max(settled, default=0.0) == 0.0
    made = [jaw for frame, jaw in stage.motion.items() if frame >= cut.first + NEUTRAL_FRAMES - 1]
    assert max(made) == 0.0
    assert stage.frame * TICKS_PER_FRAME == pytest.approx(stage.heard, abs=2 * TICKS_PER_FRAME)


def test_who_speaks_on_is_seen_to_speak_again() -> None:
    """New speech right after an interrupt opens the mouth, and its voice is whole."""
    stage = Stage("balanced")
    stage.live(200, 0.5)
    cut = stage.session.interrupt()
    stage.live(200, 0.3)
    after = dict(stage.pictures)
    assert after[cut.first + NEUTRAL_FRAMES - 1] <= FALL[-2]
    assert after[cut.resume + 4] == pytest.approx(1.0, abs=0.01)
    assert stage.session.tally.count("interrupts_total") == 1
    loud = [level for pts, level in stage.voice if pts >= (cut.resume + 1) * TICKS_PER_FRAME]
    assert min(loud) == pytest.approx(0.3)


def test_an_interrupt_before_anything_was_said_does_no_harm() -> None:
    """Nor do many."""
    stage = Stage("ultra")
    for _ in range(5):
        stage.session.interrupt()
    stage.live(100, 0.5)
    stage.live(100, 0.5)
    assert stage.pictures[-1][1] == pytest.approx(1.0, abs=0.01)
