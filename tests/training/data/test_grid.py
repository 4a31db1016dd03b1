"""Reading recordings."""

from pathlib import Path

import numpy as np
import pytest

from stream_engine.errors import AssetError
from tests.training.data.made_up_grid import FRAMES, make_grid
from training.data.grid import GridCorpus


def test_clips_come_with_words_points_and_speech(tmp_path: Path) -> None:
    """Pixels are unpacked, frames without a face are marked and held, audio is 16 kHz."""
    corpus = GridCorpus(make_grid(tmp_path / "grid", clips=2))
    first, second = corpus.clips()
    assert (first.name, second.transcript) == ("clip0", "bin blue 1")
    assert first.points.shape == (FRAMES, 478, 3)
    assert first.valid.sum() == FRAMES - 1
    assert np.isfinite(first.points).all()
    assert np.abs(first.points[3]).max() < 400
    assert first.speaking().sum() == 35
    assert set(first.word_of_frame()[first.speaking()]) == set(first.words)
    assert not first.word_of_frame()[~first.speaking()].any()
    assert first.speaking(margin_s=0.2).sum() == 45
    assert abs(len(corpus.speech("clip0")) - 3 * 16_000) < 400


def test_a_folder_without_recordings_is_an_error(tmp_path: Path) -> None:
    """The message says what a folder of recordings holds."""
    with pytest.raises(AssetError, match=r"clips\.tsv"):
        GridCorpus(tmp_path)
