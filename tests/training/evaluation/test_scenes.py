"""Recorded clips as they are shown."""

import numpy as np
import pytest

from stream_engine.errors import AssetError
from stream_engine.mesh.head_asset import load_head_asset
from tests.training.data.made_up_grid import FRAMES, make_grid
from training.data.fit import LandmarkBasis
from training.evaluation.checked_corpus import CheckedCorpus
from training.evaluation.scenes import CLOSE, choose, make_scene

HELD_OUT = "bin blue at s one soon"


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> CheckedCorpus:
    """Three clips; training has not seen the sentence of the second."""
    folder = make_grid(tmp_path_factory.mktemp("scene") / "grid", clips=3)
    table = (folder / "clips.tsv").read_text()
    (folder / "clips.tsv").write_text(table.replace("bin blue 1", HELD_OUT))
    return CheckedCorpus(folder)


@pytest.mark.slow
def test_only_held_out_sentences_are_shown_unless_asked(corpus: CheckedCorpus) -> None:
    """By name or not; the error names what may be shown."""
    assert [clip.name for clip in choose(corpus, None, 3, seen=False)] == ["clip1"]
    assert [clip.name for clip in choose(corpus, None, 2, seen=True)] == ["clip0", "clip1"]
    assert [clip.name for clip in choose(corpus, "clip2,clip0", 9, seen=True)] == ["clip2", "clip0"]
    with pytest.raises(AssetError, match=r"got clip2; expected such as clip1; .*--any"):
        choose(corpus, "clip1,clip2", 9, seen=False)


@pytest.mark.slow
def test_clips_lie_end_to_end(corpus: CheckedCorpus) -> None:
    """Every frame has its points, its words and its speech."""
    basis = LandmarkBasis(load_head_asset(), corpus.point_ids)
    scene = make_scene(corpus, choose(corpus, None, 2, seen=True), basis)
    assert scene.points.shape == (2 * FRAMES, 478, 2)
    assert len(scene.speech) == 2 * FRAMES * 640
    assert scene.words[0] == (("bin", "blue"), 0, False)
    said = [scene.words[FRAMES + k][1:] for k in (19, 20, 34, 35, 54, 55)]
    assert said == [(0, False), (1, True), (1, True), (2, True), (2, True), (2, False)]


@pytest.mark.slow
def test_points_are_as_large_as_the_head_and_where_it_is(corpus: CheckedCorpus) -> None:
    """The recorded face is our own head here, so its points fall on the rendered head's."""
    basis = LandmarkBasis(load_head_asset(), corpus.point_ids)
    scene = make_scene(corpus, choose(corpus, "clip0", 1, seen=True), basis)
    shown = np.median(scene.points, axis=0)
    clip_space = np.pad(basis.neutral, ((0, 0), (0, 1)), constant_values=1.0) @ CLOSE.matrix(1, 1).T
    drawn = clip_space[:, :2] / clip_space[:, 3:] * [0.5, -0.5] + 0.5
    assert np.abs(shown - drawn).mean() < 0.02
    upper, lower = basis.index[13], basis.index[14]
    gap = scene.points[:, lower, 1] - scene.points[:, upper, 1]
    assert gap[25:50].max() > gap[:15].max() + 0.01
