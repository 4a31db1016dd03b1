"""Evidence at every lag: the newest pairs, signs of lags, nothing for nothing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream_engine.errors import ShapeError
from stream_engine.monitor.sync_evidence import (
    LAGS,
    MOST_LAG_STEPS,
    Saying,
    curve,
    evidence,
    log_softmax,
    over_prior,
    places,
    spoken,
)

UNITS, BANDS = 12, 5


def talk(steps: int, lag: int, seed: int = 0) -> tuple[Saying, Saying]:
    """A voice and a face that says the same ``lag`` steps later."""
    rng = np.random.default_rng(seed)
    said = rng.integers(UNITS, size=steps + 2 * MOST_LAG_STEPS)
    at = np.arange(steps) + MOST_LAG_STEPS
    voice = np.eye(UNITS, dtype=np.float32)[said[at]][None]
    logits = 4.0 * np.eye(UNITS, dtype=np.float32)[said[at - lag]][None]
    mel = rng.standard_normal((said.size, BANDS)).astype(np.float32)
    speech = np.ones((1, steps), np.float32)
    prior = np.full(UNITS, 1 / UNITS, np.float32)
    face = Saying(over_prior(logits, prior), mel[at - lag][None], speech)
    return face, Saying(voice, mel[at][None], speech)


@settings(max_examples=30, deadline=None)
@given(lag=st.integers(-MOST_LAG_STEPS, MOST_LAG_STEPS), seed=st.integers(0, 5))
def test_a_mouth_that_is_late_has_its_evidence_at_a_positive_lag(lag: int, seed: int) -> None:
    """And an early one at a negative one, to the step, well above all others."""
    face, voice = talk(200, lag, seed)
    mean, seconds = curve(spoken(voice), evidence(face, voice))
    assert LAGS[mean[0].argmax()] == lag
    rest = np.delete(mean[0], mean[0].argmax())
    assert mean[0].max() > 1.5 > 0.5 > rest.max()
    assert seconds[0] == pytest.approx((200 - MOST_LAG_STEPS) / 50)


def test_the_newest_step_of_the_later_one_is_always_used() -> None:
    """Of 41 pairs of a new step one side is the newest there is."""
    face, voice = places(MOST_LAG_STEPS + 3)
    assert face.shape == voice.shape == (3, len(LAGS))
    newest = MOST_LAG_STEPS + np.arange(3)[:, None]
    assert (np.maximum(face, voice) == newest).all()
    np.testing.assert_array_equal(face - voice, np.tile(LAGS, (3, 1)))


def test_a_face_that_knows_nothing_is_no_evidence() -> None:
    """What is as common as ever speaks neither for nor against."""
    prior = np.array([0.5, 0.25, 0.25], np.float32)
    np.testing.assert_allclose(over_prior(np.log(prior)[None], prior), 0.0, atol=1e-6)
    np.testing.assert_allclose(np.exp(log_softmax(np.zeros((1, 4), np.float32))), 0.25)


def test_silence_weighs_nothing() -> None:
    """Seconds of speech are those of the voice."""
    face, voice = talk(120, 0)
    quiet = Saying(voice.units, voice.mel, np.zeros_like(voice.speech))
    mean, seconds = curve(spoken(quiet), evidence(face, quiet))
    assert seconds[0] == 0.0
    assert np.isfinite(mean).all()


def test_other_times_are_refused() -> None:
    """Face and voice of different length, or nothing new."""
    face, voice = talk(50, 0)
    short = Saying(voice.units[:, 1:], voice.mel[:, 1:], voice.speech[:, 1:])
    with pytest.raises(ShapeError, match="same time"):
        evidence(face, short)
    few, fewer = talk(MOST_LAG_STEPS, 0)
    with pytest.raises(ShapeError, match="same time"):
        evidence(few, fewer)
