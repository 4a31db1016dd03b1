"""Naming the units of speech."""

import numpy as np
import pytest

from stream_engine.errors import ShapeError
from stream_engine.monitor.units import UnitNamer
from tests.contracts.model_runner_contract import check_model_runner
from tests.fakes.level_models import LevelUnits
from tests.fakes.linear_ear import BANDS, LinearEar


def test_the_fake_is_a_model_runner() -> None:
    """The fake passes the contract of the real one."""
    check_model_runner(LevelUnits())


def test_two_steps_are_one_unit_and_the_closest_is_named() -> None:
    """Levels 3, 0 and 5 name units 3, 0 and 5; half precision will do."""
    levels = np.repeat([3.1, 0.2, 4.8], 2)
    mel = np.tile(levels[:, None], (1, BANDS)).astype(np.float16)
    namer = UnitNamer(LevelUnits())
    assert namer.name_units(mel).tolist() == [3, 0, 5]
    assert namer.name_units(mel).dtype == np.int64
    assert namer.closeness(mel).shape == (3, 6)
    assert (namer.units, namer.mel_bands) == (6, BANDS)


@pytest.mark.parametrize(
    "mel",
    [
        np.zeros((0, BANDS)),
        np.zeros((7, BANDS)),
        np.zeros((8, 40)),
        np.zeros(BANDS),
        np.full((8, BANDS), np.nan),
    ],
)
def test_features_without_units_are_refused(mel: np.ndarray) -> None:
    """None, half a unit, other bands, one dimension, NaN."""
    with pytest.raises(ShapeError, match=r"hold no units.*\[2 U, 80\]"):
        UnitNamer(LevelUnits()).name_units(mel.astype(np.float32))


def test_another_model_is_refused() -> None:
    """An ear names no units of speech."""
    with pytest.raises(ShapeError, match="names no units"):
        UnitNamer(LinearEar())
