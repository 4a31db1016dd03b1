"""A recorded face, whatever file it came from: when, which weights, which of them there were."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stream_engine.errors import AssetError
from stream_engine.motion.arkit import COEFFICIENT_COUNT, COEFFICIENT_NAMES, INDEX, MOUTH_NAMES
from stream_engine.transport.motion_clock import (
    F64,
    at_motion_rate,
    frames_per_second,
)
from stream_engine.types import F32

_BY_LOWER = {name.lower(): name for name in COEFFICIENT_NAMES}
_MOVES = 0.01


def coefficient_of(column: str) -> str | None:
    """Which coefficient another program's name means, in any case, behind any prefix.

    Args:
        column: Such as ``JawOpen``, ``blendShapes.JawOpen`` or ``Head:jawOpen``.

    Returns:
        Its name here; None if it is none.
    """
    last = column.strip().replace(":", ".").replace("/", ".").rsplit(".", 1)[-1]
    return _BY_LOWER.get(last.lower())


@dataclass(frozen=True, slots=True)
class FaceRecording:
    """Frames at any rate.

    Attributes:
        kind: What the file is, in words.
        seconds: When each frame was, from the recording's beginning; [N].
        values: Coefficients as this engine counts, 0 where there are none; [N, D].
        names: Those the file has.
        end_s: When its last frame was.
    """

    kind: str
    seconds: F64
    values: F64
    names: frozenset[str]
    end_s: float

    @property
    def fps(self) -> float:
        """Frames a second, by their usual distance; 0 if there is but one."""
        return frames_per_second(self.seconds)

    @property
    def mouth(self) -> tuple[str, ...]:
        """Shapes of the mouth that the file has."""
        return tuple(name for name in MOUTH_NAMES if name in self.names)

    @property
    def missing(self) -> tuple[str, ...]:
        """Shapes of the mouth that it has not."""
        return tuple(name for name in MOUTH_NAMES if name not in self.names)

    @property
    def moving(self) -> tuple[str, ...]:
        """Shapes of the mouth that move by a hundredth or more."""
        reach = np.ptp(self.values, axis=0) if len(self.values) else np.zeros(COEFFICIENT_COUNT)
        return tuple(name for name in self.mouth if reach[INDEX[name]] >= _MOVES)

    @property
    def liveliness(self) -> float:
        """How far the mouth moves: spreads of all its weights, added up."""
        columns = [INDEX[name] for name in self.mouth]
        return float(self.values[:, columns].std(axis=0).sum()) if columns else 0.0

    def motion(self) -> F32:
        """Give the coefficients at 25 frames a second, float32 [T, D]."""
        return at_motion_rate(self.seconds, self.values, self.end_s)


def face_recording(
    kind: str, path: str, seconds: F64, columns: Sequence[str], table: NDArray[np.floating]
) -> FaceRecording:
    """Put a table of another program in order.

    Args:
        kind: What the file is, in words.
        path: For messages.
        seconds: When each row was; [N].
        columns: What the other program calls its columns; those that mean nothing here are left.
        table: [N, columns].

    Returns:
        The recording; where two columns mean the same the greater weight counts.

    Raises:
        AssetError: If no column is known, no row is there, or a value is no weight.
    """
    known = [(k, name) for k, name in enumerate(map(coefficient_of, columns)) if name is not None]
    if not known:
        raise AssetError(
            "motion has no shape of a face that is known here",
            got=f"{', '.join(columns[:5]) or 'no name'} in {path}",
            expected="the names of ARKit's 52 blendshapes (jawOpen, mouthClose, ...)",
            fix="export with ARKit names; VRM expressions and Oculus visemes are not read",
        )
    if not len(table):
        raise AssetError("motion holds no frame with a face", got=path, expected="at least one")
    values = np.zeros((len(table), COEFFICIENT_COUNT))
    seen: set[str] = set()
    for column, name in known:
        fresh = checked_weights(name, np.asarray(table[:, column], np.float64), path)
        old = values[:, INDEX[name]]
        values[:, INDEX[name]] = np.maximum(old, fresh) if name in seen else fresh
        seen.add(name)
    return FaceRecording(kind, seconds, values, frozenset(seen), float(seconds[-1]))


def checked_weights(name: str, weights: F64, path: str) -> F64:
    """Refuse what is no weight or no angle.

    Args:
        name: Coefficient.
        weights: Of each frame, [N].
        path: For the message.

    Returns:
        The same.

    Raises:
        AssetError: If a value is not finite or far out of range; names the frame.
    """
    low, high = bounds_of(name)
    wrong = ~((weights >= low) & (weights <= high))
    if wrong.any():
        at = int(np.argmax(wrong))
        raise AssetError(
            "motion holds a value that cannot be used",
            got=f"{weights[at]} in frame {at}, {name}, of {path}",
            expected=unit_of(name),
        )
    return weights


def bounds_of(name: str) -> tuple[float, float]:
    """Least and greatest of a coefficient: trackers overshoot, percentages are another thing."""
    return (-0.5, 1.5) if INDEX[name] < INDEX["headPitch"] else (-float(np.pi * 2), np.pi * 2)


def unit_of(name: str) -> str:
    """What a coefficient is counted in."""
    return "a weight of 0..1" if INDEX[name] < INDEX["headPitch"] else "radians"
