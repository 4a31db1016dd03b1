"""One session and its watcher: what leaves is shown to it, what it finds is acted upon and told."""

import logging
from collections import deque
from dataclasses import dataclass, field
from statistics import median
from typing import Protocol

import numpy as np

from stream_engine.audio.ring_buffer import RingBuffer, RingRead
from stream_engine.batching.lane import Lane
from stream_engine.engine_pool import EnginePool
from stream_engine.hand_off import TimedPicture
from stream_engine.monitor.remedies import (
    ALERT,
    HIGH,
    Action,
    Finding,
    Means,
    Remedies,
    SyncQuality,
)
from stream_engine.monitor.sync_table import AHEAD_FRAMES
from stream_engine.protocols import Clock
from stream_engine.sync_watch import Verdict, Watch
from stream_engine.telemetry.metrics import Tally
from stream_engine.types import F32, MOTION_FPS, TICKS_PER_FRAME, TICKS_PER_SECOND, MotionFrames

logger = logging.getLogger(__name__)

FADE_TICKS = TICKS_PER_SECOND * 10 // 1000
"""Over so long the voice goes from one delay to another."""

PICTURED_FRAMES = 10
"""Faces are taken from the pictures that leave, unless none has for so long."""

SETTLE_S = 0.4
"""After something was done, so much more must leave before what is heard counts again."""

SCORES_KEPT = 9_000
"""Of an hour; the summary of a longer call is of its last one."""


class SyncListener(Protocol):
    """Wants to know how well face and voice go together; on the loop."""

    def watched(self, verdict: Verdict, quality: SyncQuality) -> None:
        """Take what was found of one hop."""
        ...

    def remedied(self, action: Action) -> None:
        """Take note of what was done about it."""
        ...


@dataclass(frozen=True, slots=True)
class SyncSummary:
    """A call in a few numbers.

    Attributes:
        judged_s: Seconds in which there was something to judge.
        score: Median.
        in_sync: Share of them with a score above `HIGH`.
        lag_ms: Median.
        actions: How often each was done.
        unresolved: Something is wrong that could not be put right.
    """

    judged_s: float
    score: float
    in_sync: float
    lag_ms: float
    actions: dict[str, int]
    unresolved: bool


@dataclass(slots=True)
class SessionSync:
    """Between a session and its watcher.

    *Thread*: the loop.

    Attributes:
        lane: Where motion is read, and worked for as the monitor says.
        clock: Wall time.
        tally: Counts.
        name: Of the session, for the log.
        engines: Have time for more steps, or not.
        acts: Something is done about what is found, not only told.
        listeners: Told everything.
        last: The newest verdict.
    """

    lane: Lane
    clock: Clock
    tally: Tally
    name: str
    engines: EnginePool
    acts: bool = True
    listeners: list[SyncListener] = field(default_factory=list)
    last: Verdict | None = None
    watch: Watch | None = None
    _remedies: Remedies = field(default_factory=Remedies)
    _pictured: int = -(10**9)
    _shown: int = -1
    _left: int = 0
    _stamped: bool = False
    _settling: bool = False
    _settled_s: float = 0.0
    _wait_ticks: int = 0
    _fade: tuple[int, int] = (-(10**9), 0)
    _scores: deque[tuple[float, float]] = field(default_factory=lambda: deque(maxlen=SCORES_KEPT))
    _done: dict[str, int] = field(default_factory=dict)

    @property
    def quality(self) -> SyncQuality:
        """What the monitor asks for now."""
        return self._remedies.quality

    @property
    def voice_ticks(self) -> int:
        """How much later than its face the voice leaves, ticks."""
        return max(0, self.quality.align_ms) * TICKS_PER_SECOND // 1000

    @property
    def face_s(self) -> float:
        """How much later than its voice the face leaves, seconds."""
        return max(0, -self.quality.align_ms) / 1000.0

    def voice(self, ring: RingBuffer, pts: int, count: int) -> F32:
        """Take the voice that leaves at ``pts``; what has not arrived is silence, counted.

        Args:
            ring: Holds it by the time of its arrival.
            pts: Tick of the release line.
            count: Samples.

        Returns:
            float32 [count]; a change of its delay is faded over.
        """
        read = self._read(ring, pts, count)
        out, missing = read.samples, count - len(read.samples)
        if missing:
            self.tally.add("audio_underrun_samples_total", missing)
            out = np.zeros(count, np.float32)
            at = read.start - pts
            out[at : at + len(read.samples)] = read.samples
        self._left = max(self._left, pts + count)
        if self.watch is not None:
            self.watch.voice(pts, out)
        return out

    def _read(self, ring: RingBuffer, pts: int, count: int) -> RingRead:
        """As the ring gives it, ``start`` on the release line."""
        if self.voice_ticks != self._wait_ticks:
            self._fade = pts, self._wait_ticks  # from where on, for whoever watches, and from what
            self._wait_ticks = self.voice_ticks
        (at, before), now = self._fade, self._wait_ticks
        found = ring.read(pts - now, count)
        if pts < at + FADE_TICKS:
            old = ring.read(pts - before, count)
            if len(old.samples) == len(found.samples) == count:
                share = np.clip(np.arange(pts - at, pts - at + count) / FADE_TICKS, 0.0, 1.0)
                mixed = old.samples + share.astype(np.float32) * (found.samples - old.samples)
                found = RingRead(found.start, mixed, found.lost)
        return RingRead(found.start + now, found.samples, found.lost)

    def seen(self, pts: int, picture: TimedPicture) -> None:
        """Take note of a picture that leaves at ``pts``."""
        if self.watch is None:
            return
        self._pictured = pts // TICKS_PER_FRAME
        shown = picture.frame.pts // TICKS_PER_FRAME
        if shown == self._shown:  # the same picture again
            return
        self._shown = shown
        found = self.lane.motion_of(shown) if shown >= 0 else None
        if found is not None:
            self.watch.face(self._pictured, found[0])

    def delivered(self, frames: MotionFrames) -> None:
        """Take note of motion that is sent as numbers, while no pictures are."""
        if self.watch is None:
            return
        for offset, row in enumerate(frames.coefficients):
            if frames.start + offset > self._pictured + PICTURED_FRAMES:
                self.watch.face(frames.start + offset, row)

    def stamped(self, frames: MotionFrames, ring: RingBuffer) -> None:
        """Take note of the voice that is sent ahead with motion, media time on both.

        Args:
            frames: Motion; it has been `delivered`.
            ring: Holds the voice of the same time.
        """
        if self.watch is not None:
            if not self._stamped:
                self._stamped = True
                self.watch.hold_back(AHEAD_FRAMES)
            start = frames.start * TICKS_PER_FRAME
            read = ring.read(start, len(frames.coefficients) * TICKS_PER_FRAME)
            self._left = max(self._left, read.start + len(read.samples))
            self.watch.voice(read.start, read.samples)

    def found(self, verdict: Verdict) -> None:
        """Take what the watcher found; act, tell."""
        self.last = verdict
        self.tally.add("sync_judged_total", verdict.score is not None)
        if verdict.score is not None and verdict.lag_ms is not None:
            self._scores.append((verdict.score, verdict.lag_ms))
            self.tally.add("sync_low_total", verdict.score < HIGH)
        for listener in self.listeners:
            listener.watched(verdict, self.quality)
        if not self.acts:
            return
        remedies, now = self._remedies, verdict.frame / MOTION_FPS
        if self._settling and now >= self._settled_s:
            self._settling = False  # all that was heard until here was of before
            self._forgive()
            return
        finding = Finding(
            verdict.score,
            verdict.shifted_ms,
            verdict.wrong,
            verdict.lag_ms,
            verdict.confidence,
            verdict.fresh,
        )
        actions = [] if self._settling else remedies.observe(finding, now, self._means())
        for action in [*actions, *remedies.tick(now)]:  # as decided: each knows those before it
            self._act(action)

    def summary(self) -> SyncSummary | None:
        """The call in a few numbers; None if there was nothing to judge."""
        if not self._scores:
            return None
        scores, lags = zip(*self._scores, strict=True)
        return SyncSummary(
            judged_s=round(0.4 * len(scores), 1),
            score=round(median(scores), 3),
            in_sync=round(sum(score >= HIGH for score in scores) / len(scores), 3),
            lag_ms=round(median(lags), 1),
            actions=dict(self._done),
            unresolved=self._remedies.alerted,
        )

    def close(self) -> None:
        """Leave the watcher, and say how the call was."""
        if self.watch is None:
            return
        self.watch.close()
        self.watch = None
        summary = self.summary()
        if summary is not None:
            logger.info(
                "session %s: %.0f s judged, score %.2f, %.0f %% in sync, lag %.0f ms, actions %s",
                self.name,
                summary.judged_s,
                summary.score,
                100 * summary.in_sync,
                summary.lag_ms,
                summary.actions or "none",
            )

    def _forgive(self) -> None:
        if self.watch is not None:
            self.watch.forgive()

    def _means(self) -> Means:
        # Who plays by time stamps is not helped by waiting; who draws by them is by the voice's.
        pictures = self.last is not None and self.last.frame - self._pictured < PICTURED_FRAMES
        spare = not self.engines.strained and self.engines.level == 0
        return Means(not self._stamped, pictures and not self._stamped, spare)

    def _act(self, action: Action) -> None:
        if action.on:
            self._done[action.kind] = self._done.get(action.kind, 0) + 1
            self.tally.add(f'sync_actions_total{{kind="{action.kind}"}}')
        say = logger.warning if action.kind == ALERT and action.on else logger.info
        word = "done" if action.on else "taken back"
        say("session %s: %s %s: %s", self.name, action.kind, word, action.because)
        if action.kind != ALERT:
            quality = action.quality
            lane = self.lane
            if not lane.closed:
                lane.slots.work(lane.row, boosted=quality.boosted, fallback=quality.fallback)
            self._settling = True
            self._settled_s = self._left / TICKS_PER_SECOND + SETTLE_S
            self._forgive()
        for listener in self.listeners:
            listener.remedied(action)
