"""A small SyncNet to compare with."""

from pathlib import Path

import numpy as np
import pytest
import torch

from stream_engine.errors import AssetError
from stream_engine.monitor.sync_evidence import LAGS, MOST_LAG_STEPS
from stream_engine.types import F32
from tests.training.sync.faces_for_tests import talking_face
from training.sync.contrast import (
    NET_FILE,
    SyncNet,
    SyncNetSystem,
    contrast_loss,
    open_sync_net,
    save,
    train,
)
from training.sync.faults import TalkingFace, shifted


class AllSpeech:
    """Stands in for the live ears: everything is speech."""

    def speech(self, face: TalkingFace) -> F32:
        return np.ones(2 * len(face), np.float32)


def test_points_come_every_20_ms_on_the_sphere() -> None:
    """As many of the mouth as of the voice, from 0.2 s each."""
    torch.manual_seed(0)
    net = SyncNet().eval()
    motion, mel = torch.randn(2, 30, 55), torch.randn(2, 120, 80)
    seen, heard = net(motion, mel)
    assert seen.shape == heard.shape == (2, 60, 32)
    assert torch.allclose(seen.norm(dim=-1), torch.ones(2, 60), atol=1e-5)
    late = mel.clone()
    late[:, 80:] += 1.0
    changed = (net(motion, late)[1] != heard).any(dim=-1)[0].nonzero()
    assert 30 <= int(changed[0]) <= 40 - 4


def test_points_that_agree_are_told_apart_best() -> None:
    """The loss of points that are the same is below that of such that have nothing to do."""
    generator = torch.Generator().manual_seed(0)
    points = torch.nn.functional.normalize(torch.randn(3, 60, 32, generator=generator), dim=-1)
    sharp = torch.tensor(10.0)
    assert contrast_loss(points, points, sharp) < 0.3
    assert contrast_loss(points, points.roll(7, dims=1), sharp) > 3.0


@pytest.mark.slow
def test_it_learns_when_mouths_move(tmp_path: Path) -> None:
    """A jaw that follows the loudness is placed to 40 ms, early or late, by what was written."""
    faces = [talking_face(frames=60, seed=k) for k in range(24)]
    motion, mel = (np.stack([getattr(f, name) for f in faces]) for name in ("motion", "mel"))
    net, sharpness = train([motion], [mel], 20, seed=0)
    save(tmp_path / "net.npz", net, sharpness)
    system = open_sync_net(AllSpeech(), tmp_path / "net.npz")  # type: ignore[arg-type]
    face = talking_face(frames=100, seed=99)
    for late_ms in (0, 160, -160):
        weights, nats = system.evidence(shifted(face, late_ms))
        assert weights.shape == nats.shape == (200 - MOST_LAG_STEPS, len(LAGS))
        best = LAGS[nats.mean(axis=0).argmax()] * 20
        assert abs(best - late_ms) <= 40


def test_the_shipped_one_is_small() -> None:
    """And there; a missing one says how to make it."""
    assert NET_FILE.stat().st_size < 300_000
    assert isinstance(open_sync_net(AllSpeech()), SyncNetSystem)  # type: ignore[arg-type]
    with pytest.raises(AssetError, match=r"training\.sync\.contrast"):
        open_sync_net(AllSpeech(), Path("/nowhere"))  # type: ignore[arg-type]
