"""Several engine threads: each session belongs to one of them for as long as it lasts."""

import threading
from collections.abc import Callable, Sequence

from stream_engine.batching.lane import Lane
from stream_engine.batching.lane_table import waiting
from stream_engine.engine import Engine, LaneOrder
from stream_engine.protocols import Clock, Stages
from stream_engine.telemetry.metrics import Tally


class EnginePool:
    """Engines side by side, each with its own table; who comes goes where fewest are.

    Models release the interpreter while they run, so each thread keeps a core busy. Sessions never
    move: what a session gives depends on its engine no more than on who shares its batch.

    *Thread*: any.

    Args:
        stages: Makes the slots; says how many threads are of use.
        capacity: Most sessions at once, in all.
        clock: Times the models.
        tally: Counts for all sessions.
        on_progress: Told, on an engine's thread, which lanes have something to deliver.
        threads: Engines; as many as are of use by default.
    """

    def __init__(
        self,
        stages: Stages,
        capacity: int,
        clock: Clock,
        tally: Tally,
        on_progress: Callable[[Sequence[Lane]], None],
        threads: int = 0,
    ) -> None:
        count = threads or stages.engine_threads
        each = -(-capacity // count)
        self.engines = [Engine(stages, each, clock, tally, on_progress) for _ in range(count)]
        self._clock = clock
        self._lock = threading.Lock()

    @property
    def sessions(self) -> int:
        """Rows that are not free."""
        return sum(engine.sessions for engine in self.engines)

    @property
    def waiting(self) -> tuple[int, int]:
        """Frames of audio that wait: of all sessions, and of the one that waits most."""
        found = [waiting(engine.table) for engine in self.engines]
        return sum(total for total, _ in found), max(most for _, most in found)

    @property
    def level(self) -> int:
        """How cheaply those work that had to give way most; 0 is as wanted."""
        return max((g.level for engine in self.engines for g in engine.governors), default=0)

    @property
    def strained(self) -> bool:
        """Every engine has too much to do even so; one that nobody uses is not judged any more."""
        return all(
            engine.sessions and any(governor.overloaded for governor in engine.governors)
            for engine in self._able
        )

    @property
    def failing(self) -> bool:
        """No engine's models work for anybody, and it is too soon to try again."""
        now = self._clock.now()
        return all(engine.health.resting(now) for engine in self.engines)

    @property
    def lost(self) -> bool:
        """No engine's models have worked for anybody for long."""
        return all(engine.health.lost for engine in self.engines)

    @property
    def _able(self) -> Sequence[Engine]:
        """Those whose models work, or all if there are none."""
        return [it for it in self.engines if not it.health.suspect] or self.engines

    def start(self) -> None:
        """Start the threads."""
        for engine in self.engines:
            engine.start()

    def stop(self) -> None:
        """Stop the threads and wait for them."""
        for engine in self.engines:
            engine.stop()

    def prepare(self, profile: str) -> None:
        """Make the slots of a profile if there are none yet; may take a while.

        Args:
            profile: By name.

        Raises:
            ConfigError: If there is no such profile.
        """
        for engine in self.engines:
            engine.prepare(profile)

    def add(self, order: LaneOrder) -> Lane:
        """Take a session in where fewest are.

        Args:
            order: What it wants.

        Returns:
            Its lane.

        Raises:
            CapacityError: If all rows are taken.
        """
        with self._lock:  # two who come at once do not both find the same engine emptiest
            emptiest = min(self._able, key=lambda engine: engine.sessions)
            return emptiest.add(order)
