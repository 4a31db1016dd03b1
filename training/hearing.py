"""Teaching a model to hear a face: what is drawn, what is asked, one step."""

from contextlib import nullcontext
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from stream_engine.models.mesh_to_speech import MeshToSpeech, voice_of
from training.data.augment import augment_speech
from training.dataset import PairSet
from training.face_pass import half_precision
from training.noise import smooth_noise
from training.optimisation import Descending, Optimisation
from training.place import HERE, Place
from training.session import learn_at_once


@dataclass(frozen=True, slots=True)
class Recipe:
    """Settings of a run.

    Attributes:
        batch: Clips per step and process.
        rate: Highest learning rate.
        steps: Steps of the schedule.
        smoothing: Label smoothing of the units.
        mel_weight: Of the mel's error against the units'.
        noise: Spread of the error put on the motion, in spreads of each coefficient.
        half: Products in bfloat16; worth it on a GPU.
        seed: Seed of everything random.
    """

    batch: int = 16
    rate: float = 1.5e-3
    steps: int = 500
    smoothing: float = 0.1
    mel_weight: float = 2.0
    noise: float = 0.25
    half: bool = False
    seed: int = 11


@dataclass(frozen=True, slots=True)
class Heard:
    """What should be heard in each clip.

    Attributes:
        units: int64 [M, 2 T].
        mel: float16 [M, 4 T, F].
    """

    units: NDArray[np.int64]
    mel: NDArray[np.float16]


def hearing_loss(
    logits: Tensor, drawn: Tensor, units: Tensor, mel: Tensor, recipe: Recipe
) -> dict[str, Tensor]:
    """Cross-entropy of units; L1 and spectral convergence of the mel, weighted.

    Source: Choi, Kim & Ro 2023, eq. 3 and 4.
    """
    named = functional.cross_entropy(
        logits.flatten(0, 1), units.flatten(), label_smoothing=recipe.smoothing
    )
    gap = drawn - mel
    convergence = gap.square().sum((1, 2)).sqrt() / mel.square().sum((1, 2)).sqrt()
    return {"units": named, "mel": recipe.mel_weight * (gap.abs().mean() + convergence.mean())}


class Hearing(Descending):
    """Teaches a model to hear.

    Args:
        pairs: Faces and speech to learn from.
        heard: Their units and mel.
        model: Its front already set.
        scale: Spread of each coefficient, float32 [D].
        recipe: Settings.
        place: Where to compute.
    """

    def __init__(
        self,
        pairs: PairSet,
        heard: Heard,
        model: MeshToSpeech,
        scale: Tensor,
        recipe: Recipe,
        place: Place = HERE,
    ) -> None:
        self._pairs, self._heard, self._recipe = pairs, heard, recipe
        self._device = place.device
        self._scale = scale.to(place.device)
        model.to(place.device).train()
        optimiser = torch.optim.AdamW(model.parameters(), lr=recipe.rate, weight_decay=0.05)
        super().__init__(Optimisation(model, optimiser, place, recipe.seed))
        self._pass = place.spread(model)

    def advance(self) -> dict[str, Tensor]:
        """One step of the optimiser; terms of the loss, still on the device."""
        recipe, g, device = self._recipe, self._descent.generator, self._device
        self._descent.set_rate(recipe.rate, recipe.steps, warming=50)
        rows = torch.randint(len(self._pairs), (recipe.batch,), generator=g).numpy()
        motion = torch.from_numpy(self._pairs.motion[rows])
        motion = motion * (0.85 + 0.3 * torch.rand(len(rows), 1, 1, generator=g))
        error = torch.rand(len(rows), 1, 1, generator=g) * recipe.noise
        error = (error * smooth_noise(motion.shape, g)).to(device)
        motion = motion.to(device) + error * self._scale
        mel = augment_speech(torch.from_numpy(self._heard.mel[rows]).float().to(device), g)
        units = torch.from_numpy(self._heard.units[rows]).to(device)
        with half_precision(device) if recipe.half else nullcontext():
            logits, drawn = self._pass(motion, voice_of(mel))
        terms = hearing_loss(logits.float(), drawn.float(), units, mel, recipe)
        return self._descent.descend(terms)


def train(
    pairs: PairSet, heard: Heard, model: MeshToSpeech, scale: Tensor, recipe: Recipe
) -> MeshToSpeech:
    """Teach a model to hear, in one go on the CPU; arguments as for `Hearing`.

    Args:
        pairs: Faces and speech to learn from.
        heard: Their units and mel.
        model: Its front already set.
        scale: Spread of each coefficient, float32 [D].
        recipe: Settings.

    Returns:
        The model, in evaluation mode.
    """
    learn_at_once(Hearing(pairs, heard, model, scale, recipe), recipe.steps)
    return model.eval()
