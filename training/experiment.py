"""What all runs on one split share: its pairs, speech, labelled faces, critics and base models."""

import argparse
import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from stream_engine.errors import ConfigError
from stream_engine.models.mesh_to_speech import MeshToSpeech, MeshToSpeechConfig
from stream_engine.models.motion_transformer import TransformerConfig
from stream_engine.models.speech_encoder import EncoderConfig, SpeechEncoder
from stream_engine.models.talking_face import FaceConfig
from training.data.corpus.labelled import Style, known, label, learn, phones_of, speech_of
from training.data.corpus.phone_times import load_phones
from training.data.corpus.pieces import SpeechSet, load_speech
from training.data.splits import Split, split_pairs
from training.dataset import PairSet, coefficient_scale, load_pairs
from training.mesh_to_speech import (
    SECOND,
    Heard,
    build,
    chance_errors,
    hearing_errors,
    pick,
    save_ear,
    train,
)
from training.mesh_to_speech import Recipe as EarRecipe
from training.naming import Recipe as EncoderRecipe
from training.recipe import read_recipe
from training.session import learn_at_once
from training.speech_encoder import Recognised, asked, teach
from training.speech_units import units_of_takes
from training.trainer import Material, Recipe, Trainer
from trt_build.checkpoints import read_ear, read_encoder, read_units

JUDGE = "judge"
WIDE = "mouth2s-wide"
"""A critic that also heard labelled faces, and so knows the sounds the recordings lack."""
OWN = "mouth2s-own"
"""One whose labelled faces are those of the speaker's own clips that the split holds back: what is
said in them, in the same voice, with mouths made from the phones."""


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
        self._units = read_units(options.units)
        self.heard = self._hear(self.pairs)
        self.speech = self._speech()
        self.spoken = self._hear(self.speech)
        train = self.split.train
        self.material = Material(
            self.pairs.select(train), self.heard.units[train], self.spoken.mel, self.spoken.units
        )
        self.scale = coefficient_scale(self.material.pairs.motion)
        tables = {"recipe": Recipe, "encoder": EncoderConfig, "transformer": TransformerConfig}
        read = read_recipe(options.recipe, **tables)
        self.recipe: Recipe = read["recipe"]
        if options.base_steps:
            self.recipe = dataclasses.replace(self.recipe, steps=options.base_steps)
        self.config = FaceConfig(read["encoder"], read["transformer"])

    def _hear(self, speech: PairSet | SpeechSet) -> Heard:
        return Heard(units_of_takes(self._units, speech.name, speech.mel), speech.mel)

    def _speech(self) -> SpeechSet:
        """Speech whose faces nobody has seen: other voices, and what this split may hear."""
        rows = np.setdiff1d(self.split.heard, self.split.train)
        own = speech_of(self.pairs.select(rows), load_phones(self.options.phones))
        return SpeechSet.join([own, *(load_speech(path) for path in self.options.speech)])

    def labelled(self, own: bool = False) -> PairSet:
        """Speech with faces that an articulation model of this split's pairs gave it; made once.

        Args:
            own: Of the speaker's own other clips, instead of what `speech` holds.

        Returns:
            Labelled pairs.
        """
        path = self.folder / ("labelled-own.npz" if own else "labelled.npz")
        if not path.exists():
            times = load_phones(self.options.phones)
            known_pairs = known(self.material.pairs, times)
            recorded = learn(known_pairs, phones_of(known_pairs, times), self.options.fit_steps)
            speech = speech_of(self.pairs.select(self._own_rows()), times) if own else self.speech
            label(speech, recorded, Style(), seed=4).save(path)
        return load_pairs(path)

    def widened(self, own: bool = False) -> Material:
        """Recorded and labelled pairs, units of both; arguments as for `labelled`."""
        labelled = self.labelled(own)
        said = self._hear(labelled) if own else self.spoken
        return Material(
            PairSet.join([self.material.pairs, labelled]),
            np.concatenate([self.heard.units[self.split.train], said.units]),
            self.spoken.mel,
            self.spoken.units,
        )

    def _own_rows(self) -> NDArray[np.int64]:
        """The speaker's other clips, test clips not among them."""
        rows = np.setdiff1d(np.flatnonzero(self.pairs.split != "test"), self.split.train)
        if not len(rows):
            raise ConfigError(
                "no clips of the own voice are left over",
                got=f"split {self.name}, which learns from all",
                fix="leave the variants 'own voice' out there",
            )
        return rows

    def own_voice(self) -> Material:
        """The split's pairs; of speech without faces only the speaker's own other clips.

        Test clips are not among them. Clips with held-back words are: their sound is no pair.
        """
        own = pick(self.heard, self._own_rows())
        return dataclasses.replace(self.material, speech=own.mel, speech_units=own.units)

    def ear(self, name: str) -> MeshToSpeech:
        """A critic of this split, or its judge; trained if there is none yet."""
        path = self.folder / f"{name}.pt"
        if not path.exists():
            judge = name == JUDGE
            recipe = EarRecipe(steps=self.options.ear_steps, seed=77 if judge else 11)
            config = SECOND if judge else MeshToSpeechConfig()
            front = "mouth2s" if name in (JUDGE, WIDE, OWN) else name
            model = build(front, self.scale, config, recipe.seed)
            learned = pick(self.heard, self.split.train)
            if name in (WIDE, OWN):
                wide = self.widened(own=name == OWN)
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
        return read_ear(path)[0]

    def note(self, file: str, line: dict[str, Any]) -> None:
        """Add a line to a results file."""
        with (self.options.out / file).open("a", encoding="utf-8") as log:
            print(json.dumps(line), file=log, flush=True)

    def encoder(self) -> SpeechEncoder:
        """A speech encoder taught the phones of what this split may hear; made once."""
        path = self.folder / "encoder.pt"
        if not path.exists():
            own = speech_of(self.material.pairs, load_phones(self.options.phones))
            data = asked(SpeechSet.join([self.speech, own]))
            recipe = EncoderRecipe(batch=24, steps=self.options.encoder_steps, half=True)
            torch.manual_seed(recipe.seed)
            encoder = teach(Recognised(SpeechEncoder(self.config.encoder)), data, recipe)
            torch.save(encoder.state_dict(), path)
        return read_encoder(path, self.config.encoder)

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
            learn_at_once(trainer, self.recipe.steps)
            trainer.save(path)
        return path
