"""Clips of many lengths in few batches."""

import numpy as np

from stream_engine.motion.generator import silent_frame
from tests.training.evaluation.recordings_for_tests import made_up_recordings
from training.evaluation.batches import batch_of, batches, padded


def test_short_clips_are_filled_up_and_what_is_filled_does_not_count() -> None:
    """Silence for the ear, invalid for the eye."""
    recordings = made_up_recordings((24, 30))
    batch = batch_of(recordings, np.array([1, 0]))
    assert batch.motion.shape == (2, 30, 55)
    assert batch.mel.shape == (2, 120, 80)
    assert np.allclose(batch.mel[1, 96:100], silent_frame())
    assert np.allclose(batch.mel[1, :96], recordings[0].pair.mel)
    assert batch.valid.sum(axis=1).tolist() == [29, 23]
    assert not batch.judged[1, 24:].any()


def test_every_clip_is_in_one_batch_and_batches_are_bounded() -> None:
    """Similar lengths together; 100 samples of each leave room for two."""
    recordings = made_up_recordings((40, 24, 38, 25, 24))
    numbers = [batch.numbers.tolist() for batch in batches(recordings, 100)]
    assert numbers == [[1, 4], [3, 2], [0]]
    assert [b.numbers.tolist() for b in batches(recordings, 2)] == [[1, 4, 3, 2, 0]]
    assert [len(b.numbers) for b in batches(recordings, 5_000)] == [1] * 5


def test_tracks_are_cut_or_filled() -> None:
    """To one length."""
    run = padded([np.ones(2), np.arange(5.0)], 3)
    assert run.tolist() == [[1.0, 1.0, 0.0], [0.0, 1.0, 2.0]]
