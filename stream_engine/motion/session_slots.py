"""Many sessions of one latency profile, each in a slot, advanced in batches."""

import logging
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stream_engine.errors import ShapeError
from stream_engine.features.log_mel import MELS_PER_FRAME, hop_features, silent_past
from stream_engine.motion.emotion import HEARD, NUMBER, WISH_SIZE, Heard, Manner
from stream_engine.motion.generator import silent_frame
from stream_engine.motion.performance import Performance, PerformanceState, seeds_of
from stream_engine.motion.slots import Slots, SlotTable, map_arrays
from stream_engine.motion.viseme_mouth import VisemeMouth, Visemes
from stream_engine.telemetry.spans import span
from stream_engine.types import F32, SAMPLES_PER_FRAME

logger = logging.getLogger(__name__)


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

    Levels go from the best to the cheapest: as wanted; with fewer steps; and with those and hops
    twice as long, `LatencyProfile.sparing`.

    Latency: ``profile.latency``.
    State: ``capacity`` slots, allocated once; see `slot_bytes`.
    Thread: the one that owns the model's runners; ``begin``, ``express`` and ``hear`` any.
    Buffers: results are the caller's.

    Attributes:
        levels: Ways to advance.

    Args:
        performance: The model's hop, its noise, expression.
        capacity: Slots.
        seed: Of noise and idle life of sessions that bring none, below 2**64.
        cheaper: The same with ever fewer steps; None for no level but the first.
        richer: The same with more steps, for sessions that are to be boosted; the first that is
            waits until it is there. If it cannot be had, that is logged, and nobody is.
        visemes: For those whose model is not to be believed.
    """

    def __init__(
        self,
        performance: Performance,
        capacity: int,
        seed: int = 0,
        cheaper: Sequence[Performance] | None = (),
        richer: Future[Performance] | None = None,
        visemes: Visemes | None = None,
    ) -> None:
        self.profile = performance.profile
        self._performances = (performance, *(cheaper or ()))
        self.levels = 1 if cheaper is None else len(self._performances) + 1
        self._wish = np.tile(Manner().row(), (capacity, 1))
        self._passed = np.zeros(capacity, np.float32)  # the last expression that was begun
        self._seed = seed
        self._seeds = np.zeros(capacity, np.uint64)
        self._table: SlotTable[SessionState] = SlotTable(self._begun(np.array([0])), capacity)
        # States differ in shape by the hop that comes next; a row is in one of these at a time.
        self._tables = {self.profile.hop_frames: self._table}
        self._silence = silent_frame()
        self._richer, self._visemes = richer, visemes
        self._boosted = np.zeros(capacity, np.bool_)
        self._plain: dict[int, VisemeMouth] = {}

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
        self._wish[slot] = manner.row()
        self._passed[slot] = 0.0
        self.work(slot, boosted=False, fallback=False)
        self._plain.pop(slot, None)
        self.restart(np.array([slot]))

    def restart(self, slots: Slots) -> None:
        """Begin sessions anew, in the manner last set; an expression that was passing is over."""
        self._table.put(slots, self._begun(slots))

    def express(self, slot: int, manner: Manner) -> None:
        """Change a session's emotion and style; the face goes there from the next hop on."""
        self._wish[slot, :WISH_SIZE] = manner.row()[:WISH_SIZE]

    def hear(self, slot: int, heard: Heard) -> None:
        """Take note of who talks to the face; while it is silent it listens."""
        self._wish[slot, HEARD] = heard.row()

    def work(self, slot: int, *, boosted: bool, fallback: bool) -> None:
        """Say how a session is to be worked for, from the next hop on; any thread.

        Args:
            slot: Whose.
            boosted: With more steps, if there are any, and while quality need not give way.
            fallback: With a mouth that the voice drives by visemes, if there are any.
        """
        self._boosted[slot] = boosted and self._richer is not None
        plain = self._plain.get(slot)
        if plain is not None:
            plain.wanted = fallback
        elif fallback and self._visemes is not None:
            self._plain[slot] = VisemeMouth(self._visemes, self.profile.window_frames)

    def advance(
        self,
        slots: Slots,
        samples: F32,
        ended: NDArray[np.bool_] | None = None,
        level: int = 0,
    ) -> F32:
        """Advance sessions by one window.

        Args:
            slots: Each once, intp [B]; neighbours in order are quickest.
            samples: The newest of each at 16 kHz, as many frames as became final last time and the
                profile's hop at first, float32 [B, 640 A].
            ended: Frames after the end of speech: what is there of ``samples`` is not heard, and
                the model gets what silence fills its lookahead with. bool [B, A].
            level: How cheaply, below ``levels``.

        Returns:
            Frames that became final, float32 [B, E, D], E the profile's hop or twice that: with N
            frames heard so far those from N - T on, T of the window; those below 0 mean nothing.

        Raises:
            ShapeError: If an array does not fit; no session has moved then.
        """
        with span("hop", size=len(slots)):
            return self._advance(slots, samples, ended, level)

    def _advance(
        self, slots: Slots, samples: F32, ended: NDArray[np.bool_] | None, level: int
    ) -> F32:
        state = self._table_for(samples).take(slots)
        with span("features", size=len(slots)):
            mel, past = hop_features(state.past, samples)
        if ended is not None and ended.any():
            mel[ended.repeat(MELS_PER_FRAME, axis=1)] = np.tile(self._silence, (ended.sum(), 1))
        sparing = level >= len(self._performances)
        final = (self.profile.sparing if sparing else self.profile).hop_frames
        frames, face = self._step(state.face, mel, slots, level, final)
        self._passed[slots] = self._wish[slots, NUMBER]
        if self._plain:
            self._speak_plainly(slots, mel, frames)
        following = SessionState(past, face)
        if final not in self._tables:
            self._tables[final] = SlotTable(following, self._table.capacity)
        self._tables[final].put(slots, following)
        return frames

    def _step(
        self, state: PerformanceState, mel: F32, slots: Slots, level: int, final: int
    ) -> tuple[F32, PerformanceState]:
        """One window of the model, with more steps for those that are boosted."""
        performance = self._performances[min(level, len(self._performances) - 1)]
        more = self._boosted[slots]
        richer = self._with_more_steps() if not level and more.any() else None
        if richer is None:
            return performance.step(state, mel, self._wish[slots], final)
        if more.all():
            return richer.step(state, mel, self._wish[slots], final)
        parts = []
        for rows, who in ((~more, performance), (more, richer)):
            own = map_arrays(lambda part, at=rows: part[at], state)
            parts.append(who.step(own, mel[rows], self._wish[slots[rows]], final))
        order = np.argsort(np.concatenate([np.flatnonzero(~more), np.flatnonzero(more)]))
        frames = np.concatenate([parts[0][0], parts[1][0]])[order]
        following = map_arrays(
            lambda a, b: np.concatenate([a, b])[order], *(part[1] for part in parts)
        )
        return frames, following

    def _with_more_steps(self) -> Performance | None:
        """What boosted sessions are performed with; None if there is none."""
        if self._richer is None:
            return None
        error = self._richer.exception()
        if error is None:
            return self._richer.result()
        logger.error("no session gets more steps than wanted", exc_info=error)
        self._richer = None
        return None

    def _speak_plainly(self, slots: Slots, mel: F32, frames: F32) -> None:
        """Put the plain mouth into the frames of those that have one; written into."""
        for place, slot in enumerate(slots.tolist()):
            plain = self._plain.get(slot)
            if plain is not None:
                frames[place] = plain.step(mel[place], frames[place])
                if plain.over:
                    self._plain.pop(slot, None)

    def _table_for(self, samples: F32) -> SlotTable[SessionState]:
        frames, rest = divmod(samples.shape[1], SAMPLES_PER_FRAME)
        if rest or frames not in self._tables:
            raise ShapeError(
                f"speech for a window of profile {self.profile.name} does not fit",
                got=f"{samples.shape[1]} samples",
                expected=" or ".join(str(SAMPLES_PER_FRAME * hop) for hop in self._tables),
            )
        return self._tables[frames]

    def _begun(self, slots: Slots) -> SessionState:
        wish = self._wish[slots]
        wish[:, NUMBER] = self._passed[slots]  # what began before does not begin again
        face = self._performances[0].initial_state(self._seeds[slots], wish)
        return SessionState(silent_past(len(slots)), face)
