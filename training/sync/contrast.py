"""Baseline and its recipe: a small SyncNet, two networks that place mouth and voice alike.

    python -m training.sync.contrast --pairs cache/grid.npz --spoken cache/spoken.npz

0.2 s of motion and 0.2 s of log-mel become points on a sphere, near where they belong together.
Learns from the same faces as the monitor's ears, by contrast with other times and other voices.

Source: Chung & Zisserman 2016, 'Out of Time'; with InfoNCE (van den Oord et al. 2018).
"""

import argparse
import math
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from stream_engine.errors import AssetError
from stream_engine.monitor.sync_evidence import places
from stream_engine.types import F32
from training.data.spoken_faces import load_spoken
from training.dataset import load_pairs
from training.listening import held_out
from training.sync.faults import TalkingFace
from training.sync.systems import STEPS_PER_FRAME, LiveEars

NET_FILE = Path(__file__).parents[1] / "assets" / "syncnet" / "syncnet.npz"
_WIDTH, _POINT = 80, 32
_SHARPNESS = 10.0
_CROP_FRAMES, _NEAR_STEPS = 50, 1
_REACH = 20  # steps away that another time of the same clip may lie


class SyncNet(nn.Module):
    """Motion and log-mel to points, every 20 ms.

    Both see 0.2 s around each point; sequences are padded by their ends.
    """

    def __init__(self, coefficients: int = 55, mel_bands: int = 80) -> None:
        super().__init__()
        self.mouth = nn.ModuleList(
            (
                nn.Conv1d(coefficients, _WIDTH, 3),
                nn.Conv1d(_WIDTH, _WIDTH, 3),
                nn.Conv1d(_WIDTH, _POINT, 1),
            )
        )
        self.voice = nn.ModuleList(
            (
                nn.Conv1d(mel_bands, _WIDTH, 4, stride=2),
                nn.Conv1d(_WIDTH, _WIDTH, 5),
                nn.Conv1d(_WIDTH, _WIDTH, 5),
                nn.Conv1d(_WIDTH, _POINT, 1),
            )
        )

    def forward(self, motion: Tensor, mel: Tensor) -> tuple[Tensor, Tensor]:
        """Points of both, on the unit sphere.

        Args:
            motion: float32 [B, T, D].
            mel: float32 [B, 4 T, F].

        Returns:
            float32 [B, 2 T, P] each.
        """
        seen = _through(self.mouth, motion.transpose(1, 2), (2, 2))
        seen = functional.interpolate(
            seen, scale_factor=float(STEPS_PER_FRAME), mode="linear", align_corners=False
        )
        heard = _through(self.voice, mel.transpose(1, 2), (9, 9))
        both = (functional.normalize(x.transpose(1, 2), dim=-1) for x in (seen, heard))
        seen, heard = both
        return seen, heard


def _through(layers: nn.ModuleList, x: Tensor, ends: tuple[int, int]) -> Tensor:
    x = functional.pad(x, ends, mode="replicate")
    for number, layer in enumerate(layers):
        x = layer(x if number == 0 else functional.gelu(x))
    return x


def contrast_loss(seen: Tensor, heard: Tensor, sharpness: Tensor) -> Tensor:
    """How badly points are told from those of other times and other clips.

    Args:
        seen: Of the mouth, float32 [B, U, P].
        heard: Of the voice, float32 [B, U, P].
        sharpness: Factor on the cosine.

    Returns:
        Mean of both directions. Steps next to the right one count neither way.
    """
    batch, steps, _ = seen.shape
    at = torch.arange(_REACH, steps - _REACH, 5)
    window = at[:, None] + torch.arange(-_REACH, _REACH + 1)  # [S, L]
    near = (torch.arange(-_REACH, _REACH + 1).abs() <= _NEAR_STEPS) & (
        torch.arange(-_REACH, _REACH + 1) != 0
    )
    losses = []
    for one, two in ((seen, heard), (heard, seen)):
        here = one[:, at]  # [B, S, P]
        own = torch.einsum("bsp,bslp->bsl", here, two[:, window]).masked_fill(near, -1e4)
        strange = torch.einsum("bsp,csp->bsc", here, two[:, at])
        strange = strange.masked_fill(torch.eye(batch, dtype=torch.bool)[:, None], -1e4)
        logits = sharpness * torch.cat([own, strange], dim=-1)
        target = torch.full(logits.shape[:2], _REACH)
        losses.append(functional.cross_entropy(logits.flatten(0, 1), target.flatten()))
    return torch.stack(losses).mean()


def train(
    motion: list[np.ndarray], mel: list[np.ndarray], steps: int, seed: int
) -> tuple[SyncNet, float]:
    """Learn from sets of clips; the same number of each in a batch.

    Args:
        motion: [M, T, D] of each set.
        mel: [M, 4 T, F] of each set.
        steps: Of the optimiser.
        seed: Of everything random.

    Returns:
        The network and its sharpness.
    """
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    net, sharp = SyncNet(), nn.Parameter(torch.tensor(math.log(_SHARPNESS)))
    optimiser = torch.optim.AdamW([*net.parameters(), sharp], lr=2e-3, weight_decay=0.02)
    for step in range(steps):
        optimiser.param_groups[0]["lr"] = 2e-3 * 0.5 * (1 + math.cos(math.pi * step / steps))
        faces, voices = [], []
        for moved, said in zip(motion, mel, strict=True):
            rows = rng.integers(len(moved), size=16)
            at = int(rng.integers(moved.shape[1] - _CROP_FRAMES + 1))
            end = at + _CROP_FRAMES
            faces.append(moved[rows, at:end].astype(np.float32))
            voices.append(said[rows, 4 * at : 4 * end].astype(np.float32))
        face, voice = (torch.from_numpy(np.concatenate(x)) for x in (faces, voices))
        face = face * (0.85 + 0.3 * torch.rand(len(face), 1, 1))
        voice = voice + 0.3 * torch.randn(len(voice), 1, voice.shape[2])
        seen, heard = net(face, voice)
        loss = contrast_loss(seen, heard, sharp.exp())
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        optimiser.step()
        if step % 100 == 0:
            print(f"{step} of {steps}: loss {loss.item():.3f}", flush=True)
    return net.eval(), sharp.exp().item()


def save(path: Path, net: SyncNet, sharpness: float) -> None:
    """Write weights in half precision."""
    path.parent.mkdir(parents=True, exist_ok=True)
    weights = {name: value.numpy().astype(np.float16) for name, value in net.state_dict().items()}
    np.savez_compressed(path, sharpness=np.float32(sharpness), **weights)


class SyncNetSystem:
    """The baseline as a sync system.

    Args:
        net: Trained.
        sharpness: Nats that the cosine is worth.
        live: Tells where somebody speaks.
    """

    def __init__(self, net: SyncNet, sharpness: float, live: LiveEars) -> None:
        self._net, self._sharpness, self._live = net, sharpness, live

    @torch.no_grad()
    def evidence(self, face: TalkingFace) -> tuple[F32, F32]:
        """Of the whole recording."""
        seen, heard = self._net(
            torch.from_numpy(face.motion[None]), torch.from_numpy(face.mel[None])
        )
        speech = self._live.speech(face)
        of_face, of_voice = places(len(speech))
        near = (seen[0].numpy()[of_face] * heard[0].numpy()[of_voice]).sum(axis=-1)
        return speech[of_voice], (self._sharpness * near).astype(np.float32)


def open_sync_net(live: LiveEars, path: Path | None = None) -> SyncNetSystem:
    """Open the shipped baseline.

    Args:
        live: Tells where somebody speaks.
        path: Of its weights; the shipped ones by default.

    Returns:
        The system.

    Raises:
        AssetError: If there are no weights.
    """
    path = path or NET_FILE
    if not path.exists():
        raise AssetError(
            "no SyncNet to compare with",
            got=str(path),
            fix="train it with python -m training.sync.contrast",
        )
    net = SyncNet()
    with np.load(path) as file:
        weights = {
            name: torch.from_numpy(file[name].astype(np.float32)) for name in net.state_dict()
        }
        sharpness = float(file["sharpness"])
    net.load_state_dict(weights)
    return SyncNetSystem(net.eval().requires_grad_(False), sharpness, live)


def main() -> None:
    """Train and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=Path, required=True)
    parser.add_argument("--spoken", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=Path, default=NET_FILE)
    options = parser.parse_args()
    pairs, spoken = load_pairs(options.pairs, "train"), load_spoken(options.spoken)
    known = np.array([not held_out(str(speaker)) for speaker in spoken.speaker])
    motion = [pairs.motion, spoken.motion[known]]
    save(options.out, *train(motion, [pairs.mel, spoken.mel[known]], options.steps, options.seed))
    print(f"{options.out.stat().st_size / 1e3:.0f} kB in {options.out}")


if __name__ == "__main__":
    main()
