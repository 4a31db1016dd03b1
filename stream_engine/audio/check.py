"""What counts as usable audio."""

import numpy as np

from stream_engine.errors import AudioError
from stream_engine.types import F32, AudioChunk

LOWEST_RATE_HZ = 8_000
HIGHEST_RATE_HZ = 192_000


def check_rate(rate_hz: int) -> None:
    """Refuse sample rates that are no speech.

    Args:
        rate_hz: Samples in a second.

    Raises:
        AudioError: If below 8 kHz or above 192 kHz.
    """
    if not LOWEST_RATE_HZ <= rate_hz <= HIGHEST_RATE_HZ:
        raise AudioError(
            "sample rate cannot be used",
            got=f"{rate_hz} Hz",
            expected=f"{LOWEST_RATE_HZ}..{HIGHEST_RATE_HZ} Hz",
            fix="resample before sending",
        )


def checked(chunk: AudioChunk) -> F32:
    """Give a chunk's samples, or say why they cannot be used.

    Args:
        chunk: Mono speech.

    Returns:
        Its samples, limited to -1..1.

    Raises:
        AudioError: If they are not one-dimensional, or hold NaN or infinity.
    """
    if chunk.samples.ndim != 1:
        raise AudioError(
            "audio must be mono", got=f"shape {chunk.samples.shape}", expected="one dimension"
        )
    if not np.isfinite(chunk.samples).all():
        bad = int(np.argmin(np.isfinite(chunk.samples)))
        raise AudioError(
            "audio holds NaN or infinity",
            got=f"{chunk.samples[bad]} at sample {chunk.start + bad}",
            expected="finite samples in -1..1",
            fix="look at the program that made the audio",
        )
    return chunk.samples.astype(np.float32, copy=False).clip(-1.0, 1.0)
