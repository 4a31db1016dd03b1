"""Watches many talking faces at once: what leaves of voice and motion in, judgements out.

::

    voice 48 kHz ─► 16 kHz ─► log-mel ─┐
                                       ├─► streaming ears ─► evidence ─► window, utterance, alarms
    motion ────────────────────────────┘
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stream_engine.audio.resampler import silent_resampler_past
from stream_engine.errors import ShapeError
from stream_engine.features.log_mel import silent_past
from stream_engine.monitor.quick_mel import quick_mel
from stream_engine.monitor.streaming_ears import EarsState, StreamingEars
from stream_engine.monitor.sync_evidence import (
    LAGS,
    MOST_LAG_STEPS,
    STEPS_PER_SECOND,
    Saying,
    evidence,
    spoken,
)
from stream_engine.monitor.sync_score import (
    HOP_FRAMES,
    WINDOW_HOPS,
    Alarms,
    Calibration,
    Judgement,
    accumulate,
    hop_sums,
    judge,
    no_gains,
)
from stream_engine.motion.arkit import COEFFICIENT_COUNT
from stream_engine.motion.slots import Slots, SlotTable, map_arrays
from stream_engine.types import F32, TICKS_PER_FRAME, TICKS_PER_SECOND

HOP_TICKS = HOP_FRAMES * TICKS_PER_FRAME
"""Samples of voice, 48 kHz, that go with a hop of motion."""

PAUSE_S = 0.5
"""Silence that ends an utterance."""

_QUIET_SHARE = 0.2
_HOP_S = HOP_TICKS / TICKS_PER_SECOND


@dataclass(frozen=True, slots=True)
class ScorerState:
    """Everything the judgement of B faces depends on; its size never changes.

    Attributes:
        voice_past: Samples before the next at 48 kHz, float32 [B, P].
        heard_past: Samples before the next at 16 kHz, float32 [B, 240].
        ears: Of both ears.
        face: Last steps of the face.
        voice: Last steps of the voice.
        hops: Sums of the last hops, float32 [B, WINDOW_HOPS - 1, 2, L].
        utterance: Sums of the utterance so far, float32 [B, 2, L].
        pause: Seconds of silence since, float32 [B].
        gains: Of the alarms, float32 [B, 2, L].
    """

    voice_past: F32
    heard_past: F32
    ears: EarsState
    face: Saying
    voice: Saying
    hops: F32
    utterance: F32
    pause: F32
    gains: F32


@dataclass(frozen=True, slots=True)
class Watched:
    """What one hop said of B faces.

    Attributes:
        window: Of the last two seconds.
        utterance: Of the utterance that ended; of no seconds where none did.
        alarms: What is certain.
        speech: Seconds of speech in the hop, float32 [B].
        said: Unit the voice said in each step, int64 [B, 2 T].
        seen: Unit the face is heard to say, int64 [B, 2 T].
    """

    window: Judgement
    utterance: Judgement
    alarms: Alarms
    speech: F32
    said: NDArray[np.int64]
    seen: NDArray[np.int64]


class SyncScorer:
    """Judges faces in fixed slots, a hop of a batch of them at a time.

    Latency: the ears' delay and less than a hop.
    State: about ``slot_bytes`` a slot. What is said of a face does not depend on its batch.
    Thread: one.

    Args:
        ears: Hear faces and voices.
        calibration: Of these ears.
        capacity: Slots.
    """

    def __init__(self, ears: StreamingEars, calibration: Calibration, capacity: int) -> None:
        self._ears, self._calibration = ears, calibration
        self._begun = self._initial_state()
        self._nothing = judge(np.zeros((1, 2, len(LAGS)), np.float32), calibration)
        self._table: SlotTable[ScorerState] = SlotTable(self._begun, capacity)

    @property
    def slot_bytes(self) -> int:
        """Memory of one face."""
        return self._table.slot_bytes

    def begin(self, slots: Slots) -> None:
        """Begin with new faces; nothing is left of those before."""
        begun = map_arrays(lambda part: np.repeat(part, len(slots), axis=0), self._begun)
        self._table.put(slots, begun)

    def forgive(self, slots: Slots) -> None:
        """Forget the evidence so far, as when something was done about it; ears go on."""
        state = self._table.take(slots)
        for part in (state.hops, state.utterance, state.pause, state.gains):
            part[...] = 0.0
        self._table.put(slots, state)

    def advance(self, slots: Slots, motion: F32, voice: F32) -> Watched:
        """Watch the next hop of faces.

        Args:
            slots: Each once, intp [B].
            motion: As sent, float32 [B, HOP_FRAMES, D].
            voice: As sent with it, 48 kHz, float32 [B, HOP_TICKS].

        Returns:
            What it said of them.

        Raises:
            ShapeError: If an array does not fit; no slot has changed then.
        """
        wanted = (len(slots), HOP_FRAMES, COEFFICIENT_COUNT), (len(slots), HOP_TICKS)
        if (motion.shape, voice.shape) != wanted:
            raise ShapeError(
                "a hop to be watched does not fit",
                got=f"{motion.shape} and {voice.shape}",
                expected=f"{wanted[0]} and {wanted[1]}",
            )
        state = self._table.take(slots)
        mel, voice_past, heard_past = quick_mel(state.voice_past, state.heard_past, voice)
        seen, said, ears = self._ears.hear(state.ears, motion, mel)
        face, spoke = _joined(state.face, seen), _joined(state.voice, said)
        sums = hop_sums(spoken(spoke), evidence(face, spoke))
        watched, utterance, pause = self._watch(state, sums, said, seen)
        following = ScorerState(
            voice_past=voice_past,
            heard_past=heard_past,
            ears=ears,
            face=_last(face),
            voice=_last(spoke),
            hops=np.concatenate([state.hops[:, 1:], sums[:, None]], axis=1),
            utterance=utterance,
            pause=pause,
            gains=watched[0],
        )
        self._table.put(slots, following)
        return watched[1]

    def close(self) -> None:
        """Free the ears."""
        self._ears.close()

    def _watch(
        self, state: ScorerState, sums: F32, said: Saying, seen: Saying
    ) -> tuple[tuple[F32, Watched], F32, F32]:
        """Judge one hop: gains and what was said of it, the utterance and the pause to go on."""
        calibration = self._calibration
        gains, alarms = accumulate(state.gains, sums, calibration)
        window = judge(state.hops.sum(axis=1) + sums, calibration)
        speech: F32 = said.speech.sum(axis=1) / STEPS_PER_SECOND
        quiet = speech < _QUIET_SHARE * _HOP_S
        pause = np.where(quiet, state.pause + np.float32(_HOP_S), np.float32(0.0))
        utterance = state.utterance + sums
        ended = (pause >= PAUSE_S) & (state.pause < PAUSE_S)
        whole = self._whole(np.where(ended[:, None, None], utterance, 0.0), ended)
        utterance[pause >= PAUSE_S] = 0.0
        watched = Watched(
            window,
            whole,
            alarms,
            speech,
            said.units.argmax(axis=-1),
            seen.units.argmax(axis=-1),
        )
        return (gains, watched), utterance, pause.astype(np.float32)

    def _whole(self, utterance: F32, ended: NDArray[np.bool_]) -> Judgement:
        """Judge utterances that have ended: in most hops none."""
        if ended.any():
            return judge(utterance, self._calibration)
        return map_arrays(lambda part: np.repeat(part, len(ended), axis=0), self._nothing)

    def _initial_state(self) -> ScorerState:
        ears, lags = self._ears, len(LAGS)
        nothing = Saying(
            np.zeros((1, MOST_LAG_STEPS, ears.units), np.float32),
            np.zeros((1, MOST_LAG_STEPS, ears.bands), np.float32),
            np.zeros((1, MOST_LAG_STEPS), np.float32),
        )
        return ScorerState(
            voice_past=silent_resampler_past(1, TICKS_PER_SECOND),
            heard_past=silent_past(1),
            ears=ears.initial_state(1),
            face=nothing,
            voice=nothing,
            hops=np.zeros((1, WINDOW_HOPS - 1, 2, lags), np.float32),
            utterance=np.zeros((1, 2, lags), np.float32),
            pause=np.zeros(1, np.float32),
            gains=no_gains(1),
        )


def _joined(past: Saying, new: Saying) -> Saying:
    return map_arrays(lambda before, after: np.concatenate([before, after], axis=1), past, new)


def _last(said: Saying) -> Saying:
    return map_arrays(lambda part: part[:, -MOST_LAG_STEPS:], said)
