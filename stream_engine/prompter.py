"""Pushed speech, spoken at the pace of time: what a bot sends becomes a session's voice.

::

    push ─► queue ─► pump: a block every 10 ms ─► session (voice and model) ─► released, delayed
              ▲                     │ kept until released
              └── pause puts back ──┘   an interrupt forgets

Between utterances, and where the queue runs dry inside one, the session hears silence: its time
never stands still.
"""

import itertools
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from stream_engine.audio.resampler import Resampler, block_samples
from stream_engine.audio.ring_buffer import RingBuffer
from stream_engine.audio.speech_queue import Pcm, SpeechQueue
from stream_engine.session import FADE_TICKS, Session
from stream_engine.session_parts import Interruption
from stream_engine.types import F32, MODEL_RATE_HZ, TICKS_PER_SECOND, AudioChunk

SAID_S = 2
"""Seconds kept of what was given to the session."""

MOST_WAITING_S = 120.0
"""Speech that may wait."""

SLEPT_TICKS = TICKS_PER_SECOND
"""Further behind, the machine has slept: the time of a session that nobody spoke in stood still."""

STARTED, STOPPED, STARVED, RESUMED = "started", "stopped", "starved", "resumed"
"""What may happen to an utterance: its first sample leaves, its last has left, it waits for more,
more has come."""


@dataclass(slots=True)
class Utterance:
    """Speech that belongs together, one response of a bot.

    Attributes:
        id: Its name.
        samples: Pushed so far.
        fed: Of these, given to the session.
        whole: Nothing more will be pushed.
        starved: It waits for more in the middle.
    """

    id: str
    samples: int = 0
    fed: int = 0
    whole: bool = False
    starved: bool = False


@dataclass(frozen=True, slots=True)
class Happening:
    """Something happened to an utterance at a moment of media time, ``heard`` samples into it."""

    what: str
    utterance: str
    pts: int
    heard: int = 0


@dataclass(frozen=True, slots=True)
class Cut:
    """What an interrupt, or a pause, cut off.

    Attributes:
        at: Where the session was cut.
        utterance: The one being spoken, if there was one.
        played: Samples of it that were heard.
        dropped: Samples that were forgotten, of whatever utterance; 0 for a pause.
    """

    at: Interruption
    utterance: str | None
    played: int
    dropped: int


@dataclass(slots=True)
class _Block:
    """Speech given to the session and not yet released: where, whose, what."""

    pts: int
    utterance: Utterance
    pcm: Pcm


@dataclass(slots=True)
class _Line:
    """The way of one rate into a session."""

    queue: SpeechQueue
    to_voice: Resampler
    to_model: Resampler
    block: int = field(init=False)
    ticks: int = field(init=False)

    def __post_init__(self) -> None:
        self.block = block_samples(self.queue.rate_hz)
        self.ticks = self.block * TICKS_PER_SECOND // self.queue.rate_hz


class Prompter:
    """Gives a session pushed speech as if somebody spoke it now.

    *Latency*: the session's delay. *State*: `MOST_WAITING_S` of speech that waits, and what is on
    its way through the session. *Thread*: the loop.

    Args:
        session: Speaks; nobody else may push audio into it.
        rate_hz: Of what is pushed, a multiple of 25.
        on_happening: Told as it happens, from ``pump``.
        most_s: Speech that may wait.

    Raises:
        AudioError: If the rate cannot be used.

    Attributes:
        paused: Nothing is spoken until it is told to go on.
        said: What the session was given, at ``rate_hz``, from the first sample on.
    """

    def __init__(
        self,
        session: Session,
        rate_hz: int,
        on_happening: Callable[[Happening], None],
        most_s: float = MOST_WAITING_S,
    ) -> None:
        self._session = session
        self._tell = on_happening
        queue = SpeechQueue(rate_hz, most_s)
        to_voice = Resampler(rate_hz, TICKS_PER_SECOND)
        self._line = _Line(queue, to_voice, Resampler(rate_hz, MODEL_RATE_HZ))
        self._numbers = itertools.count(1)
        self._utterances: deque[Utterance] = deque()
        self._on_the_way: deque[_Block] = deque()
        self._to_come: deque[Happening] = deque()
        self._fed = 0
        self.paused = False
        self.said = RingBuffer(SAID_S * rate_hz)
        session.prompted = True

    @property
    def waiting_s(self) -> float:
        """Seconds of speech that wait."""
        return self._line.queue.waiting_s

    def push(self, pcm: Pcm) -> str:
        """Take speech of the utterance that is open, or of a new one.

        Args:
            pcm: int16 [N].

        Returns:
            The utterance's name.

        Raises:
            SpeechBufferFull: If it does not fit; nothing of it is kept.
        """
        self._line.queue.push(pcm)
        self._session.begin()
        if not self._utterances or self._utterances[-1].whole:
            self._utterances.append(Utterance(f"utterance_{next(self._numbers)}"))
        self._utterances[-1].samples += len(pcm)
        return self._utterances[-1].id

    def end(self) -> str | None:
        """Say that the open utterance is whole; its name, None if there is none."""
        if not self._utterances or self._utterances[-1].whole:
            return None
        self._utterances[-1].whole = True
        return self._utterances[-1].id

    def pump(self) -> None:
        """Give the session what is spoken up to now, and tell what has left."""
        session = self._session
        if not session.begun:
            return
        now = session.clock.now()
        behind = session.playout.position(now) - session.ring.end
        if behind > SLEPT_TICKS:
            session.playout.origin_s += behind / TICKS_PER_SECOND
        while session.ring.end + self._line.ticks <= session.playout.position(now):
            self._feed()
        released = session.released() - session.sync.voice_ticks
        while self._on_the_way and self._end_of(self._on_the_way[0]) <= released:
            self._on_the_way.popleft()
        while self._to_come and self._to_come[0].pts <= released:
            self._tell(self._to_come.popleft())

    def interrupt(self) -> Cut:
        """Stop at once and forget everything that was pushed."""
        cut = self._cut()
        dropped = self._line.queue.clear()
        current = self._utterances[0] if self._utterances else None
        self._utterances.clear()
        self.paused = False
        played = 0 if current is None else current.fed
        return Cut(cut, current.id if current else None, played, dropped)

    def pause(self) -> Cut:
        """Stop at once and keep everything that was not heard for ``resume``."""
        cut = self._cut()
        self.paused = True
        current = self._utterances[0] if self._utterances else None
        return Cut(cut, current.id if current else None, current.fed if current else 0, 0)

    def resume(self) -> None:
        """Go on with the sample that would have come next."""
        self.paused = False

    def _feed(self) -> None:
        """One block: of the utterance whose turn it is, or silence."""
        line, pts = self._line, self._session.ring.end
        pcm = self._next_block(pts)
        block = np.zeros(line.block, np.float32)
        block[: len(pcm)] = pcm
        chunk = AudioChunk(self._fed, block / np.float32(32768.0), line.queue.rate_hz)
        self._fed += line.block
        self.said.append(chunk.samples)
        voice, heard = (_joined(stage.feed(chunk)) for stage in (line.to_voice, line.to_model))
        self._session.speak(voice, heard)

    def _next_block(self, pts: int) -> Pcm:
        nothing: Pcm = np.zeros(0, np.int16)
        if self.paused or not self._utterances:
            return nothing
        current, wanted = self._utterances[0], self._line.block
        there = current.samples - current.fed
        if there < wanted and not current.whole:  # less than a block waits for the rest of it
            self._starve(current, pts)
            return nothing
        pcm = self._line.queue.take(min(there, wanted))
        if current.fed == 0:
            self._to_come.append(Happening(STARTED, current.id, pts))
        elif current.starved:
            self._to_come.append(Happening(RESUMED, current.id, pts))
        current.starved = False
        current.fed += len(pcm)
        self._on_the_way.append(_Block(pts, current, pcm))
        if current.whole and current.fed == current.samples:
            self._utterances.popleft()
            end = self._end_of(self._on_the_way[-1])
            self._to_come.append(Happening(STOPPED, current.id, end, current.samples))
        return pcm

    def _starve(self, utterance: Utterance, pts: int) -> None:
        if utterance.fed and not utterance.starved:
            utterance.starved = True
            self._session.tally.add("speech_starved_total")
            self._to_come.append(Happening(STARVED, utterance.id, pts))

    def _cut(self) -> Interruption:
        """Cut the session, and take back what it was given and did not release."""
        self.pump()  # what has left is told before
        at = self._session.interrupt()
        heard_to = at.pts - self._session.sync.voice_ticks  # the monitor may let the voice wait
        rate_hz = self._line.queue.rate_hz
        self.said.fade_out(
            heard_to * rate_hz // TICKS_PER_SECOND, FADE_TICKS * rate_hz // TICKS_PER_SECOND
        )
        for stage in (self._line.to_voice, self._line.to_model):
            stage.hush()
        for block in reversed(self._on_the_way):
            heard = max(0, heard_to - block.pts) * rate_hz // TICKS_PER_SECOND
            unheard = block.pcm[heard:]
            if not len(unheard):
                break
            self._line.queue.put_back(unheard)
            block.utterance.fed -= len(unheard)
            if block.utterance not in self._utterances:
                self._utterances.appendleft(block.utterance)
        self._on_the_way.clear()
        for happening in self._to_come:  # what begins anew is told when it does
            if happening.pts < heard_to + (happening.what == STOPPED):
                self._tell(happening)
        self._to_come.clear()
        return at

    def _end_of(self, block: _Block) -> int:
        return block.pts + len(block.pcm) * TICKS_PER_SECOND // self._line.queue.rate_hz


def _joined(chunks: Sequence[AudioChunk]) -> F32:
    parts = [chunk.samples for chunk in chunks]
    return np.concatenate(parts) if parts else np.zeros(0, np.float32)
