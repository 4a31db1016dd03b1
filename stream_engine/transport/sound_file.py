"""Sound into a WAV file."""

import wave
from pathlib import Path

import numpy as np

from stream_engine.errors import TransportError
from stream_engine.types import F32, MODEL_RATE_HZ

_FULL_SCALE = 32767.0


def write_sound(path: Path, samples: F32) -> None:
    """Write 16-bit mono at 16 kHz, all of it or nothing.

    A sound that passes full scale is turned down, not clipped.

    Args:
        path: File to write.
        samples: float32 [N], 16 kHz.

    Raises:
        TransportError: If the file cannot be written.
    """
    loudest = max(1.0, float(np.abs(samples).max(initial=0.0)))
    pcm = np.round(samples * (_FULL_SCALE / loudest)).astype("<i2")
    unfinished = path.with_name(path.name + ".new")
    try:
        with unfinished.open("wb") as place, wave.open(place, "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(MODEL_RATE_HZ)
            file.writeframes(pcm.tobytes())
        unfinished.replace(path)
    except OSError as error:
        raise TransportError.unwritable("sound", path, error) from error
