"""What a model is given: held against what it takes, in batches of certain sizes."""

from bisect import bisect_left
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stream_engine.errors import ShapeError
from stream_engine.protocols import Tensors
from stream_engine.types import RunnerSpec


def check_inputs(spec: RunnerSpec, inputs: Tensors) -> None:
    """Refuse inputs that do not fit a model.

    Args:
        spec: What the model takes.
        inputs: What it is given.

    Raises:
        ShapeError: If a name, dtype or shape does not fit.
    """
    names = {tensor.name for tensor in spec.inputs}
    if names != inputs.keys():
        raise ShapeError(
            "model inputs have other names",
            got=", ".join(sorted(inputs)),
            expected=", ".join(sorted(names)),
        )
    for tensor in spec.inputs:
        value: NDArray[Any] = np.asarray(inputs[tensor.name])
        if value.dtype != _dtype(tensor.dtype) or not _fits(value.shape, tensor.shape):
            raise ShapeError(
                f"model input {tensor.name} does not fit",
                got=f"{value.dtype.name} {value.shape}",
                expected=f"{tensor.dtype} {tensor.shape}",
            )


@lru_cache(1024)
def _fits(shape: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    """Whether an array's shape is one that is wanted; batches have few sizes, so few are asked."""
    return len(shape) == len(wanted) and all(
        size in (-1, given) for size, given in zip(wanted, shape, strict=True)
    )


@cache
def _dtype(name: str) -> np.dtype[Any]:
    return np.dtype(name)


def batch_sizes(most: int) -> list[int]:
    """Sizes that batches are filled up to: a graph is captured for each that is used.

    Powers of two and what lies halfway: at most a third of a batch is filling.

    Args:
        most: Largest batch of the engine.

    Returns:
        1, 2, 3, 4, 6, 8, 12, ... up to ``most``, which is the last.
    """
    sizes = {most}
    power = 1
    while power < most:
        sizes |= {power, min(most, power + power // 2)}
        power *= 2
    return sorted(sizes)


def filled_shapes(
    spec: RunnerSpec, inputs: Tensors, sizes: Sequence[int]
) -> tuple[int, tuple[tuple[int, ...], ...]]:
    """Fill a batch up to the next size there is.

    Args:
        spec: What the model takes.
        inputs: What it is given, already checked.
        sizes: Of `batch_sizes`.

    Returns:
        Sessions in the batch, and the shape of each input of ``spec`` filled up.

    Raises:
        ShapeError: If the batch is empty or larger than any size.
    """
    sessions = len(inputs[spec.inputs[0].name])
    if not 1 <= sessions <= sizes[-1]:
        raise ShapeError(
            "batch does not fit the engine",
            got=f"{sessions} sessions",
            expected=f"1..{sizes[-1]}",
        )
    filled = sizes[bisect_left(sizes, sessions)]
    return sessions, tuple((filled, *inputs[tensor.name].shape[1:]) for tensor in spec.inputs)
