"""Teaching the speech encoder what is said."""

import argparse
from pathlib import Path

import numpy as np
import pytest
import torch

from stream_engine.models.speech_encoder import EncoderConfig, SpeechEncoder
from tests.training.test_experiment import toy_files
from training.dataset import load_pairs
from training.naming import Labelled, Recipe, phone_errors
from training.place import HERE
from training.speech_encoder import Recognised, gather, run, targets, teach
from trt_build.checkpoints import read_encoder

SMALL = EncoderConfig(width=16, dilations=(1, 2))


def toy_speech(clips: int, seed: int) -> Labelled:
    """Three sounds, each with a spectrum of its own, five frames each."""
    rng = np.random.default_rng(seed)
    spectra = np.random.default_rng(0).normal(0, 1, (3, 80))
    phones = np.repeat(rng.integers(0, 3, (clips, 6)), 20, axis=1).astype(np.uint8)
    mel = spectra[phones] + rng.normal(0, 0.2, (clips, 120, 80))
    return Labelled(mel.astype(np.float16), targets(phones))


def test_a_feature_tells_its_frame_and_the_two_before() -> None:
    """Second and fourth step of each; silence before the clip."""
    found = targets(np.arange(1, 13, dtype=np.uint8)[None])
    assert found.shape == (1, 3, 3, 2)
    assert found[0, 0].tolist() == [[2, 4], [0, 0], [0, 0]]
    assert found[0, 2].tolist() == [[10, 12], [6, 8], [2, 4]]


@pytest.mark.slow
def test_an_encoder_learns_sounds() -> None:
    """On unseen clips; what has just begun is harder than what was."""
    torch.manual_seed(0)
    network = Recognised(SpeechEncoder(SMALL))
    unseen = toy_speech(16, 2)
    before = phone_errors(network, unseen, np.arange(16))["phone_error"]
    recipe = Recipe(batch=8, rate=5e-3, steps=120, held_out=0.1)
    encoder = teach(network, toy_speech(64, 1), recipe)
    after = phone_errors(network, unseen, np.arange(16))["phone_error"]
    assert after < 0.2 < before
    assert encoder is network.encoder


def test_only_the_splits_own_recordings_are_heard(tmp_path: Path) -> None:
    """Other voices, and training clips; never a test clip."""
    options = toy_files(tmp_path)
    options.pairs, options.split = options.pairs, "words"
    heard = {mel.tobytes() for mel in gather(options).mel}
    pairs = load_pairs(options.pairs)
    tests = [mel.tobytes() for mel in pairs.mel[pairs.split == "test"]]
    assert not heard & set(tests)
    assert len(heard) > 6


def test_the_recipe_writes_an_encoder_of_its_sizes(tmp_path: Path) -> None:
    """The sizes are the recipe's table."""
    options = toy_files(tmp_path)
    recipe = tmp_path / "tiny.toml"
    text = "[recipe]\nbatch = 2\nsteps = 2\n[encoder]\nwidth = 16\ndilations = [1, 2]\n"
    recipe.write_text(text, encoding="utf-8")
    told = {"recipe": recipe, "steps": None, "minutes": 1.0, "split": "random"}
    run(argparse.Namespace(**(vars(options) | told | {"out": tmp_path / "e.pt"})), HERE)
    encoder = read_encoder(tmp_path / "e.pt", SMALL)
    assert encoder.config == SMALL
