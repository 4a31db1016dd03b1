"""The shipped monitor: it opens, hears speech in its own face, names what is missing."""

import json
from pathlib import Path

import numpy as np
import pytest

from stream_engine.assemble_monitor import (
    MONITOR_FOLDER,
    open_scorer,
    open_streaming_ears,
    read_calibration,
    read_monitor,
)
from stream_engine.errors import AssetError
from stream_engine.monitor.sync_evidence import LAGS, curve, evidence, spoken
from tests.fakes.watched_call import sample_call


def test_the_shipped_ears_hear_a_made_face_in_time() -> None:
    """Evidence is highest at no lag, and far above what is 120 ms off."""
    motion, mel = sample_call()
    ears = open_streaming_ears()
    face, voice, _ = ears.hear(ears.initial_state(1), motion[None], mel[None])
    mean, seconds = curve(spoken(voice), evidence(face, voice))
    assert seconds[0] > 8.0
    assert abs(LAGS[mean[0].argmax()]) <= 1
    off = np.abs(LAGS) >= 6
    assert mean[0].max() > 1.0 + mean[0][off].max()


def test_the_shipped_monitor_is_small_and_calibrated() -> None:
    """About two megabytes; weights of a fifth of the generator's."""
    assert sum(path.stat().st_size for path in MONITOR_FOLDER.iterdir()) < 2_300_000
    calibration = read_calibration()
    assert calibration.shifted > 0.0 < calibration.wrong
    assert open_scorer(2).slot_bytes < 150_000


def test_what_is_missing_or_broken_is_named(tmp_path: Path) -> None:
    """No folder, no JSON, no description, no calibration."""
    with pytest.raises(AssetError, match="no ears to watch"):
        read_monitor(tmp_path)
    for path in MONITOR_FOLDER.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    described = json.loads((tmp_path / "monitor.json").read_text())
    (tmp_path / "monitor.json").write_text("{")
    with pytest.raises(AssetError, match="cannot be read"):
        open_streaming_ears(tmp_path)
    (tmp_path / "monitor.json").write_text(json.dumps({"config": {}}))
    with pytest.raises(AssetError, match="does not describe ears"):
        open_streaming_ears(tmp_path)
    del described["calibration"]
    (tmp_path / "monitor.json").write_text(json.dumps(described))
    with pytest.raises(AssetError, match="not calibrated"):
        read_calibration(tmp_path)
