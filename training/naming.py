"""Teaching a network to name sounds: speech whose phones are known, one step."""

from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional
from torch.optim.lr_scheduler import OneCycleLR

from training.data.augment import augment_speech
from training.face_pass import half_precision
from training.optimisation import Descending, Optimisation
from training.place import HERE, Place


@dataclass(frozen=True, slots=True)
class Recipe:
    """Settings of a run.

    Attributes:
        batch: Clips per step and process.
        rate: Highest learning rate.
        steps: Steps of the schedule.
        smoothing: Label smoothing.
        held_out: Share of clips kept for the report.
        half: Products in bfloat16; worth it on a GPU.
        seed: Seed of everything random.
    """

    batch: int = 16
    rate: float = 2e-3
    steps: int = 1500
    smoothing: float = 0.1
    held_out: float = 0.08
    half: bool = False
    seed: int = 3


@dataclass(frozen=True, slots=True)
class Labelled:
    """Speech and the phones to be named in it.

    Attributes:
        mel: Log-mel, float16 [M, T, F].
        phones: uint8 [M, ...], as the network's logits but for their last axis; 0 is silence.
    """

    mel: NDArray[np.float16]
    phones: NDArray[np.uint8]


class Naming(Descending):
    """Teaches a network its phones.

    Args:
        network: Log-mel [B, T, F] to logits [B, ..., P].
        data: Labelled speech.
        recipe: Settings.
        place: Where to compute.
    """

    def __init__(
        self, network: nn.Module, data: Labelled, recipe: Recipe, place: Place = HERE
    ) -> None:
        self._data, self._recipe, self._device = data, recipe, place.device
        network.to(place.device)
        optimiser = torch.optim.AdamW(network.parameters(), lr=recipe.rate, weight_decay=0.02)
        self._schedule = OneCycleLR(optimiser, recipe.rate, recipe.steps)
        super().__init__(Optimisation(network, optimiser, place, recipe.seed))
        self._pass = place.spread(network)
        # One division for all processes, whatever each draws afterwards.
        order = torch.randperm(len(data.mel), generator=HERE.generator(recipe.seed)).numpy()
        if place.leads:
            torch.randperm(len(data.mel), generator=self._descent.generator)
        self.kept, self._used = np.split(order, [round(len(order) * recipe.held_out)])

    def advance(self) -> dict[str, Tensor]:
        """One step of the optimiser; terms of the loss, still on the device."""
        recipe, g, device = self._recipe, self._descent.generator, self._device
        rows = self._used[torch.randint(len(self._used), (recipe.batch,), generator=g).numpy()]
        mel = augment_speech(torch.from_numpy(self._data.mel[rows]).float().to(device), g)
        phones = torch.from_numpy(self._data.phones[rows]).long().to(device)
        with half_precision(device) if recipe.half else nullcontext():
            logits = self._pass(mel).float()
        named = functional.cross_entropy(
            logits.flatten(0, -2), phones.flatten(), label_smoothing=recipe.smoothing
        )
        terms = self._descent.descend({"phones": named})
        self._schedule.step()
        return terms

    def state(self) -> dict[str, Any]:
        """Everything needed to go on; asked on every process."""
        return super().state() | {"schedule": self._schedule.state_dict()}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        super().restore(state)
        self._schedule.load_state_dict(state["schedule"])


@torch.no_grad()
def phone_errors(
    network: nn.Module, data: Labelled, rows: NDArray[np.int64], batch: int = 64
) -> dict[str, float]:
    """Share of phones named wrongly, in all and in speech only.

    Args:
        network: As for `Naming`.
        data: Labelled speech.
        rows: Clips to judge on.
        batch: Clips at a time.

    Returns:
        ``phone_error`` and ``speech_error``.
    """
    parts = (data.mel[rows[k : k + batch]] for k in range(0, len(rows), batch))
    named = [network(torch.from_numpy(mel).float()).argmax(-1) for mel in parts]
    wrong = torch.cat(named).numpy() != data.phones[rows]
    speech = data.phones[rows] > 0
    return {"phone_error": float(wrong.mean()), "speech_error": float(wrong[speech].mean())}
