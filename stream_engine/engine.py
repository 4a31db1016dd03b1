"""The engine thread: speech to motion for every session, one thread that owns the models."""

import heapq
import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from stream_engine.batching.governor import Governor
from stream_engine.batching.group import Group
from stream_engine.batching.health import Health
from stream_engine.batching.lane import Lane, MotionSink
from stream_engine.batching.lane_table import NEVER, LaneTable, begin_anew, complete_s
from stream_engine.batching.scheduler import BatchCost, next_batch
from stream_engine.errors import CapacityError
from stream_engine.motion.emotion import Manner
from stream_engine.motion.slots import Slots
from stream_engine.motion.window import profile_named
from stream_engine.protocols import Clock, Stages
from stream_engine.telemetry.metrics import Tally
from stream_engine.telemetry.spans import waited
from stream_engine.types import MOTION_FPS, SAMPLES_PER_FRAME

logger = logging.getLogger(__name__)

IDLE_WAIT_S = 0.5
"""Longest sleep of the thread; it is woken by audio long before."""

BATCH_BUDGET_S = 0.5 / MOTION_FPS
"""Longest batch aimed at, half a frame: whoever is due next waits no longer."""


@dataclass(frozen=True, slots=True)
class LaneOrder:
    """What a new session wants of the engine.

    Attributes:
        profile: Latency profile by name.
        sink: Takes the motion.
        tally: Counts.
        manner: What to begin with.
        patience_frames: Most frames of audio that may wait; a live face rather jumps than falls
            behind its voice.
        waits: Only as much motion is made as is kept ahead of what the door has passed on.
    """

    profile: str
    sink: MotionSink
    tally: Tally
    manner: Manner = field(default_factory=Manner)
    patience_frames: int = NEVER
    waits: bool = False


class Engine:
    """Gathers the windows that are due into batches, by deadline, while there are any.

    Sleeps on a condition; whoever writes audio or takes motion away wakes it. A batch that fails is
    tried again session by session, so that only those end whose own fault it is; where anything
    else fails, all of its sessions are told, and it goes on with whoever comes.

    *Thread*: its own; every method may be called from any.

    Args:
        stages: Makes the slots.
        capacity: Most sessions at once.
        clock: Times the models.
        tally: Counts for all sessions.
        on_progress: Told, on the engine's thread, which lanes have something to deliver.

    Attributes:
        table: Rows of its sessions; for others to look at only.
        health: Whether its models work for anybody; likewise.
    """

    def __init__(
        self,
        stages: Stages,
        capacity: int,
        clock: Clock,
        tally: Tally,
        on_progress: Callable[[Sequence[Lane]], None],
    ) -> None:
        self._stages = stages
        self._clock = clock
        self._tally = tally
        self._on_progress = on_progress
        self.table = self._table = LaneTable(capacity)
        self.health = Health()
        self._lanes: list[Lane | None] = [None] * capacity
        self._free = list(range(capacity))
        self._leaving: deque[Lane] = deque()
        self._numbers: dict[str, int] = {}
        self._groups: list[Group] = []
        self._costs: list[BatchCost] = []
        self._lock, self._preparing = threading.Lock(), threading.Lock()
        self._condition = threading.Condition()
        self._woken = self._stopping = False
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)

    @property
    def sessions(self) -> int:
        """Rows that are not free."""
        return self._table.capacity - len(self._free)

    @property
    def governors(self) -> Sequence[Governor]:
        """How cheaply the sessions of each profile are worked for."""
        return [group.governor for group in self._groups]

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Stop the thread and wait for it."""
        self._stopping = True
        self.wake()
        self._thread.join()

    def prepare(self, profile: str) -> int:
        """Make the slots of a profile if there are none yet; may take a while.

        Args:
            profile: By name.

        Returns:
            Its group.

        Raises:
            ConfigError: If there is no such profile.
        """
        if profile in self._numbers:
            return self._numbers[profile]
        with self._preparing:
            if profile not in self._numbers:
                slots = self._stages.motion_slots(profile, self._table.capacity)
                hop_s = profile_named(profile).hop_frames / MOTION_FPS
                self._costs += [BatchCost(), BatchCost()]
                self._groups.append(Group(slots, hop_s))
                self._numbers[profile] = len(self._groups) - 1
            return self._numbers[profile]

    def add(self, order: LaneOrder) -> Lane:
        """Take a session in.

        Args:
            order: What it wants.

        Returns:
            Its lane.

        Raises:
            CapacityError: If all rows are taken.
        """
        group, profile = self.prepare(order.profile), profile_named(order.profile)
        with self._lock:
            if not self._free:
                raise _full(self._table.capacity)
            row = heapq.heappop(self._free)  # the lowest, so that rows in use are neighbours
        slots = self._groups[group].slots
        slots.begin(row, order.manner)
        lane = Lane(self, self._table, row, slots, order.sink, order.tally, order.manner)
        self._lanes[row] = lane
        self._table.begin(row, group, profile)
        self._table.patience[row] = order.patience_frames
        self._table.taken[row] = 0 if order.waits else NEVER
        return lane

    def remove(self, lane: Lane) -> None:
        """Let a session go; its row is free once the engine is between two batches."""
        lane.closed = True
        self._leaving.append(lane)
        self.wake()

    def wake(self) -> None:
        """Say that there is audio or room."""
        with self._condition:
            self._woken = True
            self._condition.notify()

    def run_once(self) -> None:
        """Work until nothing is due; what the thread does each time it wakes."""
        while self.step() and not self._stopping:
            pass

    def step(self) -> bool:
        """Work off one batch; whether there was one."""
        self._let_go()
        table = self._table
        self._restart(begin_anew(table))
        behind = table.behind()
        overdue = table.overdue(behind)
        if len(overdue):
            self._skip(overdue)
            behind = table.behind()
        rows = table.due(behind)
        if not len(rows):
            return False
        deadline_s = table.deadline_s(rows, behind)
        kind, batch = next_batch(rows, table.kind(rows), deadline_s, self._costs, BATCH_BUDGET_S)
        group = self._groups[kind // 2]
        batch, level = group.plan(batch, kind % 2 == 0, self._clock.now())
        live = np.isin(rows, batch) & table.in_time(rows)
        spoken_s = complete_s(table, rows[live], deadline_s[live])
        self._advance(kind, batch, level)
        self._tally.add("engine_windows_late_total", group.judge(spoken_s, self._clock.now()))
        return True

    def _advance(self, kind: int, rows: Slots, level: int) -> None:
        group, (samples, ended) = self._groups[kind // 2], self._table.next_audio(rows)
        began = self._clock.now()
        for heard_s in self._table.heard_s[rows]:
            waited("engine", heard_s, began)
        try:
            motion = group.slots.advance(rows, samples, ended, level)
        except Exception as error:
            if len(rows) > 1:
                for row in rows:
                    self._advance(kind, np.array([row]), level)
                return
            logger.exception("a session's motion failed")
            self._fail(int(rows[0]), error)
            return
        self.health.worked()
        now = self._clock.now()
        self._costs[kind].observe(len(rows), now - began)
        self._tally.observe("engine_step_seconds", now - began)
        self._tally.add("engine_batches_total")
        self._tally.add("engine_windows_total", len(rows))
        self._tally.add("engine_windows_shed_total", len(rows) if level else 0)
        self._table.put_motion(rows, motion, now)
        self._on_progress([lane for row in rows if (lane := self._lanes[row]) is not None])

    def _fail(self, row: int, error: Exception) -> None:
        self.health.failed(self._clock.now())
        self._table.live[row] = False
        if (lane := self._lanes[row]) is not None:
            lane.error = error
            self._on_progress([lane])

    def _skip(self, rows: Slots) -> None:
        for row, frames in zip(rows, self._table.skip(rows), strict=True):
            if (lane := self._lanes[row]) is not None:
                lane.tally.add("audio_overwritten_samples_total", int(frames) * SAMPLES_PER_FRAME)
        self._restart(rows)

    def _restart(self, rows: Slots) -> None:
        for number, group in enumerate(self._groups):
            mine = rows[self._table.group[rows] == number]
            if len(mine):
                group.slots.restart(mine)

    def _let_go(self) -> None:
        while self._leaving:
            lane = self._leaving.popleft()
            if self._lanes[lane.row] is lane:
                self._table.live[lane.row] = False
                self._lanes[lane.row] = None
                with self._lock:
                    heapq.heappush(self._free, lane.row)

    def _run(self) -> None:
        while not self._stopping:
            with self._condition:
                self._condition.wait_for(lambda: self._woken, timeout=IDLE_WAIT_S)
                self._woken = False
            try:
                self.run_once()
            except Exception as error:
                logger.exception("an engine failed")
                for row in np.flatnonzero(self._table.live):
                    self._fail(int(row), error)


def _full(sessions: int) -> CapacityError:
    got, fix = f"{sessions} sessions", "try again when someone has left"
    return CapacityError("the engine is full", got=got, fix=fix)
