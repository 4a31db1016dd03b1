"""What this machine can run and what is missing, in plain words."""

import asyncio
import importlib.metadata
import importlib.util
import platform
import statistics
from dataclasses import dataclass

import numpy as np

from stream_engine.audio.wav_stream import WavStream
from stream_engine.clock import MonotonicClock
from stream_engine.config import EngineConfig
from stream_engine.cores import usable_cores
from stream_engine.errors import StreamEngineError, VoiceError
from stream_engine.motion.arkit import COEFFICIENT_COUNT
from stream_engine.types import MODEL_RATE_HZ, AudioChunk
from stream_engine.voice.program import KNOWN, Voice, find_voice, speaking

_PACKAGES = (
    *("numpy", "onnxruntime", "safetensors", "threadpoolctl", "av", "aiortc", "moderngl"),
    *("starlette", "uvicorn", "websockets"),
)
_OPTIONAL = {
    "torch": "training and export: pip install 'elocute[train]'",
    "tensorrt": "TensorRT engines: pip install 'elocute[tensorrt]'",
    "tensorrt_rtx": "TensorRT for RTX engines: pip install 'elocute[tensorrt-rtx]'",
}
_TRIAL_FRAMES = 50


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report.

    Attributes:
        works: Whether it does; None for what is optional and absent.
        text: What was found, in plain words.
    """

    works: bool | None
    text: str


def examine(config: EngineConfig) -> list[Finding]:
    """Try every part for real.

    Args:
        config: Settings the parts are tried with.

    Returns:
        Findings in the order of the flow.
    """
    return [
        _system(),
        *(_package(name) for name in _PACKAGES),
        *(_optional(name, use) for name, use in _OPTIONAL.items()),
        _motion(config),
        _renderer(config),
        _voice(config),
    ]


def _system() -> Finding:
    return Finding(
        True, f"Python {platform.python_version()}, {platform.machine()}, {usable_cores()} cores"
    )


def _package(name: str) -> Finding:
    try:
        return Finding(True, f"{name} {importlib.metadata.version(name)}")
    except importlib.metadata.PackageNotFoundError:
        return Finding(False, f"{name} is not installed: pip install elocute")


def _optional(name: str, use: str) -> Finding:
    if importlib.util.find_spec(name) is None:
        return Finding(None, f"{name} is not installed; only needed for {use}")
    return Finding(True, f"{name} is installed")


def _motion(config: EngineConfig) -> Finding:
    from stream_engine.assemble import Assembly

    clock = MonotonicClock()
    try:
        assembly = Assembly(config)
    except StreamEngineError as error:
        return Finding(False, f"motion: {error}")
    profile = config.motion.latency_profile
    stream = assembly.motion_stream(profile.name)
    silence = np.zeros(profile.hop_samples, np.float32)
    times = []
    for index in range(_TRIAL_FRAMES):
        began = clock.now()
        stream.feed(AudioChunk(index * profile.hop_samples, silence, MODEL_RATE_HZ))
        times.append(clock.now() - began)
    hop = profile.hop_samples * 1000 // MODEL_RATE_HZ
    spent = statistics.median(times) * 1000
    verdict = spent < hop / 2
    assembly.close()
    return Finding(
        verdict,
        f"motion runs on {assembly.backend}: {spent:.1f} ms for each {hop} ms hop of speech"
        + ("" if verdict else "; too slow for live sessions"),
    )


def _renderer(config: EngineConfig) -> Finding:
    from stream_engine.heads import head_mesh
    from stream_engine.render.mesh_renderer import MeshRenderer
    from stream_engine.transport.scenery import video_style

    clock = MonotonicClock()
    try:
        poser = head_mesh(config.render.avatar, config.render.avatars_folder)
        style = video_style(config.render)  # as the server draws
        renderer = MeshRenderer(poser.asset, config.render.width, config.render.height, style)
    except StreamEngineError as error:
        return Finding(False, f"rendering: {error}")
    times = []
    for index in range(_TRIAL_FRAMES // 2):
        began = clock.now()
        renderer.render(poser.pose(index, np.zeros(COEFFICIENT_COUNT, np.float32)))
        times.append(clock.now() - began)
    renderer.close()
    spent = statistics.median(times) * 1000
    size = f"{config.render.width}x{config.render.height}"
    return Finding(spent < 40, f"rendering works: {spent:.1f} ms per {size} picture of 40 ms")


def _voice(config: EngineConfig) -> Finding:
    try:
        voice = find_voice(config.voice)
        if voice is not None:
            spent = asyncio.run(_first_sound(voice)) * 1000
            return Finding(
                True, f"text is spoken by {voice.command[0]}: first sound in {spent:.0f} ms"
            )
    except StreamEngineError as error:
        return Finding(False, f"text: {error}")
    if not config.voice.command:
        return Finding(None, "no text is spoken: voice.command is empty")
    return Finding(
        None,
        f"{KNOWN[0][0]} is not installed; only needed to speak text: apt-get install espeak-ng",
    )


async def _first_sound(voice: Voice) -> float:
    clock = MonotonicClock()
    began, sound = clock.now(), WavStream()
    async with speaking(voice, "Hello.") as speech:
        while data := await speech.read():
            if len(sound.feed(data)):
                return clock.now() - began
    raise VoiceError("the program that speaks text gave no sound", got=voice.name)
