"""What the machine can run."""

import re
import tomllib
from pathlib import Path

import pytest

from stream_engine.config import EngineConfig, MotionConfig
from stream_engine.doctor import examine
from stream_engine.errors import AssetError
from stream_engine.service_config import VoiceConfig
from tests.fakes.voice_program import FakeProgram
from tests.paths import ROOT


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


@pytest.mark.parametrize(
    ("does", "works", "said"),
    [("say", True, "first sound in"), ("fail", False, "exit status 1"), ("", None, "is empty")],
)
def test_the_voice_for_text_is_tried(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, does: str, works: bool | None, said: str
) -> None:
    """Named with the time to its first sound; one that does not speak is told; none is no fault."""
    for part in ("_motion", "_renderer"):
        monkeypatch.setattr(f"stream_engine.doctor.{part}", lambda config: None)
    voice = FakeProgram(tmp_path).config(does) if does else VoiceConfig(())
    found = examine(EngineConfig(voice=voice))[-1]
    assert found.works is works
    assert said in found.text


def test_no_known_voice_is_told_with_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It is optional; one that is named and missing is not."""
    for part in ("_motion", "_renderer"):
        monkeypatch.setattr(f"stream_engine.doctor.{part}", lambda config: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    found = examine(EngineConfig())[-1]
    assert (found.works, "apt-get install espeak-ng" in found.text) == (None, True)
    missing = examine(EngineConfig(voice=VoiceConfig(("flute",))))[-1]
    assert (missing.works, "'flute'" in missing.text) == (False, True)


def test_every_package_that_a_server_needs_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """What pyproject.toml installs without extras, and nothing else, is needed."""
    for part in ("_motion", "_renderer", "_voice"):
        monkeypatch.setattr(f"stream_engine.doctor.{part}", lambda config: None)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = {re.match(r"[\w-]+", wanted).group() for wanted in project["dependencies"]}
    found = [finding.text.split() for finding in examine(EngineConfig())[1:] if finding is not None]
    assert {name for name, *rest in found if len(rest) == 1} == needed
