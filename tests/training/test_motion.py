"""The motion recipe, from the command line."""

import argparse
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from stream_engine.models.speech_encoder import EncoderConfig, SpeechEncoder
from tests.paths import ROOT
from tests.training.pairs_for_tests import made_up_pairs
from training.curves import FILE, read_curves
from training.motion import gather, prepare
from training.place import HERE
from training.session import CHECKPOINT

TINY = """
[recipe]
batch = 2
steps = 4
warm_up = 2
[encoder]
width = 16
dilations = [1]
[transformer]
speech_width = 16
width = 16
heads = 2
layers = 1
condition_width = 8
context_frames = 4
"""
RESUMES = 7


def material(folder: Path) -> tuple[Path, Path]:
    pairs = made_up_pairs(6)
    split = np.resize(np.array(["train", "train", "validation"]), 6)
    replace(pairs, split=split).save(folder / "pairs.npz")
    (folder / "tiny.toml").write_text(TINY, encoding="utf-8")
    return folder / "pairs.npz", folder / "tiny.toml"


def test_the_command_line_replaces_the_recipe_and_may_begin_from_weights(tmp_path: Path) -> None:
    """Only training clips are learned from; ``--from`` takes averaged weights, not the step."""
    pairs, recipe = material(tmp_path)
    options = argparse.Namespace(
        pairs=[pairs], recipe=recipe, steps=9, encoder=tmp_path / "e.pt", begin=None, units=None,
        ear=None, speech=None, split="random",
    )  # fmt: skip
    encoder = SpeechEncoder(EncoderConfig(width=16, dilations=(1,)))
    torch.save(encoder.state_dict(), options.encoder)
    assert gather(options).pairs.name.tolist() == ["clip0", "clip1", "clip3", "clip4"]
    first = prepare(options, HERE)
    assert first.recipe.steps == 9
    assert first.recipe.batch == 2
    assert torch.equal(first.model.encoder.stem.weight, encoder.stem.weight)
    assert torch.equal(first.averaged.encoder.stem.weight, encoder.stem.weight)
    first.train_step()
    first.save(tmp_path / "c.pt")
    options.begin = tmp_path / "c.pt"
    second = prepare(options, HERE)
    assert second.step == 0
    for mine, given in zip(second.model.parameters(), first.averaged.parameters(), strict=True):
        assert torch.equal(mine, given)


@pytest.mark.slow
def test_two_processes_train_one_model_and_go_on(tmp_path: Path) -> None:
    """Started by torchrun: the same weights, one writer; a second start goes on after the first."""
    pairs, recipe = material(tmp_path)
    script = tmp_path / "both.py"
    script.write_text(
        "import sys, torch, training.motion as m\n"
        "real = m.learn\n"
        "def learn(trainer, folder, rhythm, place, judge):\n"
        "    real(trainer, folder, rhythm, place, judge)\n"
        "    mine = torch.cat([p.detach().flatten() for p in trainer.model.parameters()])\n"
        "    drawn = trainer.generator.get_state()\n"
        "    torch.save((mine, drawn, trainer.step), f'{folder}/rank{place.rank}.pt')\n"
        "m.learn = learn\n"
        "m.main()\n",
        encoding="utf-8",
    )
    run = tmp_path / "run"
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command = [*launch, "--nproc_per_node", "2", str(script), "--device", "cpu"]
    command += ["--pairs", str(pairs), "--recipe", str(recipe), "--run-folder", str(run)]
    alone = {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo"}
    for steps in ("4", str(RESUMES)):
        subprocess.run(
            [*command, "--steps", steps], check=True, cwd=tmp_path, env=os.environ | alone,
            capture_output=True, timeout=120,
        )  # fmt: skip
        (mine, draws, step), (other, others, _) = (
            torch.load(run / f"rank{rank}.pt", weights_only=True) for rank in (0, 1)
        )
        assert torch.equal(mine, other)
        assert not torch.equal(draws, others)
        assert step == int(steps)
    rows = read_curves(run / FILE)
    assert [row["step"] for row in rows] == [4, RESUMES]
    assert "validation_gap_pcc" in rows[-1]
    saved = torch.load(run / CHECKPOINT, weights_only=True)
    assert saved["step"] == RESUMES
    assert len(saved["generator"]) == 2
