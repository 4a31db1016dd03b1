"""Recording and models side by side."""

import sys
from contextlib import closing
from pathlib import Path

import av
import numpy as np
import pytest

from stream_engine.mesh.head_asset import load_head_asset
from stream_engine.motion.arkit import INDEX
from tests.training.data.made_up_grid import FRAMES, make_grid
from tests.training.evaluation.test_generate import make_hop
from tests.training.evaluation.tiny_model import tiny_checkpoint
from training.data.fit import LandmarkBasis
from training.data.pairs import speech_features
from training.evaluation.generate import generate
from training.evaluation.scenes import Scene
from training.evaluation.side_by_side import Stage, main, motion_of, sheet_size

TONE = (0.3 * np.sin(np.arange(20 * 640) * 0.3)).astype(np.float32)


def test_a_face_is_the_models_own_unless_made_lively() -> None:
    """The motion that is scored; with idle life it is another."""
    hop = make_hop("quality")
    plain = motion_of(hop, TONE, 0, lively=False)
    mel = speech_features(TONE, 20).astype(np.float32)
    assert np.allclose(plain, generate(hop, mel[None], [0])[0, 0], atol=1e-5)
    assert not np.allclose(plain, motion_of(hop, TONE, 0, lively=True), atol=1e-3)


@pytest.mark.slow
@pytest.mark.gl
def test_every_pane_shows_its_own_face() -> None:
    """What moves is drawn where it belongs, and nowhere else."""
    basis = LandmarkBasis(load_head_asset(), np.arange(478))
    points = np.repeat(basis.neutral[None, :, :2] * [3, -3] + 0.5, 2, axis=0)
    points[1, basis.lips] += [0.0, 0.05]
    scene = Scene(points, [(("two", "now"), 1, saying) for saying in (True, False)], TONE)
    still, talking = np.zeros((2, 2, 55), np.float32)
    talking[1, INDEX["jawOpen"]] = 0.7
    with closing(Stage(scene, basis, 128)) as stage:
        first, second = (stage.picture(k, {"a": still, "b": talking}) for k in (0, 1))
    assert first.shape == (*reversed(sheet_size(128, 2)), 3)
    changed = (first != second).any(axis=-1)[:-34]  # but for the words
    assert changed[:, :128].sum() > 50  # the recording's lips
    assert not changed[:, 128:256].any()
    assert changed[:, 256:].sum() > 50
    red = [(np.diff(one[-30:, :, :2].astype(int)) < -40).any() for one in (first, second)]
    assert red == [True, False]  # only while the word is being said
    assert (first[:30, :128] != first[0, 0]).any()  # a name above


@pytest.mark.slow
@pytest.mark.gl
def test_the_command_writes_pictures_and_voice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A picture for every recorded frame, and as much sound."""
    grid, out = make_grid(tmp_path / "grid", clips=2), tmp_path / "sides.mp4"
    checkpoint, recipe = tiny_checkpoint(tmp_path)
    about = ["--data", str(grid), "--model", f"tiny={checkpoint}", "--recipe", str(recipe)]
    short = ["--clips", "clip1", "--any", "--size", "64", "--steps", "1", "--out", str(out)]
    monkeypatch.setattr(sys, "argv", ["sides", *about, *short])
    main()
    with av.open(str(out)) as container:
        pictures = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    with av.open(str(out)) as container:
        sound = np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=0)])
    assert len(pictures) == FRAMES
    assert pictures[0].shape == (*reversed(sheet_size(64, 1)), 3)
    assert abs(len(sound) - FRAMES * 1920) <= 2_048
    assert sound.std() > 0.01


def test_an_odd_size_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before anything is read."""
    about = ["--data", str(tmp_path), "--model", "a=b", "--out", "c.mp4", "--size", "65"]
    monkeypatch.setattr(sys, "argv", ["sides", *about])
    with pytest.raises(SystemExit):
        main()
    assert "--size must be even" in capsys.readouterr().err
