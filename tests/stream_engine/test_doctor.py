"""What the machine can run."""

from pathlib import Path

import pytest

from stream_engine.config import EngineConfig, MotionConfig
from stream_engine.doctor import examine
from stream_engine.errors import AssetError


@pytest.mark.slow
@pytest.mark.gl
def test_a_machine_that_runs_the_tests_is_found_fit() -> None:
    """Motion and rendering are tried for real and named with their cost."""
    findings = examine(EngineConfig())
    text = "\n".join(finding.text for finding in findings)
    assert "onnxruntime-cpu" in text
    assert "rendering works" in text
    assert "Python" in findings[0].text


def test_a_missing_model_is_a_finding_not_a_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    """The report goes on past what is broken."""

    def missing(motion: MotionConfig, folder: Path) -> None:
        raise AssetError("model file is missing", got=str(folder))

    monkeypatch.setattr("stream_engine.assemble.choose_backend", missing)
    monkeypatch.setattr("stream_engine.doctor._renderer", lambda config: None)
    broken = [f for f in examine(EngineConfig()) if f is not None and f.works is False]
    assert any("model file is missing" in finding.text for finding in broken)
