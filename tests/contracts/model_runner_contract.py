"""What every `ModelRunner` must do, fake or real."""

import numpy as np
import pytest

from stream_engine.errors import ShapeError
from stream_engine.protocols import ModelRunner


def inputs_for(runner: ModelRunner, batch: int = 2, length: int = 4) -> dict[str, np.ndarray]:
    """Random inputs that fit a runner's spec."""
    generator = np.random.default_rng(0)
    return {
        spec.name: generator.standard_normal(
            (batch, *(length if size == -1 else size for size in spec.shape[1:]))
        ).astype(np.float32)
        for spec in runner.spec.inputs
    }


def check_model_runner(runner: ModelRunner) -> None:
    """Names, shapes and dtypes are honoured; wrong ones are refused by name."""
    inputs = inputs_for(runner)
    outputs = runner.run(inputs)
    assert set(outputs) == {spec.name for spec in runner.spec.outputs}
    for spec in runner.spec.outputs:
        value = outputs[spec.name]
        assert value.dtype == np.float32
        assert len(value.shape) == len(spec.shape)
        assert len(value) == 2
        assert all(s in (-1, n) for s, n in zip(spec.shape[1:], value.shape[1:], strict=True))
    again = runner.run(inputs)
    assert all(np.array_equal(outputs[name], again[name]) for name in outputs)
    first = next(iter(inputs))
    with pytest.raises(ShapeError, match="other names"):
        runner.run({name: value for name, value in inputs.items() if name != first})
    with pytest.raises(ShapeError, match=first):
        runner.run(inputs | {first: inputs[first].astype(np.float64)})
    with pytest.raises(ShapeError, match=first):
        runner.run(inputs | {first: inputs[first][..., None]})
