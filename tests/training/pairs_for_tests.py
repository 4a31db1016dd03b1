"""A small made-up set of pairs whose jaw follows its loudness."""

import numpy as np

from stream_engine.motion.arkit import INDEX
from training.dataset import PairSet


def made_up_pairs(clips: int = 8, frames: int = 24, seed: int = 0) -> PairSet:
    """Pairs in which mel, loudness, jaw and lip gap all follow one envelope."""
    random = np.random.default_rng(seed)
    at = np.arange(frames)
    envelope = np.stack(
        [
            0.5 + 0.5 * np.sin(at * random.uniform(0.2, 0.8) + random.uniform(0, 6))
            for _ in range(clips)
        ]
    )
    motion = random.normal(0, 0.002, (clips, frames, 55)).astype(np.float32)
    motion[..., INDEX["jawOpen"]] += 0.4 * envelope
    colour = random.uniform(0.5, 1.5, 80)
    mel = np.repeat(envelope, 4, axis=1)[..., None] * colour - 1.0
    return PairSet(
        name=np.array([f"clip{k}" for k in range(clips)]),
        source=np.full(clips, "made-up"),
        labelled=np.zeros(clips, bool),
        split=np.resize(np.array(["train", "test"]), clips),
        transcript=np.resize(np.array(["lay red", "lay b two"]), clips),
        mel=mel.astype(np.float16),
        motion=motion,
        gap=(14.0 * envelope).astype(np.float32),
        width=(-2.0 * envelope + random.normal(0, 0.1, envelope.shape)).astype(np.float32),
        word=np.where(envelope > 0.3, "two", ""),
        speaking=envelope > 0.3,
        loudness=(envelope * 5 - 9).astype(np.float32),
    )
