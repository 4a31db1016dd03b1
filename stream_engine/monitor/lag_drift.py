"""How a lag grows with time: a line that single wrong lags do not turn.

Source: Theil 1950, Sen 1968, 'Estimates of the regression coefficient based on Kendall's tau'
(slope and its interval).
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LEAST_SECONDS = 20.0
"""Over a shorter time a drift cannot be told from a lag that wavers."""

LEAST_LAGS = 10
LEAST_CONFIDENCE = 0.8
WORTH_TELLING = 20.0
"""Milliseconds a minute; less is what clocks of different devices do."""

_SEPARATE_S = 2.0
_NORMAL_95 = 1.96
_MOST_LAGS = 1500


@dataclass(frozen=True, slots=True)
class LagDrift:
    """A lag that grows, or shrinks below 0.

    Attributes:
        ms_per_minute: How much later the mouth comes with every minute.
        low: Least of its 95 % interval.
        high: Greatest.
        lags: How many lags it is drawn through.
    """

    ms_per_minute: float
    low: float
    high: float
    lags: int

    @property
    def told(self) -> bool:
        """Whether it is worth telling, and no accident."""
        return abs(self.ms_per_minute) > WORTH_TELLING and self.low * self.high > 0.0

    @property
    def clock_ratio(self) -> float:
        """How many seconds of motion there are to one of sound."""
        return 1.0 + self.ms_per_minute / 60_000.0


def lag_drift(
    seconds: NDArray[np.float64], lag_ms: NDArray[np.float64], confidence: NDArray[np.float64]
) -> LagDrift | None:
    """Draw a line through the lags that are sure: the median of the slopes of all pairs.

    Args:
        seconds: When, [N].
        lag_ms: How late the mouth is, [N].
        confidence: How sure it is, 0..1, [N].

    Returns:
        The line's slope; None if the sure lags are few, or lie close together.
    """
    sure = np.flatnonzero(confidence >= LEAST_CONFIDENCE)
    sure = sure[:: max(1, -(-len(sure) // _MOST_LAGS))]
    when, lag = seconds[sure], lag_ms[sure]
    if len(sure) < LEAST_LAGS or when[-1] - when[0] < LEAST_SECONDS:
        return None
    first, second = np.triu_indices(len(sure), 1)
    apart = when[second] - when[first]
    far = apart >= _SEPARATE_S  # windows that overlap share their lag
    slopes = np.sort((lag[second] - lag[first])[far] / apart[far]) * 60.0
    # Neighbouring windows overlap by half, so there are half as many lags of their own.
    count = len(sure) / 2.0
    spread = _NORMAL_95 * math.sqrt(count * (count - 1.0) * (2.0 * count + 5.0) / 18.0)
    reach = min(0.5, spread / (count * (count - 1.0)))
    low, middle, high = np.quantile(slopes, [0.5 - reach, 0.5, 0.5 + reach])
    return LagDrift(float(middle), float(low), float(high), len(sure))
