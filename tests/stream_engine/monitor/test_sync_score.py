"""Judgements and alarms from sums of evidence."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_engine.monitor.sync_evidence import LAGS
from stream_engine.monitor.sync_score import (
    Calibration,
    accumulate,
    features,
    hop_sums,
    judge,
    no_gains,
    over_all_lags,
)
from stream_engine.types import F32

CALIBRATION = Calibration(
    in_sync=(-6.0, 3.0, 3.0, 1.0),
    located=(-4.0, 2.0, 3.0, 1.0),
    slack=0.2,
    shifted=25.0,
    expected=0.8,
    wrong=40.0,
)
STEPS = 20


def hop(lag: float, height: float = 2.0, speech: float = 1.0, floor: float = -1.0) -> F32:
    """Sums of a hop whose evidence peaks at a lag (steps), float32 [1, 2, L]."""
    mean = floor + (height - floor) * np.exp(-0.5 * ((LAGS - lag) / 2.5) ** 2)
    nats = np.tile(mean, (1, STEPS, 1)).astype(np.float32)
    return hop_sums(np.full_like(nats, speech), nats)


@given(lag=st.floats(-18, 18))
def test_the_lag_is_found_between_steps(lag: float) -> None:
    """To 3 ms, where it is a smooth peak."""
    judgement = judge(5 * hop(lag), CALIBRATION)
    assert judgement.lag_ms[0] == pytest.approx(20 * lag, abs=3.0)
    assert judgement.confidence[0] > 0.9


@pytest.mark.parametrize("lag", [6, -6, 15])
def test_a_shift_has_a_low_score_and_a_face_in_sync_a_high_one(lag: int) -> None:
    """The score is about now, the lag says what would mend it."""
    assert judge(5 * hop(0), CALIBRATION).score[0] > 0.9
    assert judge(5 * hop(lag), CALIBRATION).score[0] < 0.1
    assert judge(5 * hop(0, height=-0.5), CALIBRATION).score[0] < 0.1


def test_too_little_speech_is_nothing_to_judge() -> None:
    """However bad it looks."""
    judgement = judge(5 * hop(9, speech=0.1), CALIBRATION)
    assert not judgement.judged[0]
    assert judge(5 * hop(9), CALIBRATION).judged[0]
    assert features(np.zeros((2, 2, len(LAGS)), np.float32))[3].tolist() == [0.0, 0.0]


@given(heights=st.lists(st.floats(1.0, 3.0), min_size=5, max_size=40), lag=st.integers(-2, 2))
def test_a_face_in_sync_never_raises_an_alarm(heights: list[float], lag: int) -> None:
    """Whatever it says: within 40 ms nothing adds up."""
    gains = no_gains(1)
    for height in heights:
        gains, alarms = accumulate(gains, hop(lag, height), CALIBRATION)
        assert not alarms.lag_ms[0]
        assert not alarms.wrong[0]


@pytest.mark.parametrize("lag", [-20, -5, 4, 12])
def test_a_shift_is_certain_within_a_second(lag: int) -> None:
    """With its lag and sign, after years of health."""
    gains = no_gains(1)
    for _ in range(50):
        gains, _ = accumulate(gains, hop(0), CALIBRATION)
    lags = []
    for _ in range(3):
        gains, alarms = accumulate(gains, hop(lag), CALIBRATION)
        lags.append(float(alarms.lag_ms[0]))
        assert not alarms.wrong[0]
    assert lags[-1] == pytest.approx(20 * lag, abs=20)


def test_other_words_are_certain_and_no_shift() -> None:
    """A face that fits no lag is wrong, not late, even if one lag is less bad."""
    gains = no_gains(1)
    for _ in range(8):
        gains, alarms = accumulate(gains, hop(9, height=-1.4, floor=-2.0), CALIBRATION)
    assert alarms.wrong[0]
    assert alarms.lag_ms[0] == 0.0


@given(level=st.floats(-9.0, 9.0))
def test_a_face_that_fits_faintly_but_just_here_is_not_wrong(level: float) -> None:
    """An odd voice moves the evidence of all lags; only what one has over all of them counts."""
    gains = no_gains(1)
    for _ in range(20):
        gains, alarms = accumulate(gains, hop(0, height=level + 1.2, floor=level), CALIBRATION)
        assert not alarms.wrong[0]
        assert not alarms.lag_ms[0]


def test_words_that_fit_again_elsewhere_are_late_and_not_wrong_however_long_all_was_well() -> None:
    """No lag falls so short that it would take long to be believed."""
    gains = no_gains(1)
    for _ in range(500):
        gains, _ = accumulate(gains, hop(0), CALIBRATION)
    assert gains.max() <= 1.5 * CALIBRATION.wrong


def test_evidence_over_all_lags_is_nothing_where_all_are_alike() -> None:
    """However much is said at each."""
    weights = np.random.default_rng(0).uniform(0.0, 1.0, (2, STEPS, len(LAGS))).astype(np.float32)
    sums = hop_sums(weights, np.full_like(weights, -3.0))
    assert np.allclose(over_all_lags(sums), 0.0, atol=1e-4)


def test_silence_adds_nothing_up() -> None:
    """An hour of it."""
    gains = no_gains(1)
    for _ in range(100):
        gains, alarms = accumulate(gains, hop(9, speech=0.0), CALIBRATION)
    assert not gains.any()
    assert not alarms.wrong[0]
