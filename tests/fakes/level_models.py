"""An ear and a namer of units that know sounds by one number, so that all can be worked by hand.

Sound K is a first band of level K in speech, and a first coefficient of K in a face.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from stream_engine.monitor.ear import UNITS_PER_FRAME, ear_spec
from stream_engine.monitor.units import MELS_PER_UNIT, units_spec
from stream_engine.protocols import Tensors
from stream_engine.runtime.spec import check_inputs
from tests.fakes.linear_ear import BANDS, COEFFICIENTS, UNITS


def _closeness(level: NDArray[np.float32]) -> NDArray[np.float32]:
    close: NDArray[np.float32] = -np.abs(level[..., None] - np.arange(UNITS, dtype=np.float32))
    return close


class LevelUnits:
    """Names each 20 ms of speech by its level."""

    backend = "level"

    def __init__(self) -> None:
        self.spec = units_spec(UNITS, BANDS)

    def run(self, inputs: Tensors) -> dict[str, NDArray[Any]]:
        check_inputs(self.spec, inputs)
        mel = inputs["mel"]
        level = mel[:, :, 0].reshape(len(mel), -1, MELS_PER_UNIT).mean(axis=2)
        return {"units": _closeness(level)}

    def close(self) -> None:
        pass


class LevelEar:
    """Hears the same sounds in a face, each frame by itself."""

    backend = "level"

    def __init__(self) -> None:
        self.spec = ear_spec(COEFFICIENTS, UNITS, BANDS)

    def run(self, inputs: Tensors) -> dict[str, NDArray[Any]]:
        check_inputs(self.spec, inputs)
        level = np.repeat(inputs["motion"][:, :, 0], UNITS_PER_FRAME, axis=1)
        drawn = np.repeat(level, MELS_PER_UNIT, axis=1)[..., None]
        return {"units": _closeness(level), "mel": drawn * np.ones(BANDS, np.float32)}

    def close(self) -> None:
        pass
