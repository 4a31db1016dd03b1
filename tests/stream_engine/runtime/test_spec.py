"""Inputs are held against the spec."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_engine.errors import ShapeError
from stream_engine.runtime.spec import batch_sizes, check_inputs, filled_shapes
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


@given(st.integers(1, 5000))
def test_batches_are_filled_up_by_a_third_at_most(most: int) -> None:
    """Every size up to the largest has one at or above it that is not much larger."""
    sizes = batch_sizes(most)
    assert sizes == sorted(set(sizes))
    assert (sizes[0], sizes[-1]) == (1, most)
    for sessions in {1, most // 3 + 1, most // 2 + 1, most}:
        filled = min(size for size in sizes if size >= sessions)
        assert (filled - sessions) / filled < 0.34


def test_a_batch_is_filled_up_and_one_that_does_not_fit_is_refused() -> None:
    """Five become six; none and nine of eight are told."""

    def inputs(sessions: int) -> dict[str, np.ndarray]:
        return {"x": np.zeros((sessions, 3), np.float32)}

    assert filled_shapes(SPEC, inputs(5), batch_sizes(8)) == (5, ((6, 3),))
    for sessions in (0, 9):
        with pytest.raises(ShapeError, match=f"got {sessions} sessions; expected 1..8"):
            filled_shapes(SPEC, inputs(sessions), batch_sizes(8))
