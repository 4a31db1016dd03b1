"""Recipe: the monitor's two ears, of recorded faces and of faces the engine makes.

    python -m training.streaming_ear --pairs cache/grid.npz --spoken cache/spoken.npz
        --out runs/streaming_ear.pt

Units are those of the shipped network that names them; the speech ear learns to name them
itself, of speech as microphones hear it. Speakers and sentences that tests use are left out.
"""

import argparse
import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from stream_engine.models.streaming_ear import STEPS_PER_FRAME, StreamingEarConfig
from training.both_ears import Ears, begun, compared, errors, known_prior
from training.data.augment import augment_speech, mixed, mute
from training.data.spoken_faces import load_spoken
from training.dataset import coefficient_scale, load_pairs
from training.lag_contrast import lag_contrast
from training.listening import (
    CROP_FRAMES,
    Material,
    commonest,
    gather,
    sounds,
    sounds_of,
)
from training.noise import smooth_noise
from training.optimisation import Descending, Optimisation
from training.place import HERE, Place, take_place
from training.recipe import RECIPES, read_recipe
from training.session import Rhythm, add_options, given, learn

_OTHER_SOUNDS = 200
_LEAST_DB, _RANGE_DB = 0.0, 25.0
"""How much louder speech is than what is behind it."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """Settings of a run.

    Attributes:
        batch: Clips per step and process.
        rate: Highest learning rate.
        steps: Steps of the schedule.
        recorded: Share of recorded faces in a batch.
        mel_weight: Of the coarse mel's error against the units'.
        noise: Spread of the error put on the motion, in spreads of each coefficient.
        size: Range of the factor on the motion about 1.
        hushed: Share of clips whose speech ear hears no speech: of a third noise, else a sound.
        behind: Share of the others with a sound behind the speech.
        contrast: Weight of telling the right lag and face by the evidence (`lag_contrast`).
        sharpness: What a nat of evidence is worth there.
        smoothing: Label smoothing of the units.
        seed: Seed of everything random.
    """

    batch: int = 24
    rate: float = 2e-3
    steps: int = 2500
    recorded: float = 0.4
    mel_weight: float = 0.5
    noise: float = 0.25
    size: float = 0.15
    hushed: float = 0.25
    behind: float = 0.0
    contrast: float = 0.0
    sharpness: float = 0.2
    smoothing: float = 0.05
    seed: int = 21


TABLES = {"recipe": Recipe, "sizes": StreamingEarConfig}
"""What a recipe file of this network holds."""


class Listening(Descending):
    """Teaches both ears.

    Args:
        sets: Recorded faces, and faces the engine made.
        other: Features of sounds that nobody says, float16 [M, 4 T, F].
        ears: What learns.
        scale: Spread of each coefficient, float32 [D].
        recipe: Settings.
        place: Where to compute.
    """

    def __init__(
        self,
        sets: tuple[Material, Material],
        other: NDArray[np.float16],
        ears: Ears,
        scale: Tensor,
        recipe: Recipe,
        place: Place = HERE,
    ) -> None:
        self._sets, self._other, self._recipe = sets, other, recipe
        self._device = place.device
        self._scale = scale.to(place.device)
        ears.to(place.device).train()
        optimiser = torch.optim.AdamW(ears.parameters(), lr=recipe.rate, weight_decay=0.05)
        super().__init__(Optimisation(ears, optimiser, place, recipe.seed))
        self._pass = place.spread(ears)
        self._delay = ears.config.delay
        self._prior = known_prior(*sets).to(place.device)

    def advance(self) -> dict[str, Tensor]:
        """One step of the optimiser; terms of the loss, still on the device."""
        recipe, g = self._recipe, self._descent.generator
        self._descent.set_rate(recipe.rate, recipe.steps, warming=100)
        motion, mel, units, coarse, speech = self._draw()
        motion = motion * (1.0 - recipe.size + 2 * recipe.size * self._uniform(len(motion)))
        error = self._uniform(len(motion)) * recipe.noise * smooth_noise(motion.shape, g)
        motion = motion + error.to(self._device) * self._scale
        heard = augment_speech(mel, g, warped=0.5)
        hushed = self._hush(heard)
        said = self._pass(motion, heard)
        heard_of = units.shape[1] - STEPS_PER_FRAME * self._delay
        targets = tuple(part[:, :heard_of] for part in (units, coarse, speech))
        return self._descent.descend(self._terms(said, targets, ~hushed))

    def _terms(
        self, heard: tuple[Tensor, ...], targets: tuple[Tensor, ...], said: Tensor
    ) -> dict[str, Tensor]:
        """The loss: of what both ears heard, what is there, and which voices say it."""
        recipe = self._recipe
        from_face, drawn, from_voice, speaking = heard
        units, coarse, speech = targets
        spoken = (speech & said[:, None]).float()
        names = functional.cross_entropy(
            from_voice[said].flatten(0, 1), units[said].flatten(), label_smoothing=recipe.smoothing
        )
        seen = functional.cross_entropy(
            from_face.flatten(0, 1), units.flatten(), label_smoothing=recipe.smoothing
        )
        terms = {
            "face_units": seen,
            "face_mel": recipe.mel_weight * (drawn - coarse).abs().mean(),
            "speech_units": names,
            "speech": functional.binary_cross_entropy_with_logits(speaking, spoken),
        }
        if recipe.contrast:
            pair = compared(from_face, drawn, from_voice, coarse, self._prior)
            told = lag_contrast(*pair, spoken, recipe.sharpness)
            terms["contrast"] = recipe.contrast * told
        return terms

    def _uniform(self, count: int) -> Tensor:
        return torch.rand(count, 1, 1, generator=self._descent.generator)

    def _draw(self) -> tuple[Tensor, ...]:
        """Clips of a batch: motion, mel, units, coarse mel, speech."""
        g, recipe = self._descent.generator, self._recipe
        recorded = round(recipe.batch * recipe.recorded)
        parts: list[tuple[NDArray[Any], ...]] = []
        counts = (recorded, recipe.batch - recorded)
        for source, count in zip(self._sets, counts, strict=True):
            rows = torch.randint(len(source.motion), (count,), generator=g).numpy()
            spare = source.motion.shape[1] - CROP_FRAMES
            at = int(torch.randint(spare + 1, (1,), generator=g))
            frames = slice(at, at + CROP_FRAMES)
            steps, mels = slice(2 * at, 2 * frames.stop), slice(4 * at, 4 * frames.stop)
            parts.append(
                (
                    source.motion[rows, frames].astype(np.float32),
                    source.mel[rows, mels].astype(np.float32),
                    source.units[rows, steps],
                    source.coarse[rows, steps].astype(np.float32),
                    source.speech[rows, steps],
                )
            )
        joined = (torch.from_numpy(np.concatenate(both)) for both in zip(*parts, strict=True))
        return tuple(part.to(self._device) for part in joined)

    def _hush(self, heard: Tensor) -> Tensor:
        """Write noise and sounds over some clips, and sounds behind others; the first, bool [B]."""
        g, recipe = self._descent.generator, self._recipe
        draw = torch.rand(len(heard), generator=g)
        muted, other = draw < recipe.hushed / 3, draw < recipe.hushed
        other &= ~muted
        if muted.any():
            heard[muted] = mute(heard[muted], g)
        if other.any():
            heard[other] = augment_speech(self._sounds(other, heard.device), g)
        behind = (draw >= recipe.hushed) & (draw >= 1.0 - recipe.behind)
        if behind.any():
            louder = _LEAST_DB + _RANGE_DB * self._uniform(int(behind.sum())).to(heard.device)
            heard[behind] = mixed(heard[behind], self._sounds(behind, heard.device), louder)
        return (muted | other).to(heard.device)

    def _sounds(self, chosen: Tensor, device: torch.device) -> Tensor:
        """As many sounds as clips are chosen."""
        draws = torch.randint(
            len(self._other), (int(chosen.sum()),), generator=self._descent.generator
        )
        return torch.from_numpy(self._other[draws.numpy()].astype(np.float32)).to(device)


def save(path: Path, ears: Ears, about: dict[str, Any]) -> None:
    """Write weights, sizes and what they were trained on."""
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save({"weights": ears.state_dict(), "config": asdict(ears.config), **about}, path)


def run(options: argparse.Namespace, place: Place) -> None:
    """Train, report, write."""
    read = read_recipe(options.recipe, **TABLES)
    recipe: Recipe = replace(read["recipe"], **given(options, "steps", "seed"))
    pairs, spoken = load_pairs(options.pairs), load_spoken(options.spoken)
    recorded, made, test, unheard = gather(pairs, spoken)
    scale = coefficient_scale(recorded.motion.astype(np.float32))
    torch.manual_seed(recipe.seed)
    ears = begun(options.start, read["sizes"], scale)
    recordings = [sounds_of(folder) for folder in options.sounds]
    formulas = max(_OTHER_SOUNDS, sum(map(len, recordings)))
    other = np.concatenate([sounds(formulas, recipe.seed), *recordings])
    listening = Listening((recorded, made), other, ears, scale, recipe, place)

    def judge() -> dict[str, float]:
        return {f"recorded_{k}": v for k, v in errors(ears, test).items()} | {
            f"made_{k}": v for k, v in errors(ears, unheard).items()
        }

    rhythm = Rhythm(recipe.steps, options.minutes)
    if not learn(listening, options.out.with_suffix(""), rhythm, place, judge) or not place.leads:
        return
    ears.cpu().eval()
    if options.keep_face:
        kept = begun(options.start, read["sizes"], scale)
        ears.face.load_state_dict(kept.face.state_dict())
    clips = {"recorded": len(recorded.motion), "made": len(made.motion)}
    about = {"clips": clips, "report": judge()}
    save(options.out, ears, about | commonest(recorded, made))
    print(json.dumps(about))


def main() -> None:
    """Train both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=Path, required=True)
    parser.add_argument("--spoken", type=Path, required=True)
    parser.add_argument("--start", type=Path, help="ears to go on from, instead of new ones")
    parser.add_argument(
        "--keep-face", action="store_true", help="write the face ear of --start as it was"
    )
    parser.add_argument(
        "--sounds", type=Path, nargs="*", default=[], help="folders of music and the like"
    )
    parser.add_argument("--seed", type=int, help="instead of the recipe's")
    parser.add_argument("--out", type=Path, required=True, help="model; its run is beside it")
    add_options(parser, RECIPES / "streaming_ear.toml", minutes=60.0)
    options = parser.parse_args()
    if options.keep_face and options.start is None:
        parser.error("--keep-face needs --start: it says whose")
    with take_place(options.device, options.threads) as place:
        run(options, place)


if __name__ == "__main__":
    main()
