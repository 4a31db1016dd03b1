"""Hearing the speech back."""

import torch

from stream_engine.models.diffusion import LATEST_TIME
from stream_engine.models.mesh_to_speech import MeshToSpeech, MeshToSpeechConfig
from stream_engine.motion.arkit import COEFFICIENT_COUNT, INDEX
from training.abas import AbasWeights, Listener
from training.trainer import MOUTH

SMALL = MeshToSpeechConfig(measurements=4, width=16, heads=2, layers=1, kernel=3, units=6)
SCALE = torch.full((COEFFICIENT_COUNT,), 0.5)


def make_listener(weights: AbasWeights) -> Listener:
    """An ear that sees the jaw, two lips and one brow."""
    torch.manual_seed(0)
    ear = MeshToSpeech(SMALL)
    for column, name in enumerate(("jawOpen", "mouthPucker", "mouthClose", "browInnerUp")):
        ear.front[INDEX[name], column] = 1.0
    return Listener(ear, SCALE, MOUTH, weights)


def heard(listener: Listener, motion: torch.Tensor) -> dict[str, torch.Tensor]:
    frames = motion.shape[1]
    units = torch.arange(2 * frames)[None].expand(len(motion), -1) % 6
    mel = torch.randn(len(motion), 4 * frames, 80, generator=torch.Generator().manual_seed(1))
    return listener.hear(motion, units, mel, torch.ones(len(motion), frames))


def test_the_gradient_comes_through_the_mesh_and_leaves_the_ear_alone() -> None:
    """What the ear sees is moved, what it does not see is not, and the ear stays frozen."""
    listener = make_listener(AbasWeights(mouth_only=False))
    motion = torch.randn(2, 8, COEFFICIENT_COUNT, requires_grad=True)
    torch.stack([term.sum() for term in heard(listener, motion).values()]).sum().backward()
    assert motion.grad is not None
    moved = motion.grad.abs().sum((0, 1))
    assert moved[INDEX["jawOpen"]] > 0
    assert moved[INDEX["browInnerUp"]] > 0
    assert moved[INDEX["eyeBlinkLeft"]] == 0
    assert all(p.grad is None for p in listener._ear.parameters())


def test_mouth_only_keeps_the_gradient_off_the_rest_of_the_face() -> None:
    """The same loss, no gradient for the brow it sees."""
    motion = torch.randn(2, 8, COEFFICIENT_COUNT, requires_grad=True)
    free, kept = (heard(make_listener(AbasWeights(mouth_only=m)), motion) for m in (False, True))
    assert all(torch.equal(free[name], kept[name]) for name in free)
    torch.stack([term.sum() for term in kept.values()]).sum().backward()
    assert motion.grad is not None
    moved = motion.grad.abs().sum((0, 1))
    assert moved[INDEX["browInnerUp"]] == 0
    assert moved[INDEX["jawOpen"]] > 0


def test_noise_is_trusted_less() -> None:
    """Full weight on a clean window, the floor on pure noise."""
    listener = make_listener(AbasWeights(floor=0.3))
    time = torch.tensor([0.0, 0.5, LATEST_TIME])[None, :, None]
    trust = listener.trust(time)[0]
    assert abs(float(trust[0]) - 1.0) < 1e-6
    assert trust[0] > trust[1] > trust[2]
    assert 0.3 <= float(trust[2]) < 0.31


def test_a_silenced_frame_is_not_judged() -> None:
    """A frame without trust costs nothing; the others cost as before."""
    listener = make_listener(AbasWeights())
    motion = torch.randn(1, 4, COEFFICIENT_COUNT)
    trust = torch.tensor([[1.0, 0.0, 1.0, 1.0]])
    units, mel = torch.zeros(1, 8, dtype=torch.int64), torch.zeros(1, 16, 80)
    for term in listener.hear(motion, units, mel, trust).values():
        assert term[0, 1] == 0
        assert (term[0, [0, 2, 3]] > 0).all()
