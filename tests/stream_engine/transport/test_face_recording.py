"""A table of another program put in order."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_engine.errors import AssetError
from stream_engine.motion.arkit import COEFFICIENT_NAMES, INDEX, MOUTH_NAMES
from stream_engine.transport.face_recording import (
    bounds_of,
    checked_weights,
    coefficient_of,
    face_recording,
    unit_of,
)

TWO = np.array([0.0, 0.1])


@given(
    st.sampled_from(COEFFICIENT_NAMES),
    st.sampled_from(["", "blendShapes.", "Head:", "face/mesh.", "a.b."]),
    st.sampled_from([str, str.upper, str.lower, str.title]),
)
def test_names_are_known_in_any_case_behind_any_prefix(
    name: str, prefix: str, case: "type[str]"
) -> None:
    """As the programs of others write them."""
    assert coefficient_of(f" {prefix}{case(name)} ") == name


@pytest.mark.parametrize("name", ["", "viseme_aa", "A", "jawOpen2", "jaw Open", "blendShapes."])
def test_other_names_mean_nothing(name: str) -> None:
    """Visemes, VRM expressions, near misses."""
    assert coefficient_of(name) is None


def test_columns_go_where_they_belong() -> None:
    """By name; unknown ones are left, and of two of one name the greater weight counts."""
    table = np.array([[0.1, 9.0, 0.2, 0.3], [0.4, 9.0, 0.5, 0.2]])
    names = ["JawOpen", "note", "mouthClose", "b.jawopen"]
    found = face_recording("CSV", "m.csv", TWO, names, table)
    assert found.values[:, INDEX["jawOpen"]].tolist() == [0.3, 0.4]
    assert found.values[:, INDEX["mouthClose"]].tolist() == [0.2, 0.5]
    assert found.values.sum() == pytest.approx(1.4)
    assert found.mouth == ("jawOpen", "mouthClose")
    assert set(found.mouth + found.missing) == set(MOUTH_NAMES)
    assert found.fps == pytest.approx(10.0)
    assert found.motion().shape == (3, 55)


def test_what_does_not_move_is_told_apart() -> None:
    """A column of one value moves nothing."""
    found = face_recording(
        "CSV", "m.csv", TWO, ["jawOpen", "mouthClose"], np.array([[0.1, 0.5], [0.2, 0.5]])
    )
    assert found.moving == ("jawOpen",)
    assert found.liveliness == pytest.approx(0.05)


@pytest.mark.parametrize(
    ("names", "rows", "said"),
    [
        (["aa", "oh"], 2, "no shape of a face.*aa, oh.*VRM"),
        ([], 2, "no name in m.csv"),
        (["jawOpen"], 0, "no frame"),
    ],
)
def test_what_is_no_face_is_refused(names: list[str], rows: int, said: str) -> None:
    """No known name, no row."""
    with pytest.raises(AssetError, match=said):
        face_recording("CSV", "m.csv", TWO[:rows], names, np.zeros((rows, len(names))))


@pytest.mark.parametrize("bad", [np.nan, np.inf, 62.5, -1.0])
def test_what_is_no_weight_is_named_by_frame(bad: float) -> None:
    """NaN, infinity, percentages, far below zero; a radian may be more."""
    with pytest.raises(AssetError, match=r"frame 1, jawOpen, of m.csv.*0..1"):
        checked_weights("jawOpen", np.array([0.0, bad]), "m.csv")
    assert checked_weights("headYaw", np.array([2.0]), "m.csv").tolist() == [2.0]


def test_bounds_and_units_go_together() -> None:
    """Weights and angles."""
    assert bounds_of("jawOpen")[1] == 1.5
    assert bounds_of("headYaw")[1] > 6.0
    assert (unit_of("jawOpen"), unit_of("headYaw")) == ("a weight of 0..1", "radians")
