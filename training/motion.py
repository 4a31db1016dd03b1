"""Recipe: the motion diffusion model, from training pairs to a checkpoint.

    python -m training.motion --pairs cache/grid.npz --run runs/motion --minutes 60

Every batch cuts its clips into windows of one random size, so that one checkpoint serves every
latency profile. Resumes from the run folder's checkpoint; logs one JSON line per 50 steps.
"""

import argparse
import copy
import json
import math
import time
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from stream_engine.mesh.head_asset import load_head_asset
from stream_engine.models.diffusion import LATEST_TIME, add_noise
from stream_engine.models.talking_face import FaceConfig, TalkingFace
from stream_engine.motion.arkit import ARKIT_COUNT, COEFFICIENT_NAMES
from stream_engine.motion.noise import smoothing_kernel
from training.data.augment import augment_speech, mute
from training.dataset import PairSet, coefficient_scale, load_pairs
from training.losses import LossWeights, lip_matrix, motion_loss

WINDOW_SIZES = (2, 2, 3, 3, 3, 4, 5, 8, 8)
LANDMARKS = torch.arange(478)


@dataclass(frozen=True, slots=True)
class Recipe:
    """Settings of a run.

    Attributes:
        batch: Clips per step.
        rate: Highest learning rate.
        warm_up: Steps to reach it.
        steps: Steps of the cosine decay.
        muted: Share of clips turned into silence with a resting mouth.
        past_noise: Spread of the error put on the context, against exposure bias.
        own_past: Share of clips whose context is the model's own prediction, likewise.
        ema: Decay of the averaged weights.
        seed: Seed of everything random.
    """

    batch: int = 16
    rate: float = 8e-4
    warm_up: int = 200
    steps: int = 4000
    muted: float = 0.06
    past_noise: float = 0.4
    own_past: float = 0.6
    ema: float = 0.998
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Batch:
    """One training step's input: features [B, 4 T, F], normalised motion and context [B, T, D]."""

    mel: Tensor
    clean: Tensor
    past: Tensor


class Trainer:
    """Holds what a step needs.

    Args:
        recipe: Settings.
        pairs: Training pairs.
        config: Model sizes.
    """

    def __init__(self, recipe: Recipe, pairs: PairSet, config: FaceConfig) -> None:
        torch.manual_seed(recipe.seed)
        self.recipe = recipe
        self.pairs = pairs
        self.model = TalkingFace(config)
        self.model.scale.copy_(coefficient_scale(pairs.motion))
        self.averaged = copy.deepcopy(self.model).eval()
        self.generator = torch.Generator().manual_seed(recipe.seed)
        self.optimiser = torch.optim.AdamW(
            self.model.parameters(), lr=recipe.rate, betas=(0.9, 0.98), weight_decay=0.03
        )
        self.step = 0
        lips = lip_matrix(load_head_asset(), LANDMARKS)
        self._lips = torch.zeros(len(COEFFICIENT_NAMES), lips.shape[1])
        self._lips[:ARKIT_COUNT] = lips
        self.mouth = torch.tensor(
            [n.startswith(("jaw", "mouth", "tongue", "cheekPuff")) for n in COEFFICIENT_NAMES]
        )

    @property
    def lips(self) -> Tensor:
        """Normalised coefficients to lip measurements, float32 [D, R]."""
        return self._lips * self.model.scale[:, None]

    def draw_batch(self) -> Batch:
        """Pick clips, change their voice, disturb their past."""
        g, recipe = self.generator, self.recipe
        chosen = torch.randint(len(self.pairs), (recipe.batch,), generator=g).numpy()
        mel = augment_speech(torch.from_numpy(self.pairs.mel[chosen]).float(), g)
        clean = torch.from_numpy(self.pairs.motion[chosen]) / self.model.scale
        silent = torch.rand(recipe.batch, generator=g) < recipe.muted
        if silent.any():
            mel[silent] = mute(mel[silent], g)
            clean[silent] = clean[silent] * ~self.mouth
        strength = torch.randn(recipe.batch, 1, 1, generator=g).abs() * recipe.past_noise
        past = clean + strength * smooth_noise(clean.shape, g)
        return Batch(mel, clean, past)

    def draw_windows(self, frames: int) -> Tensor:
        """First frame of each frame's window, int64 [T]; one size, random offset."""
        pick = int(torch.randint(len(WINDOW_SIZES), (1,), generator=self.generator))
        size = WINDOW_SIZES[pick]
        offset = int(torch.randint(size, (1,), generator=self.generator))
        at = torch.arange(frames)
        return ((at + offset) // size * size - offset).clamp_min(0)

    @torch.no_grad()
    def with_own_past(self, past: Tensor, speech: Tensor, first: Tensor) -> Tensor:
        """Replace the context of some clips by what the model itself would have emitted.

        In service the context is never the truth. A model taught on the truth alone leans on it:
        lip-gap correlation .88 after the true past fell to .74 after its own.
        """
        g = self.generator
        time = torch.full((*past.shape[:2], 1), LATEST_TIME)
        noise = smooth_noise(past.shape, g)
        own = self.model.transformer.teacher_forced(past, noise, time, speech, first).float()
        chosen = torch.rand(len(past), 1, 1, generator=g) < self.recipe.own_past
        return torch.where(chosen, own, past)

    def losses(self, batch: Batch, first: Tensor) -> dict[str, float | Tensor]:
        """Forward pass; ``total`` is to be differentiated."""
        g = self.generator
        shape = batch.clean.shape
        time = torch.rand(shape[0], shape[1], 1, generator=g) * LATEST_TIME
        latest = torch.rand(shape[0], shape[1], 1, generator=g) < 0.3
        time = torch.where(latest, torch.full_like(time, LATEST_TIME), time)[:, first]
        noisy = add_noise(batch.clean, smooth_noise(shape, g), time)
        # bfloat16 products: 1.45 times the steps per second here, and no visible loss.
        # Its weight cache must stay off: what it keeps under no_grad never gets a gradient.
        with torch.autocast("cpu", torch.bfloat16, cache_enabled=False):
            speech = self.model.encode(batch.mel)
            past = self.with_own_past(batch.past, speech.detach(), first)
            forward = self.model.transformer.teacher_forced
            predicted = forward(past, noisy, time, speech, first).float()
        previous = torch.cat([batch.clean[:, :1], predicted[:, :-1]], dim=1)
        starts = (first == torch.arange(shape[1]))[None, :, None]
        shifted = torch.cat([batch.clean[:, :1], batch.clean[:, :-1]], dim=1)
        before = torch.where(starts, shifted, previous)
        terms = motion_loss(predicted, batch.clean, before, self.lips, LossWeights())
        means = {name: term.mean() for name, term in terms.items()}
        logged: dict[str, float | Tensor] = {name: float(m.detach()) for name, m in means.items()}
        logged["total"] = torch.stack(list(means.values())).sum()
        return logged

    def train_step(self) -> dict[str, float]:
        """One step of the optimiser; returns the terms of the loss."""
        recipe = self.recipe
        progress = min(self.step / recipe.steps, 1.0)
        rate = recipe.rate * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * progress)))
        for group in self.optimiser.param_groups:
            group["lr"] = rate * min(1.0, (self.step + 1) / recipe.warm_up)
        batch = self.draw_batch()
        losses = self.losses(batch, self.draw_windows(batch.clean.shape[1]))
        total = losses["total"]
        assert isinstance(total, Tensor)
        self.optimiser.zero_grad(set_to_none=True)
        total.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimiser.step()
        self.step += 1
        decay = min(recipe.ema, self.step / (self.step + 20))
        with torch.no_grad():
            for slow, fast in zip(self.averaged.parameters(), self.model.parameters(), strict=True):
                slow.lerp_(fast, 1.0 - decay)
        return {name: float(torch.as_tensor(value).detach()) for name, value in losses.items()}

    def save(self, path: Path) -> None:
        """Write a checkpoint atomically."""
        state = {
            "model": self.model.state_dict(),
            "averaged": self.averaged.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "step": self.step,
            "generator": self.generator.get_state(),
        }
        torch.save(state, path.with_suffix(".new"))
        path.with_suffix(".new").rename(path)

    def load(self, path: Path) -> None:
        """Go on from a checkpoint."""
        state = torch.load(path, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.averaged.load_state_dict(state["averaged"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.generator.set_state(state["generator"])
        self.step = state["step"]


def smooth_noise(shape: torch.Size, generator: torch.Generator) -> Tensor:
    """Noise [B, T, D] with the time correlation the engine's `FrameNoise` has."""
    kernel = torch.from_numpy(smoothing_kernel())
    reach = len(kernel) - 1
    white = torch.randn(shape[0], shape[1] + reach, shape[2], generator=generator)
    return torch.einsum("btdk,k->btd", white.unfold(1, len(kernel), 1), kernel)


@torch.no_grad()
def validate(trainer: Trainer, pairs: PairSet) -> dict[str, float]:
    """Lip gap and width correlation of one-step predictions of 3-frame windows, true past."""
    model = trainer.averaged
    generator = torch.Generator().manual_seed(0)
    clean = torch.from_numpy(pairs.motion) / model.scale
    frames = clean.shape[1]
    first = torch.arange(frames) // 3 * 3
    time = torch.full((len(clean), frames, 1), LATEST_TIME)
    noisy = add_noise(clean, smooth_noise(clean.shape, generator), time)
    speech = model.encode(torch.from_numpy(pairs.mel).float())
    predicted = model.transformer.teacher_forced(clean, noisy, time, speech, first)
    measured = predicted @ trainer.lips[:, -2:]
    truth = torch.from_numpy(pairs.gap), torch.from_numpy(pairs.width)
    scores = {}
    for column, (name, real) in enumerate(zip(("gap", "width"), truth, strict=True)):
        rows = zip(measured[..., column], real, strict=True)
        each = [torch.corrcoef(torch.stack([a, b]))[0, 1] for a, b in rows]
        scores[f"validation_{name}_pcc"] = float(torch.stack(each).mean())
    return scores


def main() -> None:
    """Train for a while, or to the end of the schedule."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True, help="folder of checkpoint and log")
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    options.run.mkdir(parents=True, exist_ok=True)
    recipe = Recipe(steps=options.steps)
    trainer = Trainer(recipe, load_pairs(options.pairs, "train"), FaceConfig())
    validation = load_pairs(options.pairs, "validation")
    checkpoint = options.run / "checkpoint.pt"
    if checkpoint.exists():
        trainer.load(checkpoint)
    began, log = time.monotonic(), (options.run / "log.jsonl").open("a", encoding="utf-8")
    while trainer.step < recipe.steps and time.monotonic() - began < options.minutes * 60:
        line: dict[str, float] = trainer.train_step()
        if trainer.step % 50 == 0:
            line |= {"step": trainer.step, "seconds": round(time.monotonic() - began, 1)}
            if trainer.step % 250 == 0:
                line |= validate(trainer, validation)
                trainer.save(checkpoint)
            print(json.dumps(line), file=log, flush=True)
    trainer.save(checkpoint)


if __name__ == "__main__":
    main()
