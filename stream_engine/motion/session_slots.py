"""Many sessions of one latency profile, each in a slot, advanced in batches."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stream_engine.features.log_mel import MELS_PER_FRAME, hop_features, silent_past
from stream_engine.motion.emotion import Manner
from stream_engine.motion.generator import silent_frame
from stream_engine.motion.performance import Performance, PerformanceState, seeds_of
from stream_engine.motion.slots import Slots, SlotTable
from stream_engine.types import F32


@dataclass(frozen=True, slots=True)
class SessionState:
    """Everything kept of B sessions between two hops.

    Attributes:
        past: The last samples heard, float32 [B, 240].
        face: Of model, noise and expression.
    """

    past: F32
    face: PerformanceState


class SessionSlots:
    """Begins and advances sessions; any set of them may be advanced together.

    What a session gives does not depend on who shares its batch, nor on who had its slot before.
    Who has which slot is the caller's business.

    Latency: ``profile.latency``.
    State: ``capacity`` slots, allocated once; see `slot_bytes`.
    Thread: the one that owns the model's runners; ``begin`` and ``express`` any.
    Buffers: results are the caller's.

    Args:
        performance: The model's hop, its noise, expression.
        capacity: Slots.
        seed: Of noise and idle life of sessions that bring none, below 2**64.
    """

    def __init__(self, performance: Performance, capacity: int, seed: int = 0) -> None:
        self.profile = performance.profile
        self._performance = performance
        self._manner = np.tile(Manner().row(), (capacity, 1))
        self._seed = seed
        self._seeds = np.zeros(capacity, np.uint64)
        self._table: SlotTable[SessionState] = SlotTable(self._begun(np.array([0])), capacity)
        self._silence = silent_frame()

    @property
    def slot_bytes(self) -> int:
        """Memory of one session."""
        return self._table.slot_bytes

    def begin(self, slot: int, manner: Manner, seed: int | None = None) -> None:
        """Begin a new session; nothing is left of the one that had the slot.

        Args:
            slot: Where; not one that is being advanced.
            manner: What to begin with.
            seed: Of its noise and idle life.
        """
        self._seeds[slot] = seeds_of(self._seed if seed is None else seed)[0]
        self.express(slot, manner)
        self.restart(np.array([slot]))

    def restart(self, slots: Slots) -> None:
        """Begin sessions anew, in the manner last set."""
        self._table.put(slots, self._begun(slots))

    def express(self, slot: int, manner: Manner) -> None:
        """Change a session's emotion and style; the face goes there from the next hop on."""
        self._manner[slot] = manner.row()

    def advance(self, slots: Slots, samples: F32, ended: NDArray[np.bool_] | None = None) -> F32:
        """Advance sessions by one hop.

        Args:
            slots: Each once, intp [B]; neighbours in order are quickest.
            samples: The newest hop of each at 16 kHz, float32 [B, 640 H].
            ended: Frames after the end of speech: what is there of ``samples`` is not heard, and
                the model gets what silence fills its lookahead with. bool [B, H].

        Returns:
            Frames that became final, float32 [B, H, D]: after k hops those from (k - 1) H - L on,
            L lookahead frames; those below 0 mean nothing.

        Raises:
            ShapeError: If an array does not fit; no session has moved then.
        """
        state = self._table.take(slots)
        mel, past = hop_features(state.past, samples)
        if ended is not None and ended.any():
            mel[ended.repeat(MELS_PER_FRAME, axis=1)] = np.tile(self._silence, (ended.sum(), 1))
        frames, face = self._performance.step(state.face, mel, self._manner[slots])
        self._table.put(slots, SessionState(past, face))
        return frames

    def _begun(self, slots: Slots) -> SessionState:
        face = self._performance.initial_state(self._seeds[slots], self._manner[slots])
        return SessionState(silent_past(len(slots)), face)
