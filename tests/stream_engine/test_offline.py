"""A speech file through the live pipeline."""

import json
from pathlib import Path

import av
import numpy as np
import pytest

from stream_engine.assemble import Assembly
from stream_engine.config import EngineConfig
from stream_engine.errors import AudioError, ConfigError
from stream_engine.heads import head_asset
from stream_engine.offline import OfflineRender, RenderJob, RenderStages
from stream_engine.render_config import RenderConfig
from stream_engine.transport.motion_file import read_motion
from stream_engine.types import AudioChunk
from tests.contracts.stream_contract import join_motion
from tests.fakes.clock import ManualClock
from tests.fakes.solid_renderer import SolidRenderer
from tests.stream_engine.audio.test_file_source import write_wav
from tests.stream_engine.formats.test_glb import Glb

CONFIG = RenderConfig(width=64, height=64)


def render(job: RenderJob, movie: bool = False) -> OfflineRender:
    assembly = Assembly(EngineConfig())
    stages = RenderStages(
        assembly.motion_stream("balanced"),
        assembly.head_poser("default") if movie else None,
        SolidRenderer(head_asset("default").vertices, 64, 64) if movie else None,
    )
    made = OfflineRender(job, stages, CONFIG, ManualClock())
    made.run(lambda done, total: None)
    return made


def tone(seconds: float, rate: int) -> np.ndarray:
    return 0.5 * np.sin(np.arange(round(seconds * rate)) * 0.05)


def test_motion_of_a_file_is_the_motion_of_the_live_stream(tmp_path: Path) -> None:
    """Offline has no code path of its own: same samples, same numbers."""
    speech = write_wav(tmp_path / "a.wav", tone(1.0, 16_000), 16_000)
    render(RenderJob(speech, motion=tmp_path / "a.csv"))
    rows = (tmp_path / "a.csv").read_text().splitlines()[1:]
    offline = np.array([[float(v) for v in row.split(",")[2:54]] for row in rows])
    samples = (tone(1.0, 16_000) * 32767).astype("<i2").astype(np.float32) / 32768
    stream = Assembly(EngineConfig()).motion_stream("balanced")
    live = [*stream.feed(AudioChunk(0, samples, 16_000)), *stream.finish()]
    assert np.allclose(offline, join_motion(live)[:, :52], atol=1e-6)


@pytest.mark.parametrize("rate", [8_000, 44_100, 48_000])
def test_stereo_at_any_rate_gives_a_frame_each_40_ms(tmp_path: Path, rate: int) -> None:
    """Two channels, odd length: the last frame is filled up."""
    stereo = np.stack([tone(0.99, rate)] * 2, axis=1)
    speech = write_wav(tmp_path / "a.wav", stereo, rate)
    made = render(RenderJob(speech, motion=tmp_path / "a.csv"))
    assert made.report.frames == 25
    assert len((tmp_path / "a.csv").read_text().splitlines()) == 26


def test_a_movie_has_every_picture_and_the_voice(tmp_path: Path) -> None:
    """As many pictures as motion frames, and sound as long as the speech."""
    speech = write_wav(tmp_path / "a.wav", tone(1.2, 24_000), 24_000)
    made = render(RenderJob(speech, movie=tmp_path / "a.mp4"), movie=True)
    with av.open(str(tmp_path / "a.mp4")) as container:
        assert sum(1 for _ in container.decode(video=0)) == made.report.frames == 30
        assert container.streams.audio[0].duration is not None


def test_a_failed_job_leaves_no_file_behind(tmp_path: Path) -> None:
    """What was begun is removed, and the cause is told."""
    speech = write_wav(tmp_path / "empty.wav", np.zeros(0), 16_000)
    with pytest.raises(AudioError):
        render(RenderJob(speech, motion=tmp_path / "a.csv"))
    assert not (tmp_path / "a.csv").exists()


def test_motion_of_an_unknown_kind_is_refused_before_anything_is_touched(tmp_path: Path) -> None:
    """A file that is there stays as it is."""
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"\.csv.*\.json.*\.glb"):
        RenderJob(tmp_path / "a.wav", motion=tmp_path / "notes.txt")
    assert (tmp_path / "notes.txt").read_text(encoding="utf-8") == "mine"


def test_what_an_earlier_run_made_outlives_a_speech_that_cannot_be_read(tmp_path: Path) -> None:
    """A name that is mistyped costs nothing."""
    (tmp_path / "a.csv").write_text("made before", encoding="utf-8")
    with pytest.raises(AudioError):
        render(RenderJob(tmp_path / "speach.wav", motion=tmp_path / "a.csv"))
    assert (tmp_path / "a.csv").read_text(encoding="utf-8") == "made before"


def test_the_speech_is_not_written_over(tmp_path: Path) -> None:
    """Whatever the way to it is called."""
    (tmp_path / "a.mp4").write_text("speech", encoding="utf-8")
    with pytest.raises(ConfigError, match="place of the speech"):
        RenderJob(tmp_path / "a.mp4", movie=tmp_path / "." / ".." / tmp_path.name / "a.mp4")


def test_every_kind_of_motion_file_holds_the_same_motion(tmp_path: Path) -> None:
    """CSV, JSON and GLB of one speech: the same numbers at the same times."""
    speech = write_wav(tmp_path / "a.wav", tone(0.6, 16_000), 16_000)
    for suffix in ("csv", "json", "glb"):
        render(RenderJob(speech, motion=tmp_path / f"a.{suffix}"))
    table = read_motion(tmp_path / "a.csv")
    found = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    glb = Glb((tmp_path / "a.glb").read_bytes())
    weights = glb.array(glb.json["animations"][0]["samplers"][0]["output"]).reshape(-1, 52)
    assert np.allclose(table[:, :52], weights, atol=1e-6)
    assert np.allclose(table, np.hstack([found["weightMat"], found["headMat"]]), atol=1e-6)
    times = glb.array(glb.json["animations"][0]["samplers"][0]["input"])
    assert np.allclose(found["times"], times, atol=1e-6)


def test_real_time_factor_counts_all_stages() -> None:
    """Seconds of talk per second of work."""
    made = OfflineRender(
        RenderJob(Path("x")),
        RenderStages(Assembly(EngineConfig()).motion_stream("ultra"), None, None),
        CONFIG,
        ManualClock(),
    )
    made.report.frames = 50
    made.report.seconds["motion"] = 0.5
    made.report.seconds["render"] = 0.5
    assert made.report.real_time_factor == pytest.approx(2.0)
