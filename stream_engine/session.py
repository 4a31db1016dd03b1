"""One conversation: its media time, its queues, its place in the engine and before the painter."""

import secrets
from collections.abc import Callable

import numpy as np

from stream_engine.audio.resampler import Resampler
from stream_engine.audio.ring_buffer import RingBuffer, silence
from stream_engine.batching.lane import Lane
from stream_engine.engine import LaneOrder
from stream_engine.hand_off import FrameSlot, TimedPicture
from stream_engine.motion.handover import NEUTRAL_FRAMES
from stream_engine.motion.window import profile_named
from stream_engine.render_loop import Seat
from stream_engine.session_parts import Audience, House, Interruption, Listener, SessionParts
from stream_engine.session_sync import SessionSync
from stream_engine.telemetry.metrics import Tally
from stream_engine.telemetry.spans import span, waited
from stream_engine.transport.intake import AudioIntake
from stream_engine.transport.margin import Margin
from stream_engine.transport.playout import PlayoutClock
from stream_engine.types import (
    F32,
    MOTION_FPS,
    SAMPLES_PER_FRAME,
    TICKS_PER_FRAME,
    TICKS_PER_SECOND,
    AudioChunk,
    MotionFrames,
)
from stream_engine.user_level import UserLevel

RING_SECONDS = 2
"""Audio kept from its arrival until it leaves again as the voice, delayed."""

PATIENCE_FRAMES = MOTION_FPS // 2
"""Most audio that may wait for the engine; more means that it cannot keep up."""

RELEASE_MARGIN = TICKS_PER_SECOND * 40 // 1000
"""Least room for the model's and the painter's work between final motion and its release."""

FADE_TICKS = TICKS_PER_SECOND * 5 // 1000
"""A voice that is cut fades out for so long, or it would click."""


class Session:
    """Audio in by timestamp, voice and picture out at the same delayed moment.

    ::

        push_audio ─► intake ─► ring (2 s) ─► resampler ─► lane ─► painter ─► slot ─► picture
                                     └────────── delay = latency + margin ────────────► voice

    *Latency*: ``delay``, in ticks: the model's, a margin, and what a slow machine needs more.
    *Thread*: the loop; ``on_error`` may be called on the render thread.

    Args:
        parts: What it is made of.
        house: Threads and clock shared by all sessions.
        on_motion: Given final motion.
        on_error: Told what ended the session, on the thread where it happened.

    Attributes:
        begun: Its time runs.
        listeners: Other doors of the same session.
        audience: Who looks at its pictures.
        prompted: It speaks what a `Prompter` gives it, and listens to whoever has the microphone.
    """

    def __init__(
        self,
        parts: SessionParts,
        house: House,
        on_motion: Callable[[MotionFrames], None],
        on_error: Callable[[Exception], None],
    ) -> None:
        self.id = secrets.token_urlsafe(9)
        self.parts = parts
        self.listeners: list[Listener] = []
        self.begun = self.prompted = False
        self.clock = house.clock
        self.tally = Tally(house.tally)
        self._least_delay = profile_named(parts.profile).latency + RELEASE_MARGIN
        self._margin = Margin()
        self._house = house
        self._on_error = on_error
        self._sent: TimedPicture | None = None
        self.playout = PlayoutClock(house.clock.now(), self._least_delay)
        self.ring = RingBuffer(RING_SECONDS * TICKS_PER_SECOND)
        self._intake = AudioIntake(self.ring, self.playout, self.tally)
        self._resampler = Resampler(TICKS_PER_SECOND)
        self._resampled = self._voiced = 0
        sink = _Delivery(self, on_motion, on_error)
        order = LaneOrder(parts.profile, sink, self.tally, parts.manner, PATIENCE_FRAMES)
        self.lane: Lane = house.engine.add(order)
        self._user = UserLevel(self.lane)
        self.sync = SessionSync(self.lane, house.clock, self.tally, self.id, house.engine)
        self._slot = FrameSlot(self.tally)
        self.seat = self._take_seat()
        self.audience = Audience(self._show)

    @property
    def delay(self) -> int:
        """Ticks between a moment's arrival and its release."""
        return self.playout.delay_ticks

    def begin(self, heard: int = 0) -> None:
        """Start the session's time, once, when the peer is there and ``heard`` ticks have come."""
        if not self.begun:
            self.begun = True
            self.playout.origin_s = self.clock.now() - heard / TICKS_PER_SECOND

    def push_audio(self, pts: int, samples: F32) -> None:
        """Take received audio.

        Args:
            pts: The sender's time of the first sample, 1/48,000 s, any origin.
            samples: float32 [N] at 48 kHz.
        """
        if self.prompted:
            self._user.push(samples)
            return
        self.begin(len(samples))
        self._intake.push(pts, samples, self.clock.now())
        self._feed()

    def speak(self, voice: F32, heard: F32) -> None:
        """Take speech that follows on from the last, as a sender in perfect time does.

        Args:
            voice: float32 [N] at 48 kHz.
            heard: The same for the model, float32 [N / 3] at 16 kHz.
        """
        self.begin()
        before = self.lane.heard_frames
        self.ring.append(voice)
        self._resampled = self.ring.end
        self.lane.write(heard, self.clock.now())
        if self.lane.heard_frames != before:
            self.lane.owner.wake()

    def released(self) -> int:
        """Media time that leaves now, ticks; below 0 before the first."""
        return self.playout.position(self.clock.now()) - self.delay

    def interrupt(self) -> Interruption:
        """Stop sound and face at once: nothing of what was heard so far is heard or shown again.

        The mouth shuts within `NEUTRAL_FRAMES` frames, by a blend; the session goes on.

        Returns:
            Where it was cut.
        """
        self.begin()
        now, released = self.clock.now(), self.released()
        pts = max(released, self._voiced, 0)
        self.ring.fade_out(pts - self.sync.voice_ticks, FADE_TICKS)
        self._resampler.hush()
        shown = max(-1, released - round(self.sync.face_s * TICKS_PER_SECOND))
        first = shown // TICKS_PER_FRAME + 1
        self.lane.cut(first, now)
        self._house.render.wake()
        self.tally.add("interrupts_total")
        resume = self.lane.handover.resume if self.lane.handover else first
        shut = self._face_due((first + NEUTRAL_FRAMES - 1) * TICKS_PER_FRAME)
        return Interruption(pts, first, resume, shut - now)

    def due(self, pts: int) -> float:
        """Wall time at which ``pts`` leaves, voice and picture alike."""
        self.begin()
        return self.playout.due(pts)

    def voice(self, pts: int, count: int) -> F32:
        """Take the voice that leaves at ``pts``; what has not arrived is silence, counted."""
        self._advance()
        self._voiced = max(self._voiced, pts + count)
        return self.sync.voice(self.ring, pts, count)

    def picture(self, pts: int) -> TimedPicture | None:
        """Take the picture that leaves at ``pts``: the latest there is, None if none is drawn."""
        self._advance()
        picture = self._slot.latest()
        if picture is not None and self._is_cut(picture):
            picture = self._sent
        if picture is None:
            return None
        now = self.clock.now()
        self.sync.seen(pts, picture)
        self.tally.add("video_frames_total")
        if picture is self._sent:
            self.tally.add("video_repeated_total")
            return picture
        self._sent = picture
        if picture.frame.pts >= 0:
            self.tally.observe("picture_to_sent_seconds", now - picture.drawn_s)
            slack_s = self.playout.due(picture.frame.pts) - picture.soonest_s
            self.playout.delay_ticks = self._least_delay + self._margin.observe(slack_s)
            arrival = self.playout.arrival(picture.frame.pts)
            self.tally.observe("arrival_to_sent_seconds", now - arrival)
            waited("playout", picture.drawn_s, now, picture.frame.pts)
            waited("arrival to release", arrival, now, picture.frame.pts)
        return picture

    def close(self) -> None:
        """Leave the engine and the painter; may be called again."""
        self.audience.close()
        self.sync.close()
        self._house.leave(self, self.lane, self.seat)
        listeners, self.listeners = self.listeners, []
        for listener in listeners:
            listener.ended()

    def _take_seat(self) -> Seat | None:
        if self.parts.poser is None:
            return None
        seat = Seat(
            avatar=self.parts.avatar,
            poser=self.parts.poser,
            source=self.lane,
            slot=self._slot,
            due=self._face_due,
            tally=self.tally,
            on_error=self._on_error,
        )
        self._house.render.add(seat)
        return seat

    def _face_due(self, pts: int) -> float:
        """Wall time at which the face of ``pts`` leaves; any thread."""
        return self.playout.due(pts) + self.sync.face_s

    def _show(self, pictures: bool) -> None:
        if self.seat is not None:
            self._house.render.show(self.seat, pictures)

    def _is_cut(self, picture: TimedPicture) -> bool:
        """Whether a picture shows what was cut since it was begun."""
        handover = self.lane.handover
        if handover is None or picture.handover is handover:
            return False
        return picture.frame.pts >= handover.first * TICKS_PER_FRAME

    def _advance(self) -> None:
        """Go on where no microphone is heard; a prompter that is late makes up for it itself."""
        if not self.prompted and self._intake.advance(self.clock.now()):
            self._feed()

    def _feed(self) -> None:
        """Hand on to the engine what is new in the ring, at the rate the model hears."""
        before = self.lane.heard_frames
        gone = max(0, self.ring.oldest - self._resampled) // TICKS_PER_FRAME
        if gone:
            self._resampler.hush()
            self._resampled += gone * TICKS_PER_FRAME
            self.lane.write(silence(gone * SAMPLES_PER_FRAME), self.clock.now())
        while self._resampled < self.ring.end:
            read = self.ring.read(self._resampled, TICKS_PER_FRAME)
            lost = min(read.lost, TICKS_PER_FRAME)
            samples = np.zeros(lost, np.float32) if lost else read.samples
            chunk = AudioChunk(self._resampled, samples, TICKS_PER_SECOND)
            self._resampled += len(samples)
            with span("resample", size=len(samples)):
                ready = self._resampler.feed(chunk)
            for heard in ready:
                self.lane.write(heard.samples, self.clock.now())
        if self.lane.heard_frames != before:
            self.lane.owner.wake()


class _Delivery:
    """`MotionSink` of a session: measures how old motion is, and passes it on."""

    def __init__(
        self,
        session: Session,
        on_motion: Callable[[MotionFrames], None],
        on_error: Callable[[Exception], None],
    ) -> None:
        self._session, self._on_motion, self._on_error = session, on_motion, on_error

    def push(self, frames: MotionFrames) -> None:
        """Tell the client; the painter has seen it already."""
        session = self._session
        now = session.clock.now()
        for index in range(len(frames.coefficients)):
            arrival = session.playout.arrival((frames.start + index) * TICKS_PER_FRAME)
            session.tally.observe("capture_to_motion_seconds", now - arrival)
        session.sync.delivered(frames)
        self._on_motion(frames)
        for listener in session.listeners:
            listener.motion(frames)

    def finish(self) -> None:
        """A live session has no end of speech."""

    def fail(self, error: Exception) -> None:
        """The engine could not go on."""
        self._on_error(error)
