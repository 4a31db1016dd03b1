"""Faces for speech without faces."""

import sys
from pathlib import Path

import numpy as np
import pytest

from stream_engine.motion.arkit import INDEX
from tests.training.pairs_for_tests import made_up_pairs
from training.data.corpus.labelled import Style, label, learn, main, phones_of, shifted
from training.data.corpus.phones import PHONE_INDEX
from training.data.corpus.pieces import SpeechSet
from training.dataset import PairSet, load_pairs
from training.trainer import MOUTH


def open_and_shut(pairs: PairSet) -> np.ndarray:
    """AA where the made-up jaw is open, M where it is not."""
    wide = np.repeat(pairs.motion[..., INDEX["jawOpen"]] > 0.2, 4, axis=1)
    return np.where(wide, PHONE_INDEX["AA"], PHONE_INDEX["M"]).astype(np.uint8)


def speech_of(pairs: PairSet) -> SpeechSet:
    return SpeechSet(
        name=pairs.name,
        source=np.full(len(pairs), "voices"),
        speaker=pairs.name,
        mel=pairs.mel,
        phones=open_and_shut(pairs),
        loudness=pairs.loudness,
    )


@pytest.mark.slow
def test_labelled_mouths_follow_their_sounds_and_say_that_they_are_labelled() -> None:
    """Open in AA, shut in M; the rest of the face is some recorded clip's; styles differ."""
    recorded = made_up_pairs(24, frames=24, seed=1)
    speech = speech_of(made_up_pairs(6, frames=24, seed=2))
    known = learn(recorded, open_and_shut(recorded), steps=120)
    made = label(speech, known, Style(size=0.2, scatter=0.0), seed=0)
    assert made.labelled.all()
    assert set(made.source) == {"voices"}
    assert set(made.split) == {"train"}
    wide = (speech.phones == PHONE_INDEX["AA"]).reshape(6, -1, 4).all(axis=2)
    shut = (speech.phones == PHONE_INDEX["M"]).reshape(6, -1, 4).all(axis=2)
    jaw = made.motion[..., INDEX["jawOpen"]]
    assert jaw[wide].mean() > 2 * jaw[shut].mean()
    upper = made.motion[..., ~MOUTH.numpy()][..., -3:]
    assert all(any(np.allclose(u, r[..., -3:]) for r in recorded.motion) for u in upper)
    again = label(speech, known, Style(size=0.2, scatter=0.0), seed=0)
    assert np.array_equal(made.motion, again.motion)
    assert not np.array_equal(made.motion, label(speech, known, Style(), seed=1).motion)


@pytest.mark.slow
def test_the_command_leaves_test_clips_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It learns from training clips whose phones are known, and writes labelled pairs."""
    pairs = made_up_pairs(12)
    pairs.save(tmp_path / "pairs.npz")
    labels = dict(zip(pairs.name.tolist(), open_and_shut(pairs), strict=True))
    np.savez(tmp_path / "phones.npz", **labels)
    speech = speech_of(made_up_pairs(3, seed=4))
    np.savez(
        tmp_path / "voices.npz", **{k: getattr(speech, k) for k in speech.__dataclass_fields__}
    )
    names = {"pairs": "pairs.npz", "phones": "phones.npz", "speech": "voices.npz", "out": "out.npz"}
    arguments = [part for k, v in names.items() for part in (f"--{k}", str(tmp_path / v))]
    monkeypatch.setattr(sys, "argv", ["labelled", *arguments, "--steps", "20"])
    main()
    assert "6 recorded clips" in capsys.readouterr().out
    assert load_pairs(tmp_path / "out.npz").labelled.tolist() == [True] * 3


def test_half_a_frame_late_is_between_two_frames() -> None:
    """A ramp moved by half a frame lags by half a step; ends are held."""
    ramp = np.arange(6, dtype=np.float32)[:, None]
    assert np.allclose(shifted(ramp, 0.5)[1:, 0], np.arange(1, 6) - 0.5)
    assert shifted(ramp, 0.5)[0, 0] == 0.0
    assert np.array_equal(shifted(ramp, 0.0), ramp)


def test_phones_of_a_short_track_end_in_silence() -> None:
    """What the aligner did not cover is silent."""
    pairs = made_up_pairs(1)
    labels = phones_of(pairs, {"clip0": np.full(10, 3, np.uint8)})
    assert labels[0, :10].tolist() == [3] * 10
    assert not labels[0, 10:].any()
