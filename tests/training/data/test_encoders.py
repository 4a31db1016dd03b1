"""Features of speech."""

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from stream_engine.errors import AssetError, BackendUnavailable, ConfigError, ShapeError
from tests.training.pairs_for_tests import made_up_pairs
from training.data.encoders import EncodedFeatures, LogMelFeatures, load_encoder, with_features


class TinyEncoder(nn.Module):
    """Shaped like torchaudio's: one convolution of the same stride and reach, two layers."""

    def __init__(self, stride: int = 320) -> None:
        super().__init__()
        self.convolution = nn.Conv1d(1, 4, 400, stride=stride)

    def extract_features(self, waveforms: Tensor) -> tuple[list[Tensor], Tensor | None]:
        made = self.convolution(waveforms[:, None]).transpose(1, 2)
        return [made, made + 1.0], None


class Level(nn.Module):
    """Loudest sample under each output: shows where an output looks."""

    def extract_features(self, waveforms: Tensor) -> tuple[list[Tensor], Tensor | None]:
        return [waveforms.unfold(1, 400, 320).abs().amax(-1, keepdim=True)], None


def test_outputs_look_at_their_own_20_ms() -> None:
    """A click in the middle of step k is in output k and no other: no delay, whatever k."""
    features = EncodedFeatures(Level())
    for step in (0, 1, 7, 19):
        samples = np.zeros(6_400, np.float32)
        samples[320 * step + 160] = 1.0
        assert np.flatnonzero(features(samples, 10)[:, 0]).tolist() == [step]


def test_speech_of_any_length_gives_exactly_its_frames() -> None:
    """Cut or filled up; two steps to a frame."""
    features = EncodedFeatures(TinyEncoder())
    assert (features.width, features.per_frame) == (4, 2)
    for samples in (100, 6_400, 9_000):
        made = features(np.ones(samples, np.float32), 10)
        assert made.shape == (20, 4)
        assert made.dtype == np.float16


def test_an_encoder_of_another_rate_is_refused() -> None:
    """Rather than stretched."""
    with pytest.raises(ShapeError, match="another rate"):
        EncodedFeatures(TinyEncoder(stride=160))


def test_the_layer_can_be_chosen() -> None:
    """The last by default."""
    encoder = TinyEncoder()
    samples = np.zeros(640, np.float32)
    first, last = EncodedFeatures(encoder, 0), EncodedFeatures(encoder)
    assert np.allclose(last(samples, 1) - first(samples, 1), 1.0, atol=1e-3)


def stand_in(monkeypatch: pytest.MonkeyPatch) -> nn.Module:
    """A module named torchaudio whose bundle and builder give tiny encoders."""
    published = TinyEncoder()
    audio, pipelines = ModuleType("torchaudio"), ModuleType("torchaudio.pipelines")
    pipelines.HUBERT_BASE = SimpleNamespace(get_model=lambda: published)  # type: ignore[attr-defined]
    audio.pipelines = pipelines  # type: ignore[attr-defined]
    audio.models = SimpleNamespace(hubert_base=TinyEncoder)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "torchaudio", audio)
    monkeypatch.setitem(sys.modules, "torchaudio.pipelines", pipelines)
    return published


def test_weights_come_from_the_bundle_or_from_a_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Both give the same features; weights of another network are refused."""
    published = stand_in(monkeypatch)
    torch.save(published.state_dict(), tmp_path / "w.pth")
    samples = np.random.default_rng(0).normal(0, 0.1, 1_280).astype(np.float32)
    fetched = load_encoder("hubert-base")(samples, 2)
    assert np.array_equal(load_encoder("hubert-base", tmp_path / "w.pth")(samples, 2), fetched)
    torch.save(nn.Linear(2, 2).state_dict(), tmp_path / "other.pth")
    for name in ("other.pth", "none.pth"):
        with pytest.raises(AssetError, match=name):
            load_encoder("hubert-base", tmp_path / name)


def test_what_cannot_be_loaded_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without torchaudio, and for a name nobody knows."""
    monkeypatch.setitem(sys.modules, "torchaudio", None)
    with pytest.raises(BackendUnavailable, match=r"elocute\[speech\]"):
        load_encoder("wav2vec2-base")
    with pytest.raises(ConfigError, match="whisper"):
        load_encoder("whisper")


def test_log_mel_is_the_default_and_needs_nothing() -> None:
    """Four steps of 80 to a frame."""
    features = load_encoder("log-mel")
    assert isinstance(features, LogMelFeatures)
    assert features(np.zeros(6_400, np.float32), 10).shape == (40, 80)


def test_pairs_keep_their_faces() -> None:
    """Only the features change, clip by clip."""
    pairs = made_up_pairs(3)
    speech = {f"clip{k}": np.full(24 * 640, 0.1 * k, np.float32) for k in range(3)}
    made = with_features(pairs, speech.__getitem__, EncodedFeatures(Level()))
    assert made.mel.shape == (3, 48, 1)
    assert np.allclose(made.mel[:, 5, 0], [0.0, 0.1, 0.2], atol=1e-3)
    assert np.array_equal(made.motion, pairs.motion)
