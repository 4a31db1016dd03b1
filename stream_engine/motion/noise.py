"""Noise as a pure function of seed and absolute frame: the sampler's start noise, and draws.

Every window that predicts a frame starts it from the same noise, and neighbouring frames from
similar noise, so that successive windows agree and the face does not tremble. Everything is a hash
of a counter, worked out for many sessions at once: no generator objects, no state to carry.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from stream_engine.motion.window import LatencyProfile
from stream_engine.types import F32

U64 = NDArray[np.uint64]

_SMOOTHING_FRAMES = 2.0
_REACH = 6
NOISE_FRAMES = 2 * _REACH
"""Frames of white noise around a frame that its smooth noise is made of, besides its own."""

_NOISE, _DRAWS = np.uint64(0x5851F42D4C957F2D), np.uint64(0x9E3779B97F4A7C15)
"""What tells the two uses of a seed apart."""
_INDEX_BITS, _BITS = 12, 24
_TAIL = 2.0**-14


@cache
def smoothing_kernel() -> F32:
    """Weights over 13 frames whose squares add up to 1, so that smoothed noise keeps unit spread.

    Returns:
        float32 [13].
    """
    at = np.arange(-_REACH, _REACH + 1)
    weights = np.exp(-0.5 * (at / _SMOOTHING_FRAMES) ** 2)
    kernel: F32 = (weights / np.sqrt((weights**2).sum())).astype(np.float32)
    return kernel


def smoothed(white: F32) -> F32:
    """Smooth white noise over time.

    Args:
        white: float32 [..., T + 12, D], from 6 frames before the first frame wanted.

    Returns:
        float32 [..., T, D], unit spread, correlated over about five frames. Every value is added up
        in the same order, so a frame's bits depend on neither window nor batch.
    """
    count = white.shape[-2] - NOISE_FRAMES
    total = np.zeros((*white.shape[:-2], count, white.shape[-1]), np.float32)
    for at, weight in enumerate(smoothing_kernel()):
        total += weight * white[..., at : at + count, :]
    return total


def noise_streams(seeds: U64, coefficients: int, shared: Sequence[int] = ()) -> U64:
    """Prepare the streams of noise of many sessions.

    Args:
        seeds: One per session, uint64 [B].
        coefficients: D.
        shared: Numbers of the coefficients whose noise is that of seed 0 whatever the seed. What
            speech decides takes the same course for every seed then, and the rest varies.

    Returns:
        uint64 [B, D], for `white_noise`.
    """
    streams = np.repeat(_scramble(seeds + _NOISE)[:, None], coefficients, axis=1)
    streams[:, list(shared)] = _scramble(np.array([_NOISE]))
    return streams


def white_noise(streams: U64, frames: NDArray[np.int64]) -> F32:
    """Draw from the normal distribution, a pure function of stream and frame.

    Quantiles by table, with straight lines between: sums and products only, so the same bits on
    every machine and in every batch. Tails end at 3.8.

    Args:
        streams: uint64 [..., D], of `noise_streams`.
        frames: Absolute frame of each, int64 [...].

    Returns:
        float32 [..., D], unit spread.
    """
    bits = _hashed(streams + frames[..., None].astype(np.uint64), streams.shape[-1])
    at = (bits >> np.uint64(_BITS - _INDEX_BITS)).astype(np.intp)
    share = (bits & np.uint64(2 ** (_BITS - _INDEX_BITS) - 1)).astype(np.float32)
    values, steps = _quantiles()
    drawn: F32 = values[at] + share * steps[at]
    return drawn


@dataclass(frozen=True, slots=True)
class NoiseState:
    """White noise that the next window needs again, of B sessions; its size never changes.

    Attributes:
        streams: Of `noise_streams`, uint64 [B, D].
        white: float32 [B, L + 12, D], L lookahead frames.
    """

    streams: U64
    white: F32


class WindowNoise:
    """Start noise of windows of a batch of sessions; each frame is drawn once.

    State: none here; `NoiseState` in, `NoiseState` out.
    Thread: any.

    Args:
        profile: Hop and lookahead.
        spread: Spread of each coefficient's noise, float32 [D]; 1 by default. Wider noise gives
            what speech does not decide more variety.
    """

    def __init__(self, profile: LatencyProfile, spread: F32 | None = None) -> None:
        self._first = profile.lookahead_frames + NOISE_FRAMES
        self._whole = profile.window_frames + NOISE_FRAMES
        self._spread = np.float32(1.0) if spread is None else spread

    def initial_state(self, streams: U64) -> NoiseState:
        """State of sessions whose next window begins at frame 0.

        Args:
            streams: Of `noise_streams`, uint64 [B, D].

        Returns:
            The state.
        """
        return NoiseState(
            streams, self._draw(streams, np.zeros(len(streams), np.int64), self._first)
        )

    def step(
        self, state: NoiseState, frame: NDArray[np.int64], final: int
    ) -> tuple[F32, NoiseState]:
        """Noise of the next window of every session.

        Args:
            state: B sessions.
            frame: First frame of each window, int64 [B].
            final: How many frames later the window after it begins.

        Returns:
            float32 [B, T, D], unit spread, correlated over about five frames; and the state.
        """
        kept = state.white.shape[1]
        fresh = self._draw(state.streams, frame + kept, self._whole - kept)
        white = np.concatenate([state.white, fresh], axis=1)
        return smoothed(white), NoiseState(state.streams, white[:, final:])

    def _draw(self, streams: U64, frame: NDArray[np.int64], count: int) -> F32:
        rows: NDArray[np.int64] = frame[:, None] + np.arange(count)
        drawn: F32 = white_noise(streams[:, None], rows) * self._spread
        return drawn


def uniforms(seeds: NDArray[np.uint64], frames: NDArray[np.int64], count: int) -> F32:
    """Draw evenly spread numbers for many sessions at once, a pure function of seed and frame.

    A hash of a counter rather than a generator: what idle life needs is a few numbers for each of
    many sessions, and a generator object per session and frame would cost more than the face.

    Args:
        seeds: One per session, uint64 [B].
        frames: Absolute frame of each, int64 [B]; may be below 0.
        count: Numbers wanted of each, n.

    Returns:
        float32 [B, n], 0 <= u < 1.

    Source: Steele, Lea & Flood 2014, SplitMix64's output function.
    """
    keys = _scramble(seeds + _DRAWS) + frames.astype(np.uint64)
    out: F32 = _hashed(keys[:, None], count).astype(np.float32) * np.float32(2.0**-_BITS)
    return out


Draw = Callable[[], F32]
"""Gives what was drawn, when it is asked."""


class Draws:
    """Even draws of one frame of many sessions, made when they are first asked for.

    Most frames begin nothing, and a hash costs as much as all the rest of a pair of eyes.

    Args:
        seeds: One per session, uint64 [B].
        frames: Absolute frame of each, int64 [B].
        count: Numbers of each, n.
    """

    def __init__(self, seeds: NDArray[np.uint64], frames: NDArray[np.int64], count: int) -> None:
        self._of = seeds, frames, count
        self._drawn: F32 | None = None

    def __getitem__(self, columns: int | slice) -> F32:
        """Some of the numbers, float32 [B] or [B, N]."""
        if self._drawn is None:
            self._drawn = uniforms(*self._of)
        some: F32 = self._drawn[:, columns]
        return some


@cache
def _quantiles() -> tuple[F32, F32]:
    """The normal distribution's quantiles and the step to the next, float32 [4096] each."""
    count = 2**_INDEX_BITS
    normal = NormalDist()
    edges = np.array(
        [normal.inv_cdf(min(max(k / count, _TAIL), 1 - _TAIL)) for k in range(count + 1)]
    )
    low, high = edges[:-1], edges[1:]
    edges /= np.sqrt(((low**2 + low * high + high**2) / 3.0).mean())  # lines and tails cost some
    return edges[:-1].astype(np.float32), (np.diff(edges) * 2.0 ** (_INDEX_BITS - _BITS)).astype(
        np.float32
    )


def _hashed(keys: U64, count: int) -> U64:
    """Hash keys uint64 [..., 1] or [..., n] to n numbers of 24 bits: what float32 holds exactly."""
    lanes = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0xD1342543DE82EF95)
    return _scramble(_scramble(keys) + lanes) >> np.uint64(64 - _BITS)


def _scramble(value: U64) -> U64:
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))
