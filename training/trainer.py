"""One training run of the motion diffusion model: batches, losses, optimiser, checkpoints."""

import copy
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from stream_engine.mesh.head_asset import load_head_asset
from stream_engine.models.diffusion import LATEST_TIME, add_noise
from stream_engine.models.talking_face import FaceConfig, TalkingFace
from stream_engine.motion.arkit import ARKIT_COUNT, COEFFICIENT_NAMES
from training.abas import Listener
from training.data.augment import augment_speech, mute
from training.dataset import PairSet, coefficient_scale
from training.losses import LossWeights, lip_matrix, motion_loss
from training.noise import smooth_noise

WINDOW_SIZES = (2, 2, 3, 3, 3, 4, 5, 8, 8)
LANDMARKS = torch.arange(478)
MOUTH = torch.tensor(
    [name.startswith(("jaw", "mouth", "tongue", "cheekPuff")) for name in COEFFICIENT_NAMES]
)
"""Coefficients that shape the mouth, bool [D]."""


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
        labelled: Share of labelled clips in a batch, if there are any.
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
    labelled: float = 0.4
    ema: float = 0.998
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Material:
    """What a run learns from.

    Attributes:
        pairs: Faces with speech, recorded and labelled.
        units: Speech units of the pairs, int64 [M, 2 T]; only AbAS needs them.
        speech: Log-mel of speech without faces, float16 [S, 4 T, F].
        speech_units: Its units, int64 [S, 2 T].
    """

    pairs: PairSet
    units: NDArray[np.int64] | None = None
    speech: NDArray[np.float16] | None = None
    speech_units: NDArray[np.int64] | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """One step's input.

    Attributes:
        mel: Features, float32 [B, 4 T, F].
        clean: Normalised motion, float32 [B, T, D].
        past: Normalised motion given as context, float32 [B, T, D].
        rows: Row of each clip, int64 [B].
        silent: Clips turned into silence, bool [B].
    """

    mel: Tensor
    clean: Tensor
    past: Tensor
    rows: NDArray[np.int64]
    silent: Tensor


class Trainer:
    """Holds what a step needs.

    Args:
        recipe: Settings.
        material: What to learn from.
        config: Model sizes.
    """

    def __init__(self, recipe: Recipe, material: Material, config: FaceConfig) -> None:
        torch.manual_seed(recipe.seed)
        self.recipe = recipe
        self.material = material
        self.model = TalkingFace(config)
        self.model.scale.copy_(coefficient_scale(material.pairs.motion))
        self.averaged = copy.deepcopy(self.model).eval()
        self.generator = torch.Generator().manual_seed(recipe.seed)
        self.optimiser = torch.optim.AdamW(
            self.model.parameters(), lr=recipe.rate, betas=(0.9, 0.98), weight_decay=0.03
        )
        self.step = 0
        lips = lip_matrix(load_head_asset(), LANDMARKS)
        self._lips = torch.zeros(len(COEFFICIENT_NAMES), lips.shape[1])
        self._lips[:ARKIT_COUNT] = lips
        labelled = material.pairs.labelled
        self._rows = np.flatnonzero(~labelled), np.flatnonzero(labelled)
        self.listener: Listener | None = None
        self._before: TalkingFace | None = None

    def listen(self, listener: Listener) -> None:
        """Let an ear judge too; what the model is now is its reference on speech alone."""
        self.listener = listener
        self._before = copy.deepcopy(self.averaged).requires_grad_(False)
        self._began_listening = self.step

    @property
    def lips(self) -> Tensor:
        """Normalised coefficients to lip measurements, float32 [D, R]."""
        return self._lips * self.model.scale[:, None]

    def draw_rows(self) -> NDArray[np.int64]:
        """Rows of a batch: recorded and labelled clips in the recipe's shares."""
        recorded, labelled = self._rows
        count = round(self.recipe.batch * self.recipe.labelled) if len(labelled) else 0
        if not len(recorded):
            count = self.recipe.batch
        return np.concatenate(
            [
                source[torch.randint(len(source), (n,), generator=self.generator).numpy()]
                for source, n in ((recorded, self.recipe.batch - count), (labelled, count))
                if n
            ]
        )

    def draw_batch(self) -> Batch:
        """Pick clips, change their voice, disturb their past."""
        g, recipe, pairs = self.generator, self.recipe, self.material.pairs
        rows = self.draw_rows()
        mel = augment_speech(torch.from_numpy(pairs.mel[rows]).float(), g)
        clean = torch.from_numpy(pairs.motion[rows]) / self.model.scale
        silent = torch.rand(recipe.batch, generator=g) < recipe.muted
        if silent.any():
            mel[silent] = mute(mel[silent], g)
            clean[silent] = clean[silent] * ~MOUTH
        strength = torch.randn(recipe.batch, 1, 1, generator=g).abs() * recipe.past_noise
        past = clean + strength * smooth_noise(clean.shape, g)
        return Batch(mel, clean, past, rows, silent)

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
        own = self.imagine(past, speech, first)
        chosen = torch.rand(len(past), 1, 1, generator=self.generator) < self.recipe.own_past
        return torch.where(chosen, own, past)

    @torch.no_grad()
    def imagine(self, past: Tensor, speech: Tensor, first: Tensor) -> Tensor:
        """What the model says in one step from pure noise after ``past``, float32 [B, T, D]."""
        time = torch.full((*past.shape[:2], 1), LATEST_TIME)
        noise = smooth_noise(past.shape, self.generator)
        made = self.model.transformer.teacher_forced(past, noise, time, speech, first)
        return made.float()

    def losses(self, batch: Batch, first: Tensor) -> dict[str, Tensor]:
        """Forward pass on pairs; weighted terms."""
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
        if self.listener is not None and self.material.units is not None:
            trust = self.listener.trust(time) * (~batch.silent)[:, None] * self._ramp()
            units = torch.from_numpy(self.material.units[batch.rows])
            terms |= self.listener.hear(predicted, units, batch.mel, trust)
        return {name: term.mean() for name, term in terms.items()}

    def speech_losses(self) -> dict[str, Tensor]:
        """Forward pass on speech without faces: only the ear judges, the old self holds back."""
        listener, speech_only = self.listener, self.material.speech
        assert listener is not None
        assert speech_only is not None
        assert self.material.speech_units is not None
        assert self._before is not None
        g, weights = self.generator, listener.weights
        count = max(1, round(self.recipe.batch * weights.speech_share))
        rows = torch.randint(len(speech_only), (count,), generator=g).numpy()
        mel = augment_speech(torch.from_numpy(speech_only[rows]).float(), g)
        frames = mel.shape[1] // 4
        first = self.draw_windows(frames)
        with torch.autocast("cpu", torch.bfloat16, cache_enabled=False):
            speech = self.model.encode(mel)
            nothing = torch.zeros(count, frames, len(COEFFICIENT_NAMES))
            past = self.imagine(nothing, speech.detach(), first)
            late = torch.rand(count, 1, 1, generator=g) < 0.5
            time = torch.where(late, LATEST_TIME, LATEST_TIME / 2).expand(-1, frames, 1)
            noisy = add_noise(past, smooth_noise(past.shape, g), time)
            forward = self.model.transformer.teacher_forced
            predicted = forward(past, noisy, time, speech, first).float()
            with torch.no_grad():
                known = self._before.encode(mel)
                before = self._before.transformer
                usual = before.teacher_forced(past, noisy, time, known, first).float()
        held = torch.where(MOUTH, weights.reference, weights.reference_face)
        units = torch.from_numpy(self.material.speech_units[rows])
        heard = listener.hear(predicted, units, mel, listener.trust(time) * self._ramp())
        share = weights.speech_share
        return {
            "speech_units": share * heard["heard_units"].mean(),  # a stranger's mel is not ours
            "speech_held": share * (held * (predicted - usual).square()).mean(),
        }

    def _ramp(self) -> float:
        assert self.listener is not None
        return min(1.0, (self.step - self._began_listening + 1) / self.listener.weights.ramp)

    def train_step(self) -> dict[str, float]:
        """One step of the optimiser; returns the terms of the loss."""
        recipe = self.recipe
        progress = min(self.step / recipe.steps, 1.0)
        rate = recipe.rate * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * progress)))
        for group in self.optimiser.param_groups:
            group["lr"] = rate * min(1.0, (self.step + 1) / recipe.warm_up)
        batch = self.draw_batch()
        terms = self.losses(batch, self.draw_windows(batch.clean.shape[1]))
        if self.listener is not None and self.listener.weights.speech_share:
            terms |= self.speech_losses()
        total = torch.stack(list(terms.values())).sum()
        self.optimiser.zero_grad(set_to_none=True)
        total.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimiser.step()
        self.step += 1
        decay = min(recipe.ema, self.step / (self.step + 20))
        with torch.no_grad():
            for slow, fast in zip(self.averaged.parameters(), self.model.parameters(), strict=True):
                slow.lerp_(fast, 1.0 - decay)
        return {name: float(term.detach()) for name, term in (terms | {"total": total}).items()}

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
