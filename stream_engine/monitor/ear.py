"""The ear: speech units and log-mel of a moving face, window by window.

    motion   |--------- window ---------|
                          |--------- window ---------|
    faded                 |############|
    final    |------------|------------|

Each window is heard whole; where two overlap, the second fades in. A last window that would be
short reaches back instead, so that it hears as much as any other.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stream_engine.errors import ConfigError, ShapeError
from stream_engine.features.log_mel import MELS_PER_FRAME
from stream_engine.protocols import ModelRunner
from stream_engine.types import F32, TICKS_PER_FRAME, MotionFrames, RunnerSpec, TensorSpec

UNITS_PER_FRAME = 2
WINDOW_FRAMES = 75
"""As long as the clips the ear learned from."""

OVERLAP_FRAMES = 25


@dataclass(frozen=True, slots=True)
class HeardFrames:
    """What is heard in consecutive motion frames, final.

    Attributes:
        start: Absolute index of the first frame (25 in a second).
        units: Logits of the speech units, float32 [2 T, K].
        mel: Log-mel in the units of the features, float32 [4 T, F].
    """

    start: int
    units: F32
    mel: F32


def ear_spec(coefficients: int, units: int, mel_bands: int) -> RunnerSpec:
    """Inputs and outputs of the compiled mesh-to-speech model."""

    def spec(name: str, *shape: int) -> TensorSpec:
        return TensorSpec(name, "float32", (-1, *shape))

    return RunnerSpec(
        inputs=(spec("motion", -1, coefficients), spec("voice", 2 * mel_bands)),
        outputs=(spec("units", -1, units), spec("mel", -1, mel_bands)),
    )


def voice_of(mel: F32) -> F32:
    """Speaker vector: mean and spread of the log-mel while somebody speaks.

    The same as `stream_engine.models.mesh_to_speech.voice_of`, without torch.

    Args:
        mel: Features of a recording, float32 [T, F].

    Returns:
        float32 [2 F]; the louder half of the steps counts as speech.

    Raises:
        ShapeError: If there is no step, or one is not finite.
    """
    if mel.ndim != 2 or not len(mel) or not np.isfinite(mel).all():
        raise ShapeError(
            "no voice in these features", got=f"shape {mel.shape}", expected="finite [T, F], T > 0"
        )
    level = mel.mean(axis=-1)
    speech = mel[level >= np.sort(level)[len(level) // 2]]
    voice: F32 = np.concatenate([speech.mean(axis=0), speech.std(axis=0)]).astype(np.float32)
    return voice


class Ear:
    """Hears faces with one compiled model.

    Thread: any, one at a time.

    Args:
        runner: A model with the inputs and outputs of `ear_spec`.
        voice: Voice it draws the mel of unless told otherwise, float32 [2 F].

    Raises:
        ShapeError: If the model is no ear, or the voice does not fit it.
    """

    def __init__(self, runner: ModelRunner, voice: F32) -> None:
        got = {tensor.name: tensor.shape for tensor in (*runner.spec.inputs, *runner.spec.outputs)}
        ranks = {name: len(shape) for name, shape in got.items()}
        if ranks != {"motion": 3, "voice": 2, "units": 3, "mel": 3}:
            raise ShapeError("model is no ear", got=str(got), expected="motion, voice, units, mel")
        self._runner = runner
        self.coefficients, self._voice_size = got["motion"][-1], got["voice"][-1]
        self.units = got["units"][-1]
        self.voice = self._checked_voice(voice)

    def stream(
        self, voice: F32 | None = None, window: int = WINDOW_FRAMES, overlap: int = OVERLAP_FRAMES
    ) -> "EarStream":
        """Begin to hear one face.

        Args:
            voice: Voice of the mel, float32 [2 F]; the ear's own by default.
            window: Frames heard at a time.
            overlap: Frames two windows share.

        Returns:
            A stream that has not begun.

        Raises:
            ShapeError: If the voice does not fit.
            ConfigError: If the overlap is more than half of the window.
        """
        if not 0 < overlap <= window // 2:
            raise ConfigError(
                "windows cannot overlap so", got=f"{overlap} of {window}", expected="up to half"
            )
        chosen = self.voice if voice is None else self._checked_voice(voice)
        return EarStream(self, chosen, window, overlap)

    def hear(self, motion: F32, voice: F32 | None = None) -> HeardFrames:
        """Hear a whole recording of a face.

        Args:
            motion: Coefficients at 25 fps, float32 [T, D].
            voice: Voice of the mel, float32 [2 F]; the ear's own by default.

        Returns:
            All of it, from frame 0.

        Raises:
            ShapeError: If the motion has another shape, no frame, or NaN.
        """
        if not len(motion):
            raise ShapeError("no motion to hear", got="0 frames", expected="at least 1")
        stream = self.stream(voice)
        parts = [*stream.feed(MotionFrames(0, motion)), *stream.finish()]
        units, mel = (
            np.concatenate([getattr(part, name) for part in parts]) for name in ("units", "mel")
        )
        return HeardFrames(0, units, mel)

    def hear_window(self, motion: F32, voice: F32) -> tuple[F32, F32]:
        """One call of the model.

        Args:
            motion: Frames of one window, float32 [T, D].
            voice: float32 [2 F].

        Returns:
            Unit logits float32 [2 T, K] and log-mel float32 [4 T, F].
        """
        out = self._runner.run({"motion": motion[None], "voice": voice[None]})
        return out["units"][0], out["mel"][0]

    def checked_motion(self, value: MotionFrames) -> F32:
        """Give the coefficients, or say why they cannot be heard.

        Args:
            value: Motion frames.

        Returns:
            float32 [T, D].

        Raises:
            ShapeError: If the shape is another, or a value is not finite.
        """
        motion = np.asarray(value.coefficients)
        if motion.ndim != 2 or motion.shape[1] != self.coefficients:
            raise ShapeError(
                "motion does not fit the ear",
                got=f"shape {motion.shape}",
                expected=f"[T, {self.coefficients}]",
            )
        finite = np.isfinite(motion)
        if not finite.all():
            frame, column = (int(at) for at in np.argwhere(~finite)[0])
            raise ShapeError(
                "motion holds NaN or infinity",
                got=f"{motion[frame, column]} in frame {value.start + frame}, column {column}",
                expected="finite coefficients",
            )
        return motion.astype(np.float32, copy=False)

    def close(self) -> None:
        """Free the model."""
        self._runner.close()

    def _checked_voice(self, voice: F32) -> F32:
        if voice.shape != (self._voice_size,) or not np.isfinite(voice).all():
            raise ShapeError(
                "voice does not fit the ear",
                got=f"shape {voice.shape}",
                expected=f"[{self._voice_size}], finite",
                fix="take it from a recording with voice_of",
            )
        return voice.astype(np.float32, copy=False)


class EarStream:
    """Hears one face as it moves; made by `Ear.stream`.

    Latency: one window, less the frame itself.
    State: under two windows of motion, and what was heard in one overlap.
    Thread: any, one at a time.
    Buffers: results are the caller's.

    Args:
        ear: The model.
        voice: Voice of the mel, float32 [2 F].
        window: Frames heard at a time.
        overlap: Frames two windows share.
    """

    def __init__(self, ear: Ear, voice: F32, window: int, overlap: int) -> None:
        self._ear, self._voice = ear, voice
        self._window, self._overlap = window, overlap
        self.reset()

    @property
    def latency(self) -> int:
        """Ticks of motion past the end of a frame before what is heard in it is final."""
        return (self._window - 1) * TICKS_PER_FRAME

    def reset(self) -> None:
        """Forget everything, as if just made."""
        self._frames = np.zeros((0, self._ear.coefficients), np.float32)
        self._origin = 0  # index of the first frame kept
        self._next = 0  # where the next window begins: all before is given out
        self._faded: tuple[F32, F32] | None = None

    def feed(self, value: MotionFrames) -> Sequence[HeardFrames]:
        """Take motion, return what every full window heard.

        Args:
            value: Frames that follow on from the last, counted from 0.

        Returns:
            Runs of frames, in order.

        Raises:
            ShapeError: If the motion has another shape, holds NaN, or does not follow on.
        """
        motion, due = self._ear.checked_motion(value), self._origin + len(self._frames)
        if value.start != due:
            raise ShapeError("motion does not follow on", got=f"{value.start}", expected=f"{due}")
        self._frames = np.concatenate([self._frames, motion])
        out = []
        while self._origin + len(self._frames) >= self._next + self._window:
            self._frames = self._frames[self._next - self._origin :]
            self._origin = self._next
            out.append(self._hear(self._window, keep=self._overlap))
        return out

    def finish(self) -> Sequence[HeardFrames]:
        """Hear the rest, and be ready for another face.

        Returns:
            At most one run; none if nothing was fed.
        """
        left = self._origin + len(self._frames) - self._next
        out = []
        if left > self._overlap or (left and self._faded is None):
            out.append(self._hear(left, keep=0))
        elif self._faded is not None:
            out.append(HeardFrames(self._next, *self._faded))
        self.reset()
        return out

    def _hear(self, count: int, keep: int) -> HeardFrames:
        """Hear up to ``count`` frames past what is given out; give out all but ``keep``."""
        end = self._next - self._origin + count
        begin = max(0, end - self._window)
        heard = self._ear.hear_window(self._frames[begin:end], self._voice)
        rates = (UNITS_PER_FRAME, MELS_PER_FRAME)
        final, kept = [], []
        for k, (values, rate) in enumerate(zip(heard, rates, strict=True)):
            new = values[-count * rate :]
            if self._faded is not None:
                new = np.concatenate([_fade(self._faded[k], new), new[len(self._faded[k]) :]])
            final.append(new[: (count - keep) * rate])
            kept.append(new[(count - keep) * rate :])
        run = HeardFrames(self._next, final[0], final[1])
        self._faded = (kept[0], kept[1])
        self._next += count - keep
        return run


def _fade(old: F32, new: F32) -> F32:
    """From the old to the new over the length of the old."""
    share: F32 = ((np.arange(len(old)) + 0.5) / len(old)).astype(np.float32)[:, None]
    faded: F32 = old * (1.0 - share) + new[: len(old)] * share
    return faded
