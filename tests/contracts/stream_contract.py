"""The law of every `Stream`: chunked = whole, bit for bit."""

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from stream_engine.types import AudioChunk


def run_in_chunks(
    make: Callable[[], Any],
    samples: np.ndarray,
    cuts: Sequence[int],
    rate_hz: int,
    join: Callable[[list[Any]], np.ndarray],
) -> np.ndarray:
    """Feed samples cut at the given places, finish, and join all outputs."""
    stream, out = make(), []
    edges = [0, *sorted(cut % (len(samples) + 1) for cut in cuts), len(samples)]
    for start, end in itertools.pairwise(edges):
        out.extend(stream.feed(AudioChunk(start, samples[start:end], rate_hz)))
    out.extend(stream.finish())
    return join(out)


def join_motion(runs: list[Any]) -> np.ndarray:
    """Stack motion frames; fails if an index is skipped or repeated."""
    expected = 0
    for run in runs:
        assert run.start == expected
        assert len(run.coefficients) > 0
        expected += len(run.coefficients)
    return np.concatenate([run.coefficients for run in runs])
