"""Cutting speech to the length of clips."""

import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_engine.errors import AssetError
from stream_engine.types import SAMPLES_PER_FRAME
from tests.training.data.corpus.test_speech import make_corpus
from training.data.corpus.pieces import (
    PIECE_FRAMES,
    SpeechSet,
    cut,
    load_speech,
    main,
    piece_starts,
)


@given(frames=st.integers(1, 2_000))
def test_pieces_cover_an_utterance(frames: int) -> None:
    """No piece leaves the utterance; less than a second of it is in none."""
    starts = piece_starts(frames)
    assert starts == sorted(set(starts))
    covered = np.zeros(max(frames, PIECE_FRAMES), bool)
    for start in starts:
        assert start == 0 or start + PIECE_FRAMES <= frames
        covered[start : start + PIECE_FRAMES] = True
    assert (~covered[:frames]).sum() < 25


def test_phones_stay_with_their_sound() -> None:
    """A tone labelled 5 is labelled 5 in whichever piece it falls."""
    samples = np.zeros(150 * SAMPLES_PER_FRAME, np.float32)
    samples[80 * 640 : 90 * 640] = 0.3 * np.sin(np.arange(10 * 640) * 0.3)
    phones = np.zeros(150 * 4, np.uint8)
    phones[320:360] = 5
    for mel, labels, loudness in cut(samples, phones):
        assert mel.shape == (4 * PIECE_FRAMES, 80)
        assert loudness.shape == (PIECE_FRAMES,)
        if (labels == 5).any():
            inside, outside = mel[labels == 5].mean(), mel[labels == 0].mean()
            assert float(inside) > float(outside) + 0.5


def test_a_folder_becomes_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command cuts what is aligned, counts phones and hours, and what it wrote reads back."""
    tone = (0.2 * np.sin(np.arange(32_000) * 0.2)).astype(np.float32)
    folder = make_corpus(tmp_path / "toy", {"u1": ("red", tone), "u2": ("unaligned", tone)})
    np.savez(tmp_path / "p.npz", u1=np.repeat([0, 5, 0], [50, 100, 50]).astype(np.uint8))
    out = tmp_path / "s.npz"
    arguments = ["--speech", str(folder), "--phones", str(tmp_path / "p.npz"), "--out", str(out)]
    monkeypatch.setattr(sys, "argv", ["pieces", *arguments])
    main()
    assert "1 pieces" in capsys.readouterr().out
    speech = load_speech(out)
    assert speech.name.tolist() == ["u1/0"]
    assert speech.source.tolist() == ["toy"]
    assert len(SpeechSet.join([speech, speech])) == 2
    assert len(speech.select(np.array([False]))) == 0
    with pytest.raises(AssetError, match="pieces"):
        load_speech(tmp_path / "none.npz")
