"""Sets of clips as stacked arrays: one array per field, clips along the first axis of each."""

from dataclasses import fields
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray


class ClipSet:
    """Base of frozen dataclasses whose every field is an array over the same M clips."""

    __slots__ = ()

    @classmethod
    def names(cls) -> list[str]:
        """Names of the arrays."""
        return [item.name for item in fields(cls)]  # type: ignore[arg-type]

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Every array by name."""
        return {name: getattr(self, name) for name in self.names()}

    def __len__(self) -> int:
        return len(getattr(self, self.names()[0]))

    def select(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> Self:
        """Some of the clips, by index or mask."""
        return type(self)(**{name: array[rows] for name, array in self.arrays().items()})

    @classmethod
    def join(cls, sets: list[Self]) -> Self:
        """Several sets as one; all clips must be equally long."""
        return cls(**{n: np.concatenate([getattr(s, n) for s in sets]) for n in cls.names()})

    def save(self, path: Path) -> None:
        """Write one file of stacked arrays, atomically."""
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(path.name + ".new")
        with unfinished.open("wb") as file:
            np.savez(file, **self.arrays())  # type: ignore[arg-type]
        unfinished.rename(path)
