"""What comes over ``/v1/realtime``, put where it is looked for."""

from clients.python.dialling import Options
from clients.python.face import Frame, FrameJoiner, cut_of, without
from clients.python.faults import error_of
from clients.python.ledger import Ledger
from clients.python.mailbox import Mailbox
from stream_engine.errors import StreamEngineError
from stream_engine.realtime_deltas import Sound, motion_in, pcm_of, read_delta
from stream_engine.realtime_wire import (
    Answer,
    AudioDelta,
    AudioHappening,
    CutAnswer,
    Described,
    FaceState,
    MotionDelta,
    RealtimeError,
    ResponseCreated,
    ResponseDone,
    Resumed,
    SessionUpdated,
    read_answer,
)
from stream_engine.sync_wire import FaceSync, FaceSyncAction
from stream_engine.types import MotionFrames

Event = FaceState | AudioHappening | ResponseCreated | ResponseDone | FaceSync | FaceSyncAction
"""What the face does, how well it goes with its voice, and what becomes of responses."""


class Incoming:
    """Sorts messages: frames and events into mailboxes, answers into the ledger.

    A cut frees the frames that wait of what was cut, before anybody can take them.

    *State*: the mailboxes, bounded; a refusal that nobody asked for. *Thread*: the loop.

    Args:
        session: What the server said of it.
        ledger: Waits for answers.
        options: Bounds.

    Attributes:
        frames: Not taken; the oldest gives way.
        events: Likewise.
        refused: Of speech that was sent; who sends next is told.
    """

    def __init__(self, session: Described, ledger: Ledger, options: Options) -> None:
        self._rate_hz = session.rate_hz
        self._joiner = FrameJoiner(session.names, session.rate_hz)
        self._ledger = ledger
        self.frames: Mailbox[Frame] = Mailbox(options.most_frames)
        self.events: Mailbox[Event] = Mailbox(options.most_events)
        self.refused: StreamEngineError | None = None

    def take(self, message: str | bytes) -> None:
        """Sort a message.

        Args:
            message: As it came.

        Raises:
            SignalingError: If it cannot be read.
            StreamEngineError: What ended the session, in the server's words.
        """
        if isinstance(message, bytes):
            self._delta(read_delta(message))
        else:
            self._answer(read_answer(message))

    def close(self, cause: StreamEngineError | None) -> None:
        """Take no more; who waits gets the rest, then the cause."""
        self.frames.close(cause)
        self.events.close(cause)

    def _answer(self, answer: Answer | None) -> None:
        if isinstance(answer, AudioDelta):
            self._delta(Sound(answer.pts, pcm_of(answer.delta), answer.rate_hz))
        elif isinstance(answer, MotionDelta):
            self._delta(motion_in(answer))
        elif isinstance(answer, RealtimeError):
            self._error(answer)
        elif isinstance(answer, CutAnswer):
            self._cut(answer)
        elif isinstance(answer, SessionUpdated | Resumed):
            self._ledger.settle(answer)
        elif isinstance(answer, Event):
            self.events.put(answer)
            if isinstance(answer, ResponseDone):
                self._ledger.heard(answer)

    def _delta(self, delta: Sound | MotionFrames) -> None:
        if isinstance(delta, Sound):
            self._joiner.hear(delta)
            return
        for frame in self._joiner.join(delta):
            self.frames.put(frame)

    def _cut(self, answer: CutAnswer) -> None:
        cut = cut_of(answer, self._rate_hz)
        self._joiner.cuts += 1
        self.frames.revise(lambda frame: without(frame, cut))
        self._ledger.settle(answer)

    def _error(self, answer: RealtimeError) -> None:
        error = error_of(answer.error)
        if answer.ends:
            raise error
        if not self._ledger.refuse(answer.event_id, error):
            self.refused = error
