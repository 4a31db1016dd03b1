"""Inputs are held against the spec."""

import numpy as np
import pytest

from stream_engine.errors import ShapeError
from stream_engine.runtime.spec import check_inputs
from stream_engine.types import RunnerSpec, TensorSpec

SPEC = RunnerSpec((TensorSpec("x", "float32", (-1, 3)),), ())


def test_what_fits_passes() -> None:
    """A free dimension takes any size."""
    for batch in (1, 7):
        check_inputs(SPEC, {"x": np.zeros((batch, 3), np.float32)})


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({}, "other names"),
        ({"y": np.zeros((1, 3), np.float32)}, "other names"),
        ({"x": np.zeros((1, 4), np.float32)}, r"x does not fit.*\(1, 4\).*\(-1, 3\)"),
        ({"x": np.zeros(3, np.float32)}, "x does not fit"),
        ({"x": np.zeros((1, 3), np.int64)}, "int64"),
    ],
)
def test_what_does_not_fit_is_named(inputs: dict[str, np.ndarray], message: str) -> None:
    """Name, shape and dtype are each told apart."""
    with pytest.raises(ShapeError, match=message):
        check_inputs(SPEC, inputs)
