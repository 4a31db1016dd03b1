"""A whole recording heard: the same as in one call, and nothing from before its beginning."""

import numpy as np
import pytest

from stream_engine.errors import ShapeError
from stream_engine.monitor.recording_ears import hear_recording
from stream_engine.monitor.sync_evidence import LAGS, MOST_LAG_STEPS, Saying, evidence
from tests.fakes.streaming_ears import DELAY, fake_ears, levels, mel_of, motion_of


def test_a_recording_is_heard_whole() -> None:
    """Two steps a frame to the last; face and voice that go together say the same."""
    level = levels(230, 0)
    heard = hear_recording(fake_ears(), motion_of(level), mel_of(level))
    assert heard.seconds == pytest.approx(9.2)
    assert np.array_equal(heard.said, np.round(level * 9).astype(int).repeat(2))
    assert np.array_equal(heard.said, heard.seen)
    assert heard.nats.shape == heard.weights.shape == (460, len(LAGS))


def test_evidence_is_that_of_one_call() -> None:
    """However the recording is cut to bound memory."""
    level, other = levels(230, 0), levels(230, 1)
    ears = fake_ears()
    heard = hear_recording(ears, motion_of(level), mel_of(other))
    longer, later = (np.concatenate([part, part[-1:].repeat(DELAY)]) for part in (level, other))
    face, voice, _ = ears.hear(ears.initial_state(1), motion_of(longer)[None], mel_of(later)[None])
    skip = 2 * DELAY
    cut = [Saying(s.units[:, skip:], s.mel[:, skip:], s.speech[:, skip:]) for s in (face, voice)]
    assert np.allclose(heard.nats[MOST_LAG_STEPS:], evidence(*cut)[0], atol=1e-4)


def test_nothing_from_before_the_beginning_counts() -> None:
    """At step s only lags up to s either way are compared."""
    level = levels(50, 0)
    weights = hear_recording(fake_ears(), motion_of(level), mel_of(level)).weights
    for step in (0, 1, 7, MOST_LAG_STEPS):
        assert np.array_equal(weights[step] > 0.5, np.abs(LAGS) <= step)


@pytest.mark.parametrize("frames", [1, 2, 99, 100, 101])
def test_any_length_is_heard(frames: int) -> None:
    """A frame, and about the length of a call."""
    level = levels(frames, 0)
    assert len(hear_recording(fake_ears(), motion_of(level), mel_of(level)).nats) == 2 * frames


def test_what_does_not_go_together_is_refused() -> None:
    """Other lengths, nothing, NaN."""
    motion, mel = motion_of(levels(5, 0)), mel_of(levels(5, 0))
    for one, other in ((motion[:4], mel), (motion[:0], mel[:0]), (motion * np.nan, mel)):
        with pytest.raises(ShapeError, match="cannot be compared"):
            hear_recording(fake_ears(), one, other)
