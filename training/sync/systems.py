"""Ways to tell whether a mouth goes with a voice: each gives evidence at every lag."""

from pathlib import Path
from typing import Protocol

import numpy as np

from stream_engine.assemble import open_ear, open_units
from stream_engine.assemble_monitor import open_streaming_ears
from stream_engine.features.log_mel import MELS_PER_FRAME
from stream_engine.monitor.coarse_mel import coarse_mel
from stream_engine.monitor.ear import Ear, voice_of
from stream_engine.monitor.streaming_ears import StreamingEars
from stream_engine.monitor.sync_evidence import (
    Saying,
    evidence,
    log_softmax,
    over_prior,
    places,
    spoken,
)
from stream_engine.monitor.units import UnitNamer
from stream_engine.types import F32
from training.evaluation.lip_reader import LipReader
from training.evaluation.second_ear import JUDGE_FOLDER
from training.sync.faults import TalkingFace

STEPS_PER_FRAME = 2
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

    def evidence(self, face: TalkingFace) -> tuple[F32, F32]:
        """Of the frames that are heard: all but the last few."""
        seen, voice, _ = self._ears.hear(
            self._ears.initial_state(1), face.motion[None], face.mel[None]
        )
        skip = STEPS_PER_FRAME * self._ears.delay
        seen, voice = (_after(said, skip) for said in (seen, voice))
        return spoken(voice)[0], evidence(seen, voice)[0]

    def speech(self, face: TalkingFace) -> F32:
        """How likely somebody speaks, as the speech ear hears it, float32 [U]."""
        _, voice, _ = self._ears.hear(
            self._ears.initial_state(1), face.motion[None], face.mel[None]
        )
        heard: F32 = _after(voice, STEPS_PER_FRAME * self._ears.delay).speech[0]
        return heard


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

    def evidence(self, face: TalkingFace) -> tuple[F32, F32]:
        """Of the whole recording."""
        heard = self._ear.hear(face.motion, voice_of(face.mel))
        speech = self._live.speech(face)
        steps = len(speech)
        close = self._namer.closeness(face.mel)[:steps]
        said = np.exp(log_softmax(_UNIT_SHARPNESS * close))
        drawn, voice = (coarse_mel(mel)[:steps] for mel in (heard.mel, face.mel))
        mean, spread = _voice(voice, speech)
        seen = Saying(
            over_prior(heard.units[:steps], self._prior)[None],
            ((drawn - mean) / spread)[None],
            speech[None],
        )
        spoke = Saying(said[None], ((voice - mean) / spread)[None], speech[None])
        return spoken(spoke)[0], evidence(seen, spoke)[0]


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
    prior = live._ears._hearing.prior
    return {
        "shipped": live,
        "critic": WindowedEar(open_ear(), namer, live, prior),
        "second": WindowedEar(open_ear(JUDGE_FOLDER), namer, live, prior),
        "loudness": LoudnessGap(live),
        "syncnet": open_sync_net(live),
    }


def _after(said: Saying, skip: int) -> Saying:
    """Without the steps that lie before the beginning."""
    return Saying(said.units[:, skip:], said.mel[:, skip:], said.speech[:, skip:])


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


