"""What all runs on one split share: its pairs, speech, labelled faces, critics and base models."""

import argparse
import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch

from stream_engine.models.mesh_to_speech import MeshToSpeech, MeshToSpeechConfig
from stream_engine.models.motion_transformer import TransformerConfig
from stream_engine.models.speech_encoder import EncoderConfig, SpeechEncoder
from stream_engine.models.talking_face import FaceConfig
from training.data.corpus.labelled import Style, label, learn, phones_of
from training.data.corpus.phone_times import load_phones
from training.data.corpus.pieces import SpeechSet, load_speech
from training.data.splits import Split, split_pairs
from training.dataset import (
    PairSet,
    coefficient_scale,
    load_pairs,
    spoken_name,
)
from training.mesh_to_speech import (
    SECOND,
    Heard,
    build,
    chance_errors,
    hearing_errors,
    load_ear,
    pick,
    save_ear,
    train,
)
from training.mesh_to_speech import Recipe as EarRecipe
from training.naming import Labelled
from training.naming import Recipe as EncoderRecipe
from training.recipe import RECIPES, read_recipe
from training.speech_encoder import Recognised, load_encoder, speech_of, targets, teach
from training.speech_units import load_units, units_of_takes
from training.trainer import Material, Recipe, Trainer

JUDGE = "judge"
WIDE = "mouth2s-wide"
"""A critic that also heard labelled faces, and so knows the sounds the recordings lack."""


class Experiment:
    """Everything the runs of one split share.

    Args:
        options: Command line.
        name: Split.
    """

    def __init__(self, options: argparse.Namespace, name: str) -> None:
        self.options = options
        self.name = name
        self.folder: Path = options.out / name
        self.folder.mkdir(parents=True, exist_ok=True)
        self.pairs: PairSet = load_pairs(options.pairs)
        self.split: Split = split_pairs(self.pairs, name)
        units = load_units(options.units)
        self.heard = Heard(units_of_takes(units, self.pairs.name, self.pairs.mel), self.pairs.mel)
        self.speech = self._speech()
        known = Heard(units_of_takes(units, self.speech.name, self.speech.mel), self.speech.mel)
        self.known = known
        pairs = self.pairs.select(self.split.train)
        self.material = Material(pairs, self.heard.units[self.split.train], known.mel, known.units)
        self.scale = coefficient_scale(self.material.pairs.motion)
        tables = {"recipe": Recipe, "encoder": EncoderConfig, "transformer": TransformerConfig}
        small = read_recipe(RECIPES / "small.toml", **tables)
        self.recipe: Recipe = small["recipe"]
        if options.base_steps:
            self.recipe = dataclasses.replace(self.recipe, steps=options.base_steps)
        self.config = FaceConfig(small["encoder"], small["transformer"])

    def _speech(self) -> SpeechSet:
        """Speech whose faces nobody has seen: other voices, and what this split may hear."""
        times = load_phones(self.options.phones)
        rows = np.setdiff1d(self.split.heard, self.split.train)
        heard = self.pairs.select(
            np.array([r for r in rows if spoken_name(self.pairs.name[r]) in times], int)
        )
        own = SpeechSet(
            name=heard.name,
            source=heard.source,
            speaker=heard.source,
            mel=heard.mel,
            phones=phones_of(heard, times),
            loudness=heard.loudness,
        )
        return SpeechSet.join([own, *(load_speech(path) for path in self.options.speech)])

    def labelled(self) -> PairSet:
        """The same speech with faces that an articulation model of this split's pairs gave it."""
        path = self.folder / "labelled.npz"
        if not path.exists():
            times = load_phones(self.options.phones)
            pairs = self.material.pairs
            known = pairs.select(np.array([spoken_name(name) in times for name in pairs.name]))
            recorded = learn(known, phones_of(known, times), self.options.fit_steps)
            label(self.speech, recorded, Style(), seed=4).save(path)
        return load_pairs(path)

    def widened(self) -> Material:
        """Recorded and labelled pairs, units of both."""
        units = np.concatenate([self.heard.units[self.split.train], self.known.units])
        pairs = PairSet.join([self.material.pairs, self.labelled()])
        return Material(pairs, units, self.known.mel, self.known.units)

    def ear(self, name: str) -> MeshToSpeech:
        """A critic of this split, or its judge; trained if there is none yet."""
        path = self.folder / f"{name}.pt"
        if not path.exists():
            judge = name == JUDGE
            recipe = EarRecipe(steps=self.options.ear_steps, seed=77 if judge else 11)
            config = SECOND if judge else MeshToSpeechConfig()
            front = "mouth2s" if name in (JUDGE, WIDE) else name
            model = build(front, self.scale, config, recipe.seed)
            learned = pick(self.heard, self.split.train)
            if name == WIDE:
                wide = self.widened()
                assert wide.units is not None
                recipe = dataclasses.replace(recipe, steps=2 * recipe.steps)
                train(wide.pairs, Heard(wide.units, wide.pairs.mel), model, self.scale, recipe)
            else:
                train(self.material.pairs, learned, model, self.scale, recipe)
            test = pick(self.heard, self.split.test)
            judged = torch.from_numpy(self.split.judged[self.split.test])
            real = torch.from_numpy(self.pairs.motion[self.split.test])
            report = {
                "split": self.name,
                "ear": name,
                "real": hearing_errors(model, real, test, judged),
                "chance": chance_errors(learned, test, judged),
            }
            save_ear(path, model, report)
            self.note("ears.jsonl", report)
        return load_ear(path)

    def note(self, file: str, line: dict[str, Any]) -> None:
        """Add a line to a results file."""
        with (self.options.out / file).open("a", encoding="utf-8") as log:
            print(json.dumps(line), file=log, flush=True)

    def encoder(self) -> SpeechEncoder:
        """A speech encoder taught the phones of what this split may hear; made once."""
        path = self.folder / "encoder.pt"
        if not path.exists():
            own = speech_of(self.material.pairs, load_phones(self.options.phones))
            mel = np.concatenate([self.speech.mel, own.mel])
            data = Labelled(mel, np.concatenate([targets(self.speech.phones), own.phones]))
            recipe = EncoderRecipe(batch=24, steps=self.options.encoder_steps, half=True)
            torch.manual_seed(recipe.seed)
            encoder = teach(Recognised(SpeechEncoder(self.config.encoder)), data, recipe)
            torch.save(encoder.state_dict(), path)
        return load_encoder(path, self.config.encoder)

    def base(self, seed: int, taught: bool = False) -> Path:
        """Checkpoint of the model before any ear; trained if there is none yet.

        Args:
            seed: Of the run.
            taught: Begin with a speech encoder that knows phones.

        Returns:
            Where it is.
        """
        path = self.folder / f"{'taught' if taught else 'base'}-{seed}.pt"
        if not path.exists():
            trainer = Trainer(
                dataclasses.replace(self.recipe, seed=seed), self.material, self.config
            )
            if taught:
                trainer.take_encoder(self.encoder())
            while trainer.step < self.recipe.steps:
                trainer.train_step()
            trainer.save(path)
        return path
