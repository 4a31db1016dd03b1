"""Segments of speech in the order they came, each answered once: how much of it was heard.

::

    open, push, end ─► segment ─► segment ─► segment ─► prompter ─► session
                         (waits where its rate is another)   │
                              tell: begun, done ◄────────────┘
"""

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from stream_engine.audio.speech_queue import Pcm
from stream_engine.errors import SpeechBufferFull
from stream_engine.prompter import STARTED, STOPPED, Cut, Happening, Prompter
from stream_engine.session import Session

logger = logging.getLogger(__name__)

MOST_WAITING_S = 600.0
"""Speech that may wait. An agent sends a segment as fast as it is made, and the protocol has no
word to slow it down: what does not fit is refused."""

LEAD_S = 0.06
"""Of a segment that is not whole, so much is there before it is begun: chunks come unevenly over a
network, and what runs dry is heard."""

MOST_SEGMENTS = 256
"""Segments that may wait."""

USUAL_RATE_HZ = 24_000
"""Until a segment says another."""


@dataclass(slots=True, eq=False)
class Segment:
    """One byte stream's speech.

    Attributes:
        rate_hz: Of its samples.
        samples: Taken so far.
        whole: Nothing more comes.
        faulty: Something of it was lost: it is said to be interrupted, however much was heard.
        utterance: What the prompter calls it, once it has some of it.
        closed: The prompter knows that it is whole.
        waiting: Samples the prompter does not have yet.
    """

    rate_hz: int
    samples: int = 0
    whole: bool = False
    faulty: bool = False
    utterance: str | None = None
    closed: bool = False
    waiting: list[Pcm] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Begun:
    """The first sample of a segment has left."""


@dataclass(frozen=True, slots=True)
class Done:
    """Nothing of a segment is heard any more; ``position_s`` seconds of it were."""

    position_s: float
    interrupted: bool


class Segments:
    """Gives a session one segment after the other, and tells of each when it begins and ends.

    *State*: `MOST_WAITING_S` of speech in at most `MOST_SEGMENTS`. *Thread*: the loop.

    Args:
        session: Speaks.
        tell: Told as it happens.
        most_s: Speech that may wait.
    """

    def __init__(
        self,
        session: Session,
        tell: Callable[[Begun | Done], None],
        most_s: float = MOST_WAITING_S,
    ) -> None:
        self._session = session
        self._tell = tell
        self._most_s = most_s
        self._segments: deque[Segment] = deque()
        self._use(USUAL_RATE_HZ)

    @property
    def waiting_s(self) -> float:
        """Seconds of speech that wait."""
        held = sum(len(pcm) / each.rate_hz for each in self._segments for pcm in each.waiting)
        return self._prompter.waiting_s + held

    def __len__(self) -> int:
        return len(self._segments)

    def __contains__(self, segment: object) -> bool:
        return segment in self._segments

    def open(self, rate_hz: int) -> Segment:
        """Begin a segment.

        Args:
            rate_hz: Of its samples.

        Returns:
            The segment.

        Raises:
            SpeechBufferFull: If too many wait.
        """
        if len(self._segments) >= MOST_SEGMENTS:
            raise SpeechBufferFull(
                "more segments wait than may", got=str(MOST_SEGMENTS + 1), fix="wait for some"
            )
        segment = Segment(rate_hz)
        self._segments.append(segment)
        return segment

    def refuse(self) -> None:
        """Take note of a segment of which nothing is spoken; it is answered in its turn."""
        if len(self._segments) >= MOST_SEGMENTS:
            self._tell(Done(0.0, interrupted=True))
        else:
            self.end(self.open(self._rate_hz), faulty=True)

    def push(self, segment: Segment, pcm: Pcm) -> None:
        """Take speech of a segment; one that was cleared takes none.

        Args:
            segment: The last that was opened.
            pcm: int16 [N].

        Raises:
            SpeechBufferFull: If it does not fit; nothing of it is kept.
        """
        if segment not in self._segments or not len(pcm):
            return
        more_s = len(pcm) / segment.rate_hz
        if self.waiting_s + more_s > self._most_s:
            raise SpeechBufferFull(
                "more speech waits than may",
                got=f"{self.waiting_s:.1f} s, and {more_s:.1f} s more",
                expected=f"at most {self._most_s:g} s",
                fix="send the rest when some of it has been spoken",
            )
        segment.samples += len(pcm)
        segment.waiting.append(pcm)
        self._hand_on()

    def end(self, segment: Segment, faulty: bool = False) -> None:
        """Say that a segment is whole.

        Args:
            segment: Which; one that was cleared has been answered.
            faulty: Whether something of it was lost.
        """
        segment.whole = True
        segment.faulty = segment.faulty or faulty
        self._hand_on()

    def clear(self) -> Cut:
        """Stop at once, forget every segment, and tell how much of each was heard."""
        cut = self._prompter.interrupt()  # what was heard to its end has been told
        while self._segments:
            segment = self._segments.popleft()
            spoken = segment.utterance is not None and segment.utterance == cut.utterance
            position_s = cut.played / segment.rate_hz if spoken else 0.0
            self._tell(Done(position_s, interrupted=True))
        return cut

    def pump(self) -> None:
        """Give the session what is spoken up to now, and tell what has left."""
        self._prompter.pump()
        self._hand_on()

    def _use(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        # A second more than is let in here: the sums differ in their last bits.
        most_s = self._most_s + 1.0
        self._prompter = Prompter(self._session, rate_hz, self._on_happening, most_s)

    def _hand_on(self) -> None:
        """Give the prompter what it may have: segments of its rate, up to the first not whole."""
        self._pass_over()
        if self._segments and self._segments[0].utterance is None:
            rate_hz = self._segments[0].rate_hz
            if rate_hz != self._rate_hz:  # nothing is on its way at the other rate
                self._use(rate_hz)
        for segment in self._segments:
            if segment.rate_hz != self._rate_hz or not self._may_begin(segment):
                return
            while segment.waiting:
                segment.utterance = self._prompter.push(segment.waiting.pop(0))
            if not segment.whole:
                return
            if segment.utterance is not None and not segment.closed:
                segment.closed = True
                self._prompter.end()

    def _pass_over(self) -> None:
        """Answer segments of nothing whose turn it is."""
        while self._segments and self._is_over(self._segments[0]):
            segment = self._segments.popleft()
            self._tell(Done(0.0, interrupted=segment.faulty))

    @staticmethod
    def _may_begin(segment: Segment) -> bool:
        begun = segment.whole or segment.utterance is not None
        return begun or segment.samples >= LEAD_S * segment.rate_hz

    @staticmethod
    def _is_over(segment: Segment) -> bool:
        return segment.whole and not segment.samples

    def _on_happening(self, happening: Happening) -> None:
        self._pass_over()  # the one before may have ended in the same pump
        if happening.what == STARTED:
            self._tell(Begun())
        if happening.what == STOPPED and self._segments:
            segment = self._segments.popleft()
            assert segment.utterance == happening.utterance
            position_s = happening.heard / segment.rate_hz
            self._tell(Done(position_s, interrupted=segment.faulty))
