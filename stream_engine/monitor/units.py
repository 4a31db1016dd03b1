"""Names what is said: one of K speech units every 20 ms, from log-mel, whoever speaks.

The same units an ear hears in a face (`stream_engine.monitor.ear`), so the two can be compared.
"""

import numpy as np
from numpy.typing import NDArray

from stream_engine.errors import ShapeError
from stream_engine.protocols import ModelRunner
from stream_engine.types import F32, RunnerSpec, TensorSpec

MELS_PER_UNIT = 2


def units_spec(units: int, mel_bands: int) -> RunnerSpec:
    """Input and output of the compiled speech-units network."""
    return RunnerSpec(
        inputs=(TensorSpec("mel", "float32", (-1, -1, mel_bands)),),
        outputs=(TensorSpec("units", "float32", (-1, -1, units)),),
    )


class UnitNamer:
    """Names the units of speech with one compiled model.

    The model is causal but for the speech of the 120 ms after a unit; at the end of a recording it
    takes the last step to go on.

    Thread: any, one at a time.

    Args:
        runner: A model with the input and output of `units_spec`.

    Raises:
        ShapeError: If the model names no units.
    """

    def __init__(self, runner: ModelRunner) -> None:
        got = {tensor.name: tensor.shape for tensor in (*runner.spec.inputs, *runner.spec.outputs)}
        if {name: len(shape) for name, shape in got.items()} != {"mel": 3, "units": 3}:
            raise ShapeError("model names no units", got=str(got), expected="mel, units")
        self._runner = runner
        self.mel_bands, self.units = got["mel"][-1], got["units"][-1]

    def closeness(self, mel: F32) -> F32:
        """How close each unit is to what is said in a whole recording.

        Args:
            mel: Log-mel in the units of the features, float32 [2 U, F], 100 steps a second.

        Returns:
            float32 [U, K], 50 a second; highest for the unit that is named.

        Raises:
            ShapeError: If the shape is another, no unit fits in, or a value is not finite.
        """
        whole = mel.ndim == 2 and len(mel) > 0 and len(mel) % MELS_PER_UNIT == 0
        if not whole or mel.shape[1] != self.mel_bands or not np.isfinite(mel).all():
            raise ShapeError(
                "features hold no units",
                got=f"shape {mel.shape}",
                expected=f"finite [2 U, {self.mel_bands}], U > 0",
            )
        close: F32 = self._runner.run({"mel": mel[None].astype(np.float32, copy=False)})["units"][0]
        return close

    def name_units(self, mel: F32) -> NDArray[np.int64]:
        """Units of a whole recording.

        Args:
            mel: Log-mel in the units of the features, float32 [2 U, F], 100 steps a second.

        Returns:
            int64 [U], 50 a second.

        Raises:
            ShapeError: If the shape is another, no unit fits in, or a value is not finite.
        """
        named: NDArray[np.int64] = self.closeness(mel).argmax(axis=-1)
        return named

    def close(self) -> None:
        """Free the model."""
        self._runner.close()
