"""Small ears, and made-up clips for them."""

import numpy as np
import torch

from stream_engine.models.streaming_ear import StreamingEarConfig
from tests.training.pairs_for_tests import made_up_pairs
from training.dataset import coefficient_scale
from training.listening import CROP_FRAMES, Material, material

SMALL = StreamingEarConfig(width=16, dilations=(1,), delay=1)
FRAMES = CROP_FRAMES + 2


def clips(count: int, seed: int) -> Material:
    pairs = made_up_pairs(count, FRAMES, seed)
    return material(pairs.motion, pairs.mel)


def scale_of(made: Material) -> torch.Tensor:
    return coefficient_scale(np.asarray(made.motion, np.float32))
