"""Which real clips a network may learn from, and which it is judged on.

Clips of one speaker split at random prove little: every word and sound of the test is in the
training. Each `Split` therefore names what is held back:

- ``random``: sentences by a hash, a sanity line.
- ``words``: every clip that says one of `UNSEEN_WORDS`; judged on those words alone.
- ``few-05``, ``few-10``, ``few-25``: only that share of the training clips.

Every network of a run, the critic included, obeys the same split.
"""

import argparse
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stream_engine.errors import ConfigError
from training.dataset import PairSet, load_pairs, spoken_name

UNSEEN_WORDS = frozenset(["b", "f", "m", "o", "u", "r", "v", "y", "two", "four", "seven"])
"""Letters and digits of the test of words never trained on."""

SPLITS = ("random", "words", "few-05", "few-10", "few-25")


@dataclass(frozen=True, slots=True)
class Split:
    """Rows of a pair set.

    Attributes:
        train: Clips to learn from, int64.
        heard: Clips whose sound, not face, may be learned from as well, int64.
        test: Clips to be judged on, int64.
        judged: Frames to be judged inside words, bool [M, T].
    """

    train: NDArray[np.int64]
    heard: NDArray[np.int64]
    test: NDArray[np.int64]
    judged: NDArray[np.bool_]


def says_unseen(transcript: str) -> bool:
    """Whether a sentence holds a word of `UNSEEN_WORDS`."""
    return not UNSEEN_WORDS.isdisjoint(transcript.split())


def split_pairs(pairs: PairSet, name: str) -> Split:
    """Divide all pairs of the recorded speaker.

    Args:
        pairs: Every real pair, of whatever stored split.
        name: One of `SPLITS`.

    Returns:
        Rows to learn from and to be judged on.

    Raises:
        ConfigError: If the split is unknown.
    """
    at_random = pairs.split == "test"  # shots are made of training clips only
    if name == "random":
        return _split(~at_random, at_random, pairs.speaking)
    if name == "words":
        held_back = np.array([says_unseen(text) for text in pairs.transcript])
        return _split(
            ~held_back & ~at_random,
            held_back & at_random,
            np.isin(pairs.word, sorted(UNSEEN_WORDS)),
        )
    found = re.fullmatch(r"few-(\d\d)", name)
    if name not in SPLITS or found is None:
        raise ConfigError("unknown split", got=name, expected=", ".join(SPLITS))
    clips = np.array([spoken_name(name) for name in pairs.name])
    known = np.array(list(dict.fromkeys(clips[~at_random])))
    chosen = np.random.default_rng(5).permutation(known)[: round(len(known) * int(found[1]) / 100)]
    return _split(np.isin(clips, chosen), at_random, pairs.speaking, heard=~at_random)


def add_split(parser: argparse.ArgumentParser) -> None:
    """Add ``--split`` to a command line."""
    parser.add_argument("--split", choices=SPLITS, default="random", help="what is held back")


def pairs_to_learn(paths: Sequence[Path], name: str) -> PairSet:
    """Training pairs of a split: of the first file what it allows, of the others all.

    Args:
        paths: Files of pairs, the recorded ones first.
        name: One of `SPLITS`.

    Returns:
        Pairs stored as for training, none that the split holds back.

    Raises:
        AssetError: If a file cannot be used, or has no pairs for training.
        ConfigError: If the split is unknown.
    """
    pairs = load_pairs(paths[0])
    rows = split_pairs(pairs, name).train
    recorded = pairs.select(rows[pairs.split[rows] == "train"])
    return PairSet.join([recorded, *(load_pairs(path, "train") for path in paths[1:])])


def pairs_to_judge(path: Path, name: str) -> tuple[PairSet, NDArray[np.bool_]]:
    """Test pairs of a split, and where they are judged.

    Args:
        path: File of recorded pairs.
        name: One of `SPLITS`.

    Returns:
        Pairs, and the frames inside the words the split judges on, bool [N, T].

    Raises:
        AssetError: If the file cannot be used.
        ConfigError: If the split is unknown.
    """
    pairs = load_pairs(path)
    split = split_pairs(pairs, name)
    return pairs.select(split.test), split.judged[split.test]


def _split(
    train: NDArray[np.bool_],
    test: NDArray[np.bool_],
    judged: NDArray[np.bool_],
    heard: NDArray[np.bool_] | None = None,
) -> Split:
    rows = [np.flatnonzero(which) for which in (train, train if heard is None else heard, test)]
    return Split(rows[0], rows[1], rows[2], judged)
