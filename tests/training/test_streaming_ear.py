"""The recipe of the monitor's ears."""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.training.ears_for_tests import FRAMES, SMALL, clips, scale_of
from tests.training.pairs_for_tests import made_up_pairs
from training.both_ears import Ears
from training.data.spoken_faces import SpokenFaces
from training.listening import CROP_FRAMES, held_out
from training.place import HERE
from training.streaming_ear import Listening, Recipe, run
from trt_build.checkpoints import read_streaming_ears


@pytest.mark.slow
def test_both_ears_learn() -> None:
    """After some steps what is heard is nearer to what is said; no term is missing."""
    made = clips(4, 1)
    torch.manual_seed(0)
    ears = Ears(SMALL, scale_of(made))
    other = np.zeros((2, 4 * CROP_FRAMES, 80), np.float16)
    recipe = Recipe(batch=4, rate=5e-2, steps=24, behind=0.3, contrast=0.5)
    listening = Listening((made, made), other, ears, scale_of(made), recipe)
    losses = [{k: float(v) for k, v in listening.advance().items()} for _ in range(24)]
    assert {"face_units", "face_mel", "speech_units", "speech", "contrast"} <= set(losses[0])
    for term in ("face_units", "face_mel", "speech_units"):
        early, late = (np.mean([row[term] for row in rows]) for rows in (losses[:5], losses[-5:]))
        assert late < early, term


@pytest.mark.slow
def test_the_recipe_writes_ears_that_can_be_exported(tmp_path: Path) -> None:
    """Weights, sizes, prior, voice, errors; gone on from, one ear may be kept as it was."""
    pairs = made_up_pairs(3, FRAMES)
    replace(pairs, split=np.array(["train", "validation", "test"])).save(tmp_path / "pairs.npz")
    kept = next(f"s{k}" for k in range(99) if held_out(f"s{k}"))
    known = next(f"s{k}" for k in range(99) if not held_out(f"s{k}"))
    SpokenFaces(
        name=np.array(["a/0", "b/0"]), source=np.array(["c"] * 2), speaker=np.array([kept, known]),
        mel=pairs.mel[:2], motion=pairs.motion[:2].astype(np.float16),
    ).save(tmp_path / "spoken.npz")  # fmt: skip
    (tmp_path / "tiny.toml").write_text(
        "[recipe]\nbatch = 4\nsteps = 1\n[sizes]\nwidth = 16\ndilations = [1]\ndelay = 1\n",
        encoding="utf-8",
    )
    options = argparse.Namespace(
        pairs=tmp_path / "pairs.npz", spoken=tmp_path / "spoken.npz", recipe=tmp_path / "tiny.toml",
        steps=None, seed=None, start=None, sounds=[], keep_face=False, minutes=1.0,
        out=tmp_path / "ears.pt",
    )  # fmt: skip
    run(options, HERE)
    face, speech, about = read_streaming_ears(tmp_path / "ears.pt")
    assert face.config == speech.config == SMALL
    assert about["clips"] == {"recorded": 1, "made": 1}
    assert len(about["prior"]) == 100
    assert "recorded_face" in about["report"]
    begun, options.out = options.out, tmp_path / "more.pt"
    options.start, options.keep_face = begun, True
    run(options, HERE)
    still, learned, _ = read_streaming_ears(tmp_path / "more.pt")
    for name, value in face.state_dict().items():
        assert torch.equal(still.state_dict()[name], value), name
    old = speech.state_dict()
    assert any(not torch.equal(old[name], value) for name, value in learned.state_dict().items())
