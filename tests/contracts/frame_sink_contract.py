"""What every `FrameSink` must do."""

from collections.abc import Callable

import numpy as np

from stream_engine.motion.arkit import COEFFICIENT_COUNT
from stream_engine.protocols import FrameSink
from stream_engine.types import F32, MotionFrames


def some_motion(frames: int, start: int = 0) -> MotionFrames:
    """Motion in which every value is another; weights 0..1."""
    rng = np.random.default_rng(frames)
    values = rng.random((frames, COEFFICIENT_COUNT)).astype(np.float32)
    values[:, 52:] -= 0.5
    return MotionFrames(start, values)


def check_frame_sink(make: Callable[[], FrameSink], read: Callable[[], F32]) -> None:
    """Frames come out in order however they are cut, and closing twice does no harm.

    Args:
        make: Opens a sink.
        read: Gives what came out of the last one closed, float32 [T, D], as far as the format
            keeps it.
    """
    motion = some_motion(7)
    results = []
    for cuts in ([7], [1, 2, 4], [3, 0, 4]):
        sink, start = make(), 0
        for size in cuts:
            sink.write(MotionFrames(start, motion.coefficients[start : start + size]))
            start += size
        sink.close()
        sink.close()
        results.append(read())
    for got in results:
        np.testing.assert_allclose(got, motion.coefficients, atol=2e-6)
