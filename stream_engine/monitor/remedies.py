"""What is done about a face that does not go with its voice: pure decisions, with hysteresis.

::

    a lag that is certain ──────────────► realign: voice or face waits by the measured lag
    a score that stays low ─────────────► steps: more diffusion steps, if there is time for them
    words that certainly are not these ─► viseme: a mouth driven by the voice alone, and an alert
    a lag that comes back at once ──────► alert: realigning does not help, so it stops

Each is taken back when the score has recovered: the voice waits no longer once the mouth is early
by as much; steps go after calm; the model's mouth is tried again after a while, which doubles each
time that was too soon.
"""

from dataclasses import dataclass, field, replace
from statistics import median

REALIGN, STEPS, VISEME, ALERT = "realign", "steps", "viseme", "alert"
"""What may be done."""

LOW, HIGH = 0.3, 0.7
"""Scores that are bad, and well again."""

LOW_FOR_S, HIGH_FOR_S = 3.0, 5.0
"""So long before something is done, or taken back."""

LEAST_REALIGN_MS = 45.0
"""The visible limit of a voice that is ahead; less is left alone."""

AGREEING_MS = 60.0
"""The lag of the last two seconds must say the same as the alarm: a word may look like another."""

MOST_LATE_MS, MOST_EARLY_MS = 400, 200
"""How far the voice, and how far the face, may be made to wait."""

TRIM_FINDINGS, TRIM_MS, SURE = 8, 20.0, 0.8
"""A realignment is made finer after so many findings that are sure, if they are so far off."""

FUTILE_S, FUTILE_TIMES = 12.0, 3
"""So many realignments in so long do not help."""

FUTILE_REST_S = 60.0
"""Then none is tried for so long."""

FRESH = 0.7
"""With fewer faces than this share of the frames it is not the mouth's fault."""

FIRST_HOLD_S, MOST_HOLD_S = 10.0, 160.0
"""How long the viseme mouth stays before the model's is tried again."""

PROBE_S = 6.0
"""The model's mouth is well again if nothing is wrong for so long."""


@dataclass(frozen=True, slots=True)
class SyncQuality:
    """How a session is to be worked for, as far as the monitor has a say; the best is all zeros.

    Attributes:
        align_ms: How long the voice waits for the face; below 0 the face waits for the voice.
        boosted: With more diffusion steps than wanted.
        fallback: With a mouth that the voice drives by visemes.
    """

    align_ms: int = 0
    boosted: bool = False
    fallback: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """What the watcher says of a face now.

    Attributes:
        score: 0..1, None for nothing to judge.
        shifted_ms: How late the mouth certainly is, or 0.
        wrong: It certainly says something else.
        lag_ms: How late the mouth seems to be.
        confidence: How sure that is, 0..1.
        fresh: Share of the frames in which another face was shown than before.
    """

    score: float | None
    shifted_ms: float
    wrong: bool
    lag_ms: float | None = None
    confidence: float = 0.0
    fresh: float = 1.0


@dataclass(frozen=True, slots=True)
class Means:
    """What can be done at the moment.

    Attributes:
        voice_waits: The voice may be made to wait for the face.
        face_waits: The face may be made to wait for the voice.
        steps: There is time for more steps.
    """

    voice_waits: bool = True
    face_waits: bool = True
    steps: bool = True


@dataclass(frozen=True, slots=True)
class Action:
    """Something was done, or taken back.

    Attributes:
        kind: ``realign``, ``steps``, ``viseme`` or ``alert``.
        on: Done; False for taken back.
        because: In words.
        quality: As it is from now on.
    """

    kind: str
    on: bool
    because: str
    quality: SyncQuality


@dataclass(slots=True)
class Remedies:
    """Decides for one session.

    Attributes:
        quality: As it is now.
        alerted: Something is wrong that could not be put right.
    """

    quality: SyncQuality = field(default_factory=SyncQuality)
    alerted: bool = False
    _low_since_s: float | None = None
    _high_since_s: float | None = None
    _lags: list[float] = field(default_factory=list)
    _realigned_s: list[float] = field(default_factory=list)
    _rest_until_s: float = float("-inf")
    _hold_s: float = FIRST_HOLD_S
    _held_until_s: float = float("-inf")
    _probing_until_s: float = float("-inf")

    def observe(self, finding: Finding, now_s: float, means: Means) -> list[Action]:
        """Take what was found; say what is done.

        Args:
            finding: Of one hop.
            now_s: Media time.
            means: What can be done.

        Returns:
            Actions, in order; usually none.
        """
        self._remember(finding, now_s)
        return [*self._place(finding, now_s, means), *self._mouth(finding, now_s, means)]

    def tick(self, now_s: float) -> list[Action]:
        """Do what time alone brings: the model's mouth is tried again."""
        if not self.quality.fallback or now_s < self._held_until_s:
            return []
        self._probing_until_s = now_s + PROBE_S
        return [self._do(VISEME, False, "the model's mouth is tried again", fallback=False)]

    def _remember(self, finding: Finding, now_s: float) -> None:
        if finding.score is None:
            return
        if finding.score >= LOW:
            self._low_since_s = None
        elif self._low_since_s is None:
            self._low_since_s = now_s
        if finding.score < HIGH:
            self._high_since_s = None
        elif self._high_since_s is None:
            self._high_since_s = now_s

    def _place(self, finding: Finding, now_s: float, means: Means) -> list[Action]:
        """Realign, or give it up."""
        if self.quality.align_ms and finding.lag_ms is not None and finding.confidence >= SURE:
            self._lags.append(finding.lag_ms)
        lag = finding.shifted_ms
        if not lag and len(self._lags) >= TRIM_FINDINGS:
            off, self._lags = median(self._lags), []
            if TRIM_MS <= abs(off) < LEAST_REALIGN_MS:
                return self._realign(off, now_s, means)
        seen = finding.lag_ms is not None and abs(finding.lag_ms - lag) <= AGREEING_MS
        if abs(lag) < LEAST_REALIGN_MS or not seen or now_s < self._rest_until_s:
            return []
        return self._realign(lag, now_s, means)

    def _realign(self, lag: float, now_s: float, means: Means) -> list[Action]:
        self._lags.clear()
        wanted = round(self.quality.align_ms + lag)
        least = -MOST_EARLY_MS if means.face_waits else 0
        wanted = max(least, min(MOST_LATE_MS if means.voice_waits else 0, wanted))
        self._realigned_s = [at for at in self._realigned_s if now_s - at < FUTILE_S]
        if len(self._realigned_s) >= FUTILE_TIMES or wanted == self.quality.align_ms:
            self._rest_until_s = now_s + FUTILE_REST_S
            self._realigned_s.clear()
            why = f"the mouth is {lag:+.0f} ms off and realigning does not help"
            return [] if self.alerted else self._alert(True, why)
        self._realigned_s.append(now_s)
        late = f"the mouth is {abs(lag):.0f} ms {'late' if lag > 0 else 'early'}"
        if abs(wanted) < TRIM_MS:
            wanted = 0
        return [self._do(REALIGN, wanted != 0, late, align_ms=wanted)]

    def _mouth(self, finding: Finding, now_s: float, means: Means) -> list[Action]:
        """Steps and visemes, there and back."""
        low = self._low_since_s is not None and now_s - self._low_since_s >= LOW_FOR_S
        high = self._high_since_s is not None and now_s - self._high_since_s >= HIGH_FOR_S
        if finding.wrong and finding.fresh < FRESH:  # another mouth would be shown as seldom
            why = "the face is shown too seldom to go with its voice"
            return [] if self.alerted else self._alert(True, why)
        if finding.wrong and not self.quality.fallback:
            soon = now_s < self._probing_until_s
            self._hold_s = min(MOST_HOLD_S, 2 * self._hold_s) if soon else FIRST_HOLD_S
            self._held_until_s = now_s + self._hold_s
            fall = self._do(VISEME, True, "the face says something else", fallback=True)
            return [fall] if self.alerted else [fall, *self._alert(True, fall.because)]
        if low and means.steps and not self.quality.boosted and not self.quality.fallback:
            self._low_since_s = None
            return [self._do(STEPS, True, "the score stays low", boosted=True)]
        done = []
        if high and self.quality.boosted:
            done.append(self._do(STEPS, False, "the score is well again", boosted=False))
        well = high and not self.quality.fallback and now_s >= self._probing_until_s
        if well and self.alerted and now_s >= self._rest_until_s:
            done += self._alert(False, "the score is well again")
        return done

    def _alert(self, on: bool, because: str) -> list[Action]:
        self.alerted = on
        return [Action(ALERT, on, because, self.quality)]

    def _do(
        self,
        kind: str,
        on: bool,
        because: str,
        *,
        align_ms: int | None = None,
        boosted: bool | None = None,
        fallback: bool | None = None,
    ) -> Action:
        changed = {"align_ms": align_ms, "boosted": boosted, "fallback": fallback}
        known = {name: value for name, value in changed.items() if value is not None}
        if fallback is not None:
            self._low_since_s = self._high_since_s = None
        self.quality = replace(self.quality, **known)  # type: ignore[arg-type]
        return Action(kind, on, because, self.quality)
