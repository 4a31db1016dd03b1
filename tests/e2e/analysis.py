"""Turns what the page recorded into latencies."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]

STEP_S = 0.005
"""Grid everything is compared on."""

MAX_LAG_S = 0.9
QUIET = 0.004
"""Loudness below which nobody speaks."""


@dataclass(frozen=True)
class Curves:
    """What went up, what came back, on one grid of ``STEP_S``.

    Attributes:
        up: Loudness of the microphone.
        back: Loudness of what the browser plays.
        mouth: Share of dark or tooth-coloured pixels where the mouth is, on the screen.
        jaw: jawOpen as its event arrived.
    """

    up: F64
    back: F64
    mouth: F64
    jaw: F64


@dataclass(frozen=True)
class Lag:
    """Seconds one curve comes after the other, and how alike they are then, -1..1."""

    seconds: float
    likeness: float


def curves(probe: dict[str, Any], motion: list[dict[str, Any]], coefficient: int) -> Curves:
    """Put the page's records on one grid, seconds of the audio clock."""
    audio = np.array(probe["audio"])
    clock = np.array(probe["clock"])
    # The audio clock moves in steps: its leading edge against the page's clock is the true line.
    offset = float(np.max(clock[:, 1] - clock[:, 0] / 1000.0))
    mouth = np.array(probe["mouth"])
    shown_s = mouth[:, 0] / 1000.0 + offset
    grid = np.arange(audio[0, 0], min(audio[-1, 0], shown_s[-1]), STEP_S)
    came_s = np.array([message["at"] for message in motion]) / 1000.0 + offset
    jaw = np.array([message["coefficients"][-1][coefficient] for message in motion])
    return Curves(
        up=np.interp(grid, audio[:, 0], audio[:, 1]),
        back=np.interp(grid, audio[:, 0], audio[:, 2]),
        mouth=_held(grid, shown_s, mouth[:, 1]),
        jaw=_held(grid, came_s, jaw),
    )


def _held(grid: F64, times: F64, values: F64) -> F64:
    """Each value stands until the next comes."""
    found: F64 = values[np.clip(np.searchsorted(times, grid, side="right") - 1, 0, len(times) - 1)]
    return found


def lag(first: F64, second: F64, most_s: float = MAX_LAG_S) -> Lag:
    """Say by how much ``second`` comes after ``first``, at the shift where they are most alike."""
    steps = int(most_s / STEP_S)
    length = len(first) - steps
    a = first[:length] - first[:length].mean()
    best = Lag(0.0, -1.0)
    for shift in range(steps):
        b = second[shift : shift + length] - second[shift : shift + length].mean()
        power = float(np.sqrt((a @ a) * (b @ b)))
        likeness = float(a @ b) / power if power > 0 else 0.0
        if likeness > best.likeness:
            best = Lag(shift * STEP_S, likeness)
    return best


def likeness(first: F64, second: F64, window_s: float = 3.0) -> float:
    """Say how alike two curves are, each few seconds at their own lag: the median."""
    size, reach = int(window_s / STEP_S), int(MAX_LAG_S / STEP_S)
    starts = range(0, len(first) - size - reach, size)
    spans = [slice(at, at + size + reach) for at in starts]
    return float(np.median([lag(first[span], second[span]).likeness for span in spans]))


def opening(up: F64, mouth: F64, delay_s: float) -> tuple[float, float]:
    """Say how far a mouth is open in speech and in silence (nothing heard for 0.3 s around)."""
    shift, around = int(delay_s / STEP_S), int(0.3 / STEP_S)
    window = np.ones(2 * around + 1)
    near = np.convolve((up > QUIET).astype(float), window, mode="same")
    after = mouth[shift:]
    loud = up[: len(after)] > np.quantile(up, 0.7)
    quiet = near[: len(after)] == 0
    return float(after[loud].mean()), float(after[quiet].mean())


def bursts(up: F64) -> list[tuple[int, int]]:
    """Find each stretch of speech after silence: grid indices from 0.2 s before, 1 s long."""
    loud = up > QUIET
    before, length = int(0.2 / STEP_S), int(1.0 / STEP_S)
    found = []
    index = before
    while index < len(up) - length - int(MAX_LAG_S / STEP_S):
        if loud[index] and not loud[index - before : index].any():
            found.append((index - before, index - before + length))
            index += length
        index += 1
    return found


def lags_by_burst(first: F64, second: F64, spans: list[tuple[int, int]]) -> list[float]:
    """Measure the lag of each burst on its own."""
    reach = int(MAX_LAG_S / STEP_S)
    return [lag(first[a : b + reach], second[a : b + reach]).seconds for a, b in spans]
