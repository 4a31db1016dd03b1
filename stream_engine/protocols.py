"""The seams: what a stage, a model runner, a renderer, a source and a sink must offer."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from stream_engine.motion.emotion import Heard, Manner
from stream_engine.types import AudioChunk, MeshFrame, MotionFrames, RunnerSpec, VideoFrame

if TYPE_CHECKING:
    from stream_engine.capacity.admission import Setting
    from stream_engine.monitor.sync_scorer import SyncScorer

In = TypeVar("In", contravariant=True)
Out = TypeVar("Out", covariant=True)

Tensors = Mapping[str, NDArray[Any]]


class Stream(Protocol[In, Out]):
    """A stage that is fed values of any size and gives what has become final.

    Law: ``feed(a) + feed(b) + finish()`` equals ``feed(a ++ b) + finish()`` bit for bit, for any
    split of the input.
    """

    @property
    def latency(self) -> int:
        """Ticks of input the stage must see past the end of an output before it is final."""
        ...

    def feed(self, value: In) -> Sequence[Out]:
        """Take input, return what became final."""
        ...

    def finish(self) -> Sequence[Out]:
        """Say the input has ended, return the rest."""
        ...

    def reset(self) -> None:
        """Forget everything, as if just made."""
        ...


class ModelRunner(Protocol):
    """One compiled model; numpy in, numpy out, one call for a whole batch."""

    @property
    def backend(self) -> str:
        """Name for logs, metrics and ``doctor``."""
        ...

    @property
    def spec(self) -> RunnerSpec:
        """Inputs and outputs by name."""
        ...

    def run(self, inputs: Tensors) -> dict[str, NDArray[Any]]:
        """Run once; the arrays returned are the caller's."""
        ...

    def close(self) -> None:
        """Free the model; the runner may not be used afterwards."""
        ...


class Renderer(Protocol):
    """Draws posed heads; belongs to the thread that made it."""

    def render(self, frame: MeshFrame) -> VideoFrame:
        """Draw one head; keeps ``pts``."""
        ...

    def render_all(self, frames: Iterable[MeshFrame]) -> Iterator[VideoFrame]:
        """Draw many heads; pictures come in order, each as soon as it can be had.

        Heads are asked for when they are to be drawn: one by one, unless a renderer draws several
        at once.
        """
        for frame in frames:
            yield self.render(frame)

    def close(self) -> None:
        """Free the context."""
        ...


class FrameSink(Protocol):
    """Where motion goes: a file, a socket or a track."""

    def write(self, frames: MotionFrames) -> None:
        """Take the next frames, in order."""
        ...

    def close(self) -> None:
        """Flush and let go; may be called again."""
        ...


class Clock(Protocol):
    """Wall time; the only way to it."""

    def now(self) -> float:
        """Seconds that never go back."""
        ...


class MotionStream(Protocol):
    """Speech in, motion out, for one session: resampler, features and generator in a row."""

    @property
    def latency(self) -> int:
        """Ticks of audio past a frame's start that must exist before the frame is final."""
        ...

    def feed(self, value: AudioChunk) -> Sequence[MotionFrames]:
        """Take any number of samples at one of the accepted rates; return final frames."""
        ...

    def finish(self) -> Sequence[MotionFrames]:
        """Say the speech has ended; return the frames still held back."""
        ...

    def reset(self) -> None:
        """Forget everything, as if just made; the manner stays what it was last set to."""
        ...

    def express(self, manner: Manner) -> None:
        """Change emotion and style from the next hop on."""
        ...


class MotionSlots(Protocol):
    """Speech in, motion out, for many sessions of one profile, each in a slot."""

    @property
    def levels(self) -> int:
        """Ways to advance, each cheaper and worse than the one before: 1 if there is only one."""
        ...

    def begin(self, slot: int, manner: Manner) -> None:
        """Begin a new session in a slot that is not being advanced; any thread."""
        ...

    def restart(self, slots: NDArray[np.intp]) -> None:
        """Begin sessions anew, in the manner last set."""
        ...

    def express(self, slot: int, manner: Manner) -> None:
        """Change emotion and style from the next hop on; any thread."""
        ...

    def hear(self, slot: int, heard: Heard) -> None:
        """Take note of who talks to the face, from the next hop on; any thread."""
        ...

    def work(self, slot: int, *, boosted: bool, fallback: bool) -> None:
        """Say how a session is worked for: with more steps, with a plain mouth; any thread."""
        ...

    def advance(
        self,
        slots: NDArray[np.intp],
        samples: NDArray[np.float32],
        ended: NDArray[np.bool_] | None = None,
        level: int = 0,
    ) -> NDArray[np.float32]:
        """Advance sessions by one window.

        Takes the newest samples at 16 kHz [B, 640 A], A frames for each, and which of them lie
        after the end of speech, bool [B, A]; gives the frames that became final [B, E, D]. A is the
        E of the window before, and the profile's hop for the first. No session has moved if it
        raises.
        """
        ...


class HeadPoser(Protocol):
    """Coefficients to posed vertices."""

    def pose(self, pts: int, coefficients: NDArray[np.float32]) -> MeshFrame:
        """Pose one frame from float32 [D]."""
        ...


class Stages(Protocol):
    """Makes the parts of a session; `assemble` has the only real one."""

    @property
    def engine_threads(self) -> int:
        """Threads that may advance slots at once, and are of use."""
        ...

    @property
    def setting(self) -> "Setting":
        """What a measured capacity must have been measured with to hold."""
        ...

    def motion_slots(self, profile: str, capacity: int) -> MotionSlots:
        """Make the slots of a profile; ConfigError if there is no such profile; any thread."""
        ...

    def sync_scorer(self, capacity: int) -> "SyncScorer | None":
        """Open the monitor's ears for so many faces; None where nobody watches."""
        ...

    def head_poser(self, avatar: str) -> HeadPoser:
        """Give the shared poser of an avatar; AssetError if there is no such avatar."""
        ...

    def renderer(self, avatar: str) -> Renderer:
        """Make a renderer that belongs to the calling thread."""
        ...
