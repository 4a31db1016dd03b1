"""Slots of which somebody is told exactly what the model was given; stages that make such slots.

A wrapper at the seam: where nobody is to be told, there is none, and the engine knows nothing of
it. What is wished of a session that is watched comes between two windows only, so that it can be
said which window was the first to see it.
"""

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from stream_engine.motion.emotion import Heard, Manner
from stream_engine.protocols import HeadPoser, MotionSlots, Renderer, Stages
from stream_engine.types import F32

if TYPE_CHECKING:
    from stream_engine.capacity.admission import Setting
    from stream_engine.monitor.sync_scorer import SyncScorer


@dataclass(frozen=True, slots=True)
class Work:
    """How a session is worked for: with more steps, with a plain mouth."""

    boosted: bool
    fallback: bool


Wish = Manner | Work | Heard


class SlotWatcher(Protocol):
    """Told of one slot, on the engine's thread, in the order in which things happen to it."""

    def shown(self, wish: Wish) -> None:
        """Take note of what is true of all that follows."""
        ...

    def restarted(self) -> None:
        """Take note that the session began anew."""
        ...

    def advanced(self, samples: F32, ended: NDArray[np.bool_] | None, level: int) -> None:
        """Take note of a window, made of samples [640 A], those of frames [A] after the end."""
        ...


class WatchedSlots:
    """Implements `MotionSlots` by those it is given, and tells watchers.

    Thread: as theirs; ``watch`` any.

    Args:
        slots: Do the work.
    """

    def __init__(self, slots: MotionSlots) -> None:
        self._slots = slots
        self._watchers: dict[int, SlotWatcher] = {}  # replaced as a whole: the engine reads it
        self._wanted: dict[tuple[int, type[Wish]], Wish] = {}
        self._lock = threading.Lock()  # a wish must not come to whoever has the slot next

    @property
    def levels(self) -> int:
        """Ways to advance."""
        return self._slots.levels

    def watch(self, slot: int, watcher: SlotWatcher) -> None:
        """Tell somebody of a session, until another begins there; before it hears anything."""
        with self._lock:
            self._watchers = {**self._watchers, slot: watcher}

    def begin(self, slot: int, manner: Manner) -> None:
        """Begin a new session, which nobody watches."""
        with self._lock:
            self._watchers = {at: who for at, who in self._watchers.items() if at != slot}
            for kind in (Manner, Work, Heard):
                self._wanted.pop((slot, kind), None)
            self._slots.begin(slot, manner)

    def restart(self, slots: NDArray[np.intp]) -> None:
        """Begin sessions anew."""
        self._settle()
        self._slots.restart(slots)
        if self._watchers:
            for slot in slots.tolist():
                watcher = self._watchers.get(slot)
                if watcher is not None:
                    watcher.restarted()

    def express(self, slot: int, manner: Manner) -> None:
        """Change emotion and style from the next hop on."""
        if slot not in self._watchers:
            self._slots.express(slot, manner)
            return
        self._want(slot, manner)

    def hear(self, slot: int, heard: Heard) -> None:
        """Take note of who talks to the face."""
        if slot not in self._watchers:
            self._slots.hear(slot, heard)
            return
        self._want(slot, heard)

    def work(self, slot: int, *, boosted: bool, fallback: bool) -> None:
        """Say how a session is worked for, from the next hop on."""
        if slot not in self._watchers:
            self._slots.work(slot, boosted=boosted, fallback=fallback)
            return
        self._want(slot, Work(boosted, fallback))

    def advance(
        self,
        slots: NDArray[np.intp],
        samples: NDArray[np.float32],
        ended: NDArray[np.bool_] | None = None,
        level: int = 0,
    ) -> NDArray[np.float32]:
        """Advance sessions by one window."""
        self._settle()
        motion = self._slots.advance(slots, samples, ended, level)
        watchers = self._watchers
        if watchers:
            for index, slot in enumerate(slots.tolist()):
                watcher = watchers.get(slot)
                if watcher is not None:
                    over = None if ended is None else ended[index]
                    watcher.advanced(samples[index], over, level)
        return motion

    def _want(self, slot: int, wish: Wish) -> None:
        with self._lock:
            self._wanted[slot, type(wish)] = wish

    def _settle(self) -> None:
        """Let wishes come that are waiting; a later one of the same session has won."""
        if not self._wanted:
            return
        with self._lock:
            for (slot, _), wish in self._wanted.items():
                if isinstance(wish, Manner):
                    self._slots.express(slot, wish)
                elif isinstance(wish, Heard):
                    self._slots.hear(slot, wish)
                else:
                    self._slots.work(slot, boosted=wish.boosted, fallback=wish.fallback)
                watcher = self._watchers.get(slot)
                if watcher is not None:
                    watcher.shown(wish)
            self._wanted.clear()


class WatchedStages:
    """Implements `Stages` by those it is given; slots can be watched.

    Args:
        stages: Make everything.
    """

    def __init__(self, stages: Stages) -> None:
        self._stages = stages

    @property
    def engine_threads(self) -> int:
        """Threads of use."""
        return self._stages.engine_threads

    @property
    def setting(self) -> "Setting":
        """What the stages work with."""
        return self._stages.setting

    def motion_slots(self, profile: str, capacity: int) -> MotionSlots:
        """Make the slots of a profile."""
        return WatchedSlots(self._stages.motion_slots(profile, capacity))

    def sync_scorer(self, capacity: int) -> "SyncScorer | None":
        """Open the monitor's ears."""
        return self._stages.sync_scorer(capacity)

    def head_poser(self, avatar: str) -> HeadPoser:
        """Give the shared poser of an avatar."""
        return self._stages.head_poser(avatar)

    def renderer(self, avatar: str) -> Renderer:
        """Make a renderer."""
        return self._stages.renderer(avatar)
