"""One training run of the motion diffusion model: losses, schedule, averaged weights."""

import copy
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from stream_engine.mesh.head_asset import load_head_asset
from stream_engine.models.speech_encoder import SpeechEncoder
from stream_engine.models.talking_face import FaceConfig, TalkingFace
from stream_engine.motion.arkit import ARKIT_COUNT, COEFFICIENT_NAMES
from training.abas import Listener
from training.dataset import coefficient_scale
from training.draws import MOUTH, Batch, Draws, Material, Recipe
from training.face_pass import FacePass, Seen, View, predict
from training.losses import LossWeights, lip_matrix, motion_loss
from training.optimisation import Descending, Optimisation
from training.place import HERE, Place

__all__ = ["LANDMARKS", "MOUTH", "Batch", "Material", "Recipe", "Trainer"]

LANDMARKS = torch.arange(478)


class Trainer(Descending):
    """Holds what a step needs.

    Args:
        recipe: Settings.
        material: What to learn from.
        config: Model sizes.
        place: Where to compute.
    """

    def __init__(
        self, recipe: Recipe, material: Material, config: FaceConfig, place: Place = HERE
    ) -> None:
        torch.manual_seed(recipe.seed)
        self.recipe = recipe
        self.material = material
        self.place = place
        self.model = TalkingFace(config)
        self.model.scale.copy_(coefficient_scale(material.pairs.motion))
        self.model.to(place.device)
        self.averaged = copy.deepcopy(self.model).eval()
        optimiser = torch.optim.AdamW(
            self.model.parameters(), lr=recipe.rate, betas=(0.9, 0.98), weight_decay=0.03
        )
        super().__init__(Optimisation(self.model, optimiser, place, recipe.seed))
        self.generator = self._descent.generator
        self._pass = place.spread(self._face_pass())
        self._draws = Draws(recipe, material, self.model.scale, self.generator)
        lips = lip_matrix(load_head_asset(), LANDMARKS)
        whole = torch.zeros(len(COEFFICIENT_NAMES), lips.shape[1])
        whole[:ARKIT_COUNT] = lips
        self._lips = whole.to(place.device)
        self.listener: Listener | None = None
        self._before: TalkingFace | None = None

    def take(self, face: TalkingFace) -> None:
        """Begin with trained weights."""
        for model in (self.model, self.averaged):
            model.load_state_dict(face.state_dict())

    def take_encoder(self, encoder: SpeechEncoder) -> None:
        """Begin with a speech encoder that knows sounds already."""
        for model in (self.model, self.averaged):
            model.encoder.load_state_dict(encoder.state_dict())

    def listen(self, listener: Listener, reference: TalkingFace | None = None) -> None:
        """Let an ear judge too.

        Args:
            listener: The ear, and how strongly it is heard.
            reference: What everything but the mouth is held to; by default the model as it is now.
                A model that trained as long without an ear is better: it moves more by then.
        """
        self.listener = listener
        held = copy.deepcopy(self.averaged if reference is None else reference)
        self._before = held.eval().requires_grad_(False).to(self.place.device)
        self._began_listening = self.step

    def _face_pass(self) -> FacePass:
        return FacePass(self.model)

    @property
    def lips(self) -> Tensor:
        """Normalised coefficients to lip measurements, float32 [D, R]."""
        return self._lips * self.model.scale[:, None]

    def losses(self, batch: Batch, first: Tensor) -> dict[str, Tensor]:
        """Weighted terms of the loss; with an ear that also judges speech without faces, those too.

        Args:
            batch: Pairs.
            first: First frame of each frame's window, int64 [T].

        Returns:
            Scalars by name.
        """
        views = [self._draws.view(batch, first)]
        share = self.listener.weights.speech_share if self.listener is not None else 0.0
        if not share:
            return self._pair_losses(batch, views[0], self._pass(views)[0])
        view, rows = self._draws.speech(max(1, round(self.recipe.batch * share)))
        # One pass for both: gradients are averaged over processes once a step.
        paired, alone = self._pass([*views, view])
        terms = self._pair_losses(batch, views[0], paired)
        return terms | self._speech_losses(rows, view, alone)

    def _pair_losses(self, batch: Batch, view: View, seen: Seen) -> dict[str, Tensor]:
        """On pairs: the face, and with an ear what is heard."""
        clean, first, predicted = batch.clean, view.first, seen.predicted
        previous = torch.cat([clean[:, :1], predicted[:, :-1]], dim=1)
        at = torch.arange(clean.shape[1], device=clean.device)
        starts = (first == at)[None, :, None]
        shifted = torch.cat([clean[:, :1], clean[:, :-1]], dim=1)
        before = torch.where(starts, shifted, previous)
        terms = motion_loss(predicted, clean, before, self.lips, LossWeights())
        if self.listener is not None and self.material.units is not None:
            trust = self.listener.trust(view.time) * ~batch.silent * self._ramp()
            units = torch.from_numpy(self.material.units[batch.rows]).to(clean.device)
            terms |= self.listener.hear(predicted, units, batch.mel, trust)
        means = {name: term.mean() for name, term in terms.items()}
        return means | self._held("held", view, seen)

    def _speech_losses(self, rows: NDArray[np.int64], view: View, seen: Seen) -> dict[str, Tensor]:
        """On speech without faces: only the ear judges."""
        listener = self.listener
        assert listener is not None
        assert self.material.speech_units is not None
        units = torch.from_numpy(self.material.speech_units[rows]).to(view.mel.device)
        trust = listener.trust(view.time) * self._ramp()
        heard = listener.hear(seen.predicted, units, view.mel, trust)
        share, of_mel = listener.weights.speech_share, listener.weights.speech_mel
        terms = {"speech_units": share * heard["heard_units"].mean()}
        if of_mel:
            terms["speech_mel"] = share * of_mel * heard["heard_mel"].mean()
        return terms | self._held("speech_held", view, seen)

    def _held(self, name: str, view: View, seen: Seen) -> dict[str, Tensor]:
        """How far everything but the mouth is from what the reference makes."""
        if self.listener is None or self._before is None or not self.listener.weights.hold:
            return {}
        with torch.no_grad():
            usual = predict(self._before, view, seen)
        rest = (~MOUTH).to(usual)  # as weights: picking columns would wait for the device
        moved = ((seen.predicted - usual).square() * rest).sum(-1).mean() / int((~MOUTH).sum())
        return {name: self.listener.weights.hold * moved}

    def _ramp(self) -> float:
        assert self.listener is not None
        return min(1.0, (self.step - self._began_listening + 1) / self.listener.weights.ramp)

    def advance(self) -> dict[str, Tensor]:
        """One step of the optimiser; terms of the loss, still on the device."""
        recipe = self.recipe
        self._descent.set_rate(recipe.rate, recipe.steps, recipe.warm_up)
        batch = self._draws.batch()
        terms = self._descent.descend(self.losses(batch, self._draws.windows(batch.clean.shape[1])))
        decay = min(recipe.ema, self.step / (self.step + 20))
        with torch.no_grad():
            for slow, fast in zip(self.averaged.parameters(), self.model.parameters(), strict=True):
                slow.lerp_(fast, 1.0 - decay)
        return terms

    def train_step(self) -> dict[str, float]:
        """One step of the optimiser; terms of the loss as numbers."""
        return {name: float(term) for name, term in self.advance().items()}

    def state(self) -> dict[str, Any]:
        """Everything needed to go on; asked on every process."""
        return super().state() | {"averaged": self.averaged.state_dict()}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        super().restore(state)
        self.averaged.load_state_dict(state["averaged"])
