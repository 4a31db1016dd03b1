"""What is held back stays held back."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from stream_engine.errors import ConfigError
from tests.training.pairs_for_tests import made_up_pairs
from training.data.splits import (
    SPLITS,
    pairs_to_judge,
    pairs_to_learn,
    says_unseen,
    split_pairs,
)
from training.dataset import PairSet


@pytest.mark.parametrize("name", SPLITS)
def test_no_clip_is_both_learned_from_and_judged_on(name: str) -> None:
    """Neither the face nor the sound of a test clip is ever in training."""
    pairs = made_up_pairs(40)
    split = split_pairs(pairs, name)
    assert not set(split.test) & (set(split.train) | set(split.heard))
    assert len(split.test)
    assert set(pairs.split[split.test]) == {"test"}


def test_unseen_words_are_in_no_training_clip() -> None:
    """Clips that say one of them are left out, and judged on those words alone."""
    pairs = made_up_pairs(40)
    split = split_pairs(pairs, "words")
    assert len(split.train)
    assert not any(says_unseen(text) for text in pairs.transcript[split.train])
    assert all(says_unseen(text) for text in pairs.transcript[split.test])
    assert (pairs.word[split.judged] == "two").all()


def test_few_pairs_are_a_share_and_leave_the_sound_of_the_rest() -> None:
    """A tenth of the training faces; every training clip may be heard; more contains fewer."""
    pairs = made_up_pairs(100)
    tenth, quarter = split_pairs(pairs, "few-10"), split_pairs(pairs, "few-25")
    assert len(tenth.train) == round(0.1 * (pairs.split != "test").sum())
    assert len(tenth.heard) == (pairs.split != "test").sum()
    assert set(tenth.train) <= set(quarter.train)


@pytest.mark.parametrize("name", SPLITS)
def test_files_give_what_the_split_allows(name: str, tmp_path: Path) -> None:
    """Validation clips are not learned from; of the second file everything is."""
    pairs = made_up_pairs(40)
    pairs.split[4] = "validation"
    pairs.save(tmp_path / "own.npz")
    other = replace(made_up_pairs(6, seed=1), split=np.full(6, "train"))
    other.save(tmp_path / "other.npz")
    split = split_pairs(pairs, name)
    learned = pairs_to_learn([tmp_path / "own.npz", tmp_path / "other.npz"], name)
    own = [x for x in pairs.name[split.train].tolist() if x != pairs.name[4]]
    assert learned.name.tolist() == own + other.name.tolist()
    judged, frames = pairs_to_judge(tmp_path / "own.npz", name)
    assert judged.name.tolist() == pairs.name[split.test].tolist()
    assert (frames == split.judged[split.test]).all()


def test_an_unknown_split_names_those_there_are() -> None:
    """A typed error, not an empty training."""
    with pytest.raises(ConfigError, match="few-10"):
        split_pairs(made_up_pairs(4), "few-99")


def test_words_are_whole_words() -> None:
    """The letter b is not found inside blue."""
    assert says_unseen("bin blue at b one now")
    assert not says_unseen("bin blue at z one now")
    assert np.array([says_unseen("set red two")]).all()


def test_shots_go_with_their_clip() -> None:
    """A tenth of the clips, with every shot of them, and no shot of another."""
    clean = made_up_pairs(60)
    shots = replace(clean, name=np.array([f"{name}#1" for name in clean.name]))
    pairs = PairSet.join([clean, shots.select(clean.split != "test")])
    split, plain = split_pairs(pairs, "few-10"), split_pairs(clean, "few-10")
    chosen = pairs.name[split.train].tolist()
    assert chosen[: len(plain.train)] == clean.name[plain.train].tolist()
    assert chosen[len(plain.train) :] == [f"{n}#1" for n in chosen[: len(plain.train)]]
