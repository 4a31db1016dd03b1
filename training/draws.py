"""Drawing the batches of a motion run: which clips, whose voice, which past, how much noise.

Everything random comes from one generator on the CPU, in one order, so that a seed draws the same
batches on every device.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from stream_engine.errors import ConfigError
from stream_engine.models.diffusion import LATEST_TIME
from stream_engine.motion.arkit import COEFFICIENT_NAMES
from training.data.augment import augment_speech, mute
from training.data.quiet import opening, quiet_frames
from training.dataset import PairSet
from training.face_pass import View, half_precision
from training.noise import smooth_noise

WINDOW_SIZES = (2, 2, 3, 3, 3, 4, 5, 8, 8)
MOUTH = torch.tensor(
    [name.startswith(("jaw", "mouth", "tongue", "cheekPuff")) for name in COEFFICIENT_NAMES]
)
"""Coefficients that shape the mouth, bool [D]."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """Settings of a run.

    Attributes:
        batch: Clips per step and process.
        rate: Highest learning rate.
        warm_up: Steps to reach it.
        steps: Steps of the cosine decay.
        voices: Change voices and add noise in the log-mel domain; false for other features.
        warped: Share of clips that get another vocal tract, if voices are changed. It teaches other
            voices and costs the own one: warped vowels are each other's.
        muted: Share of clips turned into silence with a resting mouth; log-mel only.
        broken: Share of clips whose speech breaks off, for a while or for good, so that the mouth
            shuts; log-mel only. Recorded sentences never end in the middle of a vowel; people do.
        past_noise: Spread of the error put on the context, against exposure bias.
        own_past: Share of clips whose context is the model's own prediction, likewise.
        swapped: Share of clips that wear another clip's brows, lids, gaze and head: few faces must
            not teach that this mouth goes with that brow.
        labelled: Share of labelled clips in a batch, if there are any.
        ema: Decay of the averaged weights.
        seed: Seed of everything random.
    """

    batch: int = 16
    rate: float = 8e-4
    warm_up: int = 200
    steps: int = 4000
    voices: bool = True
    warped: float = 0.25
    muted: float = 0.06
    broken: float = 0.0
    past_noise: float = 0.4
    own_past: float = 0.6
    swapped: float = 0.0
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
    """Clips of one step, on the model's device.

    Attributes:
        mel: Features, float32 [B, 4 T, F].
        clean: Normalised motion, float32 [B, T, D].
        past: Normalised motion given as context, float32 [B, T, D].
        rows: Row of each clip, int64 [B].
        silent: Frames turned into silence, bool [B, T].
    """

    mel: Tensor
    clean: Tensor
    past: Tensor
    rows: NDArray[np.int64]
    silent: Tensor


class Draws:
    """Draws views.

    Args:
        recipe: Settings.
        material: What there is.
        scale: Spread of each coefficient, float32 [D], on the model's device.
        generator: Source of randomness, on the CPU.

    Raises:
        ConfigError: If silence is wanted of features that are not log-mel.
    """

    def __init__(
        self, recipe: Recipe, material: Material, scale: Tensor, generator: torch.Generator
    ) -> None:
        if (recipe.muted or recipe.broken) and not recipe.voices:
            raise ConfigError(
                "silence is made in the log-mel domain",
                got=f"muted = {recipe.muted}, broken = {recipe.broken}, voices = false",
                fix="set muted = 0.0 and broken = 0.0",
            )
        self._recipe = recipe
        self._material = material
        self._scale = scale
        self._device = scale.device
        self._generator = generator
        labelled = material.pairs.labelled
        self._rows = np.flatnonzero(~labelled), np.flatnonzero(labelled)

    def rows(self) -> NDArray[np.int64]:
        """Rows of a batch: recorded and labelled clips in the recipe's shares, int64 [B]."""
        recorded, labelled = self._rows
        batch = self._recipe.batch
        count = round(batch * self._recipe.labelled) if len(labelled) else 0
        if not len(recorded):
            count = batch
        return np.concatenate(
            [
                source[torch.randint(len(source), (n,), generator=self._generator).numpy()]
                for source, n in ((recorded, batch - count), (labelled, count))
                if n
            ]
        )

    def windows(self, frames: int) -> Tensor:
        """First frame of each frame's window, int64 [T]; one size, random offset."""
        pick = int(torch.randint(len(WINDOW_SIZES), (1,), generator=self._generator))
        size = WINDOW_SIZES[pick]
        offset = int(torch.randint(size, (1,), generator=self._generator))
        at = torch.arange(frames)
        return ((at + offset) // size * size - offset).clamp_min(0).to(self._device)

    def batch(self) -> Batch:
        """Clips with faces: voice changed, some silent, past disturbed."""
        g, recipe, pairs = self._generator, self._recipe, self._material.pairs
        rows = self.rows()
        mel = self._heard(pairs.mel[rows])
        clean = self._moved(torch.from_numpy(pairs.motion[rows])) / self._scale
        if recipe.swapped:
            kept = self._moved(torch.rand(recipe.batch, 1, 1, generator=g) >= recipe.swapped)
            clean = torch.where(kept | self._moved(MOUTH), clean, clean.roll(1, dims=0))
        silent = self._silence(clean.shape[1])
        self._hush(mel, clean, silent)
        strength = torch.randn(recipe.batch, 1, 1, generator=g).abs() * recipe.past_noise
        past = clean + self._moved(strength * smooth_noise(clean.shape, g))
        return Batch(mel, clean, past, rows, self._moved(silent))

    def _silence(self, frames: int) -> Tensor:
        """Frames that shall be silent, bool [B, T] on the CPU."""
        g, recipe = self._generator, self._recipe
        silent = (torch.rand(recipe.batch, 1, generator=g) < recipe.muted).expand(-1, frames)
        if not recipe.broken:
            return silent
        return silent | quiet_frames(recipe.batch, frames, recipe.broken, g)

    def _hush(self, mel: Tensor, clean: Tensor, silent: Tensor) -> None:
        """Write room noise over the sound of silent frames, and rest their mouth.

        Args:
            mel: Features, float32 [B, 4 T, F]; written into.
            clean: Normalised motion, float32 [B, T, D]; written into.
            silent: Frames, bool [B, T] on the CPU: asking it waits for no device.
        """
        clips = silent.any(1)
        if not clips.any():
            return
        steps = silent.repeat_interleave(mel.shape[1] // silent.shape[1], dim=1)[clips, :, None]
        mel[clips] = torch.where(self._moved(steps), mute(mel[clips], self._generator), mel[clips])
        open_ = self._moved(opening(silent[clips])[..., None])
        clean[clips] = torch.where(self._moved(MOUTH), clean[clips] * open_, clean[clips])

    def view(self, batch: Batch, first: Tensor) -> View:
        """How the model sees a batch cut into windows: one time each, some on their own past."""
        g, shape = self._generator, batch.clean.shape
        time = torch.rand(shape[0], shape[1], 1, generator=g) * LATEST_TIME
        latest = torch.rand(shape[0], shape[1], 1, generator=g) < 0.3
        time = self._moved(torch.where(latest, torch.full_like(time, LATEST_TIME), time))[:, first]
        noise = self._moved(smooth_noise(shape, g))
        imagined_from = self._coarse_noise(shape)
        own = self._moved(torch.rand(shape[0], 1, 1, generator=g) < self._recipe.own_past)
        return View(batch.mel, batch.clean, batch.past, own, imagined_from, noise, time, first)

    def speech(self, count: int) -> tuple[View, NDArray[np.int64]]:
        """Clips without faces, and their rows: the model is alone with what it imagines."""
        g, speech = self._generator, self._material.speech
        assert speech is not None
        rows = torch.randint(len(speech), (count,), generator=g).numpy()
        mel = self._heard(speech[rows])
        pairs = self._material.pairs
        first = self.windows(mel.shape[1] * pairs.motion.shape[1] // pairs.mel.shape[1])
        nothing = torch.zeros(count, len(first), len(COEFFICIENT_NAMES))
        imagined_from = self._coarse_noise(nothing.shape)
        late = torch.rand(count, 1, 1, generator=g) < 0.5
        time = torch.where(late, LATEST_TIME, LATEST_TIME / 2).expand(-1, len(first), 1)
        noise = self._coarse_noise(nothing.shape)
        own = self._moved(torch.ones(count, 1, 1, dtype=torch.bool))
        past = self._moved(nothing)
        return View(mel, None, past, own, imagined_from, noise, self._moved(time), first), rows

    def _heard(self, features: NDArray[np.float16]) -> Tensor:
        """Features as another voice would have them, float32 on the device."""
        heard = self._moved(torch.from_numpy(features).float())
        recipe = self._recipe
        return augment_speech(heard, self._generator, recipe.warped) if recipe.voices else heard

    def _coarse_noise(self, shape: torch.Size) -> Tensor:
        """Noise for what no loss is taken of, summed in the precision of the pass."""
        with half_precision(torch.device("cpu")):
            return self._moved(smooth_noise(shape, self._generator))

    def _moved(self, tensor: Tensor) -> Tensor:
        return tensor.to(self._device, non_blocking=True)
