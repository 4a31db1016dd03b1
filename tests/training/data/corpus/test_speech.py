"""Folders of utterances."""

from pathlib import Path

import numpy as np
import pytest

from stream_engine.errors import AssetError
from stream_engine.transport.sound_file import write_sound
from training.data.corpus.speech import SpeechCorpus, read_speech, resampled


def make_corpus(folder: Path, speech: dict[str, tuple[str, np.ndarray]]) -> Path:
    """A folder of utterances by name: transcript and samples."""
    (folder / "audio").mkdir(parents=True)
    rows = ["utterance\tspeaker\tduration_s\ttranscript"]
    for name, (text, samples) in speech.items():
        write_sound(folder / "audio" / f"{name}.wav", samples)
        rows.append(f"{name}\tvoice\t{len(samples) / 16_000:.2f}\t{text}")
    (folder / "utterances.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder


def test_what_is_written_is_read(tmp_path: Path) -> None:
    """Names, words and samples come back."""
    tone = (0.5 * np.sin(np.arange(8_000) * 0.1)).astype(np.float32)
    corpus = SpeechCorpus(make_corpus(tmp_path / "c", {"u1": ('say "so"', tone)}))
    (utterance,) = corpus.utterances()
    assert (utterance.name, utterance.speaker, utterance.transcript) == ("u1", "voice", 'say "so"')
    assert np.abs(corpus.speech("u1") - tone).max() < 1e-4


def test_missing_things_are_named(tmp_path: Path) -> None:
    """No table, no recording: typed errors."""
    with pytest.raises(AssetError, match=r"utterances\.tsv"):
        SpeechCorpus(tmp_path)
    corpus = SpeechCorpus(make_corpus(tmp_path / "c", {}))
    with pytest.raises(AssetError, match="u9"):
        corpus.speech("u9")


def test_resampling_keeps_time(tmp_path: Path) -> None:
    """A click stays where it was, to a millisecond."""
    click = np.zeros(4_800, np.float32)
    click[2_400:2_424] = 1.0
    assert abs(int(np.abs(resampled(click, 1, 3)).argmax()) / 16.0 - 2_412 / 48.0) < 1.0
    write_sound(tmp_path / "c.wav", click)
    assert len(read_speech(tmp_path / "c.wav")) == 4_800
