"""Finding phones in speech."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from tests.training.data.corpus.test_speech import make_corpus
from tests.training.data.made_up_grid import make_grid
from training.data.corpus.phone_times import count_phones, load_phones, spoken_in
from training.data.corpus.phones import PHONE_INDEX, PHONES
from training.data.corpus.speech import read_speech


def test_runs_of_a_phone_count_once() -> None:
    """Two words with one B each, a pause between: two B, however long."""
    b, ah = PHONE_INDEX["B"], PHONE_INDEX["AH"]
    track = np.array([0, 0, b, b, b, ah, 0, b, ah, ah], np.uint8)
    assert count_phones({"u": track}) == {"SIL": 2, "B": 2, "AH": 2}


def test_both_kinds_of_folder_are_read(tmp_path: Path) -> None:
    """Utterances and recorded clips give name, words and speech."""
    tone = np.full(1_600, 0.1, np.float32)
    ((name, words, speech),) = spoken_in(make_corpus(tmp_path / "c", {"u1": ("red", tone)}))
    assert (name, words) == ("u1", "red")
    assert len(speech(name)) == 1_600
    clips = list(spoken_in(make_grid(tmp_path / "grid", clips=2)))
    assert [clip[0] for clip in clips] == ["clip0", "clip1"]
    assert len(clips[0][2]("clip0")) > 40_000


def test_labels_come_back_from_a_file(tmp_path: Path) -> None:
    """By utterance."""
    np.savez(tmp_path / "p.npz", u1=np.array([0, 3], np.uint8))
    assert load_phones(tmp_path / "p.npz")["u1"].tolist() == [0, 3]


def test_a_spoken_sentence_is_aligned(tmp_path: Path) -> None:
    """Phones come in the order of the words, silence first and last, loud where speech is."""
    pytest.importorskip("pocketsphinx", reason="the extra corpus is not installed")
    if shutil.which("espeak-ng") is None:
        pytest.skip("espeak-ng is not installed")
    from training.data.corpus.phone_times import PhoneAligner

    spoken = tmp_path / "spoken.wav"
    subprocess.run(["espeak-ng", "-s", "140", "-w", spoken, "blue boats move by"], check=True)
    samples = np.pad(read_speech(spoken), 4_000)
    labels = PhoneAligner().align(samples, "Blue boats move by.")
    assert labels is not None
    assert len(labels) == len(samples) // 160
    loud = np.abs(samples[: len(labels) * 160]).reshape(-1, 160).mean(axis=1)
    assert loud[labels > 0].mean() > 5 * loud[labels == 0].mean()
    starts = labels[np.concatenate([[True], labels[1:] != labels[:-1]])]
    assert " ".join(PHONES[k] for k in starts if k) == "B L UW B OW T S M UW V B AY"
    assert PhoneAligner().align(np.zeros(1_600, np.float32), "blue boats move by") is None
