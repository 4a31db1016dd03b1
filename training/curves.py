"""Curves of a run: a CSV file that survives interruption, and pictures of it.

    python -m training.curves runs/*

draws ``curves.png`` beside every ``curves.csv``.
"""

import argparse
import csv
import math
from pathlib import Path

from stream_engine.errors import AssetError

FILE = "curves.csv"
_FIRST = ("step", "seconds", "rate")
_COLUMNS = 3


class Curves:
    """One row per look at a run, in a file that is whole at every moment.

    The file is a few hundred rows, so each addition writes it anew and swaps it in.

    Args:
        path: The CSV file.
        step: Where the run goes on: later rows belong to steps that will be done again.
    """

    def __init__(self, path: Path, step: int) -> None:
        self._path = path
        self._rows = [row for row in read_curves(path) if row["step"] <= step]

    @property
    def seconds(self) -> float:
        """Time the kept rows took."""
        return self._rows[-1]["seconds"] if self._rows else 0.0

    def add(self, row: dict[str, float]) -> None:
        """Add values of one step; names that come later get columns of their own."""
        self._rows.append(row)
        names = dict.fromkeys([*_FIRST, *(name for row in self._rows for name in row)])
        unfinished = self._path.with_name(self._path.name + ".new")
        with unfinished.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(names), restval="")
            writer.writeheader()
            writer.writerows(
                {name: f"{value:.7g}" for name, value in row.items()} for row in self._rows
            )
        unfinished.rename(self._path)


def read_curves(path: Path) -> list[dict[str, float]]:
    """Rows of a file `Curves` wrote, without empty cells; none if there is no file.

    Args:
        path: The file.

    Returns:
        Values by name.

    Raises:
        AssetError: If the file holds something else.
    """
    if not path.exists():
        return []
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = [
                {name: float(text) for name, text in row.items() if text}
                for row in csv.DictReader(file)
            ]
    except (ValueError, TypeError) as error:
        raise AssetError("curves cannot be read", got=f"{path}: {error}") from error
    if any("step" not in row or "seconds" not in row for row in rows):
        raise AssetError("curves lack columns", got=str(path), expected="step, seconds")
    return rows


def draw(folder: Path) -> Path:
    """Draw every column of a run against its steps.

    Args:
        folder: Of the run.

    Returns:
        The picture.

    Raises:
        AssetError: If there is nothing to draw.
    """
    from matplotlib.figure import Figure

    rows = read_curves(folder / FILE)
    if not rows:
        raise AssetError("no curves", got=str(folder / FILE), fix="train something into it")
    names = [name for name in dict.fromkeys(n for row in rows for n in row) if name != "step"]
    lines = math.ceil(len(names) / _COLUMNS)
    figure = Figure(figsize=(4.2 * _COLUMNS, 2.6 * lines), layout="constrained")
    for number, name in enumerate(names):
        axes = figure.add_subplot(lines, _COLUMNS, number + 1)
        points = [(row["step"], row[name]) for row in rows if name in row]
        axes.plot(*zip(*points, strict=True), marker="." if len(points) < 50 else "")
        axes.set_title(name)
        axes.grid(alpha=0.3)
    path = folder / "curves.png"
    figure.savefig(path, dpi=100)
    return path


def main() -> None:
    """Draw the runs given; folders without curves are said and left out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", type=Path, nargs="+", help="run folders")
    for folder in parser.parse_args().runs:
        if (folder / FILE).exists():
            print(draw(folder))
        else:
            print(f"{folder}: no {FILE}, left out")


if __name__ == "__main__":
    main()
