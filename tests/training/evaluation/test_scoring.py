"""The whole sheet, on made-up recordings and the shipped model."""

import numpy as np
import pytest

from stream_engine.assemble import MODEL_FOLDER
from tests.training.evaluation.recordings_for_tests import made_up_recordings
from tests.training.pairs_for_tests import made_up_pairs
from training.evaluation.baselines import fit_baselines
from training.evaluation.scoring import CEILING, FLOOR, RECORDING, ScoreSheet, ridge_row, score_all
from training.evaluation.second_ear import OTHER_FACE, RECORDED_FACE, open_second_ear
from training.evaluation.systems import System

RIDGE = ridge_row(2)
SYSTEM = System("shipped", MODEL_FOLDER, "balanced", 1)


def quiet(stage: str, done: int, total: int) -> None:
    assert 0 <= done <= total
    assert stage


def score(lengths: tuple[int, ...]) -> ScoreSheet:
    baselines = fit_baselines(made_up_pairs(12), [2])
    recordings = made_up_recordings(lengths)
    return score_all(recordings, [SYSTEM], baselines, open_second_ear(), range(2), quiet)


@pytest.mark.slow
def test_the_sheet_has_models_baselines_floor_and_ceiling() -> None:
    """Every row has a value for every clip; the ceiling is the best there is."""
    sheet = score((24, 30, 27))
    rows = [f"{SYSTEM.name}: {kind}" for kind in ("one sample", "mean of 2", "best of 2")]
    rows += [RIDGE, "jaw from loudness", "mean face", FLOOR, CEILING]
    assert list(sheet.lips) == rows
    assert list(sheet.movement) == [SYSTEM.name, RECORDING]
    for row, scores in sheet.lips.items():
        assert np.isfinite(scores["lve_mm"]).all(), row
    assert np.allclose(sheet.lips[CEILING]["lve_mm"], 0.0)
    assert (sheet.lips[RIDGE]["gap_pcc"] > 0.9).all()
    heard = [SYSTEM.name, RIDGE, "jaw from loudness", "mean face", OTHER_FACE, RECORDED_FACE]
    assert list(sheet.hearing) == heard
    for row, scores in sheet.hearing.items():
        assert np.isfinite(scores["mel_l1_words"]).all(), row


@pytest.mark.slow
def test_a_single_clip_has_no_floor() -> None:
    """Its own lips would be a ceiling, its own face the recording."""
    sheet = score((24,))
    assert FLOOR not in sheet.lips
    assert OTHER_FACE not in sheet.hearing


@pytest.mark.slow
def test_what_is_heard_does_not_depend_on_the_batch() -> None:
    """A short clip beside a long one is heard as it is alone, not with its padding."""
    alone, beside = score((24,)), score((24, 60))
    for row in (SYSTEM.name, "mean face", RECORDED_FACE):
        for metric, values in alone.hearing[row].items():
            assert np.allclose(values[0], beside.hearing[row][metric][0], atol=1e-3), (row, metric)
