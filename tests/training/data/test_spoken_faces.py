"""Faces the engine makes of speech."""

from pathlib import Path

import numpy as np
import pytest

from stream_engine.motion.arkit import INDEX
from stream_engine.motion.emotion import EMOTIONS, Manner
from stream_engine.motion.window import PROFILES, LatencyProfile
from stream_engine.types import F32, SAMPLES_PER_FRAME
from tests.fakes.stages import LOUD, LoudnessSlots
from tests.paths import SAMPLE
from training.data.corpus.speech import SpeechCorpus, read_speech
from training.data.spoken_faces import (
    PIECE_FRAMES,
    SpokenFaces,
    draw_manner,
    features,
    load_spoken,
    perform,
    pieces,
    speak_corpus,
)


def test_manners_are_plain_or_of_some_emotion() -> None:
    """About half of each, within what the engine takes."""
    rng = np.random.default_rng(0)
    drawn = [draw_manner(rng) for _ in range(60)]
    plain = sum(manner == Manner() for manner in drawn)
    assert 15 < plain < 45
    assert {manner.emotion for manner in drawn} <= set(EMOTIONS) | {Manner().emotion}


def test_pieces_lose_only_what_is_shorter() -> None:
    """Numbered in order; features stay beside their frames."""
    motion = np.arange(250, dtype=np.float32)[:, None] * np.ones(55, np.float32)
    mel = np.repeat(np.arange(250, dtype=np.float32), 4)[:, None] * np.ones(80, np.float32)
    cut = pieces("take", "who", "where", mel, motion)
    assert cut.name.tolist() == ["take/0", "take/1"]
    assert cut.motion[1, 0, 0] == PIECE_FRAMES
    assert (cut.mel[:, ::4, 0] == cut.motion[:, :, 0]).all()


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    """All arrays."""
    motion, mel = np.ones((100, 55), np.float32), np.ones((400, 80), np.float32)
    cut = pieces("take", "who", "where", mel, motion)
    cut.save(tmp_path / "spoken.npz")
    again = load_spoken(tmp_path / "spoken.npz")
    for name in SpokenFaces.names():
        assert np.array_equal(getattr(again, name), getattr(cut, name))


class Slots(LoudnessSlots):
    """The fake, which tells its profile as the real one does."""

    @property
    def profile(self) -> LatencyProfile:
        return self._profile


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_frames_go_with_the_speech_they_were_made_of(profile: str) -> None:
    """Utterances of other lengths side by side, each from its first frame to its last."""
    rng = np.random.default_rng(0)
    loud = [rng.uniform(0.0, 0.5 * LOUD, frames) for frames in (7, 31, 12)]
    speech = [np.repeat(levels, SAMPLES_PER_FRAME).astype(np.float32) for levels in loud]
    made = perform(Slots(PROFILES[profile], 3), speech, [Manner()] * 3)
    for levels, face in zip(loud, made, strict=True):
        assert np.allclose(face[:, INDEX["jawOpen"]], levels / LOUD, atol=1e-5)


def speech_folder(folder: Path, samples: F32) -> SpeechCorpus:
    """Two utterances of the sample's."""
    import wave

    (folder / "audio").mkdir(parents=True)
    rows = ["utterance\tspeaker\tduration_s\ttranscript"]
    for number in range(2):
        with wave.open(str(folder / "audio" / f"u{number}.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(16_000)
            file.writeframes((samples * 32767).astype(np.int16).tobytes())
        rows.append(f"u{number}\ts{number}\t4.2\t")
    (folder / "utterances.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return SpeechCorpus(folder)


@pytest.mark.slow
def test_the_engine_speaks_a_corpus(tmp_path: Path) -> None:
    """A face for each utterance, whose mouth opens with its voice and not without."""
    samples = read_speech(SAMPLE)[: 102 * SAMPLES_PER_FRAME]
    corpus = speech_folder(tmp_path / "corpus", samples)
    made = speak_corpus(corpus, 1, np.random.default_rng(1))
    assert made.name.tolist() == ["u0/0", "u1/0"]
    assert made.speaker.tolist() == ["s0", "s1"]
    assert set(made.source) == {"corpus"}
    assert made.motion.shape == (2, 100, 55)
    assert np.abs(made.mel[0].astype(np.float32) - features(samples)[:400]).mean() < 0.02
    assert made.motion[0].astype(np.float32).std(axis=0).max() > 0.02
