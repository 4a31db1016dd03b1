"""Speech as the model hears it, float32, smaller and with every bit kept.

Three codings, the first that gives the same bits back: silence is nothing; samples that are whole
parts of 32,768, as PCM16 at 16 kHz is, are differences of int16; all others are their own four
bytes, the first of every sample, then the second and so on, because the first are much alike.
"""

import zlib

import numpy as np
from numpy.typing import NDArray

from stream_engine.errors import RecordingError
from stream_engine.types import F32

SILENCE, INTEGERS, FLOATS = range(3)

_LEVEL = 1
"""Of zlib: more costs several times the processor for a hundredth of the size."""

_FULL_SCALE = np.float32(32768.0)


def pack_samples(samples: F32) -> bytes:
    """Write samples.

    Args:
        samples: float32 [N].

    Returns:
        One byte that says how, then the rest.
    """
    plain = samples.astype("<f4", copy=False)
    if not plain.view("<u4").any():
        return bytes([SILENCE])
    whole = _integers(plain)
    if whole is not None:
        steps = np.diff(whole, prepend=np.int16(0))  # modulo 2 ** 16, both ways
        return bytes([INTEGERS]) + zlib.compress(_planes(steps), _LEVEL)
    return bytes([FLOATS]) + zlib.compress(_planes(plain), _LEVEL)


def unpack_samples(data: bytes, count: int) -> F32:
    """Read samples.

    Args:
        data: From `pack_samples`.
        count: How many.

    Returns:
        float32 [count].

    Raises:
        RecordingError: If it is something else.
    """
    coding = data[0] if data else FLOATS + 1
    if coding == SILENCE:
        return np.zeros(count, np.float32)
    if coding == INTEGERS:
        steps = np.frombuffer(_unplanes(data[1:], count, 2), "<i2")
        whole = np.cumsum(steps, dtype=np.int16)
        return whole.astype(np.float32) / _FULL_SCALE
    if coding == FLOATS:
        return np.frombuffer(_unplanes(data[1:], count, 4), "<f4").astype(np.float32)
    raise RecordingError("samples of a coding that is not known", got=str(coding))


def _integers(samples: F32) -> NDArray[np.int16] | None:
    """The same as int16, if nothing is lost by it."""
    if not (np.abs(samples) < 1.0).all():  # NaN is not below anything
        return None
    scaled = samples * _FULL_SCALE
    whole = scaled.astype("<i2")
    again = whole.astype("<f4") / _FULL_SCALE
    # By their bits: -0.0 equals 0.0.
    return whole if np.array_equal(again.view("<u4"), samples.view("<u4")) else None


def _planes(values: NDArray[np.generic]) -> bytes:
    size = values.dtype.itemsize
    return np.ascontiguousarray(values).view(np.uint8).reshape(-1, size).T.tobytes()


def _unplanes(data: bytes, count: int, size: int) -> bytes:
    most = count * size
    try:
        unpacker = zlib.decompressobj()
        planes = unpacker.decompress(data, most + 1)
    except zlib.error as error:
        raise RecordingError("samples cannot be unpacked", got=str(error)) from error
    if len(planes) != most:
        raise RecordingError("samples of another number", got=f"{len(planes)} bytes or more",
                             expected=f"{most} bytes")  # fmt: skip
    return np.frombuffer(planes, np.uint8).reshape(size, count).T.tobytes()
