"""How far is measured, and how far is too far."""

import numpy as np
import pytest

from stream_engine.motion.window import PROFILES
from stream_engine.types import F32
from tests.fakes.linear_models import LinearEncoder
from trt_build.parity import TOLERANCES, Overheard, Parity, apart, seeded_inputs

FAR, NEAR = {"motion": 0.0, "new_cache": 1e-2}, {"motion": 0.0, "new_cache": 1e-4}


@pytest.mark.parametrize(
    ("outputs", "heard", "lips_mm", "holds"),
    [
        (NEAR, NEAR, 1e-4, True),
        (FAR, NEAR, 1e-4, False),
        (NEAR, FAR, 1e-4, False),
        (NEAR, NEAR, 1e-2, False),
    ],
)
def test_outputs_and_lips_must_all_hold(
    outputs: dict[str, float], heard: dict[str, float], lips_mm: float, holds: bool
) -> None:
    """Any output that is too far off is enough."""
    assert Parity("x", "ultra", 1, outputs, heard, lips_mm, TOLERANCES["fp32"]).holds == holds


def test_bytes_are_judged_on_speech_alone() -> None:
    """Their ranges are those of speech; what nobody says may come out as anything."""
    wild = {"motion": 50.0}
    assert Parity("x", "ultra", 1, wild, NEAR, 0.05, TOLERANCES["int8"]).holds
    assert not Parity("x", "ultra", 1, NEAR, wild, 0.05, TOLERANCES["int8"]).holds


def test_what_a_model_is_given_is_noted_and_its_answer_kept() -> None:
    """Every seventh call, as one batch in the order of the calls, in copies."""
    model = LinearEncoder()
    overheard, profile = Overheard(model), PROFILES["ultra"]
    inputs = seeded_inputs(model.spec, profile)
    calls: list[dict[str, F32]] = []
    for call in range(8):
        given = {name: value + call for name, value in inputs.items()}
        calls.append({name: value.copy() for name, value in given.items()})
        wanted, got = model.run(given), overheard.run(given)
        assert all(np.array_equal(got[name], value) for name, value in wanted.items())
        given["mel"] += 100.0
    noted = overheard.inputs
    assert set(noted) == set(inputs)
    assert np.array_equal(noted["mel"], np.concatenate([calls[0]["mel"], calls[7]["mel"]]))


def test_the_largest_difference_of_each_output_is_found() -> None:
    """None between a model and itself."""

    class Off(LinearEncoder):
        def run(self, inputs):
            made = super().run(inputs)
            made["speech_out"] = made["speech_out"] + 0.25
            return made

    model = LinearEncoder()
    inputs = seeded_inputs(model.spec, PROFILES["balanced"])
    assert set(apart(model, model, inputs).values()) == {0.0}
    found = apart(model, Off(), inputs)
    assert found["speech_out"] == pytest.approx(0.25)
    assert max(value for name, value in found.items() if name != "speech_out") == 0.0
