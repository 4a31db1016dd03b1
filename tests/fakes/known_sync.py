"""Ears that know beforehand what they will hear: every kind of finding, one after another."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stream_engine.monitor.sync_evidence import STEPS_PER_SECOND
from stream_engine.monitor.sync_score import HOP_FRAMES, Alarms, Judgement
from stream_engine.monitor.sync_scorer import Watched
from stream_engine.types import F32, MOTION_FPS
from tests.fakes.stages import FakeStages

_STEPS = HOP_FRAMES * STEPS_PER_SECOND // MOTION_FPS


@dataclass(frozen=True)
class Known:
    """What is found in one hop; no score for nothing to judge."""

    score: float | None
    lag_ms: float = 0.0
    shifted_ms: float = 0.0
    wrong: bool = False


LATE_MS = 120.0
STORY = (
    *[Known(None)] * 2,
    *[Known(0.9, 12.0)] * 4,
    *[Known(0.5, LATE_MS, LATE_MS)] * 2,
    *[Known(0.8, 2.0)] * 4,
    Known(0.1, 0.0, wrong=True),
)
"""In sync, late, in sync again, and at last other words."""


class KnownScorer:
    """Stands in for `SyncScorer`; of every slot it tells the story, whose end lasts.

    Args:
        capacity: Slots.
        story: Finding by finding.
    """

    slot_bytes = 8

    def __init__(self, capacity: int, story: Sequence[Known] = STORY) -> None:
        self._story = story
        self._told = np.zeros(capacity, np.int64)

    def begin(self, slots: NDArray[np.intp]) -> None:
        """Begin the story."""
        self._told[slots] = 0

    def forgive(self, slots: NDArray[np.intp]) -> None:
        """The story goes on."""

    def advance(self, slots: NDArray[np.intp], motion: F32, voice: F32) -> Watched:
        """Tell what comes next; units count the steps, and the face says every other as it is."""
        places = np.minimum(self._told[slots], len(self._story) - 1)
        found = [self._story[place] for place in places]
        said = (self._told[slots, None] * _STEPS + np.arange(_STEPS)) // 5 % 100
        judged = [one.score is not None for one in found]
        self._told[slots] += 1
        return Watched(
            window=Judgement(
                np.array([one.score or 0.0 for one in found], np.float32),
                np.array([one.lag_ms for one in found], np.float32),
                np.full(len(found), 0.9, np.float32),
                np.where(judged, 1.5, 0.0).astype(np.float32),
            ),
            utterance=Judgement(*[np.zeros(len(found), np.float32)] * 4),
            alarms=Alarms(
                np.array([one.shifted_ms for one in found], np.float32),
                np.array([one.wrong for one in found]),
            ),
            speech=np.where(judged, 0.4, 0.0).astype(np.float32),
            said=said,
            seen=np.where(said % 2, said, said + 50),
        )

    def close(self) -> None:
        """Nothing to free."""


class WatchedStages(FakeStages):
    """`FakeStages` whose jaws are listened to."""

    def sync_scorer(self, capacity: int) -> KnownScorer:
        """Open ears that know beforehand."""
        return KnownScorer(capacity)
