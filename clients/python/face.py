"""What a client of ``/v1/realtime`` is given: frames with their sound, cuts, and what was said."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from stream_engine.realtime_deltas import Sound
from stream_engine.realtime_wire import CutAnswer
from stream_engine.types import MOTION_FPS, TICKS_PER_FRAME, TICKS_PER_SECOND, MotionFrames
from stream_engine.wire import COEFFICIENT_DIGITS

ARKIT_COUNT = 52
FADE_TICKS = TICKS_PER_SECOND * 5 // 1000
"""A voice that is cut fades out for so long, or it would click."""


@dataclass(frozen=True, slots=True)
class Pose:
    """Head rotation, radians: looks down, turns to its left, tilts to its left."""

    pitch: float = 0.0
    yaw: float = 0.0
    roll: float = 0.0


@dataclass(frozen=True, slots=True)
class Frame:
    """Forty milliseconds of face, and the sound of the same time.

    Attributes:
        index: Frame number of the session, 25 a second.
        pts: Media time at which it begins, 1/48,000 s.
        weights: The 52 ARKit weights by name, 0..1, to four decimals in either encoding.
        pose: Of the head.
        audio: PCM16 mono little-endian; empty where the session's sound goes another way.
        rate_hz: Of the sound.
        cuts: Interrupts and pauses before it. Where this grows, frames that were given before and
            have this index or a later one are void.
    """

    index: int
    pts: int
    weights: Mapping[str, float]
    pose: Pose
    audio: bytes
    rate_hz: int
    cuts: int = 0


@dataclass(frozen=True, slots=True)
class Cut:
    """Where sound and face were cut, by an interrupt or a pause.

    Attributes:
        response: Being spoken when it was cut; None if nothing was.
        pts: First tick that is not heard; a fade of 5 ms follows.
        sample: First sample of the session that is not heard, at its rate.
        frame: First frame that shows nothing of what was cut.
        resume_frame: First frame of new motion.
        ms_to_neutral: From the server's reading of it until the mouth is shut.
        heard_samples: Of the response, heard.
        dropped_samples: Forgotten, of whatever response; 0 for a pause.
    """

    response: str | None
    pts: int
    sample: int
    frame: int
    resume_frame: int
    ms_to_neutral: float
    heard_samples: int
    dropped_samples: int


@dataclass(frozen=True, slots=True)
class Spoken:
    """What became of a response: heard to its end, or cut after so many samples."""

    completed: bool
    heard_samples: int


def samples_in(milliseconds: float, rate_hz: int) -> int:
    """Samples that milliseconds of the wire stand for."""
    return round(milliseconds * rate_hz / 1000.0)


def cut_of(answer: CutAnswer, rate_hz: int) -> Cut:
    """Read an acknowledgement.

    Args:
        answer: Of the server.
        rate_hz: Of the speech.

    Returns:
        The same in samples.
    """
    return Cut(
        answer.response_id,
        answer.pts,
        answer.pts * rate_hz // TICKS_PER_SECOND,
        answer.frame,
        answer.resume_frame,
        answer.ms_to_neutral,
        samples_in(answer.audio_end_ms, rate_hz),
        samples_in(answer.dropped_ms, rate_hz),
    )


def without(frame: Frame, cut: Cut) -> Frame | None:
    """What is left of a frame that came before a cut.

    Args:
        frame: Given, and not shown yet.
        cut: That came after it.

    Returns:
        None if nothing is; its sound fades out where it was cut.
    """
    if frame.index >= cut.frame:
        return None
    first = (cut.pts - frame.pts) * frame.rate_hz // TICKS_PER_SECOND
    if first >= len(frame.audio) // 2:
        return frame
    pcm = np.frombuffer(frame.audio, "<i2").astype(np.float32)
    after = np.arange(len(pcm)) - first
    fade = 1.0 - np.clip(after / (FADE_TICKS * frame.rate_hz / TICKS_PER_SECOND), 0.0, 1.0)
    return replace(frame, audio=(pcm * fade).astype("<i2").tobytes())


class FrameJoiner:
    """Joins the sound and the motion of the same time, which come one after the other.

    *State*: the last sound. *Thread*: any, one at a time.

    Args:
        names: Of the coefficients: 52 weights, then pitch, yaw and roll of the head.
        rate_hz: Of the sound.
    """

    def __init__(self, names: Sequence[str], rate_hz: int) -> None:
        self._names = tuple(names[:ARKIT_COUNT])
        self._rate_hz = rate_hz
        self._sound: Sound | None = None
        self.cuts = 0

    def hear(self, sound: Sound) -> None:
        """Take the sound that the next motion has."""
        self._sound = sound

    def join(self, motion: MotionFrames) -> Iterator[Frame]:
        """Give the frames of some motion.

        Args:
            motion: float32 [T, 55].

        Yields:
            Each, with its sound if that has come.
        """
        start, sound, self._sound = motion.start * TICKS_PER_FRAME, self._sound, None
        size = 2 * self._rate_hz // MOTION_FPS
        heard = b""
        if sound is not None and sound.pts == start:
            heard = sound.pcm.astype("<i2").tobytes()
        rows = motion.coefficients.astype(float).round(COEFFICIENT_DIGITS).tolist()
        for at, row in enumerate(rows):
            yield Frame(
                motion.start + at,
                start + at * TICKS_PER_FRAME,
                dict(zip(self._names, row, strict=False)),
                Pose(*row[ARKIT_COUNT:]),
                heard[at * size : (at + 1) * size],
                self._rate_hz,
                self.cuts,
            )
