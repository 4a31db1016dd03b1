"""What LiveKit's agents and their avatars say to each other: names, attributes, bytes.

An agent opens one byte stream for each segment of speech (``lk.audio_stream``), calls
``lk.clear_buffer`` to interrupt, and is called back once a segment: ``lk.playback_finished``, and
``lk.playback_started`` before it where it wants to know.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from stream_engine.audio.resampler import block_samples
from stream_engine.audio.speech_queue import Pcm
from stream_engine.errors import AudioError, SignalingError

AUDIO_STREAM = "lk.audio_stream"
CLEAR_BUFFER = "lk.clear_buffer"
PLAYBACK_STARTED = "lk.playback_started"
PLAYBACK_FINISHED = "lk.playback_finished"
ON_BEHALF = "lk.publish_on_behalf"
"""Attribute of an avatar: the identity of the agent whose face it is."""

CLEARED, REJECTED = "ok", "reject"
"""Answers to ``lk.clear_buffer``."""

RATES_HZ = range(8_000, 48_001)
MOST_CHANNELS = 2
_SAMPLE_BYTES = 2


@dataclass(frozen=True, slots=True)
class Sound:
    """What a stream's bytes are: PCM16, little-endian, channels interleaved."""

    rate_hz: int
    channels: int


def read_sound(attributes: Mapping[str, str] | None) -> Sound:
    """Read the attributes of a stream; those that are not known are left alone.

    Args:
        attributes: Of the stream's header.

    Returns:
        Rate and channels.

    Raises:
        SignalingError: If either is missing, or none that can be spoken.
    """
    rate_hz = _number(attributes, "sample_rate")
    if rate_hz not in RATES_HZ:
        raise _unusable("sample_rate", rate_hz, f"{RATES_HZ.start}..{RATES_HZ.stop - 1} Hz")
    try:
        block_samples(rate_hz)
    except AudioError as error:
        raise _unusable("sample_rate", rate_hz, error.expected) from error
    channels = _number(attributes, "num_channels")
    if not 1 <= channels <= MOST_CHANNELS:
        raise _unusable("num_channels", channels, f"1..{MOST_CHANNELS}")
    return Sound(rate_hz, channels)


def _number(attributes: Mapping[str, str] | None, key: str) -> int:
    text = (attributes or {}).get(key)
    if text is None:
        raise SignalingError(
            f"an audio stream does not say its {key}",
            got=", ".join(sorted(attributes or {}))[:80] or "no attributes",
            expected="sample_rate and num_channels",
        )
    if not (text.isascii() and text.isdigit() and len(text) < 7):
        raise _unusable(key, text, "a whole number")
    return int(text)


def _unusable(key: str, got: object, expected: str) -> SignalingError:
    return SignalingError(
        f"{key} of an audio stream cannot be used", got=repr(got)[:40], expected=expected
    )


def finished(position_s: float, interrupted: bool) -> str:
    """Write what ``lk.playback_finished`` carries.

    Args:
        position_s: Seconds of the segment that were heard.
        interrupted: Whether that is less than there was to be.

    Returns:
        JSON.
    """
    return json.dumps({"playback_position": position_s, "interrupted": interrupted})


class PcmReader:
    """Bytes in pieces of any length to mono samples.

    *State*: less than one sample of each channel.

    Args:
        channels: Interleaved in the bytes; their mean is taken.
    """

    def __init__(self, channels: int) -> None:
        self._channels = channels
        self._frame = channels * _SAMPLE_BYTES
        self._rest = b""

    def feed(self, data: bytes) -> Pcm:
        """Take bytes.

        Args:
            data: They follow on from the last.

        Returns:
            int16 [N], the samples that are whole.
        """
        data = self._rest + data
        whole = len(data) - len(data) % self._frame
        self._rest = data[whole:]
        samples = np.frombuffer(data[:whole], "<i2")
        if self._channels == 1:
            return samples.astype(np.int16, copy=False)
        mean: Pcm = (samples.reshape(-1, self._channels).sum(axis=1, dtype=np.int32)
                     // self._channels).astype(np.int16)  # fmt: skip
        return mean

    def finish(self) -> None:
        """Say that no more comes.

        Raises:
            SignalingError: If a sample is left that is not whole.
        """
        if self._rest:
            raise SignalingError(
                "an audio stream ends inside a sample",
                got=f"{len(self._rest)} bytes too many",
                expected=f"a multiple of {self._frame}",
            )
