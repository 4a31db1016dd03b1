"""From a live session to ``elocute replay``: what a user sees of it."""

import asyncio
import base64
import csv
import dataclasses
import io
import json
import time
from pathlib import Path

import numpy as np
import pytest
from websockets.asyncio.client import connect

from stream_engine.__main__ import main
from stream_engine.assemble import Assembly
from stream_engine.audio.file_source import FileSource
from stream_engine.config import EngineConfig
from stream_engine.recording.command import Take
from stream_engine.recording.content import HEAD, Head, pack_json, unpack_json
from stream_engine.recording.framing import Record, first_checksum, framed, prologue
from stream_engine.service_config import RecordingConfig
from stream_engine.types import F32, MotionFrames
from tests.fakes.live_server import LiveServer, live_server
from tests.fakes.recording import head_of, records_of
from tests.paths import SAMPLE


def pcm() -> F32:
    with FileSource(SAMPLE) as source:
        samples = np.concatenate([chunk.samples for chunk in source.chunks()])
    return (samples[: 3 * source.rate_hz] * 30_000).astype("<i2")


async def talk(server: LiveServer) -> None:
    """Speak, change the manner, interrupt, speak again, leave."""
    with FileSource(SAMPLE) as source:
        rate = source.rate_hz
    url = server.speech_url.replace("speech", f"realtime?profile=ultra&rate={rate}&record=true")
    async with connect(url) as socket:

        async def say(kind: str, **fields: object) -> None:
            await socket.send(json.dumps({"type": kind, **fields}))

        async def until(kind: str, count: int) -> None:
            while count:
                message = json.loads(await asyncio.wait_for(socket.recv(), 20.0))
                count -= message["type"] == kind

        speech = base64.b64encode(pcm().tobytes()).decode()
        for part in range(0, len(speech), 120_000):
            await say("input_audio_buffer.append", audio=speech[part : part + 120_000])
        await until("response.motion.delta", 20)
        await say("session.update", session={"emotion": "happy", "intensity": 0.8})
        await until("response.motion.delta", 8)
        await say("response.cancel")
        await until("response.cancelled", 1)
        await say("input_audio_buffer.append", audio=speech[:80_000])
        await until("response.motion.delta", 12)


def upload(server: LiveServer) -> None:
    """A whole clip through the plain door, faster than it is spoken."""
    from websockets.sync.client import connect as dial

    with FileSource(SAMPLE) as source:
        rate = source.rate_hz
    with dial(f"{server.speech_url}?rate={rate}&profile=balanced&record=true") as socket:
        socket.send(pcm()[: 2 * rate].tobytes())
        socket.send(json.dumps({"type": "end"}))
        while json.loads(socket.recv(timeout=20))["type"] != "ended":
            pass


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two sessions of a real server with the shipped model: live, and an upload beside it."""
    folder = tmp_path_factory.mktemp("recordings")
    config = EngineConfig()
    recording = RecordingConfig(str(folder), keep_free_mb=0)
    assembly = Assembly(config)
    with live_server(assembly, recording=recording) as server:
        asyncio.run(talk(server))
        upload(server)
        while server.house.sessions:  # the last socket is just being closed
            time.sleep(0.01)
    assembly.close()
    live, plain = sorted(folder.iterdir(), key=lambda path: head_of(path.read_bytes()).profile,
                         reverse=True)  # fmt: skip
    return live, plain


pytestmark = [pytest.mark.slow, pytest.mark.net]


def test_a_live_session_replays_to_the_bit(
    recorded: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A WebSocket against a real server, a file, a command: every bit of what was sent."""
    motion = tmp_path / "out.csv"
    assert main(["replay", str(recorded[0]), "--motion", str(motion)]) == 0
    lines = capsys.readouterr().out.splitlines()
    events = lines[0].partition("events ")[2].split(", ")
    assert {"express 1", "manner 1", "cut 1", "restart 1"} <= set(events)
    assert lines[-1].startswith("bit-exact: ")
    frames = int(lines[-1].split()[1])
    rows = list(csv.DictReader(motion.read_text().splitlines()))
    assert 30 < len(rows) <= frames  # frames that were cut left twice
    smiles = [float(row["MouthSmileLeft"]) for row in rows]
    assert max(smiles[30:]) > 0.3


def test_an_upload_replays_to_the_bit_and_is_told_as_json(
    recorded: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """With its end of speech; nothing is different on the machine it was recorded on."""
    assert main(["replay", str(recorded[1]), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["bit_exact"]
    assert found["whole"]
    assert found["frames"] == 50
    assert found["windows"] == 52
    assert (found["first_difference_s"], found["damage"], found["other_here"]) == (None, None, {})


def rewritten(path: Path, head: Head) -> bytes:
    data, checksum = prologue(), first_checksum()
    for record in [Record(HEAD, pack_json(head)), *records_of(path.read_bytes())[1:]]:
        body, checksum = framed(record, checksum)
        data += body
    return data


def test_what_was_made_otherwise_is_told_with_what_is_other_here(
    recorded: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Another seed, another model, another processor: the first second, and the names."""
    head = unpack_json(Head, records_of(recorded[1].read_bytes())[0].payload)
    other = dataclasses.replace(
        head, seed=5, versions=head.versions | {"model": "feedbeef", "processor": "Z80"}
    )
    path = tmp_path / "other.elo"
    path.write_bytes(rewritten(recorded[1], other))
    assert main(["replay", str(path)]) == 1
    out = capsys.readouterr().out
    assert "differs from second 0 on" in out
    assert "model: recorded with feedbeef, here " in out
    assert "processor: recorded with Z80, here " in out


def test_a_recording_that_was_cut_off_or_damaged_says_so(
    recorded: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Cut off is good as far as it goes; damage is an error after what was good."""
    data = recorded[1].read_bytes()
    path = tmp_path / "part.elo"
    path.write_bytes(data[: len(data) * 3 // 4])
    assert main(["replay", str(path)]) == 0
    out = capsys.readouterr().out
    assert "the file is cut off here" in out
    assert "bit-exact: " in out
    damaged = bytearray(data)
    damaged[len(data) * 3 // 4] ^= 1
    path.write_bytes(damaged)
    assert main(["replay", str(path)]) == 1
    captured = capsys.readouterr()
    assert "bit-exact: " in captured.out
    assert "the recording is damaged" in captured.err


def test_what_cannot_be_replayed_is_explained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No file, no recording, one with nothing in it, a kind of motion that there is not."""
    path = tmp_path / "a.elo"
    assert main(["replay", str(path)]) == 1
    path.write_bytes(b"RIFF....WAVE")
    assert main(["replay", str(path)]) == 1
    path.write_bytes(prologue())
    assert main(["replay", str(path)]) == 1
    assert main(["replay", str(path), "--motion", "face.xyz"]) == 1
    err = capsys.readouterr().err
    for said in ("cannot be read", "no recording", "no head", "cannot be written"):
        assert said in err


def test_a_take_is_what_was_seen_in_the_end() -> None:
    """What came after a cut replaces what was there, and gaps stand still."""
    take = Take(kept=True)
    take.see(MotionFrames(0, np.full((4, 2), 1.0, np.float32)))
    take.see(MotionFrames(2, np.full((1, 2), 2.0, np.float32)))
    take.see(MotionFrames(6, np.full((1, 2), 3.0, np.float32)))
    shown = [float(frames.coefficients[0, 0]) for frames in take.motion()]
    assert shown == [1.0, 1.0, 2.0, 1.0, 1.0, 1.0, 3.0]
    nothing = Take(kept=False)
    nothing.see(MotionFrames(0, np.zeros((4, 2), np.float32)))
    assert list(nothing.motion()) == []
    assert list(nothing.sound()) == []


@pytest.mark.gl
def test_a_movie_is_made_of_a_recording(recorded: tuple[Path, Path], tmp_path: Path) -> None:
    """Picture and sound of the same length."""
    import av

    movie = tmp_path / "talk.mp4"
    settings = tmp_path / "small.toml"
    settings.write_text("[render]\nwidth = 96\nheight = 96\n")
    assert main(["replay", str(recorded[1]), "--movie", str(movie), "--config", str(settings)]) == 0
    with av.open(io.BytesIO(movie.read_bytes())) as container:
        assert container.streams.video[0].frames == 50
        assert abs(float(container.duration) / 1e6 - 2.0) < 0.1
