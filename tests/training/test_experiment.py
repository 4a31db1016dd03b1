"""What runs on one split share."""

import argparse
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from stream_engine.errors import ConfigError
from stream_engine.models.speech_units import SpeechUnits, UnitsConfig
from tests.training.pairs_for_tests import made_up_pairs
from training.ablation import options_of
from training.data.splits import says_unseen
from training.dataset import PairSet
from training.experiment import WIDE, Experiment
from trt_build.checkpoints import read_ear


def toy_files(folder: Path, clips: int = 40) -> argparse.Namespace:
    """Pairs, units, phones and speech of the ablation, small and made up; as few steps as go."""
    pairs = made_up_pairs(clips)
    # Half of the clips say unseen words; half of those are in the test.
    pairs = replace(pairs, split=np.resize(np.array(["train", "test", "train", "train"]), clips))
    pairs.save(folder / "pairs.npz")
    units = SpeechUnits(UnitsConfig())
    units.centroids.normal_()
    torch.save(units.state_dict(), folder / "units.pt")
    phones = {str(name): said(pairs)[row] for row, name in enumerate(pairs.name)}
    np.savez(folder / "phones.npz", **phones)
    others = made_up_pairs(6, seed=5)
    np.savez(
        folder / "voices.npz",
        name=np.array([f"voice{k}/0" for k in range(6)]),
        source=np.full(6, "voices"),
        speaker=np.full(6, "voice"),
        mel=others.mel,
        phones=said(others),
        loudness=others.loudness,
    )
    files = {"pairs": "pairs.npz", "units": "units.pt", "phones": "phones.npz"}
    files |= {"speech": "voices.npz", "out": "out"}
    given = [part for key, file in files.items() for part in (f"--{key}", str(folder / file))]
    few = {
        "steps": 2,
        "base-steps": 2,
        "encoder-steps": 2,
        "ear-steps": 2,
        "fit-steps": 2,
        "samples": 2,
    }
    return options_of([*given, *(p for key, n in few.items() for p in (f"--{key}", str(n)))])


def said(pairs: PairSet) -> np.ndarray:
    """A phone a clip, loud frames only."""
    return np.where(np.repeat(pairs.speaking, 4, axis=1), 5, 0).astype(np.uint8)


def test_nothing_of_a_test_clip_is_in_the_material(tmp_path: Path) -> None:
    """Pairs are the split's own, speech is what it may hear and other voices."""
    experiment = Experiment(toy_files(tmp_path), "few-10")
    test = set(experiment.pairs.name[experiment.split.test])
    assert len(experiment.material.pairs) == 3
    assert not test & set(experiment.material.pairs.name)
    assert not test & set(experiment.speech.name)
    assert {"voice0/0"} < set(experiment.speech.name)
    assert not set(experiment.material.pairs.name) & set(experiment.speech.name)


def test_the_sound_of_unseen_words_is_not_heard_either(tmp_path: Path) -> None:
    """On the split by words the speaker's other clips are left out altogether."""
    experiment = Experiment(toy_files(tmp_path), "words")
    assert not any(says_unseen(text) for text in experiment.material.pairs.transcript)
    assert set(experiment.speech.source) == {"voices"}


def test_the_speakers_own_voice_is_heard_without_faces(tmp_path: Path) -> None:
    """Clips with held-back words are; clips with taught faces and test clips are not."""
    experiment = Experiment(toy_files(tmp_path), "words")
    own = experiment.own_voice()
    assert own.pairs is experiment.material.pairs
    assert own.speech is not None
    assert own.speech_units is not None
    heard = {mel.tobytes() for mel in own.speech}
    pairs, split = experiment.pairs, experiment.split
    assert not heard & {mel.tobytes() for mel in pairs.mel[split.train]}
    assert not heard & {mel.tobytes() for mel in pairs.mel[pairs.split == "test"]}
    assert len(heard) == 10
    assert len(heard) == sum(says_unseen(text) for text in pairs.transcript[pairs.split != "test"])
    assert own.speech_units.shape == (len(own.speech), 2 * pairs.motion.shape[1])


def test_faces_are_made_for_the_speakers_own_other_clips(tmp_path: Path) -> None:
    """From what is said in them: marked as labelled, none of a test clip, none of a taught one."""
    experiment = Experiment(toy_files(tmp_path), "words")
    made = experiment.labelled(own=True)
    assert made.labelled.all()
    pairs, split = experiment.pairs, experiment.split
    other = set(pairs.name[pairs.split != "test"]) - set(pairs.name[split.train])
    assert set(made.name) == other
    wide = experiment.widened(own=True)
    assert wide.units is not None
    assert len(wide.units) == len(wide.pairs) == len(split.train) + len(other)
    real = dict(zip(pairs.name, pairs.motion, strict=True))
    assert all(
        not np.array_equal(motion, real[name])
        for name, motion in zip(made.name, made.motion, strict=True)
    )
    own, others = experiment.labelled(own=True), experiment.labelled()
    assert not set(own.name) & set(others.name)


@pytest.mark.slow
def test_ears_and_bases_are_made_once(tmp_path: Path) -> None:
    """A second call finds the file; the wide ear learns from labelled faces, kept as such."""
    experiment = Experiment(toy_files(tmp_path), "few-10")
    ear = experiment.ear(WIDE)
    assert experiment.labelled().labelled.all()
    wide = experiment.widened()
    assert wide.units is not None
    assert len(wide.units) == len(wide.pairs) == len(experiment.speech) + 3
    path = experiment.folder / f"{WIDE}.pt"
    written = path.stat().st_mtime_ns
    again = experiment.ear(WIDE)
    assert path.stat().st_mtime_ns == written
    assert all(torch.equal(a, b) for a, b in zip(ear.parameters(), again.parameters(), strict=True))
    assert read_ear(path)[0].front.any()
    reports = (tmp_path / "out" / "ears.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["ear"] for line in reports] == [WIDE]
    taught = experiment.encoder().state_dict()
    base, after = experiment.base(1), experiment.base(1, taught=True)
    assert base != after
    assert all(torch.equal(taught[k], v) for k, v in experiment.encoder().state_dict().items())
    written = base.stat().st_mtime_ns
    assert experiment.base(1).stat().st_mtime_ns == written
    assert (experiment.folder / "encoder.pt").exists()


def test_a_split_that_learns_from_all_has_no_own_voice_left(tmp_path: Path) -> None:
    """An error that names the split, not an empty array."""
    with pytest.raises(ConfigError, match="split random"):
        Experiment(toy_files(tmp_path), "random").own_voice()
