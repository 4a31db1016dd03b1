"""Sound and motion over ``/v1/realtime``: base64 in JSON, or binary messages.

With ``encoding=binary`` deltas are binary messages: kind (1 sound, 2 motion), version, a count of
samples or frames, their rate, and the media time of the first in ticks of 1/48,000 s
(``<BBxxIIq``), then PCM16 or float32, 55 a frame; all little-endian.
"""

import base64
import binascii
import struct
from dataclasses import dataclass

import numpy as np

from stream_engine.audio.ring_buffer import RingBuffer
from stream_engine.audio.speech_queue import Pcm
from stream_engine.errors import SignalingError
from stream_engine.realtime_wire import AudioDelta, MotionDelta
from stream_engine.types import F32, MOTION_FPS, TICKS_PER_FRAME, TICKS_PER_SECOND, MotionFrames
from stream_engine.wire import COEFFICIENT_DIGITS

SOUND, MOTION = 1, 2
HEADER = struct.Struct("<BBxxIIq")
_VERSION = 1
COEFFICIENTS = 55
"""Numbers of a frame."""


@dataclass(frozen=True, slots=True)
class Sound:
    """A run of sound: int16 [N] from media time ``pts`` on."""

    pts: int
    pcm: Pcm
    rate_hz: int


def pcm_of(audio: str) -> Pcm:
    """Read the samples of an `AppendAudio`; SignalingError if it is no base64 of PCM16."""
    try:
        data = base64.b64decode(audio, validate=True)
    except (binascii.Error, ValueError) as error:
        raise SignalingError("audio is not base64", got=str(error)[:80]) from error
    return pcm_in(data)


def pcm_in(data: bytes) -> Pcm:
    """Read PCM16, little-endian; SignalingError if half a sample is left over."""
    if len(data) % 2:
        raise SignalingError(
            "PCM16 cut in the middle of a sample",
            got=f"{len(data)} bytes",
            expected="an even number of bytes",
        )
    return np.frombuffer(data, "<i2").astype(np.int16)


def sound_of(frames: MotionFrames, said: RingBuffer, rate_hz: int) -> Sound:
    """Find the sound of the same time as motion; what is not there is silence.

    Args:
        frames: Motion.
        said: What was said, at ``rate_hz``.
        rate_hz: Of the sound.

    Returns:
        As long as the motion.
    """
    pts = frames.start * TICKS_PER_FRAME
    ticks = len(frames.coefficients) * TICKS_PER_FRAME
    first, count = (value * rate_hz // TICKS_PER_SECOND for value in (pts, ticks))
    read = said.read(first, count)
    sound = np.zeros(count, np.float32)
    sound[read.start - first : read.start - first + len(read.samples)] = read.samples
    return Sound(pts, (sound * 32768.0).clip(-32768, 32767).astype(np.int16), rate_hz)


def motion_delta(frames: MotionFrames) -> MotionDelta:
    """Turn motion into its event."""
    rows = frames.coefficients.astype(float).round(COEFFICIENT_DIGITS).tolist()
    return MotionDelta(frames.start, frames.start * TICKS_PER_FRAME, MOTION_FPS, rows)


def audio_delta(pts: int, pcm: Pcm, rate_hz: int) -> AudioDelta:
    """Turn sound into its event."""
    return AudioDelta(pts, rate_hz, base64.b64encode(pcm.astype("<i2").tobytes()).decode())


def motion_bytes(frames: MotionFrames) -> bytes:
    """Write motion as a binary message."""
    rows: F32 = frames.coefficients
    pts = frames.start * TICKS_PER_FRAME
    return HEADER.pack(MOTION, _VERSION, len(rows), MOTION_FPS, pts) + rows.astype("<f4").tobytes()


def sound_bytes(pts: int, pcm: Pcm, rate_hz: int) -> bytes:
    """Write sound as a binary message."""
    return HEADER.pack(SOUND, _VERSION, len(pcm), rate_hz, pts) + pcm.astype("<i2").tobytes()


def motion_in(delta: MotionDelta) -> MotionFrames:
    """Read the motion of an event; SignalingError if a frame has not its 55 numbers."""
    if any(len(row) != COEFFICIENTS for row in delta.coefficients):
        raise SignalingError(
            "a frame has another number of coefficients",
            got=str([len(row) for row in delta.coefficients])[:80],
            expected=f"{COEFFICIENTS} each",
        )
    rows = np.asarray(delta.coefficients, np.float32).reshape(-1, COEFFICIENTS)
    return MotionFrames(delta.start, rows)


def read_delta(data: bytes) -> Sound | MotionFrames:
    """Read a binary message.

    Args:
        data: As `sound_bytes` and `motion_bytes` write it.

    Returns:
        Sound, or motion.

    Raises:
        SignalingError: If it is neither, or cut short.
    """
    expected = f"kind {SOUND} or {MOTION}, version {_VERSION}, and as much as it says"
    if len(data) < HEADER.size:
        raise SignalingError("a delta is cut short", got=f"{len(data)} bytes", expected=expected)
    kind, version, count, rate, pts = HEADER.unpack_from(data)
    size = {SOUND: 2, MOTION: 4 * COEFFICIENTS}.get(kind, 0)
    if version != _VERSION or not size or len(data) != HEADER.size + count * size:
        got = f"kind {kind}, version {version}, {count} in {len(data)} bytes"
        raise SignalingError("a delta cannot be read", got=got, expected=expected)
    if kind == SOUND:
        return Sound(pts, pcm_in(data[HEADER.size :]), rate)
    rows = np.frombuffer(data, "<f4", offset=HEADER.size).reshape(count, COEFFICIENTS)
    return MotionFrames(pts // TICKS_PER_FRAME, rows.astype(np.float32))
