"""Made-up recordings in memory."""

import numpy as np

from tests.training.pairs_for_tests import made_up_pairs
from training.data.pairs import Pair
from training.evaluation.recordings import Recording


def made_up_recordings(lengths: tuple[int, ...] = (24, 24, 24), seed: int = 3) -> list[Recording]:
    """Clips of the given lengths; the last frame of each shows no face."""
    found = []
    for number, frames in enumerate(lengths):
        pairs = made_up_pairs(1, frames, seed + number)
        valid = np.ones(frames, bool)
        valid[-1] = False
        pair = Pair(
            name=f"clip{number}",
            transcript="lay b two",
            word=pairs.word[0],
            mel=pairs.mel[0],
            motion=pairs.motion[0],
            gap=pairs.gap[0],
            width=pairs.width[0],
            speaking=pairs.speaking[0],
            loudness=pairs.loudness[0],
            residual=np.zeros(frames, np.float32),
        )
        found.append(Recording(pair, valid, pair.speaking))
    return found
