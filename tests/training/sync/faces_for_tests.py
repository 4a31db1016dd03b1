"""Talking faces that can be worked by hand, and systems that judge them."""

import numpy as np

from stream_engine.monitor.sync_evidence import LAGS, places
from stream_engine.motion.arkit import INDEX
from stream_engine.types import F32
from training.sync.faults import TalkingFace

JAW = INDEX["jawOpen"]


def talking_face(name: str = "a/0", frames: int = 100, seed: int = 0) -> TalkingFace:
    """A jaw that follows how loud it is; every frame is of its own loudness."""
    rng = np.random.default_rng(seed)
    loud = rng.uniform(0.1, 0.9, frames).astype(np.float32)
    motion = np.zeros((frames, 55), np.float32)
    motion[:, JAW] = loud
    mel = np.repeat(loud, 4)[:, None] * np.ones(80, np.float32)
    return TalkingFace(name, name.partition("/")[0], mel, motion)


class JawReader:
    """Evidence is how near the jaw is to the loudness; everything is speech."""

    delay_s = 0.0

    def evidence(self, face: TalkingFace) -> tuple[F32, F32]:
        jaw = np.repeat(face.motion[:, JAW], 2)
        loud = face.mel[::2, 0]
        of_face, of_voice = places(len(jaw))
        nats = 0.5 - 4.0 * np.abs(jaw[of_face] - loud[of_voice])
        return np.ones_like(nats, np.float32), nats.astype(np.float32)


def hops_at(lag_steps: int, count: int = 20, peak: float = 2.0) -> F32:
    """Hops of 20 steps of speech whose evidence is best at one lag, float32 [H, 2, L]."""
    nats = peak - 0.8 * np.abs(LAGS - lag_steps)
    hop = np.stack([20.0 * np.maximum(nats, -2.0), np.full(len(LAGS), 20.0)])
    return np.tile(hop.astype(np.float32), (count, 1, 1))


def hops_of_nothing(count: int = 20) -> F32:
    """The same where no lag fits."""
    hop = np.stack([np.full(len(LAGS), -20.0), np.full(len(LAGS), 20.0)])
    return np.tile(hop.astype(np.float32), (count, 1, 1))
