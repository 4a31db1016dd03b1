"""Ways to tell whether a mouth goes with a voice: each gives evidence at every lag."""

from pathlib import Path
from typing import Protocol

import numpy as np

from stream_engine.assemble import open_ear, open_units
from stream_engine.assemble_monitor import open_streaming_ears, read_monitor
from stream_engine.features.coarse_mel import coarse_mel
from stream_engine.features.log_mel import MELS_PER_FRAME
from stream_engine.monitor.ear import Ear, voice_of
from stream_engine.monitor.streaming_ears import StreamingEars
from stream_engine.monitor.sync_evidence import (
    MOST_LAG_STEPS,
    Saying,
    evidence,
    log_softmax,
    over_prior,
    places,
    spoken,
)
from stream_engine.monitor.units import UnitNamer
from stream_engine.types import F32, MOTION_FPS
from training.evaluation.lip_reader import LipReader
from training.evaluation.second_ear import JUDGE_FOLDER
from training.sync.faults import TalkingFace

SHIPPED = "shipped"
"""What the live monitor judges by."""

STEPS_PER_FRAME = 2
_CHUNK_STEPS = 200
_UNIT_SHARPNESS = 20.0
_MEMORY = 0.995


class SyncSystem(Protocol):
    """Tells how much at each lag speaks for a face."""

    def evidence(self, face: TalkingFace) -> tuple[F32, F32]:
        """Weights and nats of each 20 ms step from `MOST_LAG_STEPS` on, float32 [U, L] each."""
        ...


class LiveEars:
    """The shipped monitor's ears, as they run live.

    Args:
        folder: Of the monitor; the shipped one by default.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._ears: StreamingEars = open_streaming_ears(folder)
        self.prior = np.array(read_monitor(folder)["prior"], np.float32)
        self.delay_s = self._ears.delay / MOTION_FPS
        self._heard: tuple[F32, F32] | None = None

    def evidence(self, face: TalkingFace) -> tuple[F32, F32]:
        """Of the frames that are heard: all but the last few."""
        return _compared(*self._hear(face))

    def speech(self, face: TalkingFace) -> F32:
        """How likely somebody speaks, as the speech ear hears it, float32 [U]."""
        if self._heard is None or self._heard[0] is not face.mel:
            self._heard = (face.mel, self._hear(face)[1].speech[0])
        return self._heard[1]

    def _hear(self, face: TalkingFace) -> tuple[Saying, Saying]:
        state = self._ears.initial_state(1)
        seen, voice, _ = self._ears.hear(state, face.motion[None], face.mel[None])
        skip = STEPS_PER_FRAME * self._ears.delay
        return _after(seen, skip), _after(voice, skip)


class WindowedEar:
    """A mesh-to-speech model that hears three seconds at a time, against the namer of the units.

    Where somebody speaks is told by the live speech ear, for all systems alike.

    Args:
        ear: The model.
        namer: Names the units of the voice.
        live: Tells where somebody speaks.
        prior: How common each unit is, float32 [K].
    """

    def __init__(self, ear: Ear, namer: UnitNamer, live: LiveEars, prior: F32) -> None:
        self._ear, self._namer, self._live, self._prior = ear, namer, live, prior
        self._spoke: tuple[F32, F32] | None = None

    def evidence(self, face: TalkingFace) -> tuple[F32, F32]:
        """Of the whole recording."""
        heard = self._ear.hear(face.motion, voice_of(face.mel))
        speech = self._live.speech(face)
        steps = len(speech)
        said = self._said(face.mel)[:steps]
        drawn, voice = (coarse_mel(mel)[:steps] for mel in (heard.mel, face.mel))
        mean, spread = _voice(voice, speech)
        seen = Saying(
            over_prior(heard.units[:steps], self._prior)[None],
            ((drawn - mean) / spread)[None],
            speech[None],
        )
        spoke = Saying(said[None], ((voice - mean) / spread)[None], speech[None])
        return _compared(seen, spoke)

    def _said(self, mel: F32) -> F32:
        """Units of the voice, kept for the next face that is shown with it."""
        if self._spoke is None or self._spoke[0] is not mel:
            close = self._namer.closeness(mel)
            self._spoke = (mel, np.exp(log_softmax(_UNIT_SHARPNESS * close)))
        return self._spoke[1]


class LoudnessGap:
    """The plainest: loud where the mouth is open. Product of both in running spreads.

    Args:
        live: Tells where somebody speaks.
    """

    def __init__(self, live: LiveEars) -> None:
        self._live, self._reader = live, LipReader()

    def evidence(self, face: TalkingFace) -> tuple[F32, F32]:
        """Of the whole recording."""
        gap = self._reader.read(face.motion[None]).gap[0].astype(np.float32)
        loud = face.mel.mean(axis=1).reshape(-1, MELS_PER_FRAME).mean(axis=1)
        speech = self._live.speech(face)
        steps = len(speech)
        seen, heard = (_in_running_spreads(v).repeat(STEPS_PER_FRAME)[:steps] for v in (gap, loud))
        of_face, of_voice = places(steps)
        return speech[of_voice], (seen[of_face] * heard[of_voice]).astype(np.float32)


def open_systems(folder: Path | None = None) -> dict[str, SyncSystem]:
    """All there are, by name: the shipped one first.

    Args:
        folder: Of the monitor; the shipped one by default.

    Returns:
        Systems.

    Raises:
        AssetError: If a model is missing.
    """
    from training.sync.contrast import open_sync_net

    live, namer = LiveEars(folder), open_units()
    prior = live.prior
    return {
        SHIPPED: live,
        "critic": WindowedEar(open_ear(), namer, live, prior),
        "second": WindowedEar(open_ear(JUDGE_FOLDER), namer, live, prior),
        "loudness": LoudnessGap(live),
        "syncnet": open_sync_net(live),
    }


def _after(said: Saying, first: int, end: int | None = None) -> Saying:
    """Some of the steps."""
    steps = slice(first, end)
    return Saying(said.units[:, steps], said.mel[:, steps], said.speech[:, steps])


def _compared(seen: Saying, voice: Saying) -> tuple[F32, F32]:
    """Weights and nats, a few seconds at a time: all at once takes memory by the square."""
    weights, nats = [], []
    for at in range(0, seen.units.shape[1] - MOST_LAG_STEPS, _CHUNK_STEPS):
        part = (_after(said, at, at + MOST_LAG_STEPS + _CHUNK_STEPS) for said in (seen, voice))
        face, spoke = part
        weights.append(spoken(spoke)[0])
        nats.append(evidence(face, spoke)[0])
    return np.concatenate(weights), np.concatenate(nats)


def _voice(mel: F32, speech: F32) -> tuple[F32, F32]:
    """Mean and spread of a voice over all its speech, float32 [C] each."""
    weight = speech[:, None] + np.float32(1e-3)
    mean = (weight * mel).sum(axis=0) / weight.sum()
    spread = np.sqrt((weight * (mel - mean) ** 2).sum(axis=0) / weight.sum())
    return mean, np.maximum(spread, 0.3)


def _in_running_spreads(values: F32) -> F32:
    """Distance from the mean so far in spreads so far, forgetting in eight seconds."""
    out, weight, total, square = np.zeros_like(values), 1.0, 0.0, 1e-3
    for at, value in enumerate(values):
        weight, total = _MEMORY * weight + 1.0, _MEMORY * total + float(value)
        square = _MEMORY * square + float(value) ** 2
        mean = total / weight
        out[at] = (value - mean) / np.sqrt(max(square / weight - mean**2, 1e-3))
    return out
