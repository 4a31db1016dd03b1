"""A speaker's own head."""

from pathlib import Path

import numpy as np

from stream_engine.mesh.head_asset import load_head_asset
from tests.training.data.made_up_grid import known_motion, make_grid
from training.data.align import find_similarity
from training.data.fit import LandmarkBasis
from training.data.grid import GridCorpus
from training.data.speaker import (
    HeadLocal,
    Speaker,
    displacement_of,
    find_speaker,
    head_local,
)


def test_neutral_and_head_motion_are_found(tmp_path: Path) -> None:
    """The resting face is our neutral again, and rotation is told from speech."""
    corpus = GridCorpus(make_grid(tmp_path / "grid"))
    clips = list(corpus.clips())
    basis = LandmarkBasis(load_head_asset(), corpus.point_ids)
    speaker = find_speaker(clips, basis)
    posed = find_similarity(speaker.neutral[None], basis.neutral).apply(speaker.neutral[None])[0]
    assert np.linalg.norm(posed - basis.neutral, axis=1).max() < 1e-3
    local = head_local(clips[0], speaker, basis)
    weights, angles = known_motion(0)
    real_gap = basis.gap(np.einsum("tk,kpx->tpx", weights, basis.shapes))
    seen = np.delete(basis.gap(local.points), 3)
    assert np.corrcoef(seen, np.delete(real_gap, 3))[0, 1] > 0.995
    turned = np.delete(local.rotation - local.rotation.mean(axis=0), 3, axis=0)
    wanted = np.delete(angles - angles.mean(axis=0), 3, axis=0)
    assert np.abs(turned - wanted).max() < 0.03


def test_what_shuts_the_speakers_eyes_shuts_ours(tmp_path: Path) -> None:
    """A speaker whose eyes are open half as far closes ours with half the movement."""
    corpus = GridCorpus(make_grid(tmp_path / "grid", clips=2))
    basis = LandmarkBasis(load_head_asset(), corpus.point_ids)
    upper, lower = basis.index[386], basis.index[374]
    narrow = basis.neutral.copy()
    narrow[upper, 1] = narrow[lower, 1] + 0.5 * (basis.neutral[upper, 1] - narrow[lower, 1])
    found = find_speaker(list(corpus.clips()), basis)
    speaker = Speaker(found.template, found.to_head, narrow)
    shut = narrow.copy()
    shut[upper] = shut[lower]
    local = HeadLocal(shut[None], np.zeros((1, 3), np.float32))
    moved = displacement_of(local, speaker, basis)[0]
    opening = basis.neutral[upper, 1] - basis.neutral[lower, 1]
    assert np.isclose(moved[upper, 1] - moved[lower, 1], -opening)
    assert np.abs(moved[basis.lips]).max() < 1e-12
