"""How far a backend is from the reference, and how far it may be."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from stream_engine.motion.window import LatencyProfile
from stream_engine.protocols import ModelRunner, Tensors
from stream_engine.types import F32, RunnerSpec

_SESSIONS = 3
_NOTE_EVERY = 7
"""Calls from one that is noted to the next: moments of every kind in a few seconds of speech."""


@dataclass(frozen=True, slots=True)
class Tolerance:
    """What may differ, and why.

    Attributes:
        output: Of any output on seeded inputs, which are wilder than speech; None where only what
            speech makes of the inputs is computed well.
        heard: Of any output on the inputs that speech makes.
        lips_mm: Of the lips on speech, mean over frames of the lip point that is furthest off; the
            model's own error is above 1 mm.
        reason: Where the difference comes from.
    """

    output: float | None
    heard: float
    lips_mm: float
    reason: str


TOLERANCES = {
    "fp32": Tolerance(1e-3, 1e-3, 0.001, "the same sums in another order"),
    "int8": Tolerance(None, 0.4, 0.15, "7-bit weights, 8-bit inputs in ranges fixed by speech"),
    "fp16": Tolerance(0.04, 0.04, 0.01, "11 bits of each product through four layers"),
    "bf16": Tolerance(0.2, 0.2, 0.1, "8 bits of each product through four layers"),
}
"""By precision of what is computed. At least twice what was seen; bfloat16 has not been run so far,
and is allowed what three bits less make of it."""


@dataclass(frozen=True, slots=True)
class Parity:
    """How far one backend is from the reference, in one profile.

    Attributes:
        backend: Which, and in what precision.
        profile: Latency profile by name.
        steps: Diffusion steps.
        outputs: Largest difference of each output on seeded inputs.
        heard: The same on inputs that speech makes.
        lips_mm: Drift of the lips on speech.
        tolerance: What both may be.
    """

    backend: str
    profile: str
    steps: int
    outputs: Mapping[str, float]
    heard: Mapping[str, float]
    lips_mm: float
    tolerance: Tolerance

    @property
    def holds(self) -> bool:
        """Whether everything is within the tolerance."""
        allowed = self.tolerance
        seeded = allowed.output is None or max(self.outputs.values()) <= allowed.output
        heard = max(self.heard.values()) <= allowed.heard
        return seeded and heard and self.lips_mm <= allowed.lips_mm


def seeded_inputs(spec: RunnerSpec, profile: LatencyProfile) -> dict[str, F32]:
    """Inputs of a model that nobody chose, for a batch of three sessions.

    Args:
        spec: What it takes.
        profile: Fixes the lengths.

    Returns:
        Noise by name; masks of zeros and ones.
    """
    lengths = {"mel": 4 * profile.hop_frames}
    lengths |= dict.fromkeys(("speech", "noise"), profile.window_frames)
    random, inputs = np.random.default_rng(0), {}
    for tensor in spec.inputs:
        length = lengths.get(tensor.name, profile.hop_frames)
        shape = (_SESSIONS, *(length if size < 0 else size for size in tensor.shape[1:]))
        value = random.standard_normal(shape).astype(np.float32)
        inputs[tensor.name] = (value > -0.5).astype(np.float32) if "mask" in tensor.name else value
    return inputs


class Overheard:
    """A model that notes what it is given, every few calls.

    Args:
        runner: The model.
    """

    def __init__(self, runner: ModelRunner) -> None:
        self._runner, self._calls = runner, 0
        self._noted: list[dict[str, F32]] = []
        self.backend, self.spec = runner.backend, runner.spec

    @property
    def inputs(self) -> dict[str, F32]:
        """What it was given, as one batch."""
        names = [tensor.name for tensor in self.spec.inputs]
        return {name: np.concatenate([noted[name] for noted in self._noted]) for name in names}

    def run(self, inputs: Tensors) -> dict[str, F32]:
        """Run the model."""
        if self._calls % _NOTE_EVERY == 0:
            self._noted.append({name: value.copy() for name, value in inputs.items()})
        self._calls += 1
        return self._runner.run(inputs)

    def close(self) -> None:
        """Free the model."""
        self._runner.close()


def apart(one: ModelRunner, other: ModelRunner, inputs: Tensors) -> dict[str, float]:
    """Largest difference of each output of two runners of one model.

    Args:
        one: The reference.
        other: What is held against it.
        inputs: Given to both.

    Returns:
        By output.
    """
    wanted, got = one.run(inputs), other.run(inputs)
    return {name: float(np.abs(got[name] - value).max()) for name, value in wanted.items()}
